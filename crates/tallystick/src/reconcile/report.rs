//! What is told: the same as text for people and as JSON for programs.

use std::{collections::BTreeMap, io::Write, ops::Range};

use serde::Serialize;
use serde_json::{Value, json};
use tallystick_delivery::streams::{Mask, MaskMethod};

use super::{
    log::LogInfo,
    tally::{Absence, Findings, Run, Tally, Unknown},
};
use crate::output::{Style, safe, thousands};

/// A line that is no record of a log.
#[derive(Debug, Serialize)]
pub(crate) struct Unreadable {
    pub(crate) at: String,
    pub(crate) why: String,
}

/// A file or an object that could not be read to its end.
#[derive(Debug, Serialize)]
pub(crate) struct Broken {
    pub(crate) piece: String,
    pub(crate) why: String,
}

/// One log and what was found of it.
#[derive(Debug)]
struct OfLog {
    origin: String,
    org: String,
    /// Events that were to be in the copy.
    range: Range<u64>,
    /// Behind the seq of the log's last event.
    end: u64,
    base: u64,
    tally: Tally,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Report {
    stream: Option<String>,
    mask: Mask,
    except: Vec<String>,
    /// Files, objects, or one search.
    pub(crate) pieces: u64,
    pub(crate) left_alone: u64,
    pub(crate) records: u64,
    pub(crate) formats: BTreeMap<String, u64>,
    /// Records of organizations that were not asked for.
    pub(crate) others: u64,
    /// Made-up events of tests of the stream.
    pub(crate) tests: u64,
    /// Records before or behind what was asked for.
    pub(crate) outside: u64,
    pub(crate) unreadable: Findings<Unreadable>,
    pub(crate) broken: Findings<Broken>,
    /// Records of logs that the service does not show.
    pub(crate) unknown: Findings<Unknown>,
    logs: Vec<OfLog>,
}

impl Report {
    pub(super) fn new(stream: Option<String>, mask: &Mask, except: &[String]) -> Self {
        Self {
            stream,
            mask: mask.clone(),
            except: except.to_vec(),
            pieces: 0,
            left_alone: 0,
            records: 0,
            formats: BTreeMap::new(),
            others: 0,
            tests: 0,
            outside: 0,
            unreadable: Findings::default(),
            broken: Findings::default(),
            unknown: Findings::default(),
            logs: Vec::new(),
        }
    }

    pub(super) fn add_log(&mut self, log: &LogInfo, range: Range<u64>, tally: Tally) {
        let (origin, org) = (log.origin.clone(), log.org.clone());
        self.logs.push(OfLog { origin, org, range, end: log.end, base: log.base, tally });
    }

    /// Whether there was anything to compare.
    pub(crate) fn is_empty(&self) -> bool {
        self.records == 0 && self.logs.iter().all(|log| log.range.is_empty())
    }

    /// Whether the copy has what the logs have, and nothing else.
    pub(crate) fn is_equal(&self) -> bool {
        self.unreadable.is_empty()
            && self.broken.is_empty()
            && self.unknown.is_empty()
            && self.logs.iter().all(|log| log.tally.is_equal())
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "version": 1,
            "equal": self.is_equal(),
            "stream": self.stream,
            "records": self.records,
            "pieces": self.pieces,
            "pieces_left_alone": self.left_alone,
            "formats": self.formats,
            "records_of_other_organizations": self.others,
            "records_outside": self.outside,
            "test_events": self.tests,
            "masked": self.mask,
            "not_compared": self.except,
            "unreadable": self.unreadable,
            "broken": self.broken,
            "unknown": self.unknown,
            "logs": self.logs.iter().map(OfLog::to_json).collect::<Vec<_>>(),
        })
    }

    /// For people; of each kind of finding at most `limit` lines.
    pub(crate) fn write(&self, out: &mut dyn Write, style: Style, limit: usize) -> std::io::Result<()> {
        let formats: Vec<_> = self.formats.keys().map(String::as_str).collect();
        let pieces = if self.pieces == 1 {
            "1 piece".to_owned()
        } else {
            format!("{} pieces", thousands(self.pieces))
        };
        let formats = if formats.is_empty() { String::new() } else { format!(" ({})", formats.join(", ")) };
        writeln!(out, "copy      {} records in {pieces}{formats}", thousands(self.records))?;
        let mut aside = |count: u64, what: &str| match count {
            0 => Ok(()),
            count => writeln!(out, "          {} {what}", thousands(count)),
        };
        aside(self.left_alone, "other files or objects left alone")?;
        aside(self.others, "records of other organizations not looked at")?;
        aside(self.tests, "test events, which are in no log")?;
        aside(self.outside, "records outside of the range not looked at")?;
        self.write_masked(out)?;
        let mut lines = Lines { out, style, limit };
        for log in &self.logs {
            log.write(&mut lines)?;
        }
        lines.list("unknown", &self.unknown, |one| {
            format!("{}  seq {} {}: {}", one.at, one.seq, one.event_id, one.why)
        })?;
        lines.list("unreadable", &self.unreadable, |one| format!("{}  {}", one.at, one.why))?;
        lines.list("broken", &self.broken, |one| format!("{}: {}", one.piece, one.why))?;
        let told = if self.is_equal() {
            style.green("equal: the copy has what the log has")
        } else {
            style.red("NOT EQUAL")
        };
        writeln!(out, "{told}")
    }

    fn write_masked(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if !self.mask.is_empty() {
            let told = match self.mask.method {
                MaskMethod::Drop => "left out by the stream, and checked to be absent",
                MaskMethod::Mask => "blackened by the stream, and checked to be so",
                MaskMethod::Hash => "hashed by the stream: that a hash stands there is all that was checked",
            };
            writeln!(out, "masked    {}: {told}", safe(&self.mask.fields.join(", ")))?;
        }
        if !self.except.is_empty() {
            writeln!(out, "except    {}: not compared", safe(&self.except.join(", ")))?;
        }
        Ok(())
    }
}

impl OfLog {
    fn to_json(&self) -> Value {
        let tally = &self.tally;
        json!({
            "log": self.origin,
            "org": self.org,
            "from_seq": self.range.start,
            "to_seq": self.range.end,
            "log_from_seq": self.base,
            "log_to_seq": self.end,
            "equal": tally.is_equal(),
            "records": tally.records,
            "same": {
                "whole": tally.whole,
                "in_part": tally.in_part,
                "by_leaf_hash_only": tally.by_leaf_hash,
            },
            "duplicates": tally.duplicates,
            "missing": {
                "count": tally.absent.missing,
                "dead_letters": tally.absent.dead_letters,
                "left_out": tally.absent.gaps,
                "runs": tally.absent.runs,
            },
            "changed": tally.changed,
            "out_of_order": tally.out_of_order,
            "unknown": tally.unknown,
        })
    }

    fn write(&self, lines: &mut Lines<'_>) -> std::io::Result<()> {
        let tally = &self.tally;
        let seqs = |range: &Range<u64>| match range.end.checked_sub(range.start) {
            None | Some(0) => "no seqs".to_owned(),
            Some(_) => format!("seqs {} to {}", thousands(range.start), thousands(range.end - 1)),
        };
        let (range, whole) = (seqs(&self.range), seqs(&(self.base..self.end)));
        let org = lines.style.bold(&safe(&self.org));
        writeln!(lines.out, "log       {org}: {range}; the log has {whole}")?;
        let checks = [
            (
                tally.whole,
                "as in the log, every member compared with an event that was checked against its leaf",
            ),
            (tally.in_part, "as in the log, but for members that were not compared"),
            (tally.by_leaf_hash, "have the id and the leaf hash of the log; their content is erased there"),
            (tally.duplicates, "more than once, which is allowed"),
        ];
        for (count, what) in checks.into_iter().filter(|(count, _)| *count > 0) {
            writeln!(lines.out, "          {} {what}", thousands(count))?;
        }
        let behind = self.end.saturating_sub(self.range.end);
        if self.range.start > self.base || behind > 0 {
            let told = [
                (self.range.start.saturating_sub(self.base), "before", format!("--from-seq {}", self.base)),
                (behind, "behind", format!("--to-seq {}", self.end)),
            ];
            for (count, where_to, flag) in told.into_iter().filter(|(count, ..)| *count > 0) {
                let count = thousands(count);
                writeln!(lines.out, "          {count} events {where_to} that were not looked for ({flag})")?;
            }
        }
        lines.runs(&tally.absent.runs, Absence::Missing, "missing", tally.absent.missing)?;
        lines.runs(&tally.absent.runs, Absence::DeadLetter, "dead letters", tally.absent.dead_letters)?;
        lines.runs(&tally.absent.runs, Absence::Gap, "left out", tally.absent.gaps)?;
        lines.list("changed", &tally.changed, |one| {
            format!("{}  seq {} {}: {}", one.at, one.seq, one.event_id, one.members.join(", "))
        })?;
        lines.list("out of order", &tally.out_of_order, |one| {
            format!("{}  seq {} {} stands behind seq {}", one.at, one.seq, one.event_id, one.behind_seq)
        })?;
        lines.list("unknown", &tally.unknown, |one| {
            format!("{}  seq {} {}: {}", one.at, one.seq, one.event_id, one.why)
        })
    }
}

/// Lists of findings as lines.
struct Lines<'a> {
    out: &'a mut dyn Write,
    style: Style,
    limit: usize,
}

impl Lines<'_> {
    fn head(&mut self, what: &str, count: u64) -> std::io::Result<()> {
        let head = self.style.red(what);
        writeln!(self.out, "{head}: {}", thousands(count))
    }

    fn list<T>(
        &mut self,
        what: &str,
        findings: &Findings<T>,
        line: impl Fn(&T) -> String,
    ) -> std::io::Result<()> {
        if findings.is_empty() {
            return Ok(());
        }
        self.head(what, findings.count)?;
        for one in findings.list.iter().take(self.limit) {
            writeln!(self.out, "  {}", safe(&line(one)))?;
        }
        let shown = findings.list.len().min(self.limit) as u64;
        self.more(findings.count - shown)
    }

    fn runs(&mut self, runs: &[Run], reason: Absence, what: &str, count: u64) -> std::io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        self.head(what, count)?;
        let mut shown = 0;
        for run in runs.iter().filter(|run| run.reason == reason).take(self.limit) {
            let (first, last) = (thousands(run.first_seq), thousands(run.last_seq));
            shown += run.last_seq - run.first_seq + 1;
            if run.first_seq == run.last_seq {
                writeln!(self.out, "  seq {first}")?;
            } else {
                writeln!(self.out, "  seq {first} to {last}")?;
            }
        }
        self.more(count - shown)
    }

    fn more(&mut self, count: u64) -> std::io::Result<()> {
        if count > 0 {
            writeln!(self.out, "  … and {} more", thousands(count))?;
        }
        Ok(())
    }
}
