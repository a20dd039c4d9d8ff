//! Credentials that are over: the stream holds and says why, loses nothing, and goes on at once when it has new ones.

use std::{thread::sleep, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};
use tallystick_receivers::{Azurite, now_ms, wait_for};

use super::{
    targets::{Target, quick, start},
    world::{ORG, Writer, check, make_streams, serve, settle, settle_within, streams},
};
use crate::server::Api;

const WANTED: &[&str] =
    &["splunk_hec/tenzir", "clickhouse/chdb", "s3/seaweedfs", "nats/nats-server", "azure_blob/azurite"];
/// A secret that is good later: of the form of a token of Splunk's.
const NEW: &str = "0b7e1d7c-52a8-4b0e-8f4e-6f5e6cf1c9aa";
/// How long the signature for Azure is good, seconds.
const SIGNED_S: i64 = 15;
/// How long streams may take to go on when they have new credentials, however busy the machine is.
const AT_ONCE: Duration = Duration::from_secs(30);
/// A stream that holds is left alone for a minute or more; some of it has passed when we look.
const HOLD_LEAST_MS: i64 = 30_000;

#[test]
fn credentials_that_are_over_hold_a_stream_until_it_has_new_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut targets = start(dir.path(), |name| WANTED.contains(&name));
    for target in targets.iter_mut().filter(|target| is_signed(target)) {
        let end = Timestamp::from_second(now_ms() / 1_000 + SIGNED_S).unwrap().to_string();
        target.settings = signed(&target.settings, &end);
    }
    let server = serve(dir.path());
    let api = &server.api;
    api.make_org(ORG);
    let writer = Writer::new(10, Duration::from_millis(200));
    make_streams(api, &mut targets);
    writer.write(api).unwrap();
    settle(api, &targets);
    writer.while_writing(api, || {
        for target in &mut targets {
            if is_signed(target) {
                target.settings = signed(&target.settings, "");
            } else {
                target.receiver.change_secret(NEW);
                target.settings = quick(target.receiver.settings(), target.receiver.kind());
            }
        }
        for target in &targets {
            wait_for("a stream that holds", || {
                (streams(api)[&target.stream]["state"] == "invalid").then_some(())
            });
        }
        let before: Vec<usize> = targets.iter().map(|target| attempts(api, target)).collect();
        sleep(Duration::from_secs(3));
        for (target, before) in targets.iter().zip(before) {
            assert_eq!(attempts(api, target), before, "{} is left alone", target.name);
            check_told(api, target);
        }
    });
    for target in &targets {
        let body = json!({ "settings": target.settings }).to_string();
        let answer = api.try_call("PATCH", &format!("/v1/streams/{}", target.stream), Some(body)).unwrap();
        assert_eq!(answer.status, 200, "{}: {answer:?}", target.name);
    }
    let is_done = settle_within(api, &targets, AT_ONCE);
    assert!(is_done, "they do not go on at once: {:?}", streams(api));
    check(api, &targets, |_| Vec::new());
    for target in &targets {
        assert_eq!(streams(api)[&target.stream]["state"], "active", "{}", target.name);
    }
    server.stop();
}

/// Whether its credentials have an end of their own.
fn is_signed(target: &Target) -> bool {
    target.receiver.kind() == "azure_blob"
}

/// Settings with a signature that is good until then.
fn signed(settings: &Value, end: &str) -> Value {
    let mut settings = settings.clone();
    settings["account_key"] = Value::Null;
    settings["sas_token"] = json!(Azurite::sas("cw", end));
    settings
}

fn attempts(api: &Api, target: &Target) -> usize {
    let answer = api.get(&format!("/v1/streams/{}/attempts?limit=1000", target.stream));
    answer.body["data"].as_array().unwrap_or_else(|| panic!("{answer:?}")).len()
}

/// What the API says of a stream that holds.
fn check_told(api: &Api, target: &Target) {
    let (name, stream) = (target.name, &streams(api)[&target.stream]);
    let health = &stream["health"];
    assert_eq!(health["last_error"]["code"], "misconfigured", "{name}: {health}");
    let message = health["last_error"]["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty() && !message.contains(NEW), "{name}: {message}");
    let next: Timestamp = health["next_attempt_at"].as_str().unwrap().parse().unwrap();
    assert!(next.as_millisecond() - now_ms() >= HOLD_LEAST_MS, "{name}: {health}");
    assert!(health["lag_events"].as_u64() > Some(0), "{name}: {health}");
    assert_eq!(health["dead_letters"], 0, "{name}: {health}");
}
