//! Reading a whole file and judging where it ends: the difference between a write that was cut short, which was never
//! acknowledged, and damage to something that was. The format document gives the reasoning.

use super::Span;
use super::walk::{Here, WalkError, Walker, corrupt};
use crate::error::{Corrupt, Damage};
use crate::format::{Frame, Kind, SECTOR, empty_sectors, frame_bytes, is_zero};
use crate::limits::{MAX_RECORD_BYTES, SECTOR_BYTES, WINDOW_BYTES};

/// What one file holds.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) span: Span,
    /// Checksum of the last batch, or of the header if there is none.
    pub(super) chain: u32,
    /// Offset of the last batch.
    pub(super) last_batch: Option<u64>,
    pub(super) records: u64,
    pub(super) payload_bytes: u64,
    /// Whether the file says that another one follows.
    pub(super) ended: bool,
    pub(super) tail: Tail,
}

/// What stands behind the last good record.
#[derive(Debug)]
pub(super) enum Tail {
    /// Nothing.
    Clean,
    /// A write that was cut short, up to this offset.
    Torn { to: u64 },
    /// A last record that is damaged as no interrupted write would leave it, up to this offset.
    Damaged { to: u64, corrupt: Corrupt },
}

/// Walks through a file to its end.
pub(super) fn scan(walker: &mut Walker) -> Result<Scan, WalkError> {
    let (mut records, mut payload_bytes, mut last_batch) = (0, 0, None);
    let (tail, ended) = loop {
        match walker.look()? {
            Here::Batch(frame, crc) => {
                if !frame.body_is_intact(walker.whole(&frame)?) {
                    break (judge_body(walker, &frame)?, false);
                }
                last_batch = Some(walker.at);
                records += 1;
                payload_bytes += u64::from(frame.length);
                walker.pass(&frame, crc);
            }
            Here::Mark => break (judge_end(walker, "a mark")?, false),
            Here::Blank => break (judge_end(walker, "zeros")?, false),
            Here::End => break (judge_file_end(walker)?, true),
            Here::Damaged { expected, found } => break (judge_header(walker, expected, found)?, false),
        }
    };
    let capacity = walker.header.capacity;
    let span = Span { first: walker.header.first_position, next: walker.position, end: walker.at, capacity };
    Ok(Scan { span, chain: walker.chain, last_batch, records, payload_bytes, ended, tail })
}

/// The header of a batch is good, its body is not. Only sectors that still hold zeros excuse that.
fn judge_body(walker: &mut Walker, frame: &Frame) -> Result<Tail, WalkError> {
    let to = walker.at + frame.bytes();
    let rest = look_behind(walker, to)?;
    let missing = empty_sectors(walker.whole(frame)?).saturating_sub(frame.empty_sectors);
    let expected = format!("the record of {} bytes at position {}", frame.length, frame.first_position);
    if let Some((at, _)) = rest.frame {
        let found = format!("other bytes, although a later frame at byte {at} proves that it was written");
        return Err(corrupt(&walker.path, Damage::Record, walker.at, expected, found));
    }
    if rest.end > to {
        let found = format!("bytes up to {}", rest.end);
        return Err(corrupt(
            &walker.path,
            Damage::AfterEnd,
            to,
            "nothing behind an unfinished record",
            found,
        ));
    }
    if missing > 0 {
        return Ok(Tail::Torn { to });
    }
    Ok(last_damaged(walker, to, expected, "other bytes, with no sector missing".into()))
}

/// The sector is neither zeros nor a frame. A sector is written whole or not at all, so no interrupted write does that.
fn judge_header(walker: &mut Walker, expected: String, found: String) -> Result<Tail, WalkError> {
    let behind = walker.at + SECTOR_BYTES;
    let rest = look_behind(walker, behind)?;
    if rest.frame.is_some() {
        return Err(corrupt(&walker.path, Damage::Record, walker.at, expected, found));
    }
    Ok(last_damaged(walker, rest.end.max(behind), expected, found))
}

/// The log seems to end here. A write that was cut short may have left sectors behind without its first one.
fn judge_end(walker: &mut Walker, found: &str) -> Result<Tail, WalkError> {
    let behind = walker.at + SECTOR_BYTES;
    let rest = look_behind(walker, behind)?;
    if let Some((at, frame)) = rest.frame {
        let expected = format!("the record at position {}", walker.position);
        let found = format!("{found}, although byte {at} has a frame at position {}", frame.first_position);
        return Err(corrupt(&walker.path, Damage::Record, walker.at, expected, found));
    }
    if rest.end > walker.at + frame_bytes(MAX_RECORD_BYTES) {
        let found = format!("bytes up to {}", rest.end);
        return Err(corrupt(&walker.path, Damage::AfterEnd, behind, "at most one unfinished record", found));
    }
    Ok(if rest.end > behind { Tail::Torn { to: rest.end } } else { Tail::Clean })
}

/// Nothing is ever written behind the end of a file.
fn judge_file_end(walker: &mut Walker) -> Result<Tail, WalkError> {
    let behind = walker.at + SECTOR_BYTES;
    let rest = look_behind(walker, behind)?;
    if rest.end > behind {
        let found = format!("bytes up to {}", rest.end);
        return Err(corrupt(
            &walker.path,
            Damage::AfterEnd,
            behind,
            "nothing behind the end of the file",
            found,
        ));
    }
    Ok(Tail::Clean)
}

fn last_damaged(walker: &Walker, to: u64, expected: String, found: String) -> Tail {
    let (file, offset) = (walker.path.clone(), walker.at);
    Tail::Damaged { to, corrupt: Corrupt { damage: Damage::LastRecord, file, offset, expected, found } }
}

/// What lies behind an offset.
struct Rest {
    /// Offset after the last sector that is not zeros; at most the asked offset if there is none.
    end: u64,
    /// The first frame that only an acknowledged write can have left there.
    frame: Option<(u64, Frame)>,
}

fn look_behind(walker: &mut Walker, from: u64) -> Result<Rest, WalkError> {
    let mut rest = Rest { end: 0, frame: None };
    let mut at = from;
    while at < walker.header.capacity {
        let wanted = walker.position;
        let piece = walker.bytes(at, WINDOW_BYTES)?;
        if piece.is_empty() {
            break;
        }
        let sectors = if is_zero(piece) { &[] } else { piece };
        for (i, sector) in sectors.chunks(SECTOR).enumerate().filter(|(_, sector)| !is_zero(sector)) {
            let sector_at = at + (i * SECTOR) as u64;
            rest.end = sector_at + SECTOR_BYTES;
            let later = |frame: &Frame| match frame.kind {
                Kind::Batch => frame.first_position >= wanted,
                Kind::Mark | Kind::End => frame.first_position > wanted,
            };
            if rest.frame.is_none() && sector.len() == SECTOR {
                rest.frame =
                    Frame::decode(sector).ok().filter(|(f, _)| later(f)).map(|(f, _)| (sector_at, f));
            }
        }
        at += piece.len() as u64;
    }
    Ok(rest)
}
