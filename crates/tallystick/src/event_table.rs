//! An event as one line for people: when, what came of it, the sentence that it reads as, its action.

use serde_json::Value;
use tallystick_event::sentence::sentence_text;

use crate::output::{Style, cut, safe};

/// Characters of the columns at most; longer values are cut with an ellipsis.
const ORG_CHARS_MAX: usize = 26;
const ACTION_CHARS_MAX: usize = 40;
const SENTENCE_CHARS_MAX: usize = 160;
const NOTE_CHARS_MAX: usize = 48;
/// Width of a time in UTC with milliseconds.
const TIME_CHARS: usize = 24;

/// What a line shows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct EventLine {
    time: String,
    org: String,
    outcome: String,
    sentence: String,
    action: String,
    note: String,
}

impl EventLine {
    /// From an event as the API gives it. What is missing stays empty: a line is no place to fail.
    pub(crate) fn of(json: &str) -> Self {
        let Ok(event) = serde_json::from_str::<Value>(json) else { return Self::default() };
        let column = |pointer: &str, chars_max: usize| {
            let text = event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            cut(&safe(text), chars_max).into_owned()
        };
        Self {
            time: column("/occurred_at", TIME_CHARS),
            org: column("/org", ORG_CHARS_MAX),
            outcome: column("/outcome", ORG_CHARS_MAX),
            sentence: cut(&safe(&sentence_text(json.as_bytes())), SENTENCE_CHARS_MAX).into_owned(),
            action: column("/action", ACTION_CHARS_MAX),
            note: column("/reason", NOTE_CHARS_MAX),
        }
    }

    fn columns(&self) -> [&str; 5] {
        [&self.time, &self.org, &self.outcome, &self.sentence, &self.action]
    }
}

/// Lines below each other, with columns that only grow: a live tail cannot know what will come.
#[derive(Debug, Clone)]
pub(crate) struct EventTable {
    style: Style,
    shows_org: bool,
    widths: [usize; 5],
}

impl EventTable {
    /// A table. The organization's column is left out where all lines have the same.
    pub(crate) fn new(style: Style, shows_org: bool) -> Self {
        Self { style, shows_org, widths: [TIME_CHARS, 4, 7, 60, 12] }
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
        let mut cells = Vec::with_capacity(6);
        for (at, (column, width)) in line.columns().into_iter().zip(self.widths).enumerate() {
            if at == 1 && !self.shows_org {
                continue;
            }
            let padded = format!("{column:<width$}");
            cells.push(match at {
                2 => match column {
                    "success" => self.style.green(&padded),
                    "failure" => self.style.red(&padded),
                    "denied" => self.style.yellow(&padded),
                    _ => padded,
                },
                3 => self.style.bold(&padded),
                _ => self.style.dim(&padded),
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
        let wanted = "2026-11-20T10:00:00.123Z denied Ana⟨U+001B⟩[2J was not allowed to grant role for u_2 and 1 other \
                      role.granted not an admin";
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>(),
            wanted.split_whitespace().collect::<Vec<_>>()
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
        // In characters: the sentences of the two have others than those of ASCII.
        let place = |line: &str, word: &str| line.rfind(word).map(|at| line[..at].chars().count());
        assert_eq!(place(&first, " a.very"), place(&second, " b"));
        assert!(table.render(&EventLine::of("not json")).is_empty());
    }
}
