//! What was sent and what was acknowledged, and the check that exactly that is there.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::server::Api;

/// One writer's memory. A batch that got no answer is sent again, with the same idempotency keys, before anything else.
pub(crate) struct Writer {
    org: String,
    name: String,
    next: u64,
    unanswered: Option<Vec<Value>>,
    /// Idempotency key to id and seq, as acknowledged.
    pub(crate) acknowledged: BTreeMap<String, (String, u64)>,
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Acknowledged,
    /// An error code; nothing was stored.
    Refused(u16, String),
    /// No answer: stored or not, nobody knows.
    Unknown,
}

impl Writer {
    pub(crate) fn new(org: &str, name: &str) -> Self {
        Self {
            org: org.to_owned(),
            name: name.to_owned(),
            next: 0,
            unanswered: None,
            acknowledged: BTreeMap::new(),
        }
    }

    /// Sends the next batch, or the last one again.
    pub(crate) fn send(&mut self, api: &Api, events: u64, padding: &str) -> Sent {
        let batch = match self.unanswered.take() {
            Some(batch) => batch,
            None => (0..events).map(|_| self.make(padding)).collect(),
        };
        let Ok(answer) = api.try_call("POST", "/v1/events", Some(Value::from(batch.clone()).to_string()))
        else {
            self.unanswered = Some(batch);
            return Sent::Unknown;
        };
        if answer.status != 201 {
            let code = answer.code().to_owned();
            self.unanswered = Some(batch);
            return Sent::Refused(answer.status, code);
        }
        let stored = answer.body["events"].as_array().unwrap();
        assert_eq!(stored.len(), batch.len(), "{answer:?}");
        for (event, stored) in batch.iter().zip(stored) {
            let key = event["idempotency_key"].as_str().unwrap().to_owned();
            let place = (stored["id"].as_str().unwrap().to_owned(), stored["seq"].as_u64().unwrap());
            assert!(self.acknowledged.insert(key, place).is_none(), "acknowledged twice");
        }
        Sent::Acknowledged
    }

    /// Events that were sent and got no answer yet: stored or not.
    pub(crate) fn unanswered(&self) -> usize {
        self.unanswered.as_ref().map_or(0, Vec::len)
    }

    fn make(&mut self, padding: &str) -> Value {
        let number = self.next;
        self.next += 1;
        json!({
            "org": self.org, "action": "test.written", "idempotency_key": format!("{}-{number:08}", self.name),
            "actor": {"type": "writer", "id": self.name}, "metadata": {"n": number, "padding": padding},
        })
    }

    /// Its acknowledged events in the order in which it sent them have rising seqs.
    fn check_order(&self) {
        let seqs: Vec<_> = self.acknowledged.values().map(|(_, seq)| *seq).collect();
        assert!(seqs.is_sorted_by(|a, b| a < b), "{}: out of order", self.name);
    }
}

/// Every acknowledged event is there once, with the id and seq that were told; nothing is there twice; the seqs have no
/// gap; and counting finds as many as reading.
pub(crate) fn check(api: &Api, org: &str, writers: &[&Writer]) {
    let events = api.all_events(org);
    let mut by_key = BTreeMap::new();
    let mut seqs = Vec::new();
    for event in &events {
        let key = event["idempotency_key"].as_str().unwrap().to_owned();
        let place = (event["id"].as_str().unwrap().to_owned(), event["seq"].as_u64().unwrap());
        seqs.push(place.1);
        let before = by_key.insert(key.clone(), place);
        assert!(before.is_none(), "{key} is stored twice");
    }
    seqs.sort_unstable();
    assert!(seqs.iter().copied().eq(0..events.len() as u64), "the seqs have a gap or repeat");
    for writer in writers {
        writer.check_order();
        for (key, place) in &writer.acknowledged {
            assert_eq!(by_key.get(key), Some(place), "{key} was acknowledged");
        }
    }
    let count = api.get(&format!("/v1/count?org={org}"));
    assert_eq!(count.body["count"].as_u64(), Some(events.len() as u64), "{count:?}");
}
