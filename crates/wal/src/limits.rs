//! Every limit of the commit log, with its unit, in one place.

/// The unit of writing, in bytes: a device persists it whole or not at all. Every frame starts on such a boundary, so
/// that no append ever rewrites a sector that holds an acknowledged record. Part of the format.
pub const SECTOR_BYTES: u64 = 512;

/// Default size of a log file, in bytes. A record that does not fit into an empty file of this size gets a
/// file of its own.
pub const FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Smallest accepted file size, in bytes: header, a record of one sector, and the sector kept for the mark.
pub const FILE_BYTES_MIN: u64 = 3 * SECTOR_BYTES;

/// Largest accepted file size, in bytes. It bounds what recovery reads for one file.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Largest payload of one record, in bytes.
pub const MAX_RECORD_BYTES: usize = 32 * 1024 * 1024;

/// Bytes read at a time while scanning.
pub(crate) const WINDOW_BYTES: usize = 256 * 1024;

const _: () = assert!(FILE_BYTES.is_multiple_of(SECTOR_BYTES) && FILE_BYTES <= FILE_BYTES_MAX);
const _: () = assert!(FILE_BYTES_MIN <= FILE_BYTES);
const _: () = assert!((MAX_RECORD_BYTES as u64) < FILE_BYTES_MAX);
