//! Checks an evidence pack as it is read, once, in constant memory.

use std::io::Read;

use serde::Serialize;
use tallystick_event::checkpoint_digest;
use tallystick_merkle::{Checkpoint, Hash, Note, Policy, ProofError, SelectionVerifier};

use super::manifest::{Manifest, PackKind};
use super::tar::{Members, malformed};
use super::{anchor_names_ascend, hashes_name, records_name};
use crate::event_proof::add_erasure;
use crate::limits::{
    ANCHOR_BYTES_MAX, ANCHORS_MAX, CHUNK_BYTES_MAX, CHUNK_RECORDS_MAX, CHUNKS_MAX, CONSISTENCY_BYTES_MAX,
    DIRECTORY_PROOF_BYTES_MAX, ERASURES_BYTES_MAX, GAP_HASHES_MAX, HASHES_BYTES_MAX, MANIFEST_BYTES_MAX,
    RECORD_BYTES_MAX, REPORT_BYTES_MAX,
};
use crate::record::{ProvenErasure, Record};
use crate::report::{AnchorReport, LogReport, LogStatus, Report, Subject};
use crate::spelling::{base64, hash_lines};
use crate::tally::Tally;
use crate::trust::{DirectoryProof, demands_witnesses, log_id, open_log_of, witness};
use crate::{Options, VerifyError};

/// Bytes of a note and of a policy.
const NOTE_BYTES_MAX: usize = tallystick_merkle::limits::NOTE_BYTES_MAX;
const POLICY_BYTES_MAX: usize = tallystick_merkle::limits::POLICY_BYTES_MAX;

/// The outcome for a pack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackReport {
    /// What the exporter says about the pack. Only what belongs to the log and the range is checked.
    pub manifest: Manifest,
    /// What was found out.
    #[serde(flatten)]
    pub report: Report,
}

/// What stands before the records.
struct Head {
    manifest: Manifest,
    note: Note,
    directory: Option<DirectoryProof>,
    anchors: Vec<(String, Vec<u8>)>,
    policy: Vec<u8>,
    erasures: Vec<u8>,
}

/// Checks a pack.
///
/// # Errors
/// If it cannot be read or is no pack; what is well-formed and wrong is in the report.
pub fn verify_pack<R: Read>(
    reader: R,
    policy: &Policy,
    options: &Options<'_>,
) -> Result<PackReport, VerifyError> {
    let mut members = Members::open(reader)?;
    let head = read_head(&mut members)?;
    let manifest = &head.manifest;
    let subject = match manifest.kind {
        PackKind::Range => Subject::PackOfRange,
        PackKind::Selection => Subject::PackOfSelection,
    };
    let opened = open_log_of(&head.note, policy, &manifest.origin)
        .and_then(|checkpoint| Ok((checkpoint, log_id(&manifest.origin)?)));
    let (checkpoint, log) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let report = Report::new(subject, LogReport::unopened(&manifest.origin, error.status()));
            return Ok(PackReport { report, manifest: head.manifest });
        }
    };
    if manifest.to.is_some_and(|to| to > checkpoint.size()) {
        return Err(malformed("its range ends behind its checkpoint"));
    }
    let mut log_report = LogReport::of(&checkpoint);
    let is_listed = witness(&mut log_report, &head.note, &checkpoint, head.directory.as_ref(), policy);
    let mut report = Report::new(subject, log_report);
    report.anchors = anchors(&head, is_listed)?;
    compare_policies(&head, policy, &mut report);
    let mut tally = Tally::new(options, log, report, !demands_witnesses(policy));
    add_erasures(&head, &checkpoint, &mut tally)?;
    let mut records = Records::new(&head.manifest, &checkpoint);
    records.read(&mut members, &mut tally)?;
    let end = members.expect("hashes/end.bin", GAP_HASHES_MAX * 32)?;
    members.expect("report.txt", REPORT_BYTES_MAX)?;
    if let Some(name) = members.name() {
        return Err(malformed(format!("{name:?} is not known to version 1 of the format")));
    }
    records.finish(&end, &checkpoint, &mut tally)?;
    let mut report = tally.finish();
    if options.needs_anchor && !report.anchors.iter().any(|anchor| anchor.names_checkpoint) {
        report.inconclusive("no anchor names the checkpoint".to_owned());
    }
    Ok(PackReport { report, manifest: head.manifest })
}

fn read_head<R: Read>(members: &mut Members<R>) -> Result<Head, VerifyError> {
    let manifest = Manifest::parse(&members.expect("pack.json", MANIFEST_BYTES_MAX)?)?;
    let note = members.expect("checkpoint", NOTE_BYTES_MAX)?;
    let note = Note::parse(&note).map_err(|error| VerifyError::malformed("the checkpoint", error))?;
    let directory = read_directory(members)?;
    let mut anchors = Vec::new();
    while let Some(name) = members.name().and_then(|name| name.strip_prefix("anchors/")).map(str::to_owned) {
        if anchors.len() == ANCHORS_MAX {
            return Err(malformed("it has too many anchors"));
        }
        let anchor = members.expect(&format!("anchors/{name}"), ANCHOR_BYTES_MAX)?;
        anchors.push((name, anchor));
    }
    if !anchor_names_ascend(anchors.iter().map(|(name, _)| name.as_str())) {
        return Err(malformed("the names of anchors do not ascend, or are not allowed"));
    }
    let policy = members.expect("policy", POLICY_BYTES_MAX)?;
    let erasures = members.take("erasures.ndjson", ERASURES_BYTES_MAX)?;
    if erasures.as_ref().is_some_and(Vec::is_empty) {
        return Err(malformed("erasures.ndjson is empty"));
    }
    Ok(Head { manifest, note, directory, anchors, policy, erasures: erasures.unwrap_or_default() })
}

fn read_directory<R: Read>(members: &mut Members<R>) -> Result<Option<DirectoryProof>, VerifyError> {
    let text = |bytes| String::from_utf8(bytes).map_err(|_| malformed("a file of directory/ is no text"));
    let Some(checkpoint) = members.take("directory/checkpoint", NOTE_BYTES_MAX)? else { return Ok(None) };
    let consistency = members.expect("directory/consistency", CONSISTENCY_BYTES_MAX)?;
    let consistency =
        hash_lines(&consistency).ok_or_else(|| malformed("directory/consistency is malformed"))?;
    let entry = members.expect("directory/entry", tallystick_event::DIRECTORY_ENTRY_BYTES)?;
    let proof = members.expect("directory/proof", DIRECTORY_PROOF_BYTES_MAX)?;
    Ok(Some(DirectoryProof {
        checkpoint: text(checkpoint)?,
        consistency: consistency.iter().map(|hash| base64(hash)).collect(),
        entry: base64(&entry),
        proof: text(proof)?,
    }))
}

/// Anchors are about the checkpoint of the directory, or about the pack's own if there is none. A directory that is not
/// shown to hold the log is none: whatever anchors it says nothing about the log.
fn anchors(head: &Head, is_listed: bool) -> Result<Vec<AnchorReport>, VerifyError> {
    let digest = match head.directory.as_ref().filter(|_| is_listed) {
        None => checkpoint_digest(head.note.unverified_text()),
        Some(directory) => {
            let proof: tallystick_merkle::TlogProof =
                directory.proof.parse().map_err(|error| VerifyError::malformed("directory/proof", error))?;
            checkpoint_digest(proof.checkpoint.unverified_text())
        }
    };
    let holds = |anchor: &[u8]| memchr::memmem::find(anchor, &digest).is_some();
    let report = |(name, anchor): &(String, Vec<u8>)| AnchorReport {
        name: name.clone(),
        names_checkpoint: holds(anchor),
    };
    Ok(head.anchors.iter().map(report).collect())
}

/// The policy in the pack is nobody's word: it is only told whether it names the same keys.
fn compare_policies(head: &Head, policy: &Policy, report: &mut Report) {
    let Ok(theirs) = Policy::parse(&head.policy) else {
        report.remarks.push("the policy in the pack cannot be read; it is not used".to_owned());
        return;
    };
    let is_known = |key| policy.logs().iter().any(|log| &log.key == key);
    if !theirs.logs().iter().all(|log| is_known(&log.key)) {
        report.remarks.push("the policy in the pack names other keys than yours; yours is used".to_owned());
    }
}

fn add_erasures(head: &Head, checkpoint: &Checkpoint, tally: &mut Tally<'_>) -> Result<(), VerifyError> {
    let mut last = None;
    for line in lines(&head.erasures, "erasures.ndjson")? {
        let erasure = ProvenErasure::parse_line(line)
            .map_err(|error| VerifyError::malformed("erasures.ndjson", error))?;
        if last.is_some_and(|last| erasure.record.seq <= last) {
            return Err(malformed("the erasures do not ascend"));
        }
        last = Some(erasure.record.seq);
        add_erasure(tally, &erasure, checkpoint);
    }
    Ok(())
}

/// The lines of a member, each ended by a line feed.
fn lines<'a>(content: &'a [u8], name: &str) -> Result<impl Iterator<Item = &'a [u8]>, VerifyError> {
    let whole = content.strip_suffix(b"\n");
    if whole.is_none() && !content.is_empty() {
        return Err(malformed(format!("{name} does not end with a line feed")));
    }
    let mut rest = whole;
    Ok(std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr(b'\n', text);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    }))
}

/// The records of a pack, and their way to the root.
struct Records {
    range: Option<(u64, u64)>,
    count: Option<u64>,
    next: u64,
    is_complete: bool,
    proof: Result<SelectionVerifier, ProofError>,
}

impl Records {
    fn new(manifest: &Manifest, checkpoint: &Checkpoint) -> Records {
        let range = manifest.from.zip(manifest.to);
        Records {
            range,
            count: manifest.count,
            next: range.map_or(0, |(from, _)| from),
            is_complete: true,
            proof: Ok(SelectionVerifier::new(checkpoint.size())),
        }
    }

    fn read<R: Read>(&mut self, members: &mut Members<R>, tally: &mut Tally<'_>) -> Result<(), VerifyError> {
        let (mut hash_bytes, mut content) = (Vec::new(), Vec::new());
        for chunk in 0..CHUNKS_MAX {
            if !members.take_into(&hashes_name(chunk), HASHES_BYTES_MAX, &mut hash_bytes)? {
                break;
            }
            let (hashes, odd) = hash_bytes.as_chunks::<32>();
            let name = records_name(chunk);
            if !members.take_into(&name, CHUNK_BYTES_MAX, &mut content)?
                || content.is_empty()
                || !odd.is_empty()
            {
                return Err(malformed(format!("{name} or its hashes are malformed")));
            }
            let mut hashes = hashes;
            let mut units = Vec::new();
            let mut count = 0;
            for line in lines(&content, &name)? {
                count += 1;
                if line.len() > RECORD_BYTES_MAX || count > CHUNK_RECORDS_MAX {
                    return Err(malformed(format!("{name} is over its limits")));
                }
                let record = Record::parse_line_into(line, units)
                    .map_err(|error| VerifyError::malformed(format!("line {count} of {name}"), error))?;
                self.record(&record, &mut hashes, tally);
                units = record.units;
            }
            if !hashes.is_empty() && self.proof.is_ok() {
                self.proof = Err(ProofError::TooLong { hashes: hashes.len() });
            }
        }
        Ok(())
    }

    fn record(&mut self, record: &Record<'_>, hashes: &mut &[Hash], tally: &mut Tally<'_>) {
        if let Some((from, to)) = self.range {
            if (from..to).contains(&record.seq) {
                if record.seq > self.next {
                    tally.missing(self.next, record.seq);
                }
                self.is_complete &= record.seq == self.next;
                self.next = (record.seq + 1).max(self.next);
            } else {
                // It must not stand for one of the range: neither in their number nor as their end.
                self.is_complete = false;
                let why =
                    format!("the record with seq {} is outside of the range {from} to {to}", record.seq);
                tally.report.log.worsen(LogStatus::Tampered { why });
            }
        }
        let hash = tally.judge(record);
        if let Ok(proof) = &mut self.proof {
            let taken = proof.skip(record.seq, hashes).and_then(|()| proof.push(hash));
            if let Err(error) = taken {
                self.proof = Err(error);
            }
        }
    }

    fn finish(self, end: &[u8], checkpoint: &Checkpoint, tally: &mut Tally<'_>) -> Result<(), VerifyError> {
        let (hashes, odd) = end.as_chunks::<32>();
        if !odd.is_empty() {
            return Err(malformed("hashes/end.bin is malformed"));
        }
        let counted = tally.report.counts.records;
        if let Some((from, to)) = self.range {
            if self.next < to {
                tally.missing(self.next, to);
            }
            if self.is_complete && self.next == to {
                tally.report.range = Some((from, to));
            }
        }
        let mut tampered = |why: String| tally.report.log.worsen(LogStatus::Tampered { why });
        if let Some(count) = self.count.filter(|count| *count != counted) {
            tampered(format!("{counted} records where there should be {count}"));
        }
        if let Err(error) = self.proof.and_then(|proof| proof.finish(hashes, checkpoint.root())) {
            tampered(format!("records and hashes do not lead to the root of the checkpoint: {error}"));
            tally.report.range = None;
        }
        Ok(())
    }
}
