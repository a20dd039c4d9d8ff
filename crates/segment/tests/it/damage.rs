//! A damaged file is an error that says where, or the damage touched nothing; never a wrong answer, never a panic.

use tallystick_segment::{
    IndexState, Rows, Section, Segment, SegmentError, Table, rebuild_index, write_segment,
};

use crate::{
    SMALL,
    model::Model,
    rows::{check, tail_of},
    support::{Made, Maker, Numbers},
};

fn file() -> (Vec<Made>, Vec<u8>) {
    let events = Maker::new(5, SMALL).take(300);
    let mut bytes = Vec::new();
    write_segment(&[&tail_of(&events)], &mut bytes).unwrap();
    (events, bytes)
}

/// Reads everything; the first error, or whether all was as in `whole`.
fn compare(segment: &Segment, whole: &Segment) -> Result<bool, SegmentError> {
    let mut same = segment.len() == whole.len() && segment.orgs() == whole.orgs();
    for row in 0..whole.len() {
        same &= segment.meta(row)? == whole.meta(row)? && segment.units(row)? == whole.units(row)?;
        same &= segment.find_id(&whole.meta(row)?.id)? == Some(row);
        same &= segment.table_no(Table::Action, row)? == whole.table_no(Table::Action, row)?;
    }
    let mut keys = Vec::new();
    let mut each = |key: &[u8], _| {
        keys.push(key.to_vec());
        std::ops::ControlFlow::Continue(())
    };
    whole.scan(b"", None, &mut each)?;
    for (value, key) in keys.iter().enumerate() {
        same &= segment.lookup(key)? == Some(value as u32);
        same &= segment.postings(value as u32)? == whole.postings(value as u32)?;
    }
    for word in ["payments", "ana", "ops", "acme", "long"] {
        let (Some(a), Some(b)) = (segment.word(word)?, whole.word(word)?) else { return Ok(false) };
        same &= segment.word_rows(a)? == whole.word_rows(b)?;
    }
    for hash in (0..64).map(|i: u64| i << 58) {
        same &= segment.opaque(hash)? == whole.opaque(hash)?;
    }
    Ok(same)
}

#[test]
fn a_flipped_bit_is_found_or_harmless() {
    let (_, bytes) = file();
    let whole = Segment::from_bytes(bytes.clone().into()).unwrap();
    let mut harmless = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 400) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        match Segment::from_bytes(damaged.into()).and_then(|segment| compare(&segment, &whole)) {
            Ok(same) => {
                assert!(same, "byte {at} changed an answer unnoticed");
                harmless += 1;
            }
            Err(SegmentError::Corrupt { .. } | SegmentError::Version(_)) => {}
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    assert!(harmless < 100, "most damage was met: {harmless}");
}

#[test]
fn every_flipped_byte_is_found_by_verify() {
    let (_, bytes) = file();
    for at in (0..bytes.len()).step_by(977) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        // The six reserved bytes of the header are covered by the first chunk's checksum like everything else.
        let found = Segment::from_bytes(damaged.into()).map_or(true, |segment| !segment.verify().is_empty());
        assert!(found, "byte {at}");
    }
}

#[test]
fn a_cut_file_does_not_open() {
    let (_, bytes) = file();
    for len in (0..bytes.len()).step_by(501).chain([bytes.len() - 1]) {
        let result = Segment::from_bytes(bytes[..len].to_vec().into());
        assert!(matches!(result, Err(SegmentError::Corrupt { section: Section::Frame, .. })), "{len}");
    }
}

#[test]
fn a_damaged_index_leaves_the_events_and_is_rebuilt() {
    let (events, bytes) = file();
    let keys = offset_of(&bytes, Section::Keys);
    let mut damaged = bytes;
    damaged[keys] ^= 1;
    let segment = Segment::from_bytes(damaged.into()).unwrap();
    assert!(matches!(segment.index_state(), IndexState::Damaged { section: Section::Keys, .. }));
    assert!(segment.lookup(b"\x0a\0").unwrap_err().is_index_damage());
    let mut rebuilt = Vec::new();
    rebuild_index(&segment, &mut rebuilt).unwrap();
    check(&Segment::from_bytes(rebuilt.into()).unwrap(), &Model::sorted(events), 1);
}

#[test]
fn a_later_version_is_named() {
    let (_, mut bytes) = file();
    bytes[8] = 9;
    assert!(matches!(Segment::from_bytes(bytes.into()), Err(SegmentError::Version(9))));
}

/// Where a section starts, read from the footer as `docs/formats/segment.md` describes it.
fn offset_of(bytes: &[u8], section: Section) -> usize {
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let footer = number(bytes.len() - 24);
    let count = u32::from_le_bytes(bytes[footer + 4..footer + 8].try_into().unwrap()) as usize;
    let entries = (0..count).map(|i| footer + 8 + i * 24);
    entries.clone().find(|at| number(*at) == section as usize).map(|at| number(at + 8)).unwrap()
}

/// Checksums keep accidents out. What somebody writes on purpose has right ones, and must not end the process either.
#[test]
fn wrong_contents_with_right_checksums_do_not_panic() {
    let (_, bytes) = file();
    let whole = Segment::from_bytes(bytes.clone().into()).unwrap();
    let mut numbers = Numbers::new(11);
    let data_end = u64::from_le_bytes(bytes[bytes.len() - 32..][..8].try_into().unwrap());
    for _ in 0..100 {
        let mut damaged = bytes.clone();
        for _ in 0..=numbers.below(3) {
            // Small sections are headers and offsets, where damage does most: each section is as likely as another.
            let section = Section::ALL[1 + numbers.below(Section::ALL.len() as u64 - 1) as usize];
            let start = offset_of(&bytes, section) as u64;
            let reach = 40 << numbers.below(8);
            let at = (start + numbers.below(reach)).min(data_end - 1) as usize;
            damaged[at] = [0, 0xff, 0x7f, 1, numbers.next() as u8][numbers.below(5) as usize];
        }
        reseal(&mut damaged);
        let Ok(segment) = Segment::from_bytes(damaged.into()) else { continue };
        assert_eq!(segment.verify(), []);
        let _ = compare(&segment, &whole);
        let _ = segment.orgs().iter().try_for_each(|span| segment.rows_by_seq(&span.org, 3, 9).map(drop));
        for prefix in 0..26 {
            let set = (0..segment.len().min(1000)).step_by(2).collect();
            let _ = segment.count_values(&[prefix], &set, &mut |_, _| std::ops::ControlFlow::Continue(()));
        }
        let _ = write_segment(&[&segment], Vec::new());
        let _ = rebuild_index(&segment, Vec::new());
    }
}

/// Makes all checksums right again.
fn reseal(bytes: &mut [u8]) {
    let trailer = bytes.len() - 32;
    let checksums = u64::from_le_bytes(bytes[trailer..trailer + 8].try_into().unwrap()) as usize;
    for chunk in 0..checksums.div_ceil(4096) {
        let crc = crc32c::crc32c(&bytes[chunk * 4096..checksums.min((chunk + 1) * 4096)]);
        bytes[checksums + chunk * 4..][..4].copy_from_slice(&crc.to_le_bytes());
    }
    let tables = crc32c::crc32c(&bytes[checksums..trailer]);
    bytes[trailer + 16..trailer + 20].copy_from_slice(&tables.to_le_bytes());
    let own = crc32c::crc32c(&bytes[trailer..trailer + 20]);
    bytes[trailer + 20..trailer + 24].copy_from_slice(&own.to_le_bytes());
}
