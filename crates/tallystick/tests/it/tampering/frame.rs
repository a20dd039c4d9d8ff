//! The frame of a segment file, as docs/formats/segment.md has it: where sections are, and the checksums made again.

use tallystick_segment::Section;

const TRAILER_BYTES: usize = 32;
const CHUNK_BYTES: usize = 4_096;

fn u64_at(bytes: &[u8], at: usize) -> usize {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
}

/// Where a section begins, and its length.
pub(super) fn section(file: &[u8], wanted: Section) -> (usize, usize) {
    let footer = u64_at(file, file.len() - TRAILER_BYTES + 8);
    let entries = file[footer + 8..file.len() - TRAILER_BYTES].chunks_exact(24);
    let mut places = entries.map(|entry| (u64_at(entry, 0), u64_at(entry, 8), u64_at(entry, 16)));
    let (_, offset, length) = places.find(|(number, ..)| *number == wanted as usize).unwrap();
    (offset, length)
}

/// Makes all checksums right again.
pub(super) fn reseal(file: &mut [u8]) {
    let trailer = file.len() - TRAILER_BYTES;
    let checksums = u64_at(file, trailer);
    let sums: Vec<u8> =
        file[..checksums].chunks(CHUNK_BYTES).flat_map(|chunk| crc32c::crc32c(chunk).to_le_bytes()).collect();
    file[checksums..checksums + sums.len()].copy_from_slice(&sums);
    let sum = crc32c::crc32c(&file[checksums..trailer]).to_le_bytes();
    file[trailer + 16..trailer + 20].copy_from_slice(&sum);
    let sum = crc32c::crc32c(&file[trailer..trailer + 20]).to_le_bytes();
    file[trailer + 20..trailer + 24].copy_from_slice(&sum);
}
