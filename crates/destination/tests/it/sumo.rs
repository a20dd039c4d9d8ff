//! Sumo Logic: an HTTP source of our own that holds to "Upload Logs to an HTTP Source" of its documentation.

use axum::http::HeaderName;
use std::time::Duration;

use serde_json::{Value, json};
use tallystick_destination::{Media, Outcome};

use crate::batches::{batch, batch_with};
use crate::components::{open, try_open};
use crate::fakes::{Fake, Reply, Seen};

/// The code of the source in its address.
const CODE: &str = "ZaVnC4dhaV3oT5w8Yg2mXQ==";
/// Longest request before compression, bytes: 1 MB as Sumo Logic recommends, in its smaller reading.
const BODY_BYTES_MAX: usize = 1_000_000;
/// Headers that a source reads.
const HEADERS: [&str; 5] = ["x-sumo-category", "x-sumo-name", "x-sumo-host", "x-sumo-fields", "x-sumo-token"];

fn rules(seen: &Seen) -> Result<Reply, String> {
    if seen.method != "POST" || seen.uri.query().is_some() {
        return Err(format!("{} {}: parameters are ignored", seen.method, seen.uri));
    }
    if seen.uri.path() != format!("/receiver/v1/http/{CODE}") {
        return Ok(Reply::new(401, format!("{} is no source", seen.uri.path())));
    }
    if seen.header("content-encoding") != "gzip" {
        return Err("it is strongly recommended to compress".to_owned());
    }
    if seen.header("content-type").starts_with("application/vnd.sumologic") {
        return Err("these are metrics".to_owned());
    }
    if let Some(name) = seen
        .headers
        .keys()
        .map(HeaderName::as_str)
        .find(|name| name.starts_with("x-sumo") && !HEADERS.contains(name))
    {
        return Err(format!("there is no header {name}"));
    }
    let fields = seen.header("x-sumo-fields");
    if !fields.is_empty()
        && !fields.split(',').all(|pair| pair.split_once('=').is_some_and(|(name, _)| !name.is_empty()))
    {
        return Err(format!("fields are pairs: {fields}"));
    }
    if seen.body.len() > BODY_BYTES_MAX {
        return Err(format!("{} bytes are too many", seen.body.len()));
    }
    let text = std::str::from_utf8(&seen.body).map_err(|_| "data needs to be in UTF-8")?;
    if text.is_empty() || text.lines().any(str::is_empty) {
        return Err("a message without anything".to_owned());
    }
    let token = seen.header("x-sumo-token");
    if !token.is_empty() && token != "good-token-1" {
        return Ok(Reply::new(401, format!("{{\"message\":\"no token {token}\"}}")));
    }
    Ok(Reply::new(200, ""))
}

fn settings(fake: &Fake) -> Value {
    json!({ "url": format!("{}/receiver/v1/http/{CODE}", fake.url) })
}

#[tokio::test]
async fn each_event_arrives_as_a_line_in_order() {
    let fake = Fake::start(rules).await;
    let mut values = settings(&fake);
    values["source_category"] = json!("audit/{org}");
    values["fields"] = json!("env=prod,org={org}");
    values["token"] = json!("good-token-1");
    let destination = open("sumo", values);
    let batch = batch(1_000);
    let answer = destination.send(&batch).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(200)));
    let seen = fake.seen().remove(0);
    assert_eq!(answer.sent_bytes, seen.raw.len() as u64);
    let lines: Vec<&[u8]> = seen.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, batch.records.iter().map(|record| &record.bytes[..]).collect::<Vec<_>>());
    assert_eq!(seen.header("content-type"), "application/x-ndjson");
    assert_eq!(seen.header("x-sumo-category"), "audit/acme");
    assert_eq!(seen.header("x-sumo-fields"), "env=prod,org=acme");
    assert_eq!(seen.header("x-sumo-host"), "");
    assert_eq!(seen.header("user-agent"), "Tallystick/0.0.0-test");
    assert!(destination.check().await.is_none());
}

#[tokio::test]
async fn the_largest_batch_is_within_the_limit() {
    let fake = Fake::start(rules).await;
    let kind = tallystick_destination::kind("sumo").unwrap();
    let mut batch = batch_with(0, kind.shape.events_max, |_| json!({ "pad": "x".repeat(1_000) }));
    while batch.byte_count() > kind.shape.bytes_max {
        batch.records.pop();
    }
    assert!(batch.byte_count() > kind.shape.bytes_max - 2_000);
    batch.media = Media::Line;
    assert_eq!(open("sumo", settings(&fake)).send(&batch).await.outcome, Outcome::Delivered);
    assert_eq!(fake.seen()[0].header("content-type"), "text/plain; charset=utf-8");
}

#[tokio::test]
async fn a_wrong_address_or_token_is_told_and_not_shown() {
    let fake = Fake::start(rules).await;
    let wrong = format!("{}/receiver/v1/http/wrong-code-1", fake.url);
    let answer = open("sumo", json!({ "url": wrong })).send(&batch(2)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(401)));
    assert!(!answer.detail.contains("wrong-code-1"), "{}", answer.detail);
    let mut values = settings(&fake);
    values["token"] = json!("bad-token-1");
    let answer = open("sumo", values).send(&batch(2)).await;
    assert_eq!(
        (answer.outcome, answer.detail.as_str()),
        (Outcome::Misconfigured, "{\"message\":\"no token [secret]\"}")
    );
    for (field, value) in
        [("fields", "env"), ("source_category", "prüfung"), ("url", "collectors.sumologic.com/x")]
    {
        let mut values = settings(&fake);
        values[field] = json!(value);
        assert_eq!(try_open("sumo", values).err().unwrap().field, field);
    }
}

#[tokio::test]
async fn trouble_means_what_sumo_logic_documents() {
    let fake = Fake::start(rules).await;
    let destination = open("sumo", settings(&fake));
    let after = Some(Duration::from_secs(9));
    for (reply, expected) in [
        (Reply::new(429, "").with("retry-after", "9"), Outcome::Retry { after }),
        (Reply::new(503, "").with("retry-after", "9"), Outcome::Retry { after }),
        (Reply::new(408, ""), Outcome::Retry { after: None }),
        (Reply::new(504, ""), Outcome::Retry { after: None }),
        (Reply::new(413, ""), Outcome::Split),
        (Reply::new(404, ""), Outcome::Misconfigured),
        (Reply::new(400, ""), Outcome::Refused),
    ] {
        fake.next(reply.clone());
        assert_eq!(destination.send(&batch(2)).await.outcome, expected, "{reply:?}");
    }
    let fresh = open("sumo", settings(&fake));
    drop(fake);
    let answer = fresh.send(&batch(2)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Retry { after: None }, None));
    assert!(!answer.detail.contains(CODE), "{}", answer.detail);
}
