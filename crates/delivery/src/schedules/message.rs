//! What the message about a run says: what is in the file and where it is, and nothing of any event.

use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};
use tallystick_catalog::{Export, ScheduleRun};

use super::limits::ATTACHMENT_BYTES_MAX;
use crate::{
    mail::{Mail, MailFile},
    spec::Spec,
    statement::file_name,
};

/// Characters of a schedule's name in a subject.
const SUBJECT_NAME_CHARS_MAX: usize = 100;

/// What is known of a run whose file is there.
pub(crate) struct About<'a> {
    pub(crate) run: &'a ScheduleRun,
    pub(crate) export: &'a Export,
    pub(crate) spec: &'a Spec,
    pub(crate) zone: &'a TimeZone,
    pub(crate) link: Option<String>,
    /// The file was to go with the message.
    pub(crate) wants_file: bool,
}

impl About<'_> {
    /// Whether the file goes with the message.
    pub(crate) fn attaches(&self) -> bool {
        self.wants_file && self.export.bytes <= ATTACHMENT_BYTES_MAX
    }

    /// The message.
    pub(crate) fn mail(&self, to: Vec<String>, at_ms: i64, bytes: Option<Vec<u8>>) -> Mail {
        let name: String = self.export.name.chars().take(SUBJECT_NAME_CHARS_MAX).collect();
        let file = bytes.map(|bytes| MailFile {
            name: file_name(self.export, self.spec),
            media_type: self.spec.media_type().to_owned(),
            bytes,
        });
        Mail {
            id: format!("{}.{}", self.run.schedule, self.run.number),
            to,
            subject: format!("{name}: {} events", self.export.rows),
            text: self.text(),
            at_ms,
            file,
        }
    }

    fn text(&self) -> String {
        let export = self.export;
        let what = match self.run.first_seq {
            Some(_) => "taken in",
            None => "that occurred",
        };
        let mut text = format!(
            "The scheduled export \"{}\" of {} is there.\n\nEvents   {}, {what} from {} until {}\n",
            export.name,
            export.org,
            export.rows,
            self.time(self.run.from_ms),
            self.time(self.run.due_ms),
        );
        // Nothing that is written into a string fails.
        let _ = writeln!(text, "File     {}, {} bytes", file_name(export, self.spec), export.bytes);
        if let Some(sha256) = &export.sha256 {
            let _ = writeln!(text, "SHA-256  {sha256}");
        }
        text.push('\n');
        if self.wants_file && !self.attaches() {
            let max = ATTACHMENT_BYTES_MAX;
            let _ = writeln!(text, "The file is larger than what is attached to a message ({max} bytes).");
        }
        let until = export.expires_ms.map(|ms| format!(", until {}", self.time(ms))).unwrap_or_default();
        let _ = match &self.link {
            Some(link) => writeln!(text, "Download it after signing in{until}:\n{link}"),
            None => writeln!(text, "It is in the history of exports as {}{until}.", export.id),
        };
        text
    }

    fn time(&self, ms: i64) -> String {
        let time = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(self.zone.clone());
        time.strftime("%Y-%m-%d %H:%M %Z").to_string()
    }
}
