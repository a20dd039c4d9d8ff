//! Writes an evidence pack while its records come in. It checks what it writes: no pack is finished that a reader would
//! refuse as malformed, or whose records do not lead to its checkpoint. Whether signatures hold, and each record in
//! itself, is for the reader to say: it is the service's data that is judged there, and not the writing of it.

use std::io::{self, Write};

use tallystick_merkle::limits::{NOTE_BYTES_MAX, POLICY_BYTES_MAX};
use tallystick_merkle::{Checkpoint, Hash, Node, Note, ProofError, SelectionVerifier, gap_nodes};

use super::manifest::{Manifest, PackKind};
use super::{anchor_names_ascend, hashes_name, records_name, tar};
use crate::limits::{
    ANCHOR_BYTES_MAX, ANCHORS_MAX, CHUNK_BYTES_WRITTEN, CHUNK_RECORDS_MAX, CHUNKS_MAX, CONSISTENCY_BYTES_MAX,
    DIRECTORY_PROOF_BYTES_MAX, ERASURES_BYTES_MAX, MANIFEST_BYTES_MAX, RECORD_BYTES_MAX, REPORT_BYTES_MAX,
};
use crate::record::{ProvenErasure, Record};
use crate::spelling::bytes;
use crate::trust::DirectoryProof;

/// Everything of a pack but its records.
#[derive(Debug, Clone)]
pub struct PackHead {
    /// What it is.
    pub manifest: Manifest,
    /// The checkpoint under which everything is proven, with its signatures.
    pub checkpoint: Note,
    /// How the log is witnessed.
    pub directory: Option<DirectoryProof>,
    /// Names and contents, the names ascending.
    pub anchors: Vec<(String, Vec<u8>)>,
    /// The policy as a template.
    pub policy: String,
    /// The erasures that the records refer to, ascending.
    pub erasures: Vec<ProvenErasure>,
}

/// Why a pack was not written.
#[derive(Debug, thiserror::Error)]
pub enum PackWriteError {
    /// The output failed.
    #[error("writing the pack failed")]
    Io(#[from] io::Error),
    /// What is to be written is no pack.
    #[error("this makes no pack: {0}")]
    Content(String),
    /// Records or hashes do not lead to the checkpoint.
    #[error("the records do not lead to the checkpoint")]
    Proof(#[from] ProofError),
}

/// Writes a pack: [`begin`](PackWriter::begin), [`add`](PackWriter::add) each record in ascending order,
/// [`finish`](PackWriter::finish). Constant memory.
pub struct PackWriter<W> {
    out: W,
    kind: PackKind,
    count: Option<u64>,
    range: Option<(u64, u64)>,
    root: Hash,
    proof: SelectionVerifier,
    chunk: u64,
    chunk_records: usize,
    hashes: Vec<u8>,
    lines: Vec<u8>,
    records: u64,
}

impl<W: Write> PackWriter<W> {
    /// Writes everything that precedes the records.
    ///
    /// # Errors
    /// If the parts do not fit each other, or the output's own.
    pub fn begin(mut out: W, head: &PackHead) -> Result<PackWriter<W>, PackWriteError> {
        let content = |why: String| PackWriteError::Content(why);
        let manifest = &head.manifest;
        manifest.check().map_err(|error| content(error.to_string()))?;
        let checkpoint: Checkpoint = head
            .checkpoint
            .unverified_text()
            .parse()
            .map_err(|_| content("the checkpoint is none".into()))?;
        if checkpoint.origin() != manifest.origin {
            return Err(content("the checkpoint is that of another log".into()));
        }
        if !anchor_names_ascend(head.anchors.iter().map(|(name, _)| name.as_str())) {
            return Err(content("the names of anchors do not ascend, or are not allowed".into()));
        }
        if head.anchors.len() > ANCHORS_MAX {
            return Err(content("it has too many anchors".into()));
        }
        if manifest.to.is_some_and(|to| to > checkpoint.size()) {
            return Err(content("its range ends behind its checkpoint".into()));
        }
        let json = serde_json::to_vec(manifest).map_err(io::Error::from)?;
        write(&mut out, "pack.json", &json, MANIFEST_BYTES_MAX)?;
        write(&mut out, "checkpoint", head.checkpoint.to_string().as_bytes(), NOTE_BYTES_MAX)?;
        if let Some(directory) = &head.directory {
            write_directory(&mut out, directory)?;
        }
        for (name, anchor) in &head.anchors {
            write(&mut out, &format!("anchors/{name}"), anchor, ANCHOR_BYTES_MAX)?;
        }
        write(&mut out, "policy", head.policy.as_bytes(), POLICY_BYTES_MAX)?;
        write_erasures(&mut out, &head.erasures)?;
        Ok(PackWriter {
            out,
            kind: manifest.kind,
            count: manifest.count,
            range: manifest.from.zip(manifest.to),
            root: *checkpoint.root(),
            proof: SelectionVerifier::new(checkpoint.size()),
            chunk: 0,
            chunk_records: 0,
            hashes: Vec::new(),
            lines: Vec::new(),
            records: 0,
        })
    }

    /// The subtrees whose roots [`PackWriter::add`] needs for a record with this seq, in their order. None in the
    /// middle of a range.
    pub fn gap_before(&self, seq: u64) -> Vec<Node> {
        gap_nodes(self.proof.next_index(), seq)
    }

    /// Adds a record, with the roots of [`PackWriter::gap_before`] it.
    ///
    /// # Errors
    /// If it does not follow the record before, or there are not exactly the hashes needed, or the output's own.
    pub fn add(&mut self, record: &Record<'_>, mut gap: &[Hash]) -> Result<(), PackWriteError> {
        let follows = match (self.kind, self.range) {
            (PackKind::Range, Some((from, to))) => {
                record.seq < to && record.seq == from.saturating_add(self.records)
            }
            _ => true,
        };
        if !follows {
            return Err(PackWriteError::Content(format!("seq {} does not belong here", record.seq)));
        }
        self.hashes.extend_from_slice(gap.as_flattened());
        self.proof.skip(record.seq, &mut gap)?;
        if !gap.is_empty() {
            return Err(ProofError::TooLong { hashes: gap.len() }.into());
        }
        self.proof.push(record.leaf_hash())?;
        let before = self.lines.len();
        record.write_line(&mut self.lines);
        if self.lines.len() - before > RECORD_BYTES_MAX {
            return Err(PackWriteError::Content(format!("the record with seq {} is too long", record.seq)));
        }
        self.lines.push(b'\n');
        self.records += 1;
        self.chunk_records += 1;
        if self.chunk_records == CHUNK_RECORDS_MAX || self.lines.len() >= CHUNK_BYTES_WRITTEN {
            self.flush()?;
        }
        Ok(())
    }

    /// Where it is written to. Some of what was added may still be kept back.
    pub fn output(&self) -> &W {
        &self.out
    }

    /// The subtrees whose roots [`PackWriter::finish`] needs.
    pub fn gap_behind(&self) -> Vec<Node> {
        gap_nodes(self.proof.next_index(), self.proof.size())
    }

    /// Ends the pack with the roots of [`PackWriter::gap_behind`]. Gives the output back, which is not flushed.
    ///
    /// # Errors
    /// If records are missing, the hashes do not lead to the checkpoint, or the output's own. What was written is no
    /// pack then.
    pub fn finish(mut self, gap: &[Hash], report: &str) -> Result<W, PackWriteError> {
        if self.count.is_some_and(|count| count != self.records) {
            return Err(PackWriteError::Content(format!(
                "{} records are not as many as announced",
                self.records
            )));
        }
        if self.chunk_records > 0 {
            self.flush()?;
        }
        let PackWriter { mut out, proof, root, .. } = self;
        proof.finish(gap, &root)?;
        tar::write(&mut out, "hashes/end.bin", gap.as_flattened())?;
        write(&mut out, "report.txt", report.as_bytes(), REPORT_BYTES_MAX)?;
        tar::finish(&mut out)?;
        Ok(out)
    }

    fn flush(&mut self) -> Result<(), PackWriteError> {
        if self.chunk == CHUNKS_MAX {
            return Err(PackWriteError::Content("it has too many records".to_owned()));
        }
        tar::write(&mut self.out, &hashes_name(self.chunk), &self.hashes)?;
        tar::write(&mut self.out, &records_name(self.chunk), &self.lines)?;
        self.hashes.clear();
        self.lines.clear();
        self.chunk += 1;
        self.chunk_records = 0;
        Ok(())
    }
}

/// Writes a member, unless it is longer than a reader takes it.
fn write(out: &mut impl Write, name: &str, content: &[u8], bytes_max: usize) -> Result<(), PackWriteError> {
    if content.len() > bytes_max {
        return Err(PackWriteError::Content(format!("{name} is over its limit of {bytes_max} bytes")));
    }
    Ok(tar::write(out, name, content)?)
}

fn write_directory(out: &mut impl Write, directory: &DirectoryProof) -> Result<(), PackWriteError> {
    let entry: [u8; tallystick_event::DIRECTORY_ENTRY_BYTES] = bytes(&directory.entry)
        .ok_or_else(|| PackWriteError::Content("the directory's entry is malformed".to_owned()))?;
    let consistency: String = directory.consistency.iter().flat_map(|hash| [hash.as_str(), "\n"]).collect();
    write(out, "directory/checkpoint", directory.checkpoint.as_bytes(), NOTE_BYTES_MAX)?;
    write(out, "directory/consistency", consistency.as_bytes(), CONSISTENCY_BYTES_MAX)?;
    write(out, "directory/entry", &entry, entry.len())?;
    write(out, "directory/proof", directory.proof.as_bytes(), DIRECTORY_PROOF_BYTES_MAX)
}

fn write_erasures(out: &mut impl Write, erasures: &[ProvenErasure]) -> Result<(), PackWriteError> {
    if erasures.is_empty() {
        return Ok(());
    }
    if !erasures.is_sorted_by(|a, b| a.record.seq < b.record.seq) {
        return Err(PackWriteError::Content("the erasures do not ascend".to_owned()));
    }
    let mut lines = Vec::new();
    for erasure in erasures {
        erasure.write_line(&mut lines);
        lines.push(b'\n');
    }
    write(out, "erasures.ndjson", &lines, ERASURES_BYTES_MAX)
}
