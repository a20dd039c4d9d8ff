//! Datadog's intake: a strict one of our own, which holds to "Send logs" of Datadog's documentation.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tallystick_destination::Outcome;
use tallystick_receivers::{free_port, now_ms};

use crate::batches::{batch, batch_from, batch_with};
use crate::components::{open, try_open};
use crate::fakes::{Fake, Reply, Seen};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Bytes of a call without its compression, bytes of one log, logs of a call, ms that a log may be old.
const BODY_BYTES_MAX: usize = 5_000_000;
const LOG_BYTES_MAX: usize = 1_000_000;
const LOGS_MAX: usize = 1_000;
const AGE_MS_MAX: i64 = 18 * 3_600_000;

fn check(seen: &Seen) -> Result<Reply, String> {
    if (seen.method.as_str(), seen.uri.path()) != ("POST", "/api/v2/logs") {
        return Err(format!("{} {} is not the intake", seen.method, seen.uri));
    }
    if seen.header("dd-api-key") != KEY {
        return Ok(Reply::new(
            403,
            json!({ "errors": [{ "status": "403", "title": "Forbidden" }] }).to_string(),
        ));
    }
    if seen.header("content-type") != "application/json" || seen.header("content-encoding") != "gzip" {
        return Err("it is not compressed JSON".to_owned());
    }
    if seen.body.len() > BODY_BYTES_MAX {
        return Err(format!("{} bytes are too many", seen.body.len()));
    }
    let logs: Vec<Value> = serde_json::from_slice(&seen.body).map_err(|error| error.to_string())?;
    if logs.is_empty() || logs.len() > LOGS_MAX {
        return Err(format!("{} logs", logs.len()));
    }
    for log in &logs {
        if log.to_string().len() > LOG_BYTES_MAX {
            return Err("a log would be cut".to_owned());
        }
        if log["timestamp"].as_i64().is_some_and(|time| time < now_ms() - AGE_MS_MAX) {
            return Err("a log would be dropped for its age".to_owned());
        }
        let texts = ["ddsource", "ddtags", "service", "message"];
        if texts.iter().any(|name| log[name].as_str().is_none_or(str::is_empty)) {
            return Err(format!("something is missing in {log}"));
        }
    }
    Ok(Reply::new(202, "{}"))
}

fn logs(fake: &Fake) -> Vec<Value> {
    fake.seen().iter().flat_map(|seen| seen.json().as_array().unwrap().clone()).collect()
}

#[tokio::test]
async fn events_arrive_in_order_with_what_datadog_knows_of() {
    let fake = Fake::start(check).await;
    let settings = json!({ "url": format!("{}/", fake.url), "api_key": KEY, "tags": " env:test, team:a" });
    let datadog = open("datadog", settings);
    for (first, n) in [(0, 1000), (1000, 5)] {
        let answer = datadog.send(&batch_from(first, n)).await;
        assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(202)), "{}", answer.detail);
    }
    let logs = logs(&fake);
    let seqs: Vec<u64> = logs.iter().map(|log| log["audit"]["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (0..1005).collect::<Vec<_>>());
    assert_eq!(logs[0]["ddtags"], "org:acme,env:test,team:a");
    assert_eq!((&logs[6]["status"], &logs[7]["status"]), (&json!("info"), &json!("warn")));
    let of_usr: BTreeMap<String, String> = serde_json::from_value(logs[0]["usr"].clone()).unwrap();
    assert_eq!(of_usr["name"], "Zoë \"Z\" Ångström");
    assert_eq!(logs[0]["timestamp"], batch(1).records[0].occurred_ms);
    assert!(datadog.check().await.is_none());
}

#[tokio::test]
async fn what_datadog_would_cut_or_drop_is_kept_from_it() {
    let fake = Fake::start(check).await;
    let datadog = open("datadog", json!({ "url": fake.url, "api_key": KEY }));
    let long = |place: u64| {
        batch_with(0, 3, move |seq| if seq == place { "x".repeat(LOG_BYTES_MAX).into() } else { Value::Null })
    };
    for (batch, logs_before) in [(long(1), 0), (long(0), 2)] {
        let place = usize::from(batch.records[1].bytes.len() > LOG_BYTES_MAX);
        let answer = datadog.send(&batch).await;
        let Outcome::Partial { rejected, again } = answer.outcome else { panic!("{:?}", answer.outcome) };
        assert_eq!((rejected.len(), rejected[0].index, again), (1, place, vec![]));
        assert_eq!(logs(&fake).len(), logs_before + 2);
    }
    let alone = batch_with(0, 1, |_| "x".repeat(LOG_BYTES_MAX).into());
    let answer = datadog.send(&alone).await;
    assert!(matches!(answer.outcome, Outcome::Partial { rejected, .. } if rejected.len() == 1));
    assert_eq!(fake.seen().len(), 2, "a call without logs is none");

    let mut old = batch(2);
    old.records[0].occurred_ms -= AGE_MS_MAX;
    assert_eq!(datadog.send(&old).await.outcome, Outcome::Delivered);
    let logs = logs(&fake);
    let (late, fresh) = (&logs[4], &logs[5]);
    assert_eq!((&late["late"], late.get("timestamp")), (&json!(true), None));
    assert!(late["occurred_at"].is_string() && fresh["timestamp"].is_number());
}

#[tokio::test]
async fn trouble_is_told_apart_and_shows_no_key() {
    let fake = Fake::start(check).await;
    let stranger = open("datadog", json!({ "url": fake.url, "api_key": "another" }));
    assert_eq!(stranger.send(&batch(1)).await.outcome, Outcome::Misconfigured);
    let datadog = open("datadog", json!({ "url": fake.url, "api_key": KEY }));
    let after = Some(std::time::Duration::from_secs(9));
    for (reply, outcome) in [
        (Reply::new(429, "Too many requests").with("retry-after", "9"), Outcome::Retry { after }),
        (Reply::new(500, "error"), Outcome::Retry { after: None }),
        (Reply::new(408, "timeout"), Outcome::Retry { after: None }),
        (Reply::new(413, "Payload too big"), Outcome::Split),
        (Reply::new(400, "bad"), Outcome::Refused),
        (Reply::new(403, format!("{KEY} is no key")), Outcome::Misconfigured),
    ] {
        fake.next(reply.clone());
        let answer = datadog.send(&batch(1)).await;
        assert_eq!((answer.outcome, answer.status), (outcome, Some(reply.status)));
        assert!(!answer.detail.contains(KEY), "{}", answer.detail);
    }
    let nobody =
        open("datadog", json!({ "url": format!("http://127.0.0.1:{}", free_port()), "api_key": KEY }));
    assert_eq!(nobody.send(&batch(1)).await.outcome, Outcome::Retry { after: None });
}

#[test]
fn settings_that_cannot_work_are_not_taken() {
    for (settings, field) in [
        (json!({}), "api_key"),
        (json!({ "api_key": KEY, "site": "example.com" }), "site"),
        (json!({ "api_key": "a\nb" }), "api_key"),
        (json!({ "api_key": KEY, "url": "gopher://a" }), "url"),
    ] {
        assert_eq!(try_open("datadog", settings).err().unwrap().field, field);
    }
}
