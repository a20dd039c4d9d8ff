//! The bytes of the format, without any I/O. `docs/formats/commit-log.md` is the specification.

mod frame;
mod header;

pub(crate) use frame::{FILL, FRAME_HEADER_BYTES, Frame, FrameFault, Kind, empty_sectors, frame_bytes};
pub(crate) use header::{FileHeader, HeaderFault, VERSION, file_name, parse_file_name, temp_name};

use crate::limits::SECTOR_BYTES;

/// One sector, as a slice length.
pub(crate) const SECTOR: usize = SECTOR_BYTES as usize;

/// Whether all bytes are zero. Compares against a constant, which is a `memcmp` even in an unoptimised build.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    static ZEROS: [u8; 4096] = [0; 4096];
    bytes.chunks(ZEROS.len()).all(|chunk| chunk == &ZEROS[..chunk.len()])
}

/// A little-endian `u32` inside a slice whose length is known.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("the range is 4 bytes"))
}

/// A little-endian `u64` inside a slice whose length is known.
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("the range is 8 bytes"))
}
