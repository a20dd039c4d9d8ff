//! Evidence packs: events of one log with all that proves them, as one file for somebody who does not have to believe
//! us (docs/formats/evidence-pack.md). The same whether somebody waits for one or an export makes it.

mod job;
mod report;

use std::{fmt::Write as _, io::Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tallystick_catalog::{Anchor, AnchorKind};
use tallystick_engine::{
    Engine, ReadError,
    proof::{DirectoryProof, PackBase, ProofError, StoredLeaf},
    search::TimeRange,
};
use tallystick_event::{LogId, OrgId, format_ms};
use tallystick_merkle::{Hash, Node};
use tallystick_verify::{
    Manifest, PackHead, PackOrganization, PackWriteError, PackWriter, Record,
    limits::{ANCHOR_BYTES_MAX, ANCHORS_MAX},
};

use crate::failure::Failure;

/// Leaves that are read at once.
const CHUNK: u64 = 1_024;

/// Which events.
#[derive(Debug, Clone)]
pub enum What {
    /// All leaves of a range.
    Range {
        /// The first.
        from: u64,
        /// The one behind the last.
        to: u64,
    },
    /// These leaves, and what found them.
    Selection {
        /// Ascending.
        indexes: Vec<u64>,
        /// The query as it was given.
        query: String,
        /// Bounds on the time of occurrence, or of receipt, for people; none if there are none.
        times: Option<String>,
    },
}

/// A pack that is asked for.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Whose events.
    pub org: OrgId,
    /// What they call themselves.
    pub name: String,
    /// Their log.
    pub log: LogId,
    /// Seq of the event that is leaf 0 there. What came before stands in a closed log.
    pub base: u64,
    /// Which of its leaves.
    pub what: What,
    /// Names of units that are left out.
    pub redact: Vec<&'static str>,
}

/// A pack that can be written.
#[derive(Debug)]
pub struct PreparedPack {
    pack: Pack,
    base: PackBase,
    head: PackHead,
}

impl Pack {
    /// Fixes the checkpoint under which everything is proven. Blocks.
    pub fn prepare(mut self, engine: &Engine) -> Result<PreparedPack, ProofError> {
        let proofs = engine.proofs();
        let published = proofs.log_by_id(self.log)?.published.map_or(0, |published| published.size);
        if let What::Selection { indexes, .. } = &mut self.what {
            // What came in during the last second is in no checkpoint yet.
            indexes.retain(|index| *index < published);
            if indexes.is_empty() {
                return Err(ProofError::NotPublished { published });
            }
        }
        let end = match &self.what {
            What::Range { to, .. } => *to,
            What::Selection { indexes, .. } => indexes.last().map_or(0, |last| last + 1),
        };
        let base = proofs.pack_base(self.log, end)?;
        let (created, tool) =
            (format_ms(engine.clock().now_ms()), format!("tallystick {}", env!("CARGO_PKG_VERSION")));
        let mut manifest = match &self.what {
            What::Range { from, to } => Manifest::of_range(&base.origin, *from, *to, &created, &tool),
            What::Selection { indexes, query, .. } => {
                let mut manifest =
                    Manifest::of_selection(&base.origin, Some(query.as_str()), &created, &tool);
                manifest.count = Some(indexes.len() as u64);
                manifest
            }
        };
        manifest.organization =
            Some(PackOrganization { id: self.org.to_string(), name: Some(self.name.clone()) });
        let directory = base.directory.as_ref().map(directory_document);
        let policy = policy(engine, &base);
        let checkpoint = base.checkpoint.clone();
        let anchors = anchors(&base.anchors);
        let head = PackHead { manifest, checkpoint, directory, anchors, policy, erasures: Vec::new() };
        Ok(PreparedPack { pack: self, base, head })
    }
}

/// A proof of the directory as it stands in answers and packs.
pub fn directory_document(proof: &DirectoryProof) -> tallystick_verify::DirectoryProof {
    tallystick_verify::DirectoryProof {
        checkpoint: proof.checkpoint.to_string(),
        consistency: proof.consistency.iter().map(|hash| STANDARD.encode(hash)).collect(),
        entry: STANDARD.encode(proof.entry),
        proof: proof.proof.to_string(),
    }
}

/// Bounds on the time of occurrence, for people; none if there are none.
pub fn times(range: TimeRange) -> Option<String> {
    let time = |us: i64| format_ms(us.div_euclid(1_000));
    let from = (range.from_us != TimeRange::ALL.from_us).then(|| format!("from {}", time(range.from_us)));
    let to = (range.to_us != TimeRange::ALL.to_us).then(|| format!("before {}", time(range.to_us)));
    let bounds: Vec<String> = from.into_iter().chain(to).collect();
    (!bounds.is_empty()).then(|| bounds.join(", "))
}

/// The files of what others stated about the directory's checkpoint. Cosignatures of witnesses are in its note.
fn anchors(stated: &[Anchor]) -> Vec<(String, Vec<u8>)> {
    let file = |(number, anchor): (usize, &Anchor)| {
        let ending = match anchor.kind {
            AnchorKind::Witness => return None,
            AnchorKind::Rfc3161 => "tst",
            AnchorKind::ObjectLock => "txt",
        };
        let is_short = anchor.receipt.len() <= ANCHOR_BYTES_MAX;
        is_short.then(|| (format!("{}-{number:02}.{ending}", anchor.kind.as_str()), anchor.receipt.clone()))
    };
    let mut files: Vec<_> = stated.iter().enumerate().filter_map(file).take(ANCHORS_MAX).collect();
    files.sort();
    files
}

/// A policy with our keys, which the reader has to compare with what he got elsewhere.
fn policy(engine: &Engine, base: &PackBase) -> String {
    let proofs = engine.proofs();
    let mut text = "# A template. These keys came with the pack, so by themselves they prove nothing: compare them\n\
                    # with what you got on another way, add the witnesses that you trust, and give the file to the\n\
                    # verifier. See docs/integrity.md.\n"
        .to_owned();
    for origin in [base.origin.clone(), proofs.directory_origin()] {
        for key in proofs.keys().public(&origin) {
            let _ = writeln!(text, "log {}", key.verifier_key);
        }
    }
    text.push_str("quorum none\n");
    text
}

impl PreparedPack {
    /// How many events are in it.
    pub fn count(&self) -> u64 {
        match &self.pack.what {
            What::Range { from, to } => to - from,
            What::Selection { indexes, .. } => indexes.len() as u64,
        }
    }

    /// Writes it to `out`, which is not flushed. `after` is called with it and the number of records when some more
    /// were added. Blocks. A pack that cannot be finished ends early, which every reader notices.
    pub fn write<W: Write>(
        &self,
        engine: &Engine,
        out: W,
        mut after: impl FnMut(&W, u64) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut writer = PackWriter::begin(out, &self.head).map_err(failure)?;
        let mut records = 0;
        let mut add = |writer: &mut PackWriter<W>, from: u64, to: u64| {
            self.add(engine, writer, from, to)?;
            records += to - from;
            after(writer.output(), records)
        };
        match &self.pack.what {
            What::Range { from, to } => {
                let mut next = *from;
                while next < *to {
                    let end = (*to).min(next + CHUNK);
                    add(&mut writer, next, end)?;
                    next = end;
                }
            }
            What::Selection { indexes, .. } => {
                for run in indexes.chunk_by(|a, b| a + 1 == *b) {
                    for part in run.chunks(CHUNK as usize) {
                        add(&mut writer, part[0], part[part.len() - 1] + 1)?;
                    }
                }
            }
        }
        let gap = self.hashes(engine, &writer.gap_behind())?;
        writer.finish(&gap, &self.report()).map(drop).map_err(failure)
    }

    fn add<W: Write>(
        &self,
        engine: &Engine,
        writer: &mut PackWriter<W>,
        from: u64,
        to: u64,
    ) -> Result<(), Failure> {
        let leaves = engine.proofs().stored_leaves(self.pack.log, from, to)?;
        for StoredLeaf { leaf, meta, units } in &leaves {
            let mut record = Record::of_event(leaf, &meta.salt, units);
            if !self.pack.redact.is_empty() {
                record.redact(|name| self.pack.redact.contains(&name));
            }
            let gap = self.hashes(engine, &writer.gap_before(leaf.seq))?;
            writer.add(&record, &gap).map_err(failure)?;
        }
        Ok(())
    }

    fn hashes(&self, engine: &Engine, nodes: &[Node]) -> Result<Vec<Hash>, Failure> {
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        Ok(engine.proofs().subtrees(self.pack.log, self.base.size, nodes)?)
    }
}

fn failure(error: PackWriteError) -> Failure {
    match error {
        PackWriteError::Io(error) => Failure::Write(error),
        // What is stored is not what was signed.
        PackWriteError::Proof(error) => Failure::Read(ReadError::Corrupt(error.to_string())),
        PackWriteError::Content(why) => Failure::Broken(why),
    }
}
