//! Every limit of trees, tiles and notes, with its unit, in one place.

/// Length of a hash, bytes.
pub const HASH_BYTES: usize = 32;

/// Levels of the tree that one tile spans (C2SP tlog-tiles).
pub const TILE_HEIGHT: u8 = 8;

/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_HASHES: u16 = 1 << TILE_HEIGHT;

/// Length of a full tile, bytes.
pub const TILE_BYTES: usize = TILE_HASHES as usize * HASH_BYTES;

/// Highest level that a tile's path may name (C2SP tlog-tiles). Trees of less than 2^64 leaves end at level 7.
pub const TILE_LEVEL_MAX: u8 = 63;

/// Levels at which a tree of less than 2^64 leaves has tiles.
pub const TILE_LEVELS: u8 = 64 / TILE_HEIGHT;

/// Longest entry of a bundle, bytes: its length stands before it in two.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// Full tiles that a [`TileReader`](crate::TileReader) keeps, besides the at most [`TILE_LEVELS`] of the right edge. 2
/// MiB.
pub const TILES_KEPT_MAX: usize = 256;

/// Longest inclusion proof of a tree of less than 2^64 leaves, hashes.
pub const INCLUSION_HASHES_MAX: usize = 64;

/// Most consistency hashes of a request to a witness (C2SP tlog-witness).
pub const WITNESS_HASHES_MAX: usize = 63;

/// Longest signed note, bytes. The same as in Go's `sumdb/note`.
pub const NOTE_BYTES_MAX: usize = 1_000_000;

/// Most signatures of a note. The same as in Go's `sumdb/note`; C2SP signed-note demands that 16 be accepted.
pub const SIGNATURES_MAX: usize = 100;

/// Longest key name and so longest origin of a log of ours, bytes. ML-DSA-44 cosignatures have one byte for its length.
pub const KEY_NAME_BYTES_MAX: usize = 255;

/// Longest extra data of a tlog-proof, bytes. It is not authenticated, so nobody should send much.
pub const EXTRA_BYTES_MAX: usize = 65_536;

/// Longest tlog-proof, bytes: the checkpoint, the extra data in base64, and room for the hashes.
pub const PROOF_BYTES_MAX: usize = NOTE_BYTES_MAX + 2 * EXTRA_BYTES_MAX;

/// Longest body of a request to a witness, bytes: the checkpoint, and room for the hashes.
pub const WITNESS_REQUEST_BYTES_MAX: usize = NOTE_BYTES_MAX + 4096;

/// Longest policy file, bytes.
pub const POLICY_BYTES_MAX: usize = 1 << 20;

/// Most logs, most witnesses and most groups of a policy, each. C2SP tlog-policy recommends at least 32.
pub const POLICY_ITEMS_MAX: usize = 256;

/// Largest time of a cosignature, Unix seconds (C2SP tlog-cosignature).
pub const COSIGNATURE_TIME_MAX: u64 = i64::MAX as u64;

const _: () = assert!(TILE_BYTES == 8192 && TILE_LEVELS == 8);
const _: () = assert!(SIGNATURES_MAX >= 16 && POLICY_ITEMS_MAX >= 32);
const _: () =
    assert!(EXTRA_BYTES_MAX.div_ceil(3) * 4 + INCLUSION_HASHES_MAX * 45 + 64 <= 2 * EXTRA_BYTES_MAX);
const _: () = assert!(WITNESS_HASHES_MAX * 45 + 32 <= 4096);
