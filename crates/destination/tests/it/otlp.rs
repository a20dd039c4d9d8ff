//! OpenTelemetry: Tenzir's receiver of OTLP, and one of our own for what a receiver may answer.

use std::time::Duration;

use serde_json::{Value, json};
use tallystick_destination::{Outcome, Rejection};
use tallystick_receivers::{Receiver as _, Tenzir};

use crate::batches::{ORG, batch, batch_from};
use crate::components::{eventually, open, try_open};
use crate::fakes::{Fake, Reply};

/// The first `n` records, when they are there, and no more than these.
async fn records(receiver: &Tenzir, n: usize) -> Vec<Value> {
    let records = async || Some(receiver.lines()).filter(|lines| lines.len() >= n);
    let records = eventually("records", records).await;
    assert_eq!(records.len(), n);
    records
}

fn text<'v>(pairs: &'v Value, key: &str) -> &'v str {
    let pair = pairs.as_array().unwrap().iter().find(|pair| pair["key"] == key);
    pair.and_then(|pair| pair["value"]["string_value"].as_str()).unwrap_or("")
}

#[tokio::test]
async fn each_event_arrives_in_order_whatever_the_encoding() {
    let receiver = Tenzir::otlp();
    let batches = [batch_from(0, 300), batch_from(300, 40), batch_from(340, 5)];
    let settings = [
        json!({ "endpoint": receiver.url(), "service_namespace": "sec" }),
        json!({ "endpoint": receiver.url(), "encoding": "json", "service_namespace": "sec" }),
        json!({ "endpoint": format!("{}/v1/logs", receiver.url()), "compression": "none", "service_namespace": "sec" }),
    ];
    for (batch, settings) in batches.iter().zip(settings) {
        let answer = open("otlp", settings).send(batch).await;
        assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(200)), "{}", answer.detail);
        assert!(answer.sent_bytes > 0);
    }
    let records = records(&receiver, 345).await;
    let sent = batches.iter().flat_map(|batch| &batch.records);
    for (seq, (arrived, sent)) in records.iter().zip(sent).enumerate() {
        assert_eq!(text(&arrived["attributes"], "log.record.uid"), sent.event_id);
        assert_eq!(arrived["body"]["string_value"].as_str().unwrap().as_bytes(), &sent.bytes[..]);
        assert_eq!(arrived["event_name"], "user.created");
        assert_eq!(arrived["severity_number"], if seq % 10 == 7 { 13 } else { 9 });
        assert_eq!(text(&arrived["attributes"], "user.full_name"), "Zoë \"Z\" Ångström");
        assert_eq!(text(&arrived["attributes"], "client.address"), "203.0.113.9");
        assert_eq!(text(&arrived["resource"]["attributes"], "tallystick.org.id"), ORG);
        assert_eq!(text(&arrived["resource"]["attributes"], "service.namespace"), "sec");
        assert_eq!(arrived["scope"]["name"], "tallystick.audit");
        let time: jiff::Timestamp = arrived["time"].as_str().unwrap().parse().unwrap();
        assert_eq!(time.as_millisecond(), sent.occurred_ms);
        let time: jiff::Timestamp = arrived["observed_time"].as_str().unwrap().parse().unwrap();
        assert_eq!(time.as_millisecond(), sent.received_ms);
        let pairs = arrived["attributes"].as_array().unwrap();
        let known = |key: &str| pairs.iter().find(|pair| pair["key"] == key).unwrap()["value"].to_string();
        assert!(known("tallystick.seq").contains(&format!("\"int_value\":{seq}")));
        assert!(known("tallystick.targets").contains(&format!("u_{seq}")), "{}", known("tallystick.targets"));
    }
}

#[tokio::test]
async fn asking_leaves_nothing_behind_and_a_server_that_is_down_is_asked_again() {
    let mut receiver = Tenzir::otlp();
    for encoding in ["protobuf", "json"] {
        let destination = open("otlp", json!({ "endpoint": receiver.url(), "encoding": encoding }));
        assert_eq!(destination.check().await.unwrap().outcome, Outcome::Delivered);
        let wrong =
            open("otlp", json!({ "endpoint": format!("{}/nowhere", receiver.url()), "encoding": encoding }));
        assert_eq!(wrong.check().await.unwrap().outcome, Outcome::Misconfigured);
        assert_eq!(wrong.send(&batch(1)).await.outcome, Outcome::Misconfigured);
    }
    let destination = open("otlp", json!({ "endpoint": receiver.url() }));
    assert_eq!(destination.send(&batch(1)).await.outcome, Outcome::Delivered);
    records(&receiver, 1).await;
    receiver.stop();
    let answer = destination.send(&batch(1)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Retry { after: None }, None));
}

/// A receiver that holds to the protocol's document, behind a token.
async fn strict() -> Fake {
    Fake::start(|seen| {
        if seen.method != "POST" || seen.uri.path() != "/v1/logs" {
            return Err(format!("{} {}", seen.method, seen.uri));
        }
        let (media, encoding) = (seen.header("content-type"), seen.header("content-encoding"));
        let empty = match media {
            "application/x-protobuf" => "",
            "application/json" => {
                let request: Value = serde_json::from_slice(&seen.body).map_err(|error| error.to_string())?;
                if !request["resourceLogs"].is_array() {
                    return Err(format!("not a request: {request}"));
                }
                "{}"
            }
            _ => return Err(format!("content-type {media}")),
        };
        if !["gzip", ""].contains(&encoding) {
            return Err(format!("content-encoding {encoding}"));
        }
        if seen.header("authorization") != "Bearer sesame-street" {
            let body = format!("who is {}?", seen.header("authorization"));
            return Ok(Reply::new(401, body).with("content-type", "text/plain"));
        }
        Ok(Reply::new(200, empty).with("content-type", media))
    })
    .await
}

#[tokio::test]
async fn a_wrong_token_is_told_and_not_shown() {
    let fake = strict().await;
    let good =
        open("otlp", json!({ "endpoint": fake.url, "headers": { "Authorization": "Bearer sesame-street" } }));
    assert_eq!(good.check().await.unwrap().outcome, Outcome::Delivered);
    assert_eq!(good.send(&batch(3)).await.outcome, Outcome::Delivered);
    let bad =
        open("otlp", json!({ "endpoint": fake.url, "headers": { "Authorization": "Bearer wrong-key-1" } }));
    let answer = bad.send(&batch(3)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(401)));
    assert_eq!(answer.detail, "who is [secret]?");
    let error = try_open("otlp", json!({ "endpoint": fake.url, "headers": { "Host": "wrong-key-1" } }))
        .err()
        .unwrap();
    assert!(error.field == "headers" && !error.to_string().contains("wrong-key-1"));
}

#[tokio::test]
async fn answers_mean_what_the_protocol_says() {
    let fake = strict().await;
    let header = json!({ "Authorization": "Bearer sesame-street" });
    let destination = open("otlp", json!({ "endpoint": fake.url, "headers": header }));
    let after = Some(Duration::from_secs(7));
    for (reply, expected) in [
        (Reply::new(429, "").with("retry-after", "7"), Outcome::Retry { after }),
        (Reply::new(503, "").with("retry-after", "7"), Outcome::Retry { after }),
        (Reply::new(502, ""), Outcome::Retry { after: None }),
        (Reply::new(413, ""), Outcome::Split),
        (Reply::new(400, ""), Outcome::Refused),
        (Reply::new(500, ""), Outcome::Misconfigured),
        (Reply::new(307, "").with("location", "https://elsewhere.example/"), Outcome::Misconfigured),
    ] {
        fake.next(reply.clone());
        assert_eq!(destination.send(&batch(2)).await.outcome, expected, "{reply:?}");
    }
    let sent: Vec<_> = fake.seen().iter().map(|seen| seen.raw.clone()).collect();
    assert!(sent.windows(2).all(|pair| pair[0] == pair[1]), "the same batch has the same bytes");
}

#[tokio::test]
async fn what_is_refused_in_part_becomes_dead_letters() {
    let fake = strict().await;
    let header = json!({ "Authorization": "Bearer sesame-street" });
    let destination = open("otlp", json!({ "endpoint": fake.url, "headers": header }));
    let partial = Reply::new(200, "\x0a\x15\x08\x01\x12\x11Bearer too old: x")
        .with("content-type", "application/x-protobuf");
    fake.next(partial.clone());
    let answer = destination.send(&batch(1)).await;
    let reason = "the receiver refused it: Bearer too old: x".to_owned();
    assert_eq!(
        answer.outcome,
        Outcome::Partial { rejected: vec![Rejection { index: 0, reason }], again: vec![] }
    );
    assert_eq!(answer.detail, "Bearer too old: x");
    fake.next(partial);
    let Outcome::Partial { rejected, again } = destination.send(&batch(3)).await.outcome else { panic!() };
    assert_eq!((rejected.len(), again.len()), (3, 0));
    assert!(rejected[2].reason.contains("1 of the 3 records"));
}
