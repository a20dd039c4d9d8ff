//! A range of a log as lines: `docs/formats/event-proof.md`.

use std::collections::BTreeSet;
use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};
use tallystick_event::LogId;
use tallystick_merkle::{Checkpoint, Note, Policy, ProofError, RangeVerifier};

use crate::limits::{RANGE_HEADER_BYTES_MAX, RECORD_BYTES_MAX};
use crate::log::{LogReportAndPin, Pin, is_pin_refused, pinned};
use crate::record::{Record, RecordChecker, Soundness};
use crate::report::{LogReport, LogStatus, Report, Subject};
use crate::spelling::hashes;
use crate::tally::{Pending, Tally};
use crate::trust::{TrustError, demands_witnesses, log_id, open_log_of, witness};
use crate::{DirectoryProof, Options, VerifyError};

/// Version of the format.
pub const RANGE_VERSION: u64 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeHeader {
    /// [`RANGE_VERSION`].
    pub version: u64,
    /// Origin of the log.
    pub origin: String,
    /// First leaf.
    pub from: u64,
    /// The leaf behind the last.
    pub to: u64,
    /// Size of the tree.
    pub size: u64,
    /// The checkpoint of that size, a note.
    pub checkpoint: String,
    /// Roots of the subtrees before the range, in base64.
    pub left: Vec<String>,
    /// Roots of the subtrees behind it.
    pub right: Vec<String>,
}

/// What is known besides the lines.
#[derive(Default)]
pub struct RangeContext<'a> {
    /// The range that was asked for. Another one is refused.
    pub asked: Option<(u64, u64)>,
    /// The checkpoint of an earlier time, which the log must continue. Needs `continues`.
    pub pin: Option<&'a Pin>,
    /// Asked how a checkpoint of the log is witnessed: that of the range, and each other one that proves an erasure.
    #[expect(clippy::type_complexity, reason = "a function that may fail")]
    pub directory: Option<&'a mut dyn FnMut(&Checkpoint) -> Result<Option<DirectoryProof>, VerifyError>>,
    /// Asks for the range of one event, by which an erasure is proven that the lines do not hold. None if there is
    /// none.
    #[expect(clippy::type_complexity, reason = "a function that may fail")]
    pub erasure: Option<&'a mut dyn FnMut(u64) -> Result<Option<Vec<u8>>, VerifyError>>,
    /// Asked whether a checkpoint of the log continues an earlier one: a log that grows proves erasures by newer
    /// checkpoints than the range. Without it none but the range's own is accepted.
    #[expect(clippy::type_complexity, reason = "a function that may fail")]
    pub continues: Option<&'a mut dyn FnMut(&Checkpoint, &Checkpoint) -> Result<LogStatus, VerifyError>>,
}

/// Checks a range: its records, and that it is complete. Constant memory, except for records of which units are
/// erased by leaves that come later.
///
/// # Errors
/// If it is malformed; what is well-formed and wrong is in the report.
pub fn verify_range<R: BufRead>(
    mut reader: R,
    policy: &Policy,
    options: &Options<'_>,
    mut context: RangeContext<'_>,
) -> Result<LogReportAndPin, VerifyError> {
    let header = read_header(&mut reader)?;
    if context.asked.is_some_and(|asked| asked != (header.from, header.to)) {
        let why = format!("it is that of leaves {} to {}, which were not asked for", header.from, header.to);
        return Err(VerifyError::malformed("the range", why));
    }
    let note: Note =
        header.checkpoint.parse().map_err(|error| VerifyError::malformed("the checkpoint", error))?;
    let (checkpoint, log) = match open(&note, policy, &header.origin) {
        Ok(opened) => opened,
        Err(error) => {
            let log = LogReport::unopened(&header.origin, error.status());
            return Ok(LogReportAndPin { report: Report::new(Subject::Range, log), pin: None });
        }
    };
    options.require_origin(&checkpoint)?;
    if checkpoint.size() != header.size {
        return Err(VerifyError::malformed("the range", "its size is not that of its checkpoint"));
    }
    let mut log_report = LogReport::of(&checkpoint);
    let directory = context.directory.as_mut().map_or(Ok(None), |ask| ask(&checkpoint))?;
    witness(&mut log_report, &note, &checkpoint, directory.as_ref(), policy);
    let mut report = Report::new(Subject::Range, log_report);
    let is_pin_refused = match (context.pin, &mut context.continues) {
        (Some(pin), Some(ask)) => is_pin_refused(pin, &checkpoint, policy, &mut report, ask)?,
        (Some(_), None) => {
            let why = "nobody was asked whether it continues the pinned checkpoint".to_owned();
            report.log.worsen(LogStatus::Untrusted { why });
            true
        }
        (None, _) => false,
    };
    let mut tally = Tally::new(options, log, report, !demands_witnesses(policy));
    let outcome = read_records(&mut reader, &header, &checkpoint, &mut tally)?;
    if let Err(error) = outcome.proof {
        let why = format!("the range is not what the checkpoint commits to: {error}");
        tally.report.log.worsen(LogStatus::Tampered { why });
    } else if outcome.is_complete {
        tally.report.range = Some((header.from, header.to));
    }
    let witnessed = tally.witnessed();
    let mut known = Known { log, policy, latest: checkpoint, witnessed };
    settle(&mut tally, outcome.waiting, &mut known, &mut context)?;
    let mut found = pinned(tally.finish(), note);
    found.pin = found.pin.filter(|_| !is_pin_refused);
    Ok(found)
}

fn open(note: &Note, policy: &Policy, origin: &str) -> Result<(Checkpoint, LogId), TrustError> {
    Ok((open_log_of(note, policy, origin)?, log_id(origin)?))
}

fn read_header(reader: &mut impl BufRead) -> Result<RangeHeader, VerifyError> {
    let mut line = Vec::new();
    if !read_line(reader, &mut line, RANGE_HEADER_BYTES_MAX)? {
        return Err(VerifyError::malformed("the range", "it is empty"));
    }
    let header: RangeHeader = serde_json::from_slice(&line)
        .map_err(|error| VerifyError::malformed("the first line of the range", error))?;
    if header.version != RANGE_VERSION {
        return Err(VerifyError::Version { what: "the range", version: header.version });
    }
    if header.from > header.to || header.to > header.size {
        return Err(VerifyError::malformed("the first line of the range", "from, to and size do not ascend"));
    }
    Ok(header)
}

/// Reads a line without its line feed, which must be there. False at the end.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, bytes_max: usize) -> Result<bool, VerifyError> {
    line.clear();
    reader.by_ref().take(bytes_max as u64 + 1).read_until(b'\n', line)?;
    match line.pop() {
        None => Ok(false),
        Some(b'\n') => Ok(true),
        Some(_) => Err(VerifyError::malformed("a line", "it is too long, or not ended by a line feed")),
    }
}

struct Outcome {
    proof: Result<(), ProofError>,
    is_complete: bool,
    waiting: Vec<Pending>,
}

fn read_records(
    reader: &mut impl BufRead,
    header: &RangeHeader,
    checkpoint: &Checkpoint,
    tally: &mut Tally<'_>,
) -> Result<Outcome, VerifyError> {
    let malformed = || VerifyError::malformed("the first line of the range", "a hash is malformed");
    let left = hashes(&header.left).ok_or_else(malformed)?;
    let right = hashes(&header.right).ok_or_else(malformed)?;
    let mut proof = RangeVerifier::new(header.from, checkpoint.size(), &left);
    let mut next = header.from;
    let mut is_complete = true;
    let mut waiting = Vec::new();
    let mut line = Vec::new();
    for number in 0..header.to - header.from {
        if !read_line(reader, &mut line, RECORD_BYTES_MAX)? {
            break;
        }
        let record = Record::parse_line(&line)
            .map_err(|error| VerifyError::malformed(format!("record {number}"), error))?;
        if !(header.from..header.to).contains(&record.seq) {
            is_complete = false;
            let why = format!("the record with seq {} was not asked for", record.seq);
            tally.report.log.worsen(LogStatus::Tampered { why });
            continue;
        }
        if record.seq > next {
            tally.missing(next, record.seq);
        }
        is_complete &= record.seq == next;
        next = (record.seq + 1).max(next);
        let (hash, checked) = tally.check(&record);
        if let Ok(verifier) = &mut proof
            && let Err(error) = verifier.push(hash)
        {
            proof = Err(error);
        }
        match checked {
            Err(why) => tally.fail(&record, why),
            Ok(sound) => {
                if crate::record::can_erase(sound.leaf.kind) {
                    // One that does not say what it erased explains nothing, and is a record all the same.
                    let _ = tally.erasures.add(&sound.leaf, &record);
                }
                waiting.extend(tally.judge_or_wait(&record, &sound));
            }
        }
    }
    if read_line(reader, &mut line, RECORD_BYTES_MAX)? {
        is_complete = false;
        let why = "the range has more lines than events".to_owned();
        tally.report.log.worsen(LogStatus::Tampered { why });
    }
    if next < header.to {
        tally.missing(next, header.to);
    }
    is_complete &= next == header.to;
    let proof = proof.and_then(|verifier| verifier.finish(&right, checkpoint.root()));
    Ok(Outcome { proof, is_complete, waiting })
}

/// What erasures may be proven by.
struct Known<'p> {
    log: LogId,
    policy: &'p Policy,
    /// The newest checkpoint that is shown to be of the same log as the range.
    latest: Checkpoint,
    /// Leaves below this are witnessed, by what is known of that checkpoint.
    witnessed: u64,
}

/// Asks for the erasures that did not come with the range, each once, and judges the records that waited for them.
fn settle(
    tally: &mut Tally<'_>,
    waiting: Vec<Pending>,
    known: &mut Known<'_>,
    context: &mut RangeContext<'_>,
) -> Result<(), VerifyError> {
    let mut asked = BTreeSet::new();
    for pending in waiting {
        for by in &pending.by {
            if tally.erasures.has(*by) || !asked.insert(*by) {
                continue;
            }
            let Some(ask) = &mut context.erasure else { break };
            let Some(answer) = ask(*by)? else { continue };
            let added = match Proven::read(&answer, *by, known) {
                Ok(proven) => proven.add(tally, known, context)?,
                Err(why) => Err(why),
            };
            if let Err(why) = added {
                tally.report.remarks.push(format!("the erasure with seq {by} is not proven: {why}"));
            }
        }
        tally.settle(pending);
    }
    Ok(())
}

/// An erasure that is proven by a range of its own, under a checkpoint that the log has signed.
struct Proven {
    note: Note,
    checkpoint: Checkpoint,
    record: Record<'static>,
    sound: Soundness,
}

impl Proven {
    fn read(answer: &[u8], seq: u64, known: &Known<'_>) -> Result<Proven, String> {
        let mut reader = answer;
        let text = |error: VerifyError| error.to_string();
        let header = read_header(&mut reader).map_err(text)?;
        let note: Note = header.checkpoint.parse().map_err(|_| "its checkpoint is malformed")?;
        let checkpoint = open_log_of(&note, known.policy, known.latest.origin());
        let checkpoint = checkpoint.map_err(|error| error.to_string())?;
        let mut line = Vec::new();
        read_line(&mut reader, &mut line, RECORD_BYTES_MAX).map_err(text)?;
        let record = Record::parse_line(&line).map_err(|error| error.to_string())?.into_owned();
        let (Some(left), Some(right)) = (hashes(&header.left), hashes(&header.right)) else {
            return Err("a hash is malformed".to_owned());
        };
        let size = checkpoint.size();
        let mut proof = RangeVerifier::new(seq, size, &left).map_err(|error| error.to_string())?;
        proof.push(record.leaf_hash()).map_err(|error| error.to_string())?;
        proof.finish(&right, checkpoint.root()).map_err(|error| error.to_string())?;
        let sound = RecordChecker::new(known.log).check(&record).map_err(|why| why.to_string())?;
        if sound.leaf.seq != seq {
            return Err("it is that of another event".to_owned());
        }
        Ok(Proven { note, checkpoint, record, sound })
    }

    /// Takes it, if its checkpoint is shown to be of the same log as the range: the log's signature alone is nothing,
    /// as whoever holds the key can sign a second log that has the erasure he needs.
    fn add(
        &self,
        tally: &mut Tally<'_>,
        known: &mut Known<'_>,
        context: &mut RangeContext<'_>,
    ) -> Result<Result<(), String>, VerifyError> {
        if self.checkpoint != known.latest {
            let Some(continues) = &mut context.continues else {
                return Ok(Err("its checkpoint is another one than that of the range".to_owned()));
            };
            let status = continues(&known.latest, &self.checkpoint)?;
            if status != LogStatus::Consistent {
                let why = status.to_string();
                tally.report.log.worsen(status);
                return Ok(Err(why));
            }
            let mut log = LogReport::of(&self.checkpoint);
            let directory = context.directory.as_mut().map_or(Ok(None), |ask| ask(&self.checkpoint))?;
            witness(&mut log, &self.note, &self.checkpoint, directory.as_ref(), known.policy);
            known.witnessed = match log.status {
                LogStatus::Consistent => self.checkpoint.size(),
                LogStatus::Unwitnessed { since } => since,
                status => {
                    let why = status.to_string();
                    tally.report.log.worsen(status);
                    return Ok(Err(why));
                }
            };
            known.latest = self.checkpoint.clone();
        }
        let added = tally.erasures.add(&self.sound.leaf, &self.record).map_err(|why| why.to_string());
        if added.is_ok() {
            tally.rely_on(self.record.seq, known.witnessed);
        }
        Ok(added)
    }
}
