//! All receivers are away for a minute, and come back with what they had.

use std::{
    collections::HashMap,
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    targets::{Target, start},
    world::{ORG, Writer, check, make_streams, resume, serve, settle, settle_within, streams},
};
use crate::server::Api;

/// How long they are away.
const AWAY: Duration = Duration::from_mins(1);
/// How long streams have to come back by themselves. Pauses between attempts double, so that some would take two
/// minutes more; those are resumed, as an operator would who does not want to wait.
const BY_THEMSELVES: Duration = Duration::from_secs(20);
/// Events that are written at a time, and the pause after them.
const EVENTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(250);

#[test]
fn receivers_that_are_away_for_a_minute_get_everything() {
    let dir = tempfile::tempdir().unwrap();
    let mut targets = start(dir.path(), |name| name != "lake/folder");
    let server = serve(dir.path());
    let api = &server.api;
    api.make_org(ORG);
    let writer = Writer::new(EVENTS, PAUSE);
    make_streams(api, &mut targets);
    for _ in 0..20 {
        writer.write(api).unwrap();
    }
    settle(api, &targets);
    writer.while_writing(api, || {
        all(&mut targets, |target| target.receiver.stop());
        let stopped = Instant::now();
        sleep(AWAY - Duration::from_secs(5));
        check_told(api, &targets);
        sleep(AWAY.saturating_sub(stopped.elapsed()));
        all(&mut targets, |target| target.receiver.start());
        sleep(Duration::from_secs(2));
    });
    if !settle_within(api, &targets, BY_THEMSELVES) {
        println!("not by themselves: {:?}", resume(api, &targets));
    }
    settle(api, &targets);
    check(api, &targets, |_| Vec::new());
    check_recorded(api, &targets);
    server.stop();
}

/// Does something to all of them at the same time.
fn all(targets: &mut [Target], change: impl Fn(&mut Target) + Sync) {
    scope(|scope| {
        for target in targets {
            let change = &change;
            scope.spawn(move || change(target));
        }
    });
}

/// What the API says of a stream whose receiver is away.
fn check_told(api: &Api, targets: &[Target]) {
    let streams = streams(api);
    for target in targets {
        let (name, stream) = (target.name, &streams[&target.stream]);
        let health = &stream["health"];
        assert_eq!(stream["state"], "error", "{name}: {stream}");
        assert!(health["consecutive_failures"].as_u64() >= Some(3), "{name}: {health}");
        assert!(health["lag_events"].as_u64() >= Some(100), "{name}: {health}");
        assert!(health["lag_seconds"].as_u64() >= Some(30), "{name}: {health}");
        assert!(health["next_attempt_at"].is_string(), "{name}: {health}");
        let error = &health["last_error"];
        assert_eq!((&error["code"], &error["status"]), (&"retry".into(), &Value::Null), "{name}: {error}");
        assert!(!error["message"].as_str().unwrap_or_default().is_empty(), "{name}: {error}");
    }
}

/// That each stream failed is in the log, once unless somebody had it tried; and that it works again, or just that.
fn check_recorded(api: &Api, targets: &[Target]) {
    let mut counts: HashMap<(String, String), usize> = HashMap::new();
    for event in api.all_events(ORG) {
        let stream =
            event["targets"].as_array().into_iter().flatten().find_map(|target| target["id"].as_str());
        if let (Some(action), Some(stream)) = (event["action"].as_str(), stream) {
            *counts.entry((action.to_owned(), stream.to_owned())).or_default() += 1;
        }
    }
    for target in targets {
        let count = |action: &str| {
            counts.get(&(format!("audit_stream.{action}"), target.stream.clone())).copied().unwrap_or(0)
        };
        let (failed, works, resumed) = (count("degraded"), count("recovered"), count("resumed"));
        let is_told = if resumed == 0 { (failed, works) == (1, 1) } else { failed > 0 };
        assert!(is_told, "{}: failed {failed} times, works again {works}, resumed {resumed}", target.name);
    }
}
