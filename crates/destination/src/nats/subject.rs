//! Subjects, made of a template and of what may be anything in an event.

use crate::{BadSettings, Batch, Record};

/// Longest subject, bytes. Servers take lines of 4,096 by default, in which it stands with more.
const SUBJECT_BYTES_MAX: usize = 1_024;

/// A template of subjects.
#[derive(Debug)]
pub(super) struct Subject(String);

impl Subject {
    /// Checks a template: parts with dots between, without wildcards.
    pub(super) fn new(template: &str) -> Result<Self, BadSettings> {
        let plain = template.replace("{org}", "o").replace("{action}", "a");
        let is_good = |c: char| c.is_ascii_graphic() && !matches!(c, '*' | '>' | '{' | '}');
        let is_system = plain.starts_with('$') || plain.starts_with("_INBOX.");
        if plain.split('.').any(str::is_empty)
            || !plain.chars().all(is_good)
            || is_system
            || template.len() > 256
        {
            let why = "has to be parts with dots between, without spaces and wildcards, such as audit.{org}.{action}";
            return Err(BadSettings::new("subject", why));
        }
        Ok(Self(template.to_owned()))
    }

    /// The subject of an event.
    pub(super) fn of(&self, batch: &Batch, record: &Record) -> String {
        let action = record.action.split('.').map(token).collect::<Vec<_>>().join(".");
        let mut subject = self.0.replace("{org}", &token(&batch.org)).replace("{action}", &action);
        subject.truncate(subject.floor_char_boundary(SUBJECT_BYTES_MAX));
        subject.truncate(subject.trim_end_matches('.').len());
        subject
    }
}

/// One part of a subject: what means something in subjects becomes `_`.
fn token(text: &str) -> String {
    let is_good = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '.' | '*' | '>' | '$');
    let clean: String = text.chars().map(|c| if is_good(c) { c } else { '_' }).collect();
    if clean.is_empty() { "_".to_owned() } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nats::message::tests::batch;

    #[test]
    fn what_is_in_an_event_cannot_leave_its_part() {
        let subject = Subject::new("audit.{org}.{action}").unwrap();
        let mut batch = batch(1);
        let record = |action: &str, batch: &Batch| {
            let mut record = batch.records[0].clone();
            action.clone_into(&mut record.action);
            subject.of(batch, &record)
        };
        assert_eq!(record("user.created", &batch), "audit.org_1.user.created");
        assert_eq!(record("a..b. *\r\n>", &batch), "audit.org_1.a._.b._____");
        batch.org = "a.b.>".to_owned();
        assert_eq!(record("x", &batch), "audit.a_b__.x");
        assert!(record(&"a.".repeat(2_000), &batch).len() <= SUBJECT_BYTES_MAX);
    }

    #[test]
    fn templates_are_subjects() {
        for good in ["audit", "a.{org}", "{org}.{action}", "a-b_c.{org}x.1"] {
            Subject::new(good).unwrap();
        }
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a.*", "a.>", "{what}", "$JS.API.x", "_INBOX.a", "ä"]
        {
            assert!(Subject::new(bad).is_err(), "{bad}");
        }
    }
}
