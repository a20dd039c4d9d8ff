//! The manifest of one file: which events of which log are in it, and the hashes by which anybody can tell that it is
//! still what was written. docs/formats/lake.md has every byte.

use serde::{Deserialize, Serialize};

use super::file::Statement;

/// The version of the document, in its first member.
const FORMAT: &str = "tallystick-lake-manifest/1";

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: String,
    stream: String,
    organization: String,
    log: String,
    batch: String,
    first_seq: u64,
    last_seq: u64,
    rows: u64,
    file: FileSums,
    leaf_hashes_sha256: String,
}

/// The file as it lies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileSums {
    /// From the lake's own folder on, so that a lake can be moved as a whole.
    path: String,
    bytes: u64,
    sha256: String,
    content_sha256: String,
    content_bytes: u64,
}

impl Manifest {
    /// Of a file of `bytes` with this SHA-256, which lies at `path`.
    pub(crate) fn new(statement: &Statement, path: &str, bytes: u64, sha256: &str) -> Self {
        Self {
            format: FORMAT.to_owned(),
            stream: statement.stream.clone(),
            organization: statement.organization.clone(),
            log: statement.log.clone(),
            batch: statement.batch.clone(),
            first_seq: statement.first_seq,
            last_seq: statement.last_seq,
            rows: statement.rows,
            file: FileSums {
                path: path.to_owned(),
                bytes,
                sha256: sha256.to_owned(),
                content_sha256: statement.content_sha256.clone(),
                content_bytes: statement.content_bytes,
            },
            leaf_hashes_sha256: statement.leaf_hashes_sha256.clone(),
        }
    }

    /// As it is written.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("texts and numbers are JSON");
        bytes.push(b'\n');
        bytes
    }
}
