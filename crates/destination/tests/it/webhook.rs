//! Webhooks, checked by the standard's own library.

use std::process::Command;

use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use serde_json::{Value, json};
use tallystick_destination::{Outcome, kind};
use tallystick_outbound::OutboundOptions;
use tallystick_receivers::{free_port, installed, run};

use crate::batches::{batch, batch_from};
use crate::components::{open, surroundings, try_open};
use crate::fakes::{Fake, Reply, Seen};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PREVIOUS: &str = "whsec_cHJldmlvdXMgc2VjcmV0IG9mIHRoaXMgaG9vaw==";

/// Checks a call as a receiver in Python does, and repeats the body as it understood it.
const VERIFY: &str = "\
import json, sys
from standardwebhooks import Webhook
secret, headers, body = sys.argv[1:]
print(json.dumps(Webhook(secret).verify(body, json.loads(headers))))";

/// An endpoint, which takes everything that is a call of a webhook.
async fn endpoint() -> Fake {
    Fake::start(|seen| {
        let is_hook = seen.method == "POST" && !seen.header("webhook-id").is_empty();
        let agent = seen.header("user-agent");
        match (is_hook, agent) {
            (true, "Tallystick/0.0.0-test") => Ok(Reply::new(204, "")),
            _ => Err(format!("{} by {agent} is no call of ours", seen.method)),
        }
    })
    .await
}

fn verified(secret: &str, seen: &Seen) -> Value {
    let headers =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| (name, seen.header(name)));
    let headers: serde_json::Map<_, _> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    let mut python = Command::new(installed("bin/python"));
    python
        .args(["-c", VERIFY, secret, &Value::from(headers).to_string()])
        .arg(str::from_utf8(&seen.body).unwrap());
    serde_json::from_str(&run(&mut python)).unwrap()
}

#[tokio::test]
async fn events_arrive_signed_in_order_and_the_same_twice() {
    let fake = endpoint().await;
    let settings =
        json!({ "url": format!("{}/hook?a=b", fake.url), "secret": SECRET, "previous_secret": PREVIOUS });
    let hook = open("webhook", settings);
    let batch = batch_from(40, 25);
    for _ in 0..2 {
        let answer = hook.send(&batch).await;
        assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(204)), "{}", answer.detail);
        assert!(answer.sent_bytes > batch.byte_count() as u64);
    }
    let seen = fake.seen();
    assert_eq!(seen[0].uri, "/hook?a=b");
    assert_eq!(seen[0].header("webhook-id"), batch.id.to_string());
    assert_eq!((&seen[0].raw, seen[0].header("webhook-id")), (&seen[1].raw, seen[1].header("webhook-id")));
    for secret in [SECRET, PREVIOUS] {
        let body = verified(secret, &seen[0]);
        assert_eq!(
            (&body["type"], &body["first_seq"], &body["last_seq"]),
            (&json!("audit.events"), &json!(40), &json!(64))
        );
        let seqs: Vec<u64> =
            body["data"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, (40..65).collect::<Vec<_>>());
    }
    assert!(hook.check().await.is_none());
}

#[tokio::test]
async fn a_call_can_be_checked_with_a_public_key() {
    let fake = endpoint().await;
    let hook = open(
        "webhook",
        json!({ "url": fake.url, "secret": "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "body": "ndjson" }),
    );
    assert_eq!(hook.send(&batch(3)).await.outcome, Outcome::Delivered);
    let seen = &fake.seen()[0];
    assert_eq!(
        (seen.header("content-type"), String::from_utf8_lossy(&seen.body).lines().count()),
        ("application/x-ndjson", 3)
    );
    let decode =
        |text: &str| base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap();
    let public = decode("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=");
    let signature = decode(seen.header("webhook-signature").strip_prefix("v1a,").unwrap());
    let head = format!("{}.{}.", seen.header("webhook-id"), seen.header("webhook-timestamp"));
    let message = [head.as_bytes(), &seen.body].concat();
    VerifyingKey::from_bytes(&public.try_into().unwrap())
        .unwrap()
        .verify(&message, &Signature::from_slice(&signature).unwrap())
        .unwrap();
}

#[tokio::test]
async fn answers_mean_what_they_say() {
    let fake = endpoint().await;
    let hook = open("webhook", json!({ "url": fake.url }));
    let after = |seconds| Outcome::Retry { after: Some(std::time::Duration::from_secs(seconds)) };
    let cases = [
        (Reply::new(200, "fine"), Outcome::Delivered),
        (Reply::new(410, ""), Outcome::Gone),
        (Reply::new(413, ""), Outcome::Split),
        (Reply::new(400, "what is this"), Outcome::Refused),
        (Reply::new(401, ""), Outcome::Misconfigured),
        (Reply::new(404, ""), Outcome::Misconfigured),
        (Reply::new(302, "").with("location", "https://elsewhere.example/"), Outcome::Misconfigured),
        (Reply::new(429, "").with("retry-after", "7"), after(7)),
        (Reply::new(503, "").with("retry-after", "Fri, 31 Dec 2100 23:59:59 GMT"), after(3600)),
        (Reply::new(500, "x".repeat(5000)), Outcome::Retry { after: None }),
    ];
    let count = cases.len();
    for (reply, outcome) in cases {
        fake.next(reply.clone());
        let answer = hook.send(&batch(1)).await;
        assert_eq!((answer.outcome, answer.status), (outcome, Some(reply.status)), "{reply:?}");
        assert!(answer.detail.len() <= 2048);
    }
    assert_eq!(fake.seen().len(), count, "nothing is sent twice, and no redirect is followed");
}

#[tokio::test]
async fn nothing_that_is_secret_comes_back() {
    let fake = endpoint().await;
    let settings = json!({
        "url": fake.url, "secret": SECRET, "bearer_token": "b3arer-token", "headers": { "X-Api-Key": "header-value" },
    });
    let hook = open("webhook", settings);
    fake.next(Reply::new(401, format!("not b3arer-token, header-value, {SECRET} nor {}", &SECRET[6..])));
    let answer = hook.send(&batch(1)).await;
    assert_eq!(answer.detail, "not [secret], [secret], [secret] nor [secret]");
    let seen = &fake.seen()[0];
    assert_eq!(
        (seen.header("authorization"), seen.header("x-api-key")),
        ("Bearer b3arer-token", "header-value")
    );
}

#[tokio::test]
async fn nobody_there_is_tried_again() {
    let hook = open("webhook", json!({ "url": format!("http://127.0.0.1:{}/", free_port()) }));
    let answer = hook.send(&batch(1)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Retry { after: None }, None));
    assert!(answer.detail.starts_with("127.0.0.1 gives no answer: "), "{}", answer.detail);
}

#[test]
fn settings_that_cannot_work_are_not_taken() {
    for (settings, field) in [
        (json!({}), "url"),
        (json!({ "url": "ftp://a.example/" }), "url"),
        (json!({ "url": "https://user:sesame@a.example/" }), "url"),
        (json!({ "url": "http://1.1.1.1/" }), "url"),
        (json!({ "url": "https://169.254.169.254/latest" }), "url"),
        (json!({ "url": "https://a.example", "headers": { "Host": "b" } }), "headers"),
        (json!({ "url": "https://a.example", "headers": { "Webhook-Id": "b" } }), "headers"),
        (json!({ "url": "https://a.example", "headers": { "a b": "b" } }), "headers"),
        (json!({ "url": "https://a.example", "headers": { "a": "line\nbreak" } }), "headers"),
        (json!({ "url": "https://a.example", "secret": "sesame-open" }), "secret"),
        (json!({ "url": "https://a.example", "previous_secret": SECRET }), "secret"),
        (
            json!({ "url": "https://a.example", "bearer_token": "a", "headers": { "authorization": "b" } }),
            "bearer_token",
        ),
        (json!({ "url": "https://a.example", "body": "xml" }), "body"),
        (json!({ "url": "https://a.example", "ca_pem": "nothing" }), "ca_pem"),
        (json!({ "url": "https://a.example", "client_key_pem": "nothing" }), "client_cert_pem"),
        (json!({ "url": "https://a.example", "colour": "red" }), "colour"),
    ] {
        let error =
            try_open("webhook", settings.clone()).err().unwrap_or_else(|| panic!("{settings} was taken"));
        assert_eq!(error.field, field, "{settings}: {error}");
        assert!(!error.to_string().contains("sesame"), "{error}");
    }
}

#[test]
fn private_addresses_have_to_be_allowed() {
    let hook = kind("webhook").unwrap();
    let values = json!({ "url": "https://10.0.0.1/" }).as_object().unwrap().clone();
    let settings = tallystick_destination::Settings::new(hook.fields, values).unwrap();
    let strict =
        tallystick_destination::Surroundings { outbound: OutboundOptions::default(), ..surroundings() };
    assert_eq!((hook.open)(&settings, &strict).err().unwrap().field, "url");
    assert!((hook.open)(&settings, &surroundings()).is_ok());
}
