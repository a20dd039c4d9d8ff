//! A range of a log as lines: `docs/formats/event-proof.md`.

use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};
use tallystick_event::LogId;
use tallystick_merkle::{Checkpoint, Note, Policy, ProofError, RangeVerifier};

use crate::limits::{RANGE_HEADER_BYTES_MAX, RECORD_BYTES_MAX};
use crate::record::{Erasures, Record, RecordChecker};
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
    /// Asked once how a checkpoint of the log is witnessed.
    #[expect(clippy::type_complexity, reason = "a function that may fail")]
    pub directory: Option<&'a mut dyn FnMut(&Checkpoint) -> Result<Option<DirectoryProof>, VerifyError>>,
    /// Asks for the range of one event, by which an erasure is proven that the lines do not hold. None if there is
    /// none.
    #[expect(clippy::type_complexity, reason = "a function that may fail")]
    pub erasure: Option<&'a mut dyn FnMut(u64) -> Result<Option<Vec<u8>>, VerifyError>>,
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
) -> Result<Report, VerifyError> {
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
            return Ok(Report::new(Subject::Range, LogReport::unopened(&header.origin, error.status())));
        }
    };
    if checkpoint.size() != header.size {
        return Err(VerifyError::malformed("the range", "its size is not that of its checkpoint"));
    }
    let mut log_report = LogReport::of(&checkpoint);
    let directory = context.directory.as_mut().map_or(Ok(None), |ask| ask(&checkpoint))?;
    witness(&mut log_report, &note, &checkpoint, directory.as_ref(), policy);
    let report = Report::new(Subject::Range, log_report);
    let mut tally = Tally::new(options, log, report, !demands_witnesses(policy));
    let outcome = read_records(&mut reader, &header, &checkpoint, &mut tally)?;
    if let Err(error) = outcome.proof {
        let why = format!("the range is not what the checkpoint commits to: {error}");
        tally.report.log.worsen(LogStatus::Tampered { why });
    } else if outcome.is_complete {
        tally.report.range = Some((header.from, header.to));
    }
    settle(&mut tally, outcome.waiting, log, policy, &header.origin, &mut context)?;
    Ok(tally.finish())
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
    while read_line(reader, &mut line, RECORD_BYTES_MAX)? {
        let record = Record::parse_line(&line).map_err(|error| {
            VerifyError::malformed(format!("record {}", tally.report.counts.records), error)
        })?;
        if record.seq > next && record.seq < header.to {
            tally.missing(next, record.seq);
        }
        is_complete &= record.seq == next;
        next = record.seq.saturating_add(1).max(next);
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
    if next < header.to {
        tally.missing(next, header.to);
    }
    is_complete &= next == header.to;
    let proof = proof.and_then(|verifier| verifier.finish(&right, checkpoint.root()));
    Ok(Outcome { proof, is_complete, waiting })
}

/// Asks for the erasures that did not come with the range, and judges the records that waited for them.
fn settle(
    tally: &mut Tally<'_>,
    waiting: Vec<Pending>,
    log: LogId,
    policy: &Policy,
    origin: &str,
    context: &mut RangeContext<'_>,
) -> Result<(), VerifyError> {
    for pending in waiting {
        if let Some(ask) = &mut context.erasure {
            for by in &pending.by {
                if tally.erasures.has(*by) {
                    continue;
                }
                let Some(answer) = ask(*by)? else { continue };
                if let Err(why) = add_erasure(&mut tally.erasures, &answer, *by, log, policy, origin) {
                    tally.report.remarks.push(format!("the erasure with seq {by} is not proven: {why}"));
                }
            }
        }
        tally.settle(pending);
    }
    Ok(())
}

/// Takes the erasure that is proven by a range of its own, under a checkpoint of the same log.
fn add_erasure(
    erasures: &mut Erasures,
    answer: &[u8],
    seq: u64,
    log: LogId,
    policy: &Policy,
    origin: &str,
) -> Result<(), String> {
    let mut reader = answer;
    let text = |error: VerifyError| error.to_string();
    let header = read_header(&mut reader).map_err(text)?;
    let note: Note = header.checkpoint.parse().map_err(|_| "its checkpoint is malformed")?;
    let checkpoint = open_log_of(&note, policy, origin).map_err(|error| error.to_string())?;
    let mut line = Vec::new();
    read_line(&mut reader, &mut line, RECORD_BYTES_MAX).map_err(text)?;
    let record = Record::parse_line(&line).map_err(|error| error.to_string())?;
    let (Some(left), Some(right)) = (hashes(&header.left), hashes(&header.right)) else {
        return Err("a hash is malformed".to_owned());
    };
    let mut proof = RangeVerifier::new(seq, checkpoint.size(), &left).map_err(|error| error.to_string())?;
    proof.push(record.leaf_hash()).map_err(|error| error.to_string())?;
    proof.finish(&right, checkpoint.root()).map_err(|error| error.to_string())?;
    let sound = RecordChecker::new(log).check(&record).map_err(|why| why.to_string())?;
    if sound.leaf.seq != seq {
        return Err("it is that of another event".to_owned());
    }
    erasures.add(&sound.leaf, &record).map_err(|why| why.to_string())
}
