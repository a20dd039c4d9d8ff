//! A batch as a Parquet file: the same bytes for the same batch, every time.

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tallystick_destination::Batch;

use super::row::{LAKE_COLUMNS, add};
use crate::{failure::Failure, parquet::ParquetFile, rows::Rows};

/// Name of the entry of the file's metadata that says what the file is.
pub(crate) const STATEMENT_KEY: &str = "tallystick.lake";
/// The version of files and their names.
const FORMAT: &str = "tallystick-lake/1";

/// What a file says of itself, and its manifest says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) format: String,
    pub(crate) stream: String,
    pub(crate) organization: String,
    pub(crate) log: String,
    pub(crate) batch: String,
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    pub(crate) rows: u64,
    /// SHA-256 of the column `event`, each text with a line break behind it.
    pub(crate) content_sha256: String,
    /// Bytes of the same.
    pub(crate) content_bytes: u64,
    /// SHA-256 of the leaf hashes in their order, 32 bytes each.
    pub(crate) leaf_hashes_sha256: String,
}

impl Statement {
    /// Of a batch.
    pub(crate) fn of(batch: &Batch) -> Self {
        let (mut content, mut leaves, mut content_bytes) = (Sha256::new(), Sha256::new(), 0);
        for record in &batch.records {
            content.update(&record.native);
            content.update(b"\n");
            content_bytes += record.native.len() as u64 + 1;
            leaves.update(record.leaf_hash);
        }
        Self {
            format: FORMAT.to_owned(),
            stream: batch.stream.clone(),
            organization: batch.org.clone(),
            log: batch.log.clone(),
            batch: batch.id.to_string(),
            first_seq: batch.first_seq,
            last_seq: batch.last_seq,
            rows: batch.records.len() as u64,
            content_sha256: hex::encode(content.finalize()),
            content_bytes,
            leaf_hashes_sha256: hex::encode(leaves.finalize()),
        }
    }

    /// Whether a file that is there is of the same batch, though another version of the writer may have written it.
    pub(crate) fn is_of(&self, file: std::fs::File) -> bool {
        let Ok(reader) = SerializedFileReader::new(file) else { return false };
        let entries = reader.metadata().file_metadata().key_value_metadata();
        let entry = entries.into_iter().flatten().find(|entry| entry.key == STATEMENT_KEY);
        let statement = entry.and_then(|entry| serde_json::from_str::<Self>(entry.value.as_deref()?).ok());
        statement.is_some_and(|there| there == *self)
    }
}

/// A file of a lake.
#[derive(Debug)]
pub(crate) struct LakeFile {
    pub(crate) statement: Statement,
    pub(crate) bytes: Vec<u8>,
    /// SHA-256 of `bytes`, hexadecimal.
    pub(crate) sha256: String,
}

impl LakeFile {
    /// Encodes a batch. Takes as long as compressing its events.
    ///
    /// # Errors
    /// [`Failure::Broken`]: a record is no event.
    pub(crate) fn of(batch: &Batch) -> Result<Self, Failure> {
        let statement = Statement::of(batch);
        let mut bytes = Vec::new();
        let mut file = ParquetFile::new(&mut bytes, LAKE_COLUMNS)?;
        let mut rows = Rows::new(LAKE_COLUMNS);
        for record in &batch.records {
            add(&mut rows, batch, record)?;
            if rows.is_full() {
                rows = file.write(rows)?;
            }
        }
        if rows.count > 0 {
            file.write(rows)?;
        }
        let json = serde_json::to_value(&statement).expect("texts and numbers are JSON");
        file.finish(STATEMENT_KEY, &json, statement.rows)?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Ok(Self { statement, bytes, sha256 })
    }
}
