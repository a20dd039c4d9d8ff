//! Frames: batches and marks, each on whole sectors, each naming the checksum of the one before it.

use super::{SECTOR, is_zero, u32_at, u64_at};
use crate::limits::MAX_RECORD_BYTES;
use crate::log::Position;

/// Bytes before the payload.
pub(crate) const FRAME_HEADER_BYTES: usize = 36;
/// What fills a frame up to the end of its last sector. Not zero, so that a written sector is never an empty one.
const FILL_BYTE: u8 = 0xA5;
/// Fill of every frame, at least: with fewer bytes one flipped bit could make its last sector look unwritten.
const FILL_BYTES_MIN: usize = 4;
/// The longest fill: everything after the header of an empty frame.
pub(crate) const FILL: [u8; SECTOR + FILL_BYTES_MIN] = [FILL_BYTE; SECTOR + FILL_BYTES_MIN];

const CRC_AT: usize = FRAME_HEADER_BYTES - 4;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A record.
    Batch,
    /// Written, without syncing, once everything before it is durable. The next batch takes its place.
    Mark,
    /// The log goes on in another file, which exists.
    End,
}

const KINDS: [(Kind, [u8; 4]); 3] = [(Kind::Batch, *b"BTCH"), (Kind::Mark, *b"MARK"), (Kind::End, *b"ENDF")];

/// The fields of a frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    /// Bytes of payload; 0 in a mark.
    pub(crate) length: u32,
    /// Position of the batch's first entry; in a mark, the position that comes next.
    pub(crate) first_position: Position,
    /// Entries of the batch; 0 in a mark.
    pub(crate) count: u32,
    /// Checksum of the batch before this frame, or of the file's header if there is none.
    pub(crate) previous: u32,
    /// How many of the frame's sectors hold nothing but zeros because the payload does.
    pub(crate) empty_sectors: u32,
    /// CRC-32C of the payload.
    pub(crate) payload_crc: u32,
}

/// A frame's header as bytes, with its checksum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SealedFrame {
    pub(crate) bytes: [u8; FRAME_HEADER_BYTES],
    pub(crate) crc: u32,
}

/// Why a frame's header is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameFault {
    /// The checksum of the header is another than the one stored.
    Crc { stored: u32, computed: u32 },
    /// Intact, but says something that no writer of this version writes.
    Value(&'static str),
}

impl Frame {
    /// A batch's frame.
    pub(crate) fn batch(payload: &[u8], first_position: Position, count: u32, previous: u32) -> Self {
        assert!(payload.len() <= MAX_RECORD_BYTES && count > 0, "the caller refuses such a record");
        Self {
            kind: Kind::Batch,
            length: payload.len() as u32,
            first_position,
            count,
            previous,
            empty_sectors: count_in_payload(payload),
            payload_crc: crc32c::crc32c(payload),
        }
    }

    /// A mark or an end.
    pub(crate) fn mark(kind: Kind, next: Position, previous: u32) -> Self {
        assert!(kind != Kind::Batch, "a batch has a payload");
        Self {
            kind,
            length: 0,
            first_position: next,
            count: 0,
            previous,
            empty_sectors: 0,
            payload_crc: crc32c::crc32c(&[]),
        }
    }

    pub(crate) fn encode(&self) -> SealedFrame {
        let magic = KINDS.iter().find(|(kind, _)| *kind == self.kind).expect("every kind is listed").1;
        let mut bytes = [0; FRAME_HEADER_BYTES];
        bytes[..4].copy_from_slice(&magic);
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.first_position.0.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.count.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.previous.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.empty_sectors.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.payload_crc.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        SealedFrame { bytes, crc }
    }

    /// Reads the header at the start of `sector`; also returns its checksum.
    pub(crate) fn decode(sector: &[u8]) -> Result<(Self, u32), FrameFault> {
        let bytes = &sector[..FRAME_HEADER_BYTES];
        let stored = u32_at(bytes, CRC_AT);
        let computed = crc32c::crc32c(&bytes[..CRC_AT]);
        if stored != computed {
            return Err(FrameFault::Crc { stored, computed });
        }
        let Some((kind, _)) = KINDS.iter().find(|(_, magic)| bytes[..4] == *magic) else {
            return Err(FrameFault::Value("an unknown kind of frame"));
        };
        let frame = Self {
            kind: *kind,
            length: u32_at(bytes, 4),
            first_position: Position(u64_at(bytes, 8)),
            count: u32_at(bytes, 16),
            previous: u32_at(bytes, 20),
            empty_sectors: u32_at(bytes, 24),
            payload_crc: u32_at(bytes, 28),
        };
        frame.check()?;
        Ok((frame, stored))
    }

    fn check(&self) -> Result<(), FrameFault> {
        let is_batch = self.kind == Kind::Batch;
        if self.length as usize > MAX_RECORD_BYTES {
            return Err(FrameFault::Value("a record over the size limit"));
        }
        if is_batch != (self.count > 0) || (!is_batch && self.length > 0) {
            return Err(FrameFault::Value("a count or length that does not go with its kind"));
        }
        if self.first_position.0.checked_add(u64::from(self.count)).is_none() {
            return Err(FrameFault::Value("a position over 64 bits"));
        }
        Ok(())
    }

    /// Position after the frame.
    pub(crate) fn end_position(&self) -> Position {
        Position(self.first_position.0 + u64::from(self.count))
    }

    /// Bytes of the whole frame.
    pub(crate) fn bytes(&self) -> u64 {
        frame_bytes(self.length as usize)
    }

    /// Whether the rest of a frame (`whole`: all its bytes) is what was written.
    pub(crate) fn body_is_intact(&self, whole: &[u8]) -> bool {
        let (payload, fill) = whole[FRAME_HEADER_BYTES..].split_at(self.length as usize);
        crc32c::crc32c(payload) == self.payload_crc && *fill == FILL[..fill.len()]
    }
}

/// Bytes of a frame with a payload of `length` bytes: whole sectors.
pub(crate) const fn frame_bytes(length: usize) -> u64 {
    (FRAME_HEADER_BYTES + length + FILL_BYTES_MIN).next_multiple_of(SECTOR) as u64
}

/// Sectors after the first one of a frame (`whole`: all its bytes) that hold nothing but zeros.
pub(crate) fn empty_sectors(whole: &[u8]) -> u32 {
    whole.chunks(SECTOR).skip(1).filter(|sector| is_zero(sector)).count() as u32
}

/// The same, before writing. The first sector holds the header and the last one the fill, so neither can be empty.
fn count_in_payload(payload: &[u8]) -> u32 {
    let after_first = payload.get(SECTOR - FRAME_HEADER_BYTES..).unwrap_or_default();
    after_first.chunks_exact(SECTOR).filter(|sector| sector[0] == 0 && is_zero(sector)).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All bytes of a frame, put together as the writer does.
    fn whole(frame: &Frame, payload: &[u8]) -> Vec<u8> {
        let mut bytes = frame.encode().bytes.to_vec();
        bytes.extend_from_slice(payload);
        let fill = frame.bytes() as usize - bytes.len();
        bytes.extend_from_slice(&FILL[..fill]);
        bytes
    }

    #[test]
    fn frames_read_back_at_every_length_around_a_sector() {
        for length in 0..3 * SECTOR {
            let payload = vec![b'x'; length];
            let frame = Frame::batch(&payload, Position(9), 3, 7);
            let bytes = whole(&frame, &payload);
            assert_eq!(bytes.len() % SECTOR, 0);
            let (read, crc) = Frame::decode(&bytes).unwrap();
            assert_eq!((read, crc), (frame, frame.encode().crc));
            assert!(read.body_is_intact(&bytes), "{length}");
            assert_eq!(empty_sectors(&bytes), 0, "the last sector of a frame is never empty ({length})");
        }
    }

    #[test]
    fn empty_sectors_of_a_payload_are_counted_as_they_will_lie() {
        for (at, zeros, expected) in
            [(476, 512, 1), (477, 512, 0), (476, 1024, 2), (0, 476, 0), (400, 600, 1)]
        {
            let mut payload = vec![1; 4000];
            payload[at..at + zeros].fill(0);
            let frame = Frame::batch(&payload, Position(0), 1, 0);
            assert_eq!(frame.empty_sectors, expected, "{zeros} zeros at {at}");
            assert_eq!(empty_sectors(&whole(&frame, &payload)), expected);
        }
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let payload = b"payload".repeat(100);
        let bytes = whole(&Frame::batch(&payload, Position(1), 1, 2), &payload);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let seen = match Frame::decode(&damaged) {
                Ok((frame, _)) => !frame.body_is_intact(&damaged),
                Err(_) => true,
            };
            assert!(seen, "bit {bit}");
        }
    }

    #[test]
    fn intact_headers_with_impossible_values_are_refused() {
        let good = Frame::batch(b"x", Position(5), 1, 0);
        let mark = Frame::mark(Kind::Mark, Position(5), 0);
        for bad in [
            Frame { length: MAX_RECORD_BYTES as u32 + 1, ..good },
            Frame { count: 0, ..good },
            Frame { first_position: Position(u64::MAX), ..good },
            Frame { count: 1, ..mark },
            Frame { length: 1, ..mark },
        ] {
            assert!(matches!(Frame::decode(&bad.encode().bytes), Err(FrameFault::Value(_))), "{bad:?}");
        }
    }
}
