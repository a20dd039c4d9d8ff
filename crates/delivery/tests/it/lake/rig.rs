//! Batches of events that a real engine has stored, and lakes to send them to.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tallystick_delivery::streams::kind;
use tallystick_destination::{
    Answer, BadSettings, Batch, BatchId, Destination, Media, Outcome, Record, Settings, Surroundings,
};
use tallystick_engine::search::StoredEvent;
use tallystick_event::OrgId;
use tallystick_format::{Place, render_native};
use tallystick_outbound::{OutboundOptions, Plain};
use tallystick_testkit::{EventBuilder, Profile, org_id};

use crate::harness::Harness;

pub(crate) const STREAM: &str = "stream_018f";

/// Two organizations with events of all shapes, in segments and in the tail.
pub(crate) async fn filled(events: usize) -> Harness {
    let harness = Harness::new(|_| {}).await;
    for org in 0..2 {
        harness.org(&org_id(org)).await;
    }
    let builder = EventBuilder::new(5, Profile { orgs: 2, actors: 30, targets: 50, ..Profile::default() });
    let made = |number: usize| {
        let mut event = if number.is_multiple_of(7) { builder.hostile_event() } else { builder.event() };
        event["org"] = org_id(u64::from(number.is_multiple_of(3))).into();
        event.to_string()
    };
    let made: Vec<String> = (0..events).map(made).collect();
    // Over several hours.
    for part in made.chunks(events.div_ceil(4)) {
        harness.append(part).await;
        harness.clock.advance(2_400_000);
    }
    harness
}

pub(crate) fn org(number: u64) -> OrgId {
    org_id(number).parse().unwrap()
}

/// All events of an organization.
pub(crate) fn stored(harness: &Harness, org: &OrgId) -> Vec<StoredEvent> {
    harness.engine.read_log(org, 0, usize::MAX >> 1).unwrap()
}

/// A batch of consecutive events, as a stream makes it.
pub(crate) fn batch(harness: &Harness, events: &[StoredEvent]) -> Batch {
    let mut log = String::new();
    let record = |event: &StoredEvent| {
        let (number, leaf_hash) = harness.engine.leaf_of(event).unwrap();
        log = harness.engine.proofs().origin(number);
        let (event_id, mut json, mut native) = (event.meta.id.to_string(), Vec::new(), Vec::new());
        event.render(&mut json).unwrap();
        let place = Place {
            org: event.org.as_str(),
            org_name: None,
            log: &log,
            seq: event.meta.seq,
            event_id: &event_id,
            leaf_hash: &leaf_hash,
            received_ms: event.meta.received_ms,
            product: "Tallystick",
            version: "0.1.0",
        };
        render_native(&json, &place, &mut native).unwrap();
        let whole: Value = serde_json::from_slice(&native).unwrap();
        Record {
            seq: event.meta.seq,
            event_id,
            leaf_hash,
            occurred_ms: event.meta.occurred_us.div_euclid(1_000),
            received_ms: event.meta.received_ms,
            action: whole["action"].as_str().unwrap_or_default().to_owned(),
            is_failure: whole["outcome"] == "failure",
            bytes: native.clone().into(),
            native: native.into(),
        }
    };
    let records: Vec<Record> = events.iter().map(record).collect();
    let (first, last) = (&events[0], &events[events.len() - 1]);
    Batch {
        id: BatchId::of(STREAM, &log, first.meta.seq, last.meta.seq, "native/1"),
        stream: STREAM.to_owned(),
        org: first.org.to_string(),
        log,
        first_seq: first.meta.seq,
        last_seq: last.meta.seq,
        media: Media::Json,
        records,
        now_ms: tallystick_testkit::NOW_MS,
    }
}

/// A lake, if it takes the settings. `folder` is that of the stream's owner.
pub(crate) fn try_open(
    settings: Value,
    folder: Option<PathBuf>,
) -> Result<Box<dyn Destination>, BadSettings> {
    let kind = kind("lake").unwrap();
    let Value::Object(values) = settings else { panic!("settings are an object") };
    let outbound =
        OutboundOptions { allow_private: true, plain: Plain::Private, ..OutboundOptions::default() };
    let surroundings =
        Surroundings { outbound, agent: "Tallystick/0".to_owned(), stream: STREAM.to_owned(), folder };
    (kind.open)(&Settings::new(kind.fields, values)?, &surroundings)
}

/// A lake in `root/acme/audit`.
pub(crate) fn in_folder(root: &Path) -> Box<dyn Destination> {
    try_open(json!({ "place": "folder", "path": "audit" }), Some(root.join("acme"))).unwrap()
}

/// Sends a batch, which must arrive.
pub(crate) async fn deliver(lake: &dyn Destination, batch: &Batch) -> Answer {
    let answer = lake.send(batch).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    answer
}

/// All files below a folder, by their paths in it, ascending.
pub(crate) fn tree(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Cuts events into batches of different lengths, none of which goes past an hour.
pub(crate) fn batches(harness: &Harness, events: &[StoredEvent]) -> Vec<Batch> {
    let hour = |event: &StoredEvent| event.meta.received_ms.div_euclid(3_600_000);
    let mut batches = Vec::new();
    for same_hour in events.chunk_by(|one, next| hour(one) == hour(next)) {
        let mut rest = same_hour;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(1 + batches.len() * 97 % 211));
            batches.push(batch(harness, now));
            rest = later;
        }
    }
    batches
}
