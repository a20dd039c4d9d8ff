//! Which numbers stand beside each other.

use serde::Serialize;

use super::super::{Plan, ours::Ours, peers::PeerResult, samples::Summary};

/// Which of two numbers is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Higher,
    Lower,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    EventsASecond,
    Microseconds,
    Milliseconds,
    Seconds,
    Bytes,
    Mebibytes,
}

/// One thing measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) better: Better,
    pub(crate) ours: Option<f64>,
    /// In the order of the peers.
    pub(crate) peers: Vec<Option<f64>>,
}

impl Row {
    /// How many times better ours is than a peer's: above 1 we are ahead.
    pub(crate) fn ratio(&self, peer: usize) -> Option<f64> {
        let (ours, theirs) = (self.ours?, self.peers.get(peer).copied().flatten()?);
        let (ahead, behind) = match self.better {
            Better::Higher => (ours, theirs),
            Better::Lower => (theirs, ours),
        };
        (behind > 0.0).then(|| ahead / behind)
    }
}

/// How one number is taken of many.
type Part = (&'static str, fn(&Summary) -> f64);

/// The parts of a summary that are shown.
const PERCENTILES: &[Part] = &[("p50", |times| times.p50_ms), ("p99", |times| times.p99_ms)];

/// All rows, those that the peers have too first.
pub(super) fn of(plan: &Plan, ours: &Ours, peers: &[PeerResult]) -> Vec<Row> {
    let events = plan.events as f64;
    let all = |value: &dyn Fn(&PeerResult) -> Option<f64>| peers.iter().map(value).collect::<Vec<_>>();
    let row =
        |what: &str, unit, better, ours, peers| Row { what: what.to_owned(), unit, better, ours, peers };
    let per_event = |bytes: u64| bytes as f64 / events;
    let mut rows = vec![
        row(
            "ingest, durable and searchable",
            Unit::EventsASecond,
            Better::Higher,
            Some(ours.ingest_rate),
            all(&|peer| Some(events / peer.ingest_seconds)),
        ),
        row(
            "CPU an event, everything settled",
            Unit::Microseconds,
            Better::Lower,
            ours.cpu_settled_us,
            all(&|peer| Some(peer.cpu_seconds * 1e6 / events)),
        ),
        row(
            "disk an event",
            Unit::Bytes,
            Better::Lower,
            ours.disk.as_ref().map(|disk| per_event(disk.total)),
            all(&|peer| Some(per_event(peer.disk_bytes))),
        ),
    ];
    for search in &ours.searches {
        for (part, of) in PERCENTILES {
            rows.push(row(
                &format!("{}, {part}", search.label),
                Unit::Milliseconds,
                Better::Lower,
                search.warm.as_ref().map(*of),
                all(&|peer| peer.searches.get(search.name).map(*of)),
            ));
        }
    }
    rows.extend(own(plan, ours, peers.len()));
    rows
}

/// What only we are measured for.
fn own(plan: &Plan, ours: &Ours, peers: usize) -> Vec<Row> {
    let none = vec![None; peers];
    let row = |what: String, unit, value| {
        let better = if unit == Unit::EventsASecond { Better::Higher } else { Better::Lower };
        Row { what, unit, better, ours: value, peers: none.clone() }
    };
    let ms = |what: &str, part: &str, value| row(format!("{what}, {part}"), Unit::Milliseconds, value);
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let mut rows = vec![
        row("CPU an event until the last acknowledgement".to_owned(), Unit::Microseconds, ours.cpu_ingest_us),
        row("CPU an event of the client".to_owned(), Unit::Microseconds, ours.client_cpu_us),
    ];
    let batches = format!("acknowledgement of {} events", plan.batch);
    let singles = format!("single writes over {} connections", plan.single_connections);
    rows.push(row(singles.clone(), Unit::EventsASecond, Some(ours.single_rate)));
    for (what, times) in [
        (batches.as_str(), &ours.ingest_acks),
        (singles.as_str(), &ours.single_acks),
        ("live tail, acknowledgement to reader", &ours.live),
        ("proof of an event, the first time", &ours.proof_first),
        ("proof of an event, again", &ours.proof_again),
        ("a call that does nothing, over HTTP", &ours.empty_call),
    ] {
        rows.push(ms(what, "p50", times.as_ref().map(|times| times.p50_ms)));
        rows.push(ms(what, "p99", times.as_ref().map(|times| times.p99_ms)));
    }
    for search in &ours.searches {
        if let Some(cold) = &search.cold {
            rows.push(ms(&format!("cold: {}", search.label), "worst", Some(cold.max_ms)));
        }
    }
    let replayed =
        ours.recovery_replayed.map(|events| format!(", {events} events replayed")).unwrap_or_default();
    rows.push(row(format!("ready after kill -9{replayed}"), Unit::Seconds, ours.recovery_seconds));
    let resident = ours.memory.map(|memory| mebibytes(memory.resident));
    rows.push(row("resident memory after the searches".to_owned(), Unit::Mebibytes, resident));
    let anonymous = ours.memory.map(|memory| mebibytes(memory.anonymous));
    rows.push(row("of it not backed by files".to_owned(), Unit::Mebibytes, anonymous));
    let peak = ours.memory.map(|memory| mebibytes(memory.peak));
    rows.push(row("most resident memory".to_owned(), Unit::Mebibytes, peak));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_above_one_means_that_we_are_ahead() {
        let row = |better| Row {
            what: String::new(),
            unit: Unit::Bytes,
            better,
            ours: Some(10.0),
            peers: vec![Some(5.0), Some(0.0), None],
        };
        assert_eq!(row(Better::Higher).ratio(0), Some(2.0));
        assert_eq!(row(Better::Lower).ratio(0), Some(0.5));
        assert_eq!(row(Better::Higher).ratio(1), None);
        assert_eq!(row(Better::Lower).ratio(2), None);
        assert_eq!(row(Better::Lower).ratio(3), None);
    }
}
