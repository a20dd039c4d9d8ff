//! The first sector of every file: what it is, where it begins, how long it must be.

use super::{SECTOR, is_zero, u32_at, u64_at};
use crate::limits::{FILE_BYTES_MAX, FILE_BYTES_MIN, SECTOR_BYTES};
use crate::log::Position;

const MAGIC: [u8; 8] = *b"TALLYLOG";
pub(crate) const VERSION: u32 = 1;
const CRC_AT: usize = SECTOR - 4;
const RESERVED_AT: usize = 36;

/// What the first sector says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileHeader {
    /// Position of the file's first entry; also its name.
    pub(crate) first_position: Position,
    /// Size of the file in bytes, from its first moment on.
    pub(crate) capacity: u64,
    /// Checksum of the frame before this file, in the file before it; 0 in the first file of a log.
    pub(crate) previous: u32,
}

/// Why a first sector is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    /// Not a log file.
    Magic,
    /// The checksum of the sector is another than the one stored.
    Crc { stored: u32, computed: u32 },
    /// Intact, but of another version.
    Version(u32),
    /// Intact, but says something that no writer of this version writes.
    Value(&'static str),
}

impl FileHeader {
    /// The sector and its checksum, which the file's first frame repeats.
    pub(crate) fn encode(&self) -> ([u8; SECTOR], u32) {
        let mut sector = [0; SECTOR];
        sector[..8].copy_from_slice(&MAGIC);
        sector[8..12].copy_from_slice(&VERSION.to_le_bytes());
        sector[12..16].copy_from_slice(&(SECTOR_BYTES as u32).to_le_bytes());
        sector[16..24].copy_from_slice(&self.first_position.0.to_le_bytes());
        sector[24..32].copy_from_slice(&self.capacity.to_le_bytes());
        sector[32..36].copy_from_slice(&self.previous.to_le_bytes());
        let crc = crc32c::crc32c(&sector[..CRC_AT]);
        sector[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        (sector, crc)
    }

    /// Reads a sector; also returns its checksum. The version is judged only in an intact sector, so that a flipped
    /// bit is not taken for a newer program.
    pub(crate) fn decode(sector: &[u8; SECTOR]) -> Result<(Self, u32), HeaderFault> {
        if sector[..8] != MAGIC {
            return Err(HeaderFault::Magic);
        }
        let stored = u32_at(sector, CRC_AT);
        let computed = crc32c::crc32c(&sector[..CRC_AT]);
        if stored != computed {
            return Err(HeaderFault::Crc { stored, computed });
        }
        match u32_at(sector, 8) {
            VERSION => {}
            version => return Err(HeaderFault::Version(version)),
        }
        let header = Self {
            first_position: Position(u64_at(sector, 16)),
            capacity: u64_at(sector, 24),
            previous: u32_at(sector, 32),
        };
        if u32_at(sector, 12) != SECTOR_BYTES as u32 {
            return Err(HeaderFault::Value("another sector size"));
        }
        let sizes = FILE_BYTES_MIN..=FILE_BYTES_MAX;
        if !header.capacity.is_multiple_of(SECTOR_BYTES) || !sizes.contains(&header.capacity) {
            return Err(HeaderFault::Value("an impossible file size"));
        }
        if !is_zero(&sector[RESERVED_AT..CRC_AT]) {
            return Err(HeaderFault::Value("reserved bytes in use"));
        }
        Ok((header, stored))
    }
}

/// Name of the file whose first entry has this position. Names sort like positions.
pub(crate) fn file_name(first: Position) -> String {
    format!("{:020}.log", first.0)
}

/// Name of the file while it is being made.
pub(crate) fn temp_name(first: Position) -> String {
    format!("{}.tmp", file_name(first))
}

/// The position in a log file's name; `None` for any other name.
pub(crate) fn parse_file_name(name: &str) -> Option<Position> {
    let digits = name.strip_suffix(".log")?;
    let canonical = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
    canonical.then(|| digits.parse().ok().map(Position)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: FileHeader =
        FileHeader { first_position: Position(77), capacity: 1 << 20, previous: 0xDEAD_BEEF };

    #[test]
    fn a_header_reads_back() {
        let (sector, crc) = HEADER.encode();
        assert_eq!(FileHeader::decode(&sector), Ok((HEADER, crc)));
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let (sector, _) = HEADER.encode();
        for bit in 0..SECTOR * 8 {
            let mut damaged = sector;
            damaged[bit / 8] ^= 1 << (bit % 8);
            let fault = FileHeader::decode(&damaged).unwrap_err();
            assert!(matches!(fault, HeaderFault::Magic | HeaderFault::Crc { .. }), "bit {bit}: {fault:?}");
        }
    }

    #[test]
    fn an_intact_header_of_another_version_is_named() {
        let (mut sector, _) = HEADER.encode();
        sector[8] = 2;
        let crc = crc32c::crc32c(&sector[..CRC_AT]);
        sector[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(FileHeader::decode(&sector), Err(HeaderFault::Version(2)));
    }

    #[test]
    fn names_are_the_position_and_nothing_else() {
        assert_eq!(file_name(Position(42)), "00000000000000000042.log");
        assert_eq!(parse_file_name(&file_name(Position(u64::MAX))), Some(Position(u64::MAX)));
        for other in [
            "42.log",
            "00000000000000000042.log.tmp",
            "0000000000000000004x.log",
            "99999999999999999999.log",
            "",
        ] {
            assert_eq!(parse_file_name(other), None, "{other}");
        }
    }
}
