//! A report as text for people. Events hold text that strangers chose: what could steer a terminal is made visible.

use std::fmt::{self, Display, Formatter};

use tallystick_event::format_ms;

use super::{Conclusion, LogStatus, RecordReport, Report, Subject, Verdict};

/// The latest time that is shown as a date, Unix seconds: the end of the year 9999.
const SHOWN_TIME_MAX: u64 = 253_402_300_799;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for record in &self.records {
            writeln!(f, "{record}")?;
        }
        let counts = &self.counts;
        let listed = self.records.len() as u64;
        if counts.expected() > listed && listed > 0 {
            writeln!(f, "… {} more", counts.expected() - listed)?;
        }
        if !self.records.is_empty() {
            writeln!(f)?;
        }
        let log = &self.log;
        writeln!(f, "log        {}", safe(&log.origin))?;
        writeln!(f, "           {}", log.status)?;
        if !log.root.is_empty() {
            writeln!(f, "           size {}, root {}", log.size, log.root)?;
        }
        self.witnesses(f)?;
        if let Some(why) = &log.directory_unused {
            writeln!(f, "note       the directory is not used: {}", safe(why))?;
        }
        if counts.expected() > 0 {
            write!(f, "records    {} ({} OK", counts.records, counts.ok)?;
            let others = [
                (counts.redacted, "OK-REDACTED"),
                (counts.erased, "ERASED"),
                (counts.tampered, "TAMPERED"),
                (counts.missing, "MISSING"),
                (counts.unwitnessed, "UNWITNESSED"),
            ];
            for (count, name) in others.iter().filter(|(count, _)| *count > 0) {
                write!(f, ", {count} {name}")?;
            }
            writeln!(f, ")")?;
        }
        if let Some((from, to)) = self.range {
            writeln!(f, "range      {from} to {to}: complete, no event is missing")?;
        }
        for anchor in &self.anchors {
            let names = if anchor.names_checkpoint { "holds" } else { "does not hold" };
            let name = safe(&anchor.name);
            writeln!(
                f,
                "anchor     {name} {names} the hash of the checkpoint; its signature is not checked here"
            )?;
        }
        for remark in &self.remarks {
            writeln!(f, "note       {}", safe(remark))?;
        }
        writeln!(f, "result     {}", self.result())
    }
}

impl Report {
    fn witnesses(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(witnessed) = &self.log.witnessed else { return Ok(()) };
        let quorum = if witnessed.is_quorum { "the quorum of the policy" } else { "no quorum" };
        write!(
            f,
            "witnessed  up to size {} by {} witnesses, {quorum}",
            witnessed.size,
            witnessed.witnesses.len()
        )?;
        match witnessed.since {
            Some(since) => writeln!(f, ", not later than {}", time(since))?,
            None => writeln!(f)?,
        }
        for witness in &witnessed.witnesses {
            writeln!(f, "           {} at {}", safe(&witness.name), time(witness.time))?;
        }
        if let Some(directory) = &witnessed.directory {
            let size = witnessed.directory_size.unwrap_or_default();
            writeln!(f, "           through the directory {} at size {size}", safe(directory))?;
            if let Some(ms) = witnessed.listed_ms {
                writeln!(f, "           whose entry of the log is of {}", time_ms(ms))?;
            }
        }
        Ok(())
    }

    /// One sentence.
    fn result(&self) -> String {
        let what = match self.subject {
            Subject::Event => "the event is in the log as it is shown",
            Subject::Range | Subject::PackOfRange => {
                "all events of the range are here, in the log as they are shown"
            }
            Subject::PackOfSelection => {
                "each event is in the log as it is shown; that none that matches was left out is not proven"
            }
            Subject::Log => "the log is what its checkpoint says",
            Subject::Growth => "the log continues the checkpoint; nothing before it was changed or removed",
        };
        match self.conclusion {
            Conclusion::Proven => format!("PROVEN: {what}"),
            Conclusion::Inconclusive => {
                "NO CONCLUSION: nothing is wrong, but not all is there that the policy demands".to_owned()
            }
            Conclusion::Tampered => "TAMPERED: what is shown is not what the log committed to".to_owned(),
        }
    }
}

impl Display for RecordReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8}  {}", self.seq, self.verdict)?;
        if let Some(says) = &self.says {
            write!(f, "  {}", safe(says))?;
        } else if let Some(event) = &self.event {
            write!(f, "  {event}")?;
        }
        Ok(())
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Ok => f.write_str("OK"),
            Verdict::OkRedacted => f.write_str("OK-REDACTED"),
            Verdict::Erased { by } => {
                let by: Vec<String> = by.iter().map(u64::to_string).collect();
                write!(f, "ERASED(by {})", by.join(", "))
            }
            Verdict::Tampered { why } => write!(f, "TAMPERED({why})"),
            Verdict::Missing => f.write_str("MISSING"),
        }
    }
}

impl Display for LogStatus {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            LogStatus::Consistent => f.write_str("CONSISTENT"),
            LogStatus::Unwitnessed { since } => {
                write!(f, "UNWITNESSED since size {since}: no quorum of the policy has seen what follows")
            }
            LogStatus::Stale { age_ms: Some(age) } => {
                write!(f, "STALE: the newest proof of time is {} s old", age / 1_000)
            }
            LogStatus::Stale { age_ms: None } => f.write_str("STALE: there is no proof of time"),
            LogStatus::Untrusted { why } => write!(f, "UNTRUSTED: {}", safe(why)),
            LogStatus::Forked { why } => write!(f, "FORKED: {}", safe(why)),
            LogStatus::RolledBack { was, is } => {
                write!(f, "ROLLED BACK: it has size {is} and had {was} before")
            }
            LogStatus::Tampered { why } => write!(f, "TAMPERED: {}", safe(why)),
            LogStatus::Missing { why } => write!(f, "MISSING: {}", safe(why)),
        }
    }
}

fn time(seconds: u64) -> String {
    if seconds > SHOWN_TIME_MAX { format!("time {seconds}") } else { format_ms(seconds as i64 * 1_000) }
}

fn time_ms(ms: i64) -> String {
    let is_shown = u64::try_from(ms).is_ok_and(|ms| ms / 1_000 <= SHOWN_TIME_MAX);
    if is_shown { format_ms(ms) } else { format!("time {ms} ms") }
}

/// With control characters, and those that reorder or hide others, made visible.
fn safe(text: &str) -> String {
    let is_dangerous = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_dangerous(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}
