//! How far streams are behind: what waits in each log, and for how long.

use std::collections::HashMap;

use tallystick_catalog::{Stream, StreamCursor};
use tallystick_engine::Engine;
use tallystick_event::OrgId;

/// How far a stream is in one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// Whose log.
    pub org: OrgId,
    /// The event that comes next.
    pub next_seq: u64,
    /// The last event of what may be on its way.
    pub in_flight_last: Option<u64>,
    /// How many events the log has.
    pub log_size: u64,
}

impl LogPlace {
    /// Events that it has not come to yet.
    pub fn waiting(&self) -> u64 {
        self.log_size.saturating_sub(self.next_seq)
    }
}

/// How far a stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// In each of its logs, in order of their organizations.
    pub places: Vec<LogPlace>,
    /// Since when the oldest event waits, Unix ms.
    pub oldest_ms: Option<i64>,
}

impl Progress {
    /// Events that it has not come to yet.
    pub fn lag_events(&self) -> u64 {
        self.places.iter().map(LogPlace::waiting).sum()
    }

    /// Age of the oldest of them, seconds.
    pub fn lag_seconds(&self, now_ms: i64) -> u64 {
        self.oldest_ms.map_or(0, |oldest| now_ms.saturating_sub(oldest).max(0) as u64 / 1_000)
    }
}

/// How far a stream with these cursors is. Blocks. A log that cannot be read, or is gone, is left out: that a part is
/// damaged must not hide how the rest gets on.
pub fn progress(engine: &Engine, stream: &Stream, cursors: Vec<StreamCursor>) -> Progress {
    let orgs = match &stream.org {
        Some(org) => vec![org.clone()],
        None => engine.orgs(),
    };
    let mut cursors: HashMap<OrgId, StreamCursor> =
        cursors.into_iter().map(|cursor| (cursor.org.clone(), cursor)).collect();
    let mut places = Vec::with_capacity(orgs.len());
    let mut oldest_ms: Option<i64> = None;
    for org in orgs {
        let Ok(log_size) = engine.log_size(&org) else { continue };
        // A log without a cursor is one that came later and is sent from its beginning.
        let cursor = cursors.remove(&org);
        let (next_seq, in_flight_last) =
            cursor.map_or((0, None), |cursor| (cursor.next_seq, cursor.in_flight_last));
        let place = LogPlace { org, next_seq, in_flight_last, log_size };
        if place.waiting() > 0
            && let Ok(next) = engine.read_log(&place.org, next_seq, 1)
            && let Some(event) = next.first()
        {
            let received_ms = event.meta.received_ms;
            oldest_ms = Some(oldest_ms.map_or(received_ms, |oldest| oldest.min(received_ms)));
        }
        places.push(place);
    }
    Progress { places, oldest_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_counted_over_all_logs_and_its_age_is_that_of_the_oldest() {
        let place = |org: &str, next_seq, log_size| LogPlace {
            org: OrgId::new(org).expect("an id"),
            next_seq,
            in_flight_last: None,
            log_size,
        };
        let behind = Progress { places: vec![place("acme", 3, 10), place("other", 4, 4)], oldest_ms: Some(1_500) };
        assert_eq!((behind.lag_events(), behind.lag_seconds(4_000)), (7, 2));
        assert_eq!(behind.lag_seconds(0), 0, "clocks of other machines may be behind");
        let done = Progress { places: vec![place("acme", 10, 10)], oldest_ms: None };
        assert_eq!((done.lag_events(), done.lag_seconds(4_000)), (0, 0));
    }
}
