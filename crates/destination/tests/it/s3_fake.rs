//! What the real store of the tests does not do: temporary credentials, encryption, stores that know no conditions, and
//! trouble. A strict one of our own, after Amazon's reference of PutObject and its list of error codes.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use sha2::Sha256;
use tallystick_destination::Outcome;

use crate::batches::batch;
use crate::components::open;
use crate::fakes::{Fake, Reply, Seen};

const TOKEN: &str = "FwoGZXIvYXdzE/session+token==";
/// Longest time of a signature in a URL, seconds.
const SIGNATURE_S_MAX: u64 = 604_800;

fn error(status: u16, code: &str, more: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>So it is.</Message>{more}</Error>"
    );
    Reply::new(status, body)
}

/// What Amazon demands of every object.
fn check(seen: &Seen) -> Result<(), String> {
    if seen.method != "PUT" || !seen.uri.path().starts_with("/audit/") {
        return Err(format!("{} {} puts no object", seen.method, seen.uri.path()));
    }
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(seen.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let get = |name: &str| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" || get("X-Amz-Signature").len() != 64 {
        return Err("it is not signed".to_owned());
    }
    if get("X-Amz-Security-Token") != TOKEN {
        return Err("the session token is missing".to_owned());
    }
    if !get("X-Amz-Credential").contains("/eu-central-1/s3/aws4_request") {
        return Err(format!("it is signed for {}", get("X-Amz-Credential")));
    }
    if !get("X-Amz-Expires").parse::<u64>().is_ok_and(|seconds| (1..=SIGNATURE_S_MAX).contains(&seconds)) {
        return Err("the signature is good for too long".to_owned());
    }
    let signed: Vec<&str> = get("X-Amz-SignedHeaders").split(';').collect();
    let unsigned = seen.headers.keys().find(|name| {
        let name = name.as_str();
        (name.starts_with("x-amz-") || name == "content-md5" || name == "content-type")
            && !signed.contains(&name)
    });
    if let Some(name) = unsigned {
        return Err(format!("{name} is not signed"));
    }
    if seen.header("content-length") != seen.raw.len().to_string() {
        return Err("MissingContentLength".to_owned());
    }
    if seen.header("content-md5") != BASE64.encode(Md5::digest(&seen.raw)) {
        return Err("BadDigest".to_owned());
    }
    if seen.header("x-amz-checksum-sha256") != BASE64.encode(Sha256::digest(&seen.raw)) {
        return Err("XAmzContentChecksumMismatch".to_owned());
    }
    if !seen.header("content-encoding").is_empty() {
        return Err("tools would unpack it twice".to_owned());
    }
    Ok(())
}

async fn store() -> Fake {
    Fake::start(|seen| check(seen).map(|()| Reply::new(200, ""))).await
}

fn settings(fake: &Fake, more: Value) -> Value {
    let mut settings = json!({ "bucket": "audit", "endpoint": fake.url, "region": "eu-central-1",
        "access_key_id": "ASIAEXAMPLE", "secret_access_key": "hunter2hunter2", "session_token": TOKEN });
    let Value::Object(more) = more else { panic!("settings are an object") };
    settings.as_object_mut().unwrap().extend(more);
    settings
}

#[tokio::test]
async fn headers_are_those_of_the_settings_and_signed() {
    let fake = store().await;
    let more = json!({ "sse": "aws:kms", "kms_key_id": "arn:aws:kms:eu-central-1:1:key/2", "storage_class":
            "GLACIER_IR",
        "acl": "bucket-owner-full-control", "object_lock": "GOVERNANCE", "retain_days": 30 });
    let mut batch = batch(2);
    batch.now_ms = 1_795_309_199_999;
    let answer = open("s3", settings(&fake, more)).send(&batch).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    let seen = fake.seen();
    assert_eq!(seen.len(), 2, "the object and its manifest");
    for seen in &seen {
        for (name, value) in [
            ("if-none-match", "*"),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:eu-central-1:1:key/2"),
            ("x-amz-storage-class", "GLACIER_IR"),
            ("x-amz-acl", "bucket-owner-full-control"),
            ("x-amz-object-lock-mode", "GOVERNANCE"),
            ("x-amz-object-lock-retain-until-date", "2026-12-22T00:59:59Z"),
        ] {
            assert_eq!(seen.header(name), value, "{name}");
        }
    }
    let object = &seen[0];
    assert_eq!(object.header("content-type"), "application/gzip");
    assert_eq!(object.header("x-amz-meta-batch-id"), batch.id.to_string());
    assert_eq!(object.header("x-amz-meta-sha256"), hex::encode(Sha256::digest(&object.raw)));
    assert_eq!((object.header("x-amz-meta-first-seq"), object.header("x-amz-meta-count")), ("0", "2"));
}

#[tokio::test]
async fn the_same_batch_is_the_same_object_every_time() {
    let fake = store().await;
    let destination = open("s3", settings(&fake, json!({})));
    let mut batch = batch(20);
    assert_eq!(destination.send(&batch).await.outcome, Outcome::Delivered);
    batch.now_ms += 7_200_000;
    assert_eq!(destination.send(&batch).await.outcome, Outcome::Delivered);
    let seen = fake.seen();
    for (first, second) in [(0, 2), (1, 3)] {
        assert_eq!(seen[first].uri.path(), seen[second].uri.path());
        assert_eq!(seen[first].raw, seen[second].raw);
    }
}

#[tokio::test]
async fn a_store_without_conditions_is_asked_once() {
    let fake = store().await;
    let destination = open("s3", settings(&fake, json!({ "manifest": false })));
    fake.next(error(501, "NotImplemented", ""));
    for _ in 0..2 {
        let answer = destination.send(&batch(1)).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    }
    let conditions: Vec<String> =
        fake.seen().iter().map(|seen| seen.header("if-none-match").to_owned()).collect();
    assert_eq!(conditions, ["*", "", ""]);
}

#[tokio::test]
async fn trouble_is_what_it_is() {
    let fake = store().await;
    let destination = open("s3", settings(&fake, json!({})));
    let echo = "<AWSAccessKeyId>ASIAEXAMPLE</AWSAccessKeyId><SecretKey>hunter2hunter2</SecretKey>";
    for (reply, outcome, told) in [
        (
            error(503, "SlowDown", "").with("retry-after", "9"),
            Outcome::Retry { after: Some(Duration::from_secs(9)) },
            "SlowDown",
        ),
        (error(500, "InternalError", ""), Outcome::Retry { after: None }, "InternalError"),
        (error(409, "ConditionalRequestConflict", ""), Outcome::Retry { after: None }, "ConditionalRequest"),
        (Reply::new(502, "<html>hunter2hunter2"), Outcome::Retry { after: None }, "<html>[secret]"),
        (error(400, "EntityTooLarge", ""), Outcome::Split, "EntityTooLarge"),
        (error(403, "AccessDenied", ""), Outcome::Misconfigured, "s3:PutObject"),
        (error(404, "NoSuchBucket", ""), Outcome::Misconfigured, "check the bucket's name"),
        (error(400, "ExpiredToken", ""), Outcome::Misconfigured, "the session token is over"),
        (
            error(301, "PermanentRedirect", "").with("x-amz-bucket-region", "eu-west-1"),
            Outcome::Misconfigured,
            "the bucket's region is eu-west-1",
        ),
        (error(403, "SignatureDoesNotMatch", echo), Outcome::Misconfigured, "does not belong"),
        (Reply::new(403, format!("you said {TOKEN}")), Outcome::Misconfigured, "you said [secret]"),
        (Reply::new(204, ""), Outcome::Misconfigured, "No Content"),
    ] {
        fake.next(reply);
        let answer = destination.send(&batch(1)).await;
        assert_eq!(answer.outcome, outcome, "{}", answer.detail);
        assert!(answer.detail.contains(told), "{told}: {}", answer.detail);
        assert!(!answer.detail.contains("hunter2") && !answer.detail.contains(TOKEN), "{}", answer.detail);
    }
}
