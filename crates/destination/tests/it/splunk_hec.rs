//! Splunk's collector: Tenzir's receiver, which answers with its codes; and, for acknowledgements, which no receiver
//! to be had ever gives, a strict one of our own.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tallystick_destination::{Destination, Outcome};
use tallystick_receivers::{Receiver as _, SPLUNK_TOKEN as TOKEN, Tenzir};

use crate::batches::{batch, batch_from};
use crate::components::{eventually, open, try_open};
use crate::fakes::{Fake, Reply, Seen};

/// What Splunk Cloud takes of a call, bytes.
const BODY_BYTES_MAX: usize = 1_000_000;

async fn lines(tenzir: &Tenzir, count: usize) -> Vec<Value> {
    eventually("the events", async || Some(tenzir.lines()).filter(|lines| lines.len() >= count)).await
}

#[tokio::test]
async fn events_arrive_in_order_at_a_real_receiver() {
    let mut tenzir = Tenzir::splunk();
    let url = tenzir.url();
    let splunk = open("splunk_hec", json!({ "url": url, "token": TOKEN, "index": "audit", "host": "h" }));
    let answer = splunk.check().await.unwrap();
    assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(400)), "{}", answer.detail);
    for (first, n) in [(0, 500), (500, 300)] {
        let answer = splunk.send(&batch_from(first, n)).await;
        assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(200)), "{}", answer.detail);
    }
    let taken = lines(&tenzir, 800).await;
    let seqs: Vec<u64> = taken.iter().map(|event| event["event"]["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (0..800).collect::<Vec<_>>());
    let (first, sent) = (&taken[0], &batch(1).records[0]);
    assert_eq!(first["event"]["actor"]["name"], "Zoë \"Z\" Ångström");
    assert_eq!(first["fields"]["event_id"], sent.event_id);
    let marks = ["index", "host", "source", "sourcetype"].map(|mark| first[mark].as_str().unwrap());
    assert_eq!(marks, ["audit", "h", "audit.example.com/acme", "tallystick:audit:json"]);

    let stranger = open("splunk_hec", json!({ "url": url, "token": "another" }));
    for answer in [stranger.send(&batch(1)).await, stranger.check().await.unwrap()] {
        assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(403)), "{}", answer.detail);
    }
    tenzir.stop();
    let answer = splunk.send(&batch(1)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Retry { after: None }, None));
}

/// A collector as Splunk documents it.
struct Collector {
    fake: Fake,
}

fn code(status: u16, code: u16, text: &str) -> Reply {
    Reply::new(status, json!({ "text": text, "code": code }).to_string())
}

fn check_events(seen: &Seen) -> Result<(), String> {
    if seen.body.len() > BODY_BYTES_MAX {
        return Err(format!("{} bytes are too many", seen.body.len()));
    }
    for event in serde_json::Deserializer::from_slice(&seen.body).into_iter::<Value>() {
        let event = event.map_err(|error| error.to_string())?;
        let object = event.as_object().ok_or("an event is no object")?;
        let known = ["time", "host", "source", "sourcetype", "index", "event", "fields"];
        if let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("{name} is unknown"));
        }
        let is_flat = |value: &Value| value.is_string() || value.is_number();
        if !event["fields"].as_object().is_some_and(|fields| fields.values().all(is_flat)) {
            return Err("fields are not flat".to_owned());
        }
        if !event["time"].is_number() || event["event"].is_null() || event["event"] == "" {
            return Err("no time, or no event".to_owned());
        }
    }
    Ok(())
}

impl Collector {
    /// What it takes is acknowledged at the question of this number.
    async fn start(asked: u64) -> Self {
        let (taken, questions) = (AtomicU64::new(0), AtomicU64::new(0));
        let fake = Fake::start(move |seen| {
            if seen.header("authorization") != format!("Splunk {TOKEN}") {
                return Ok(code(403, 4, "Invalid token"));
            }
            let channel = seen.header("x-splunk-request-channel");
            if channel.split('-').map(str::len).collect::<Vec<_>>() != [8, 4, 4, 4, 12] {
                return Err(format!("{channel} is no GUID"));
            }
            match seen.uri.path() {
                "/services/collector/event" if seen.body.is_empty() => Ok(code(400, 5, "No data")),
                "/services/collector/event" => {
                    check_events(seen)?;
                    let id = taken.fetch_add(1, Ordering::SeqCst);
                    Ok(Reply::new(200, json!({ "text": "Success", "code": 0, "ackId": id }).to_string()))
                }
                "/services/collector/ack" => {
                    let id = seen.json()["acks"][0].as_u64().ok_or("no acks")?;
                    let is_stored = questions.fetch_add(1, Ordering::SeqCst) + 1 >= asked;
                    Ok(Reply::new(200, json!({ "acks": { id.to_string(): is_stored } }).to_string()))
                }
                other => Err(format!("there is no {other}")),
            }
        });
        Self { fake: fake.await }
    }

    fn open(&self) -> Box<dyn Destination> {
        let url = format!("{}/services/collector/event", self.fake.url);
        open("splunk_hec", json!({ "url": url, "token": TOKEN, "acknowledgement": true }))
    }

    /// How often events came, and how often it was asked for them.
    fn counts(&self) -> (usize, usize) {
        let seen = self.fake.seen();
        let is_question = |seen: &&Seen| seen.uri.path().ends_with("/ack");
        let questions = seen.iter().filter(is_question).count();
        (seen.len() - questions, questions)
    }
}

#[tokio::test]
async fn it_is_delivered_when_it_is_stored() {
    let collector = Collector::start(3).await;
    let answer = collector.open().send(&batch(500)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(200)), "{}", answer.detail);
    assert_eq!(collector.counts(), (1, 3));
}

#[tokio::test]
async fn what_was_taken_is_asked_for_and_not_sent_again() {
    let collector = Collector::start(1).await;
    let splunk = collector.open();
    let taken = Reply::new(200, json!({ "text": "Success", "code": 0, "ackId": 0 }).to_string());
    collector.fake.next(taken.clone());
    collector.fake.next(code(503, 19, "ACK service unavailable").with("retry-after", "2"));
    let answer = splunk.send(&batch(2)).await;
    assert_eq!(answer.outcome, Outcome::Retry { after: Some(std::time::Duration::from_secs(2)) });
    assert_eq!(splunk.send(&batch(2)).await.outcome, Outcome::Delivered);
    assert_eq!(collector.counts(), (1, 2));
    // Another batch is another matter.
    assert_eq!(splunk.send(&batch_from(2, 2)).await.outcome, Outcome::Delivered);
    assert_eq!(collector.counts(), (2, 3));
}

#[tokio::test]
async fn a_token_without_acknowledgement_is_for_a_person() {
    let collector = Collector::start(1).await;
    let splunk = collector.open();
    collector.fake.next(code(200, 0, "Success"));
    let answer = splunk.send(&batch(1)).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured);
    assert!(answer.detail.contains("no indexer acknowledgement"), "{}", answer.detail);
    collector.fake.next(code(400, 14, "ACK is disabled"));
    assert_eq!(splunk.send(&batch(1)).await.outcome, Outcome::Misconfigured);
    assert_eq!(splunk.check().await.unwrap().outcome, Outcome::Delivered);
}

#[tokio::test]
async fn trouble_is_told_apart_and_shows_no_token() {
    let collector = Collector::start(1).await;
    let splunk = collector.open();
    for (reply, outcome) in [
        (code(503, 9, "Server is busy"), Outcome::Retry { after: None }),
        (code(429, 26, "queue at capacity"), Outcome::Retry { after: None }),
        (code(400, 7, "Incorrect index"), Outcome::Misconfigured),
        (code(400, 6, "Invalid data format"), Outcome::Refused),
        (Reply::new(413, "Content-Length of 2000000 too large"), Outcome::Split),
        (Reply::new(200, "<html>log in"), Outcome::Misconfigured),
        (code(403, 4, &format!("Invalid token {TOKEN}")), Outcome::Misconfigured),
    ] {
        collector.fake.next(reply.clone());
        let answer = splunk.send(&batch(1)).await;
        assert_eq!((answer.outcome, answer.status), (outcome, Some(reply.status)), "{reply:?}");
        assert!(!answer.detail.contains(TOKEN) && !answer.detail.is_empty(), "{}", answer.detail);
    }
}

#[test]
fn settings_that_cannot_work_are_not_taken() {
    for (settings, field) in [
        (json!({ "url": "https://splunk.example" }), "token"),
        (json!({ "token": "t" }), "url"),
        (json!({ "url": "https://splunk.example", "token": "a\nb" }), "token"),
        (
            json!({ "url": "https://splunk.example", "token": "t", "acknowledgement": "yes" }),
            "acknowledgement",
        ),
    ] {
        assert_eq!(try_open("splunk_hec", settings).err().unwrap().field, field);
    }
}
