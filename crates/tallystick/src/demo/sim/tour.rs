//! The guided tour of `docs/demo.md`, walked: every query in it must parse without a warning, and find as
//! many events as
//! the text says, whichever day the demonstration is started on.

use jiff::tz::TimeZone;
use serde_json::Value;
use tallystick_query::{EventFacts, LowerOptions, Lowered, lower, matches, parse};

use super::calendar::DAY;
use super::{Simulation, SimulationOptions};

const TOUR: &str = include_str!("../../../../../docs/demo.md");
/// 2026-11-20, a Friday, 10:00 UTC.
const NOW: i64 = 1_795_168_800_000;

/// The queries whose counts the text names.
const COUNTED: &[(&str, usize)] = &[
    ("action:audit_stream.paused", 1),
    ("actor:ci-metrics", 9),
    ("target:ci-metrics action:api_key.created", 1),
    ("actor:tomas.figueiredo@northlight.example country:SC", 25),
    ("actor:tomas.figueiredo@northlight.example action:mfa_factor.challenge_failed", 6),
    ("action:user.signed_in metadata.method:password", 2),
    ("ip:198.51.100.160/27", 123),
    ("actor:tomas.figueiredo@northlight.example country:SC outcome:denied", 4),
    ("action:record.exported metadata.rows:>10000", 3),
    ("target:\"Security SOC\" has:diff", 2),
    ("actor:svc-pager-bridge outcome:denied", 9),
    ("target:sch_payments action:schedule.deleted,schedule.created", 2),
    ("action:api_key.rejected actor.id:key_oncall_sync", 141),
    (
        "actor:yui.sato@northlight.example action:audit_log.searched \
         metadata.purpose:\"Splunk has had no events since Sunday\"",
        6,
    ),
];

/// Every indented line that is a query.
fn queries() -> Vec<&'static str> {
    let indented = TOUR.lines().filter_map(|line| line.strip_prefix("    "));
    indented.filter(|line| !line.starts_with("tallystick ") && !line.starts_with("curl ")).collect()
}

fn lowered(text: &str, now_ms: i64) -> Lowered {
    let parsed = parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let options = LowerOptions { now_us: now_ms * 1000, tz: &TimeZone::UTC, me: None };
    lower(&parsed.query.expect("a query without diagnostics"), &options).expect(text)
}

/// How often each query of the tour finds something in a history that ends at `now_ms`.
fn walk(now_ms: i64) -> Vec<(&'static str, usize)> {
    let queries: Vec<(&str, Lowered)> =
        queries().into_iter().map(|text| (text, lowered(text, now_ms))).collect();
    let mut found: Vec<(&str, usize)> = queries.iter().map(|(text, _)| (*text, 0)).collect();
    let story = Simulation::new(SimulationOptions::usual(1, now_ms));
    for event in story.take_while(|event| event.occurred_ms <= now_ms) {
        let event: Value = serde_json::from_str(&event.json).unwrap();
        let facts = EventFacts::from_json(&event);
        for ((_, query), (_, count)) in queries.iter().zip(&mut found) {
            *count += usize::from(matches(query, &facts));
        }
    }
    found
}

#[test]
fn the_tour_finds_what_it_says() {
    // Starts on a Friday, a Sunday and a Wednesday put the intrusion at different distances from the end.
    for shift in [0, 2, 5] {
        let found = walk(NOW + shift * DAY);
        assert!(found.len() > 25, "only {} queries in the tour", found.len());
        for (query, count) in &found {
            assert!(*count > 0, "nothing for {query} after {shift} days");
        }
        for counted in COUNTED {
            assert!(found.contains(counted), "expected {counted:?} after {shift} days, found {found:#?}");
        }
    }
}

#[test]
fn the_alarm_goes_to_somebody_on_leave_and_is_found_by_somebody_else() {
    let story =
        Simulation::new(SimulationOptions::usual(1, NOW)).take_while(|event| event.occurred_ms <= NOW);
    let alarm: Vec<Value> = story
        .filter(|event| event.json.contains("Large export by a service account"))
        .map(|event| serde_json::from_str(&event.json).unwrap())
        .collect();
    let action = |name: &str| alarm.iter().find(|event| event["action"] == name);
    assert_eq!(action("alert.notification_sent").unwrap()["targets"][1]["name"], "Lucía Ferreyra");
    let by = action("alert.acknowledged").unwrap()["actor"]["email"].clone();
    assert_eq!(by, "yui.sato@northlight.example");
    assert_eq!(action("alert.escalated"), None, "nobody else may be woken");
}
