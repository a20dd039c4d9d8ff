//! Making damaged files look intact again, so that fuzzing gets past the checksums to the checks behind them.

use crate::format::{FRAME_HEADER_BYTES, SECTOR};

/// Puts right checksums into a log file: its header's, and those of all frames that can be followed one after the
/// other, with their chain. Everything else stays as it is, however wrong.
pub fn repair_checksums(bytes: &mut [u8]) {
    if bytes.len() < SECTOR {
        return;
    }
    let mut chain = seal(&mut bytes[..SECTOR], SECTOR - 4);
    let mut at = SECTOR;
    while at + SECTOR <= bytes.len() && bytes[at..at + 4].iter().any(|byte| *byte != 0) {
        let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().expect("4 bytes")) as usize;
        let payload = at + FRAME_HEADER_BYTES;
        let payload_crc = bytes.get(payload..payload + length).map_or(0, crc32c::crc32c);
        bytes[at + 20..at + 24].copy_from_slice(&chain.to_le_bytes());
        bytes[at + 28..at + 32].copy_from_slice(&payload_crc.to_le_bytes());
        chain = seal(&mut bytes[at..payload], FRAME_HEADER_BYTES - 4);
        at += crate::format::frame_bytes(length) as usize;
    }
}

/// Writes the checksum of what is before it at `crc_at`.
fn seal(bytes: &mut [u8], crc_at: usize) -> u32 {
    let crc = crc32c::crc32c(&bytes[..crc_at]);
    bytes[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
    crc
}
