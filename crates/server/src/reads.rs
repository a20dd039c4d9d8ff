//! What people read is recorded too: each search, each event looked at, each tail; of those who look through a viewer
//! token unless its maker has switched it off. Keys are programs, and what they read is in the service's own log.
//!
//! A page asks the same again and again (the next page, the same search after coming back), so a read that the same
//! person made in the last five minutes is not recorded again. Counts, histograms, facets and the events of a tail are
//! parts of the search around them.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use futures::future::join_all;
use parking_lot::Mutex;
use serde_json::json;
use tallystick_catalog::UserId;
use tallystick_engine::search::{Scope, TimeRange};
use tallystick_event::OrgId;

use crate::{
    admin_events::{self, Act},
    http::{caller::Authenticated, request_id, schema::time_text},
    state::AppState,
};

/// Somebody searched.
pub const AUDIT_LOG_SEARCHED: &str = "audit_log.searched";
/// Somebody looked at an event, or took its proof.
pub const AUDIT_LOG_EVENT_VIEWED: &str = "audit_log.event_viewed";
/// Somebody opened a live tail.
pub const AUDIT_LOG_TAILED: &str = "audit_log.tailed";
/// Somebody took a range of a log.
pub const AUDIT_LOG_RANGE_READ: &str = "audit_log.range_read";

/// How long the same read of the same person is not recorded again, ms.
pub const SAME_READ_MS: i64 = 300_000;
/// Reads that are remembered.
const RECENT_MAX: usize = 10_000;

/// Reads of the last minutes: when they were recorded, by a hash of who and what. The hash has a key of its own, so
/// that nobody can make up two reads that count as one.
#[derive(Debug, Default)]
pub struct RecentReads {
    hasher: RandomState,
    recorded: Mutex<HashMap<u64, i64>>,
}

impl RecentReads {
    /// Whether this is not a repetition. Repeating does not make it last: what goes on is recorded again in a while.
    pub fn is_new(&self, what: &impl Hash, now_ms: i64) -> bool {
        let key = self.hasher.hash_one(what);
        let mut recorded = self.recorded.lock();
        if recorded.get(&key).is_some_and(|at| (0..SAME_READ_MS).contains(&(now_ms - at))) {
            return false;
        }
        if recorded.len() >= RECENT_MAX {
            recorded.retain(|_, at| now_ms - *at < SAME_READ_MS);
            if recorded.len() >= RECENT_MAX {
                // Recording once more than needed costs less than remembering without end.
                recorded.clear();
            }
        }
        recorded.insert(key, now_ms);
        true
    }
}

/// A search.
#[derive(Debug)]
pub struct Search {
    /// Where.
    pub scope: Scope,
    /// When.
    pub range: TimeRange,
    /// What, as it was given.
    pub text: String,
    /// `from`, `to` and `tz` as they were given: a range that moves along with the time is the same search.
    pub times: [Option<String>; 3],
}

/// Records a search of a person, in the log of each organization that was searched.
pub async fn searched(state: &Arc<AppState>, caller: &Authenticated, search: &Search) {
    let Scope::Orgs(orgs) = &search.scope else { return };
    let range = search.range;
    let metadata = json!({
        "query": search.text,
        "from": (range != TimeRange::ALL && range.from_us > i64::MIN).then(|| time_text(range.from_us)),
        "to": (range != TimeRange::ALL && range.to_us < i64::MAX).then(|| time_text(range.to_us)),
    });
    let records = orgs.iter().map(async |org| {
        let key = (AUDIT_LOG_SEARCHED, org.as_str(), search.text.as_str(), &search.times);
        let target = ("audit_log", org.as_str());
        record(state, caller, org, AUDIT_LOG_SEARCHED, target, &key, metadata.clone()).await;
    });
    // All at once, so that they are made durable together.
    join_all(records).await;
}

/// Records that a person looked at an event.
pub async fn viewed(state: &Arc<AppState>, caller: &Authenticated, org: &OrgId, event: &str) {
    let key = (AUDIT_LOG_EVENT_VIEWED, event);
    record(state, caller, org, AUDIT_LOG_EVENT_VIEWED, ("audit_event", event), &key, json!({})).await;
}

/// Records that a person opened a tail.
pub async fn tailed(state: &Arc<AppState>, caller: &Authenticated, org: &OrgId, query: &str) {
    let key = (AUDIT_LOG_TAILED, org.as_str(), query);
    let metadata = json!({ "query": query });
    record(state, caller, org, AUDIT_LOG_TAILED, ("audit_log", org.as_str()), &key, metadata).await;
}

/// Records that a person took a range of a log.
pub async fn took_range(state: &Arc<AppState>, caller: &Authenticated, org: &OrgId, from: u64, to: u64) {
    let key = (AUDIT_LOG_RANGE_READ, org.as_str(), from, to);
    let metadata = json!({ "from_leaf": from, "to_leaf": to });
    record(state, caller, org, AUDIT_LOG_RANGE_READ, ("audit_log", org.as_str()), &key, metadata).await;
}

async fn record(
    state: &Arc<AppState>,
    caller: &Authenticated,
    org: &OrgId,
    action: &'static str,
    (target_type, target_id): (&'static str, &str),
    what: &impl Hash,
    metadata: serde_json::Value,
) {
    let viewer = caller.caller.viewer();
    if viewer.is_some_and(|viewer| !viewer.record_views) {
        return;
    }
    // The next token of the same viewer goes on with what they are looking at.
    let who = viewer.map(|viewer| viewer.actor.as_str()).or(caller.caller.user().map(UserId::as_str));
    let Some(who) = who else { return };
    if !state.reads.is_new(&(who, viewer.is_some(), org.as_str(), what), state.clock.now_ms()) {
        return;
    }
    let act = Act {
        action,
        org: Some(org.clone()),
        target_type,
        target_id: target_id.to_owned(),
        target_name: target_id.to_owned(),
        changes: Vec::new(),
        metadata,
    };
    // By itself: who goes away in the middle must not leave a read that counts as recorded and is not.
    let (state, caller) = (Arc::clone(state), caller.clone());
    let recorded = async move { admin_events::record(&state, &caller, act).await };
    if let Err(error) = tokio::spawn(request_id::carried(recorded)).await {
        tracing::error!(%error, "a read could not be recorded");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_new_again_after_a_while() {
        let recent = RecentReads::default();
        assert!(recent.is_new(&("ana", "q"), 1_000));
        assert!(!recent.is_new(&("ana", "q"), 1_000 + SAME_READ_MS - 1));
        assert!(recent.is_new(&("ana", "other"), 1_000) && recent.is_new(&("bob", "q"), 1_000));
        assert!(recent.is_new(&("ana", "q"), 1_000 + 2 * SAME_READ_MS));
        for number in 0..3 * RECENT_MAX {
            assert!(recent.is_new(&number, 0));
            assert!(recent.recorded.lock().len() <= RECENT_MAX);
        }
    }

    #[test]
    fn who_repeats_without_a_pause_is_recorded_again_all_the_same() {
        let recent = RecentReads::default();
        let minutes = (0..20).filter(|minute| recent.is_new(&("ana", "q"), minute * 60_000));
        assert_eq!(minutes.collect::<Vec<_>>(), [0, 5, 10, 15]);
    }
}
