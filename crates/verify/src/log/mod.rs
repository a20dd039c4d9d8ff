//! A whole log, as it is published in tiles: mirrored and rebuilt, or compared with a checkpoint that was kept.

mod growth;
mod mirror;
mod pin;

use tallystick_merkle::{Checkpoint, Note, Policy, TileError};

pub use growth::continues;
pub use pin::{Pin, PinError};

use crate::report::{LogReport, LogStatus, Report, Subject};
use crate::spelling::base64;
use crate::trust::{DirectoryProof, TrustError, open_log, open_log_of, witness};
use crate::{Options, VerifyError};

/// Where a published log comes from: a web server, a folder.
pub trait Fetch {
    /// The bytes at each of these paths below the log's prefix (`checkpoint`, `directory`, `tile/0/000`,
    /// `tile/entries/000.p/7`), in the same order; none for what is not there.
    ///
    /// # Errors
    /// If one of them cannot be asked for.
    fn fetch(&mut self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, VerifyError>;
}

/// The outcome for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReportAndPin {
    /// What was found out.
    pub report: Report,
    /// The checkpoint to keep for the next time; only of a log of which nothing is wrong.
    pub pin: Option<Pin>,
}

/// Mirrors all entries of a log, checks every leaf, and compares the root with the checkpoint that the log has signed.
/// With a pin of an earlier time it also proves that the log continues it. Logs of organizations and directories alike.
///
/// # Errors
/// If the log cannot be fetched, or something of it is malformed beyond judging; what is wrong is in the report.
pub fn verify_log(
    fetcher: &mut dyn Fetch,
    policy: &Policy,
    pin: Option<&Pin>,
    options: &Options<'_>,
) -> Result<LogReportAndPin, VerifyError> {
    let (note, mut report, checkpoint) = match open_current(fetcher, policy, Subject::Log, options)? {
        Ok(opened) => opened,
        Err(report) => return Ok(LogReportAndPin { report, pin: None }),
    };
    let mut ask = |old: &Checkpoint, now: &Checkpoint| continues(fetcher, old, now);
    let is_pin_refused = match pin {
        Some(pin) => is_pin_refused(pin, &checkpoint, policy, &mut report, &mut ask)?,
        None => false,
    };
    if report.log.status.conclusion() != crate::Conclusion::Tampered {
        mirror::judge(fetcher, &checkpoint, options, &mut report)?;
    }
    let mut found = finish(report, note, options);
    found.pin = found.pin.filter(|_| !is_pin_refused);
    Ok(found)
}

/// Asks whether a log continues its pin. True if the pin is not believed: then it must stay, for with a new one in its
/// place nobody would ask again.
pub(crate) fn is_pin_refused(
    pin: &Pin,
    now: &Checkpoint,
    policy: &Policy,
    report: &mut Report,
    ask: &mut dyn FnMut(&Checkpoint, &Checkpoint) -> Result<LogStatus, VerifyError>,
) -> Result<bool, VerifyError> {
    match open_log_of(pin.note(), policy, now.origin()) {
        Ok(old) => {
            note_growth(ask(&old, now)?, &old, report);
            Ok(false)
        }
        Err(why) => {
            report.remarks.push(format!("the pinned checkpoint is not believed, and kept: {why}"));
            report.log.worsen(LogStatus::Untrusted { why: format!("pinned checkpoint: {why}") });
            Ok(true)
        }
    }
}

/// Checks that a log continues a checkpoint that was kept, by the tiles that this needs.
///
/// # Errors
/// As [`verify_log`], or if `kept` is no note.
pub fn verify_since(
    kept: &[u8],
    fetcher: &mut dyn Fetch,
    policy: &Policy,
    options: &Options<'_>,
) -> Result<LogReportAndPin, VerifyError> {
    let kept = Note::parse(kept).map_err(|error| VerifyError::malformed("the kept checkpoint", error))?;
    let old = match open_log(&kept, policy) {
        Ok(old) => old,
        Err(error) => {
            let origin = kept.unverified_text().lines().next().unwrap_or_default().to_owned();
            let log = LogReport::unopened(&origin, error.status());
            return Ok(LogReportAndPin { report: Report::new(Subject::Growth, log), pin: None });
        }
    };
    let (note, mut report, checkpoint) = match open_current(fetcher, policy, Subject::Growth, options)? {
        Ok(opened) => opened,
        Err(report) => return Ok(LogReportAndPin { report, pin: None }),
    };
    if checkpoint.origin() == old.origin() {
        note_growth(continues(fetcher, &old, &checkpoint)?, &old, &mut report);
    } else {
        let (expected, found) = (old.origin().to_owned(), checkpoint.origin().to_owned());
        report.log.worsen(TrustError::Origin { expected, found }.status());
    }
    Ok(finish(report, note, options))
}

fn note_growth(status: LogStatus, old: &Checkpoint, report: &mut Report) {
    if status == LogStatus::Consistent {
        report
            .remarks
            .push(format!("continues the checkpoint of size {} that was verified before", old.size()));
    }
    report.log.worsen(status);
}

type Opened = (Note, Report, Checkpoint);

/// The log's current checkpoint, and how it is witnessed. The inner error is a report that ends the matter.
fn open_current(
    fetcher: &mut dyn Fetch,
    policy: &Policy,
    subject: Subject,
    options: &Options<'_>,
) -> Result<Result<Opened, Report>, VerifyError> {
    let bytes = fetch_one(fetcher, "checkpoint")?;
    let bytes = bytes.ok_or_else(|| VerifyError::NotFound { path: "checkpoint".to_owned() })?;
    let note = Note::parse(&bytes).map_err(|error| VerifyError::malformed("the log's checkpoint", error))?;
    let checkpoint = match open_log(&note, policy) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            let origin = note.unverified_text().lines().next().unwrap_or_default().to_owned();
            return Ok(Err(Report::new(subject, LogReport::unopened(&origin, error.status()))));
        }
    };
    options.require_origin(&checkpoint)?;
    // A log that was cosigned itself, as a directory is, needs no other.
    let is_cosigned = policy.open(&note).is_ok();
    let directory = if is_cosigned { None } else { fetch_directory(fetcher, policy, &checkpoint)? };
    let mut log = LogReport::of(&checkpoint);
    witness(&mut log, &note, &checkpoint, directory.as_ref(), policy);
    Ok(Ok((note, Report::new(subject, log), checkpoint)))
}

/// How a published log is witnessed: what it gives as `directory`, with the proof that this is consistent with a
/// checkpoint of it that was opened already, made from its tiles.
///
/// # Errors
/// If something cannot be fetched or is malformed. What is wrong is left to [`DirectoryProof::check`].
pub fn fetch_directory(
    fetcher: &mut dyn Fetch,
    policy: &Policy,
    known: &Checkpoint,
) -> Result<Option<DirectoryProof>, VerifyError> {
    let Some(json) = fetch_one(fetcher, "directory")? else { return Ok(None) };
    let found: Option<DirectoryProof> = serde_json::from_slice(&json)
        .map_err(|error| VerifyError::malformed("the log's directory proof", error))?;
    let Some(mut found) = found else { return Ok(None) };
    found.consistency.clear();
    let listed = Note::parse(found.checkpoint.as_bytes()).ok().and_then(|note| open_log(&note, policy).ok());
    if let Some(listed) = listed.filter(|listed| listed.origin() == known.origin()) {
        let (old, new) = if known.size() <= listed.size() { (known, &listed) } else { (&listed, known) };
        match growth::prove(fetcher, old.size(), new) {
            Ok(proof) => found.consistency = proof.iter().map(|hash| base64(hash)).collect(),
            Err(TileError::Fetch(error)) => return Err(error),
            // Without a proof the two are not shown to be of one log, which is said when it is checked.
            Err(_) => {}
        }
    }
    Ok(Some(found))
}

fn fetch_one(fetcher: &mut dyn Fetch, path: &str) -> Result<Option<Vec<u8>>, VerifyError> {
    let mut found = fetcher.fetch(&[path.to_owned()])?;
    Ok(found.pop().flatten())
}

fn finish(mut report: Report, note: Note, options: &Options<'_>) -> LogReportAndPin {
    report.conclude();
    options.check_age(&mut report);
    pinned(report, note)
}

/// With the pin, if the log is well.
pub(crate) fn pinned(report: Report, note: Note) -> LogReportAndPin {
    let is_well = report.conclusion != crate::Conclusion::Tampered
        && !matches!(report.log.status, LogStatus::Untrusted { .. });
    LogReportAndPin { report, pin: is_well.then(|| Pin::new(note)) }
}
