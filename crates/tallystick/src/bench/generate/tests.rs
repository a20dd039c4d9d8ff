//! What a comparison relies on: size, skew, uniqueness, determinism, and searches that find something.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::*;

const END: i64 = 1_795_168_800_000;
const COUNT: usize = 20_000;

fn config() -> GeneratorConfig {
    GeneratorConfig::published(COUNT as u64, END)
}

fn lines(seed: u64) -> Vec<u8> {
    let mut out = Vec::new();
    Generator::new(seed, config()).fill_batch(&mut out, COUNT);
    out
}

fn events(seed: u64) -> Vec<Value> {
    lines(seed)
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn counts<'a>(events: &'a [Value], pointer: &str) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::new();
    for event in events {
        *counts.entry(text(event, pointer)).or_default() += 1;
    }
    counts
}

#[test]
fn the_average_size_is_the_published_one() {
    let average = (lines(1).len() - COUNT) / COUNT;
    let allowed = EVENT_BYTES_AVERAGE * 95 / 100..=EVENT_BYTES_AVERAGE * 105 / 100;
    assert!(allowed.contains(&average), "{average} bytes an event");
}

#[test]
fn the_same_seed_gives_the_same_bytes_however_they_are_batched() {
    let mut other = Vec::new();
    let mut generator = Generator::new(1, config());
    for _ in 0..COUNT / 1000 {
        generator.fill_batch(&mut other, 1000);
    }
    assert!(lines(1) == other);
    assert!(lines(1) != lines(2));
}

#[test]
fn an_array_holds_the_same_events_as_the_lines() {
    let mut array = Vec::new();
    Generator::new(1, config()).fill_array(&mut array, 50);
    let array: Vec<Value> = serde_json::from_slice(&array).unwrap();
    assert_eq!(array[..], events(1)[..50]);
    let mut empty = Vec::new();
    Generator::new(1, config()).fill_array(&mut empty, 0);
    assert_eq!(empty, b"[]");
}

#[test]
fn requests_are_unique_and_sessions_shared() {
    let events = events(1);
    let requests: HashSet<&str> = events.iter().map(|event| text(event, "/context/request_id")).collect();
    assert_eq!(requests.len(), COUNT);
    let sessions = counts(&events, "/context/session_id");
    assert!(*sessions.values().max().unwrap() <= 20);
    for event in &events {
        assert!(text(event, "/context/ip").parse::<std::net::IpAddr>().is_ok(), "{event}");
    }
}

#[test]
fn few_are_frequent_and_most_are_rare() {
    let events = events(1);
    for (pointer, at_least_distinct, top_share) in [
        ("/org", 150, 0.08),
        ("/actor/id", 2_000, 0.005),
        ("/action", 100, 0.08),
        ("/targets/0/id", 5_000, 0.003),
    ] {
        let counts = counts(&events, pointer);
        let top = *counts.values().max().unwrap() as f64 / COUNT as f64;
        assert!(
            counts.len() >= at_least_distinct && top > top_share,
            "{pointer}: {} distinct, top {top:.4}",
            counts.len()
        );
    }
    let actions = counts(&events, "/action");
    assert!((100..=160).contains(&actions.len()), "{}", actions.len());
    let changed = events.iter().filter(|event| event.get("changes").is_some()).count();
    assert!((COUNT * 13 / 100..COUNT * 17 / 100).contains(&changed), "{changed}");
}

#[test]
fn time_goes_on_with_a_little_disorder_and_a_few_late_ones() {
    let times: Vec<String> = events(1).iter().map(|event| text(event, "/occurred_at").to_owned()).collect();
    let descents = times.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert!(descents > 20 && descents < COUNT / 20, "{descents} times backwards");
    let month: HashSet<&str> = times.iter().map(|time| &time[..10]).collect();
    assert!(month.len() >= 30);
    assert!(times.iter().all(|time| time.as_str() <= "2026-11-20T10:00:00.000Z"), "nothing is in the future");
}

/// Each search finds the event it was made from.
#[test]
fn the_workload_asks_for_what_is_there() {
    let workload = Workload::new(1, &config(), COUNT as u64, 5);
    assert_eq!(workload.queries.len(), 5 * QUERY_KINDS.len());
    let events = events(1);
    for query in &workload.queries {
        let Some(value) = query.values.first() else { continue };
        let found = events
            .iter()
            .filter(|event| query.org.as_ref().is_none_or(|org| text(event, "/org") == org))
            .filter(|event| match query.kind {
                QueryKind::Newest => true,
                QueryKind::Action => text(event, "/action") == value,
                QueryKind::RareActor | QueryKind::BusyActor => text(event, "/actor/id") == value,
                QueryKind::Target => text(event, "/targets/0/id") == value,
                QueryKind::Request => text(event, "/context/request_id") == value,
                QueryKind::Session => text(event, "/context/session_id") == value,
                QueryKind::ThreeWords => {
                    let note: HashSet<&str> = text(event, "/metadata/note").split(' ').collect();
                    query.values.iter().all(|word| note.contains(word.as_str()))
                }
                QueryKind::Denied => text(event, "/outcome") == "denied",
                QueryKind::Changed => event["changes"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one["path"] == "/owner")),
                QueryKind::Number => event["metadata"]["duration_ms"].as_u64() > Some(4000),
                QueryKind::Network => text(event, "/context/ip").starts_with(value.trim_end_matches("0/24")),
                QueryKind::Hour => text(event, "/occurred_at").starts_with(&value[..13]),
            })
            .count();
        let may_be_empty = matches!(query.kind, QueryKind::Denied | QueryKind::Changed | QueryKind::Number);
        assert!(found > 0 || may_be_empty, "{query:?}");
        match query.kind {
            QueryKind::Request => assert_eq!(found, 1, "{query:?}"),
            QueryKind::RareActor => assert!(found <= 3, "{query:?}: {found}"),
            QueryKind::Session => assert!(found <= 20, "{query:?}: {found}"),
            _ => {}
        }
    }
}
