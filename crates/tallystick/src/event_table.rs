//! An event as one line for people.

use serde_json::Value;

use crate::output::{Style, cut, safe};

/// Characters of the columns at most; longer values are cut with an ellipsis.
const ACTOR_CHARS_MAX: usize = 26;
const ACTION_CHARS_MAX: usize = 40;
const TARGET_CHARS_MAX: usize = 48;
/// Width of a time in UTC with milliseconds.
const TIME_CHARS: usize = 24;

/// What a line shows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct EventLine {
    time: String,
    org: String,
    actor: String,
    action: String,
    target: String,
    outcome: String,
    note: String,
}

impl EventLine {
    /// From an event as the API gives it. What is missing stays empty: a line is no place to fail.
    pub(crate) fn of(json: &str) -> Self {
        let event: Value = serde_json::from_str(json).unwrap_or_default();
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let named = |thing: &Value| {
            let of = |name: &str| thing.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            of("name").or_else(|| of("email")).or_else(|| of("id")).unwrap_or_default().to_owned()
        };
        let targets = event.get("targets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut target = targets.first().map(&named).unwrap_or_default();
        if targets.len() > 1 {
            target = format!("{target} +{}", targets.len() - 1);
        }
        let column = |text: &str, chars_max: usize| cut(&safe(text), chars_max).into_owned();
        Self {
            time: column(text("/occurred_at"), TIME_CHARS),
            org: column(text("/org"), ACTOR_CHARS_MAX),
            actor: column(&event.get("actor").map(named).unwrap_or_default(), ACTOR_CHARS_MAX),
            action: column(text("/action"), ACTION_CHARS_MAX),
            target: column(&target, TARGET_CHARS_MAX),
            outcome: column(text("/outcome"), ACTOR_CHARS_MAX),
            note: column(text("/reason"), TARGET_CHARS_MAX),
        }
    }

    fn columns(&self) -> [&str; 6] {
        [&self.time, &self.org, &self.actor, &self.action, &self.target, &self.outcome]
    }
}

/// Lines below each other, with columns that only grow: a live tail cannot know what will come.
#[derive(Debug, Clone)]
pub(crate) struct EventTable {
    style: Style,
    shows_org: bool,
    widths: [usize; 6],
}

impl EventTable {
    /// A table. The organization's column is left out where all lines have the same.
    pub(crate) fn new(style: Style, shows_org: bool) -> Self {
        Self { style, shows_org, widths: [TIME_CHARS, 4, 14, 28, 16, 7] }
    }

    /// Makes room for a line.
    pub(crate) fn widen(&mut self, line: &EventLine) {
        for (width, column) in self.widths.iter_mut().zip(line.columns()) {
            *width = (*width).max(column.chars().count());
        }
    }

    /// The line, coloured if the terminal is to show colours.
    pub(crate) fn render(&mut self, line: &EventLine) -> String {
        self.widen(line);
        let mut cells = Vec::with_capacity(7);
        for (at, (column, width)) in line.columns().into_iter().zip(self.widths).enumerate() {
            if at == 1 && !self.shows_org {
                continue;
            }
            let padded = format!("{column:<width$}");
            cells.push(match at {
                0 | 1 => self.style.dim(&padded),
                2 => self.style.bold(&padded),
                3 => self.style.cyan(&padded),
                5 => match column {
                    "success" => self.style.green(&padded),
                    "failure" => self.style.red(&padded),
                    "denied" => self.style.yellow(&padded),
                    _ => padded,
                },
                _ => padded,
            });
        }
        cells.push(self.style.dim(&line.note));
        cells.join("  ").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"id":"evt_1","org":"acme","occurred_at":"2026-11-20T10:00:00.123Z","action":"role.granted",
        "actor":{"type":"user","id":"u_1","name":"Ana\u001b[2J"},"outcome":"denied","reason":"not an admin",
        "targets":[{"type":"user","id":"u_2"},{"type":"user","id":"u_3"}]}"#;

    #[test]
    fn a_line_has_what_people_look_for_and_nothing_that_steers_the_terminal() {
        let mut table = EventTable::new(Style::plain(), false);
        let line = table.render(&EventLine::of(EVENT));
        let words: Vec<_> = line.split_whitespace().collect();
        assert_eq!(
            words,
            [
                "2026-11-20T10:00:00.123Z",
                "Ana\\u{1b}[2J",
                "role.granted",
                "u_2",
                "+1",
                "denied",
                "not",
                "an",
                "admin"
            ]
        );
        assert!(EventTable::new(Style::plain(), true).render(&EventLine::of(EVENT)).contains("acme"));
    }

    #[test]
    fn lines_stay_below_each_other() {
        let mut table = EventTable::new(Style::plain(), false);
        let (long, short) = (
            EventLine::of(r#"{"action":"a.very_long_action_name_indeed_it_is","outcome":"success"}"#),
            EventLine::of(r#"{"action":"b","outcome":"success"}"#),
        );
        let (first, second) = (table.render(&long), table.render(&short));
        assert_eq!(first.find("success"), second.find("success"));
        assert!(table.render(&EventLine::of("not json")).is_empty());
    }
}
