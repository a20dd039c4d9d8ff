//! What lies beside every object: which events of which log are in it, and the hashes by which anybody can tell that it
//! is still what was put.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::body::Compression;
use crate::{Batch, Media};

/// The version of the document, in its first member.
const FORMAT: &str = "tallystick-object-manifest/1";

/// The object that a manifest is about.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ManifestObject {
    pub(crate) key: String,
    pub(crate) bytes: u64,
    /// SHA-256 of the object as it lies there, hexadecimal.
    pub(crate) sha256: String,
    pub(crate) compression: &'static str,
    /// SHA-256 of its lines, uncompressed.
    pub(crate) content_sha256: String,
    pub(crate) content_bytes: u64,
}

#[derive(Serialize)]
struct Manifest<'a> {
    format: &'static str,
    stream: &'a str,
    organization: &'a str,
    log: &'a str,
    batch: String,
    first_seq: u64,
    last_seq: u64,
    events: usize,
    content: &'static str,
    object: &'a ManifestObject,
    /// SHA-256 over the leaf hashes of the events in order, 32 bytes each.
    leaf_hashes_sha256: String,
}

/// The manifest of a batch; the same for the same batch and object.
pub(crate) fn manifest(batch: &Batch, object: &ManifestObject) -> Vec<u8> {
    let mut leaves = Sha256::new();
    for record in &batch.records {
        leaves.update(record.leaf_hash);
    }
    let manifest = Manifest {
        format: FORMAT,
        stream: &batch.stream,
        organization: &batch.org,
        log: &batch.log,
        batch: batch.id.to_string(),
        first_seq: batch.first_seq,
        last_seq: batch.last_seq,
        events: batch.records.len(),
        content: match batch.media {
            Media::Json => "json_lines",
            Media::Line => "text_lines",
        },
        object,
        leaf_hashes_sha256: hex::encode(leaves.finalize()),
    };
    let mut bytes = serde_json::to_vec_pretty(&manifest).expect("texts and numbers are JSON");
    bytes.push(b'\n');
    bytes
}

impl ManifestObject {
    /// Of an object that was made of lines.
    pub(crate) fn new(key: &str, bytes: &[u8], lines: &LinesHash, compression: Compression) -> Self {
        Self {
            key: key.to_owned(),
            bytes: bytes.len() as u64,
            sha256: hex::encode(Sha256::digest(bytes)),
            compression: compression.name(),
            content_sha256: lines.sha256.clone(),
            content_bytes: lines.bytes,
        }
    }
}

/// What lines were before they were compressed.
pub(crate) struct LinesHash {
    sha256: String,
    bytes: u64,
}

impl LinesHash {
    pub(crate) fn of(lines: &[u8]) -> Self {
        Self { sha256: hex::encode(Sha256::digest(lines)), bytes: lines.len() as u64 }
    }

    /// SHA-256, hexadecimal.
    pub(crate) fn into_sha256(self) -> String {
        self.sha256
    }
}
