//! Writing the pack: everything that can fail for a reason of the caller's is done before the first byte leaves.

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

use axum::body::Bytes;
use tallystick_catalog::{Anchor, AnchorKind};
use tallystick_engine::{
    Engine,
    proof::{PackBase, ProofError, StoredLeaf},
};
use tallystick_event::{LogId, OrgId, format_ms};
use tallystick_merkle::Hash;
use tallystick_verify::{
    Manifest, PackHead, PackOrganization, PackWriter, Record,
    limits::{ANCHOR_BYTES_MAX, ANCHORS_MAX},
};
use tokio::{
    runtime::Handle,
    sync::mpsc::{Sender, error::SendTimeoutError},
};

use super::PAUSE_MAX;
use crate::{error::ApiError, http::v1::logs::directory};

/// Leaves that are read at once.
const CHUNK: u64 = 1_024;
/// Bytes that are handed on at once.
const PIECE_BYTES: usize = 256 << 10;

/// Which events.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// All leaves of a range.
    Range { from: u64, to: u64 },
    /// These leaves, ascending, and what found them.
    Selection { indexes: Vec<u64>, query: String },
}

/// A pack that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Pack {
    pub(super) org: OrgId,
    pub(super) name: String,
    pub(super) log: LogId,
    pub(super) what: What,
    /// Names of units that are left out.
    pub(super) redact: Vec<&'static str>,
}

/// A pack that can be written.
pub(super) struct Prepared {
    pack: Pack,
    base: PackBase,
    head: PackHead,
}

impl Pack {
    /// Fixes the checkpoint under which everything is proven. Blocks.
    pub(super) fn prepare(mut self, engine: &Engine) -> Result<Prepared, ApiError> {
        let proofs = engine.proofs();
        let published = proofs.log_by_id(self.log)?.published.map_or(0, |published| published.size);
        if let What::Selection { indexes, .. } = &mut self.what {
            // What came in during the last second is in no checkpoint yet.
            indexes.retain(|index| *index < published);
            if indexes.is_empty() {
                return Err(ProofError::NotPublished { published }.into());
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
            What::Selection { indexes, query } => {
                let mut manifest =
                    Manifest::of_selection(&base.origin, Some(query.as_str()), &created, &tool);
                manifest.count = Some(indexes.len() as u64);
                manifest
            }
        };
        manifest.organization =
            Some(PackOrganization { id: self.org.to_string(), name: Some(self.name.clone()) });
        let directory = base.directory.as_ref().map(directory::document);
        let policy = policy(engine, &base);
        let checkpoint = base.checkpoint.clone();
        let anchors = anchors(&base.anchors);
        let head = PackHead { manifest, checkpoint, directory, anchors, policy, erasures: Vec::new() };
        Ok(Prepared { pack: self, base, head })
    }
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

impl Prepared {
    /// For the name of the file.
    pub(super) fn name(&self) -> String {
        match &self.pack.what {
            What::Range { from, to } => format!("{from}-{to}"),
            What::Selection { indexes, .. } => format!("selection-{}", indexes.len()),
        }
    }

    /// For people.
    pub(super) fn description(&self) -> String {
        let left_out = match self.pack.redact.as_slice() {
            [] => String::new(),
            units => format!(", without {}", units.join(", ")),
        };
        match &self.pack.what {
            What::Range { from, to } => format!("{} events, leaves {from} up to {to}{left_out}", to - from),
            What::Selection { indexes, query } => {
                format!("{} events that match \"{query}\"{left_out}", indexes.len())
            }
        }
    }

    /// Writes it; whether it is whole. Blocks. A pack that cannot be finished ends early, which every reader notices.
    pub(super) fn write(self, engine: &Engine, pieces: Sender<io::Result<Bytes>>) -> bool {
        let waiting = Vec::with_capacity(PIECE_BYTES);
        let mut out = Pieces { reader: pieces, waiting, runtime: Handle::current(), pause_max: PAUSE_MAX };
        let written = self.write_to(engine, &mut out).and_then(|()| out.flush());
        if let Err(error) = &written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            tracing::error!(%error, org = %self.pack.org, "an evidence pack could not be finished");
        }
        written.is_ok()
    }

    fn write_to(&self, engine: &Engine, out: &mut Pieces) -> io::Result<()> {
        let mut writer = PackWriter::begin(out, &self.head).map_err(io::Error::other)?;
        match &self.pack.what {
            What::Range { from, to } => {
                let mut next = *from;
                while next < *to {
                    let end = (*to).min(next + CHUNK);
                    self.add(engine, &mut writer, next, end)?;
                    next = end;
                }
            }
            What::Selection { indexes, .. } => {
                for run in indexes.chunk_by(|a, b| a + 1 == *b) {
                    for part in run.chunks(CHUNK as usize) {
                        self.add(engine, &mut writer, part[0], part[part.len() - 1] + 1)?;
                    }
                }
            }
        }
        let gap = self.hashes(engine, &writer.gap_behind())?;
        writer.finish(&gap, &self.report()).map(drop).map_err(io::Error::other)
    }

    fn add(
        &self,
        engine: &Engine,
        writer: &mut PackWriter<&mut Pieces>,
        from: u64,
        to: u64,
    ) -> io::Result<()> {
        let leaves = engine.proofs().stored_leaves(self.pack.log, from, to).map_err(io::Error::other)?;
        for StoredLeaf { leaf, meta, units } in &leaves {
            let mut record = Record::of_event(leaf, &meta.salt, units);
            if !self.pack.redact.is_empty() {
                record.redact(|name| self.pack.redact.contains(&name));
            }
            let gap = self.hashes(engine, &writer.gap_before(leaf.seq))?;
            writer.add(&record, &gap).map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn hashes(&self, engine: &Engine, nodes: &[tallystick_merkle::Node]) -> io::Result<Vec<Hash>> {
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        engine.proofs().subtrees(self.pack.log, self.base.size, nodes).map_err(io::Error::other)
    }

    /// What people read first.
    fn report(&self) -> String {
        let manifest = &self.head.manifest;
        let witnessed = match self.base.directory.as_ref().map(|directory| directory.witnessed_ms) {
            Some(Some(ms)) => format!("yes, by {}", format_ms(ms)),
            Some(None) => "in the directory, no quorum of witnesses yet".to_owned(),
            None => "not in the directory yet".to_owned(),
        };
        let complete = match &self.pack.what {
            What::Range { .. } => "All events of this range are here; that none is missing is proven.",
            What::Selection { .. } => {
                "Each event is proven by itself. That nothing else would have matched is not proven."
            }
        };
        format!(
            "EVIDENCE PACK\n\n\
             organization  {} ({})\n\
             log           {}\n\
             content       {}\n\
             made          {} by {}\n\
             checkpoint    {} events\n\
             witnessed     {witnessed}\n\n\
             {complete}\n\n\
             Check it, believing nobody, with\n\
             \x20 tallystick-verify pack THIS-FILE --policy YOUR-POLICY\n\
             or with the verifier page in a browser. The policy holds the keys that you got on another way; the file\n\
             \"policy\" in here is a template only.\n",
            self.pack.org,
            self.pack.name,
            manifest.origin,
            self.description(),
            manifest.created_at,
            manifest.tool,
            self.base.size,
        )
    }
}

/// Hands bytes on in pieces.
struct Pieces {
    reader: Sender<io::Result<Bytes>>,
    waiting: Vec<u8>,
    runtime: Handle,
    pause_max: Duration,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.waiting, Vec::with_capacity(PIECE_BYTES));
        let sent = self.runtime.block_on(self.reader.send_timeout(Ok(piece.into()), self.pause_max));
        sent.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => {
                io::Error::new(io::ErrorKind::TimedOut, "its reader has stopped reading")
            }
            SendTimeoutError::Closed(_) => io::ErrorKind::BrokenPipe.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_who_reads_nothing_holds_no_thread_for_long() {
        let (reader, held) = tokio::sync::mpsc::channel(1);
        let (runtime, pause_max) = (Handle::current(), Duration::from_millis(20));
        let mut out = Pieces { reader, waiting: Vec::new(), runtime, pause_max };
        let written = tokio::task::spawn_blocking(move || {
            out.write_all(b"fills the only place").and_then(|()| out.flush())?;
            out.write_all(b"waits").and_then(|()| out.flush())
        });
        assert_eq!(written.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(held);
    }
}
