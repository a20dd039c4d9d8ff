//! Credentials that are over: the stream holds and says why, loses nothing, and goes on at once when it has new ones.

use std::{
    thread::{scope, sleep},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use tallystick_receivers::{Azurite, now_ms, wait_for};

use super::{
    targets::{Target, quick, start},
    world::{ORG, Writer, check, make_streams, serve, settle, streams},
};
use crate::server::Api;

const WANTED: &[&str] =
    &["splunk_hec/tenzir", "clickhouse/chdb", "s3/seaweedfs", "nats/nats-server", "azure_blob/azurite"];
/// A secret that is good later: of the form of a token of Splunk's.
const NEW: &str = "0b7e1d7c-52a8-4b0e-8f4e-6f5e6cf1c9aa";
/// How long the signature for Azure is good that ends while it is used, seconds.
const SIGNED_S: i64 = 3;
/// How long nothing is sent at least when somebody has to mend it, ms; a little is for reading clocks.
const HOLD_LEAST_MS: i64 = 59_000;
/// How long it is at least until a stream would be tried again when it gets new credentials, ms: that it goes on
/// because of them is seen by its going on before that.
const DUE_LEAST_MS: i64 = 20_000;
/// How long streams that hold are watched.
const WATCH: Duration = Duration::from_secs(3);

#[test]
fn credentials_that_are_over_hold_a_stream_until_it_has_new_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut targets = start(dir.path(), |name| WANTED.contains(&name));
    let server = serve(dir.path());
    let api = &server.api;
    api.make_org(ORG);
    let writer = Writer::new(10, Duration::from_millis(200));
    make_streams(api, &mut targets);
    writer.write(api).unwrap();
    settle(api, &targets);
    writer.while_writing(api, || {
        expire(&api.again(), &mut targets);
        let holds = |target: &Target| streams(api)[&target.stream]["state"] == "invalid";
        for target in &targets {
            wait_for("a stream that holds", || holds(target).then_some(()));
        }
        sleep(WATCH);
        for target in &targets {
            check_told(api, target);
        }
    });
    let due: Vec<i64> = targets
        .iter()
        .map(|target| {
            let due_ms = wait_for("a stream that is not about to be tried", || due_later(api, target));
            change(api, target, &target.settings);
            due_ms
        })
        .collect();
    settle(api, &targets);
    check(api, &targets, |_| Vec::new());
    for (target, due_ms) in targets.iter().zip(due) {
        assert_eq!(streams(api)[&target.stream]["state"], "active", "{}", target.name);
        check_attempts(api, target, due_ms);
    }
    server.stop();
}

/// Gives every receiver another secret, or has a stream use what ends by itself; `settings` are good afterwards.
fn expire(api: &Api, targets: &mut [Target]) {
    for target in targets.iter_mut().filter(|target| is_signed(target)) {
        let end = Timestamp::from_second(now_ms() / 1_000 + SIGNED_S).unwrap().to_string();
        change(api, target, &signed(&target.settings, &end));
        target.settings = signed(&target.settings, "");
    }
    scope(|scope| {
        for target in targets.iter_mut().filter(|target| !is_signed(target)) {
            scope.spawn(move || {
                target.receiver.change_secret(NEW);
                target.settings = quick(target.receiver.settings(), target.receiver.kind());
            });
        }
    });
}

fn change(api: &Api, target: &Target, settings: &Value) {
    let body = json!({ "settings": settings }).to_string();
    let answer = api.try_call("PATCH", &format!("/v1/streams/{}", target.stream), Some(body)).unwrap();
    assert_eq!(answer.status, 200, "{}: {answer:?}", target.name);
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

fn time_ms(value: &Value) -> i64 {
    value.as_str().unwrap().parse::<Timestamp>().unwrap().as_millisecond()
}

/// When a stream that holds would be tried again, Unix ms, if that is not soon.
fn due_later(api: &Api, target: &Target) -> Option<i64> {
    let due_ms = time_ms(&streams(api)[&target.stream]["health"]["next_attempt_at"]);
    (due_ms - now_ms() >= DUE_LEAST_MS).then_some(due_ms)
}

/// What the API says of a stream that holds.
fn check_told(api: &Api, target: &Target) {
    let (name, stream) = (target.name, &streams(api)[&target.stream]);
    let health = &stream["health"];
    let error = &health["last_error"];
    assert_eq!(error["code"], "misconfigured", "{name}: {health}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty() && !message.contains(NEW), "{name}: {message}");
    let due_ms = time_ms(&health["next_attempt_at"]);
    assert!(due_ms - time_ms(&error["at"]) >= HOLD_LEAST_MS, "{name}: {health}");
    assert!(health["lag_events"].as_u64() > Some(0), "{name}: {health}");
    assert_eq!(health["dead_letters"], 0, "{name}: {health}");
}

/// It was left alone while it held, and went on when it had new credentials, before it would have been tried again.
fn check_attempts(api: &Api, target: &Target, due_ms: i64) {
    let (name, path) = (target.name, format!("/v1/streams/{}/attempts?limit=1000", target.stream));
    let answer = api.get(&path);
    let newest_first = answer.body["data"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    let is_held = |attempt: &Value| attempt["outcome"] == "misconfigured";
    let held: Vec<i64> =
        newest_first.iter().filter(|one| is_held(one)).map(|one| time_ms(&one["started_at"])).collect();
    assert!(!held.is_empty(), "{name}: {answer:?}");
    assert!(
        held.windows(2).all(|pair| pair[0] - pair[1] >= HOLD_LEAST_MS),
        "{name} was not left alone: {held:?}"
    );
    let after = newest_first.iter().take_while(|attempt| !is_held(attempt)).last();
    let after_ms = time_ms(&after.expect("it went on")["started_at"]);
    assert!(after_ms < due_ms, "{name} did not go on at once: {after:?}");
}
