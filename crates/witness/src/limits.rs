//! Every limit of a witness, with its unit, in one place.

/// Most lines with a log's key.
pub const LOGS_MAX: usize = 1024;

/// Longest file of logs, bytes.
pub const LOGS_BYTES_MAX: u64 = 1 << 20;

/// Longest file with a key or a version, bytes.
pub const SMALL_FILE_BYTES_MAX: u64 = 4096;

/// Most files of evidence of each of the two kinds. Proofs that do not fit can be sent by anybody who has seen a
/// checkpoint, so they must not take the place of forks that the log has signed.
pub const EVIDENCE_FILES_MAX: usize = 1000;
