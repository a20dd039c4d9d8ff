//! What the simulation promises: the same bytes each time, valid events in order, true changes, believable proportions,
//! and a story that can be found.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use tallystick_event::{Limits, MASKED, MaskRules, PrepareContext, Preparer, Unit};
use tallystick_testkit::{FixedClock, SeededRandom};

use super::calendar::{DAY, HOUR};
use super::*;

/// What the intruder set off.
const THE_ALERT: &str = "Large export by a service account";
/// 2026-11-20, a Friday, 10:00 UTC.
const NOW: i64 = 1_795_168_800_000;

fn simulate(seed: u64) -> Vec<SimEvent> {
    Simulation::new(SimulationOptions::usual(seed, NOW))
        .take_while(|event| event.occurred_ms <= NOW)
        .collect()
}

/// The history of seed 1, simulated once for all tests.
fn history() -> &'static [SimEvent] {
    static HISTORY: OnceLock<Vec<SimEvent>> = OnceLock::new();
    HISTORY.get_or_init(|| simulate(1))
}

/// The same, parsed one at a time: all of them at once would take hundreds of megabytes.
fn parsed() -> impl Iterator<Item = Value> {
    history().iter().map(|event| serde_json::from_str(&event.json).unwrap())
}

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn the_same_options_give_the_same_bytes() {
    assert_eq!(history(), simulate(1));
    let other: Vec<SimEvent> = Simulation::new(SimulationOptions::usual(2, NOW)).take(50).collect();
    assert_ne!(history()[..50], other);
}

#[test]
fn the_history_does_not_depend_on_when_it_ends() {
    let earlier = SimulationOptions { live_from_ms: NOW - 20 * DAY, ..SimulationOptions::usual(1, NOW) };
    let until = earlier.live_from_ms;
    let short: Vec<SimEvent> =
        Simulation::new(earlier).take_while(|event| event.occurred_ms < until).collect();
    assert_eq!(short[..], history()[..short.len()]);
}

#[test]
fn events_are_ordered_and_their_keys_unique_even_when_live() {
    let mut simulation = Simulation::new(SimulationOptions::usual(3, NOW));
    let (mut last, mut keys) = (0, BTreeSet::new());
    loop {
        let event = simulation.next_event();
        assert!(event.occurred_ms >= last, "{}", event.json);
        last = event.occurred_ms;
        let value: Value = serde_json::from_str(&event.json).unwrap();
        assert_eq!(text(&value, "/occurred_at"), calendar::rfc3339(last));
        assert!(keys.insert(text(&value, "/idempotency_key").to_owned()), "{}", event.json);
        if last > NOW + HOUR {
            break;
        }
    }
}

#[test]
fn the_live_part_is_busy_and_the_natural_one_is_not() {
    let live = |pace: f64| {
        let options = SimulationOptions { pace, ..SimulationOptions::usual(1, NOW) };
        let events = Simulation::new(options).skip_while(|event| event.occurred_ms < NOW);
        events.take_while(|event| event.occurred_ms < NOW + 2 * HOUR).count()
    };
    let (busy, natural) = (live(LIVE_PACE), live(1.0));
    assert!(busy > 15 * natural, "{busy} against {natural}");
    assert!((2_000..20_000).contains(&busy), "{busy} events in two hours");
}

#[test]
fn every_event_has_only_what_the_contract_knows() {
    let top = [
        "org",
        "action",
        "occurred_at",
        "version",
        "actor",
        "targets",
        "context",
        "outcome",
        "reason",
        "changes",
        "metadata",
        "idempotency_key",
    ];
    let actor = ["type", "id", "name", "email", "metadata", "on_behalf_of"];
    let target = ["type", "id", "name", "metadata"];
    let context = ["ip", "user_agent", "origin", "country", "request_id", "session_id", "trace_id"];
    let origins = ["ui", "api", "cli", "mobile", "slack", "terraform", "scim", "mcp", "workflow"];
    let kinds = [
        "user",
        "service_account",
        "api_key",
        "agent",
        "integration",
        "workflow",
        "scim",
        "system",
        "support",
        "anonymous",
    ];
    let known = |value: &Value, names: &[&str]| {
        value.as_object().unwrap().keys().all(|key| names.contains(&key.as_str()))
    };
    for event in parsed() {
        assert!(known(&event, &top) && known(&event["actor"], &actor), "{event}");
        assert!(known(&event["context"], &context), "{event}");
        assert!(origins.contains(&text(&event, "/context/origin")), "{event}");
        assert!(kinds.contains(&text(&event, "/actor/type")), "{event}");
        assert!(
            !text(&event, "/actor/id").is_empty() && !text(&event, "/targets/0/id").is_empty(),
            "{event}"
        );
        assert!(event["targets"].as_array().unwrap().iter().all(|one| known(one, &target)), "{event}");
        if let Some(ip) = event.pointer("/context/ip") {
            assert!(ip.as_str().unwrap().parse::<std::net::IpAddr>().is_ok(), "{event}");
        }
        for change in event["changes"].as_array().into_iter().flatten() {
            let op = change["op"].as_str().unwrap();
            assert!(
                known(change, &["path", "op", "old", "new"]) && text(change, "/path").starts_with('/'),
                "{event}"
            );
            assert!(["add", "remove", "replace"].contains(&op), "{event}");
            let is_marker = text(change, "/path") == "/password";
            assert!(is_marker || (change.get("old").is_some() == (op != "add")), "{event}");
            assert!(is_marker || (change.get("new").is_some() == (op != "remove")), "{event}");
        }
    }
}

#[test]
fn the_service_takes_every_event_as_it_is() {
    let (clock, random) = (Arc::new(FixedClock::new(NOW)), Arc::new(SeededRandom::new(1)));
    let preparer = Preparer::new(Limits::default(), &MaskRules::default(), clock, random);
    let context = PrepareContext { org: None, source: "demo", default_idempotency: None };
    for event in history() {
        let prepared = preparer.prepare(event.json.as_bytes(), &context);
        let prepared = prepared.unwrap_or_else(|error| panic!("{error}: {}", event.json));
        assert_eq!(prepared.org.as_str(), ORG_ID);
        assert_eq!(prepared.occurred_us, event.occurred_ms * 1000);
        for unit in Unit::ALL {
            let bytes = prepared.units.get(unit).unwrap_or_default();
            assert!(!String::from_utf8_lossy(bytes).contains(MASKED), "a secret was found in {}", event.json);
        }
    }
}

#[test]
fn actions_are_those_of_the_taxonomy_and_most_of_them_occur() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/actions.txt");
    let Ok(list) = std::fs::read_to_string(path) else {
        assert!(std::env::var_os("CI").is_none(), "the taxonomy is missing: {path}");
        eprintln!("SKIPPED: {path} is not there");
        return;
    };
    let known: BTreeSet<&str> = list.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let seen: BTreeSet<String> = parsed().map(|event| text(&event, "/action").to_owned()).collect();
    let seen: BTreeSet<&str> = seen.iter().map(String::as_str).collect();
    let unknown: Vec<_> = seen.difference(&known).collect();
    assert!(unknown.is_empty(), "not in the taxonomy: {unknown:?}");
    let missing: Vec<_> = known.difference(&seen).collect();
    assert!(seen.len() >= 230, "only {} of {}; missing {missing:?}", seen.len(), known.len());
}

#[test]
fn the_proportions_are_those_of_an_office() {
    let total = history().len();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for event in parsed() {
        *outcomes.entry(text(&event, "/outcome").to_owned()).or_default() += 1;
    }
    assert!((40_000..80_000).contains(&total), "{total} events");
    let share = |name: &str| outcomes[name] as f64 / total as f64 * 100.0;
    let (success, failure, denied) = (share("success"), share("failure"), share("denied"));
    assert!(
        (92.0..96.5).contains(&success),
        "{success:.1} % success, {failure:.1} % failure, {denied:.1} % denied"
    );
    assert!(
        (2.0..6.0).contains(&failure) && (1.0..3.5).contains(&denied),
        "{failure:.1} % failure, {denied:.1} % denied"
    );
    let mut by_hour = [0_usize; 24];
    let mut by_weekday = [0_usize; 7];
    for event in history() {
        by_hour[(event.occurred_ms.rem_euclid(DAY) / HOUR) as usize] += 1;
        by_weekday[calendar::weekday(calendar::day_of(event.occurred_ms)) as usize] += 1;
    }
    assert!(by_hour[10] > 3 * by_hour[23], "{by_hour:?}");
    assert!(by_weekday[1] > 2 * by_weekday[6], "{by_weekday:?}");
}

/// Follows each configured value through the log: what a change says was there must be what the change before left.
#[test]
fn every_change_starts_from_what_the_one_before_left() {
    let follows = [
        "/levels/0/timeout_min",
        "/levels/1/timeout_min",
        "/repeat",
        "/state",
        "/enabled",
        "/tier",
        "/handover",
        "/grouping_window_s",
        "/sso_required",
        "/fingerprint",
    ];
    let mut values: HashMap<(String, String), Value> = HashMap::new();
    let mut checked = 0;
    for event in parsed() {
        for change in event["changes"].as_array().into_iter().flatten() {
            let path = text(change, "/path");
            if !follows.contains(&path) || text(&event, "/action").starts_with("refresh_token") {
                continue;
            }
            let place = (text(&event, "/targets/0/id").to_owned(), path.to_owned());
            if change["op"] == "replace"
                && let Some(left) = values.get(&place)
            {
                assert_eq!(&change["old"], left, "{event}");
                checked += 1;
            }
            values.insert(place, change["new"].clone());
        }
    }
    assert!(checked > 150, "only {checked} changes followed another");
}

#[test]
fn alerts_are_acknowledged_by_whoever_was_told() {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut acknowledged = 0;
    for event in parsed() {
        let alert = text(&event, "/targets/0/id").to_owned();
        match text(&event, "/action") {
            "alert.notification_sent" | "alert.notification_failed" => {
                told.entry(alert).or_default().insert(text(&event, "/targets/1/id").to_owned());
            }
            "alert.acknowledged" => {
                let by = text(&event, "/actor/id");
                let was_told = told.get(&alert).is_some_and(|people| people.contains(by));
                // The intruder's alert is found through the log by somebody whom it never reached.
                assert!(was_told || text(&event, "/targets/0/name") == THE_ALERT, "{event}");
                acknowledged += 1;
            }
            _ => {}
        }
    }
    assert!(acknowledged > 1_000, "{acknowledged}");
}
