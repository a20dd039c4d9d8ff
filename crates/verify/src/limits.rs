//! Every limit of what is verified, with its unit. `docs/formats/event-proof.md` and `docs/formats/evidence-pack.md`.

/// Longest line of a record, bytes.
pub const RECORD_BYTES_MAX: usize = 4 << 20;

/// Units of a record.
pub const UNITS_MAX: usize = 64;

/// Longest event proof as JSON, bytes: erasures of many events may come with it.
pub const EVENT_PROOF_BYTES_MAX: usize = 64 << 20;

/// Longest first line of a range, bytes: a checkpoint and 190 hashes.
pub const RANGE_HEADER_BYTES_MAX: usize = 4 << 20;

/// Longest description of a pack, bytes.
pub const MANIFEST_BYTES_MAX: usize = 64 << 10;

/// Longest consistency proof of a pack, bytes.
pub const CONSISTENCY_BYTES_MAX: usize = 8 << 10;

/// Longest tlog-proof of a pack, bytes.
pub const DIRECTORY_PROOF_BYTES_MAX: usize = 2 << 20;

/// Longest anchor, bytes.
pub const ANCHOR_BYTES_MAX: usize = 1 << 20;

/// Anchors of a pack.
pub const ANCHORS_MAX: usize = 64;

/// Longest name of an anchor, bytes.
pub const ANCHOR_NAME_BYTES_MAX: usize = 64;

/// All erasures of a pack together, bytes.
pub const ERASURES_BYTES_MAX: usize = 64 << 20;

/// Records of one member of a pack.
pub const CHUNK_RECORDS_MAX: usize = 4_096;

/// Bytes of records from which a writer begins the next member.
pub const CHUNK_BYTES_WRITTEN: usize = 4 << 20;

/// Longest member with records, bytes.
pub const CHUNK_BYTES_MAX: usize = 16 << 20;

/// Hashes between two leaves of a tree: 63 up to the common node, and 63 down from it.
pub const GAP_HASHES_MAX: usize = 126;

/// Longest member with hashes, bytes.
pub const HASHES_BYTES_MAX: usize = CHUNK_RECORDS_MAX * GAP_HASHES_MAX * 32;

/// Pairs of members with hashes and records: their numbers have six digits.
pub const CHUNKS_MAX: u64 = 1_000_000;

/// Longest text for people in a pack, bytes.
pub const REPORT_BYTES_MAX: usize = 1 << 20;

/// Records that are not well which a report lists at most; all are counted.
pub const FAULTS_LISTED_MAX: usize = 1_000;

/// How far the clock of a witness may be ahead, ms.
pub const CLOCK_SKEW_MS_MAX: u64 = 5 * 60 * 1_000;

/// Bundles that a log is asked for at once.
pub const BUNDLES_AT_ONCE: usize = 32;

const _: () =
    assert!(HASHES_BYTES_MAX == 16_515_072 && CHUNK_BYTES_WRITTEN + RECORD_BYTES_MAX <= CHUNK_BYTES_MAX);
