//! The brute-force model: all events in a list, every question answered by looking at each of them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::Value;
use tallystick_engine::search::Scope;
use tallystick_event::{OrgId, render_value};
use tallystick_query::{EventFacts, LowerOptions, Lowered, lower, matches, parse};
use tallystick_testkit::NOW_MS;

/// One event as the model knows it.
pub(crate) struct Known {
    pub(crate) org: OrgId,
    pub(crate) seq: u64,
    pub(crate) occurred_us: i64,
    pub(crate) json: Value,
    pub(crate) facts: EventFacts,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) events: Vec<Known>,
}

impl Model {
    pub(crate) fn add(
        &mut self,
        prepared: &tallystick_event::Prepared,
        appended: &tallystick_engine::Appended,
    ) {
        let json = render_value(&appended.id, appended.seq, appended.received_ms, &prepared.units).unwrap();
        let facts = EventFacts::from_json(&json);
        self.events.push(Known {
            org: prepared.org.clone(),
            seq: appended.seq,
            occurred_us: prepared.occurred_us,
            json,
            facts,
        });
    }

    /// Matching events, newest first.
    pub(crate) fn find(&self, scope: &Scope, query: Option<&Lowered>) -> Vec<&Known> {
        let mut found: Vec<&Known> = self
            .events
            .iter()
            .filter(|event| scope.contains(&event.org))
            .filter(|event| query.is_none_or(|query| matches(query, &event.facts)))
            .collect();
        found.sort_by_key(|event| std::cmp::Reverse((event.occurred_us, event.seq, event.org.clone())));
        found
    }
}

pub(crate) fn ids(events: &[&Known]) -> Vec<String> {
    events.iter().map(|event| event.json["id"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn lowered(text: &str) -> Option<Lowered> {
    let (query, _) = parse(text).into_result().unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    query.root.as_ref()?;
    let options = LowerOptions { now_us: NOW_MS * 1_000, tz: &TimeZone::UTC, me: None };
    Some(lower(&query, &options).unwrap())
}

/// Number of events by a value that `of` finds in each.
pub(crate) fn counts(events: &[&Known], of: impl Fn(&Value) -> Vec<String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for event in events {
        let mut values = of(&event.json);
        values.sort();
        values.dedup();
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
    }
    counts
}
