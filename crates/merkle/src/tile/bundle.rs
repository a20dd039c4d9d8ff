//! Entry bundles: up to 256 entries, each behind its length in two bytes.

use crate::limits::{ENTRY_BYTES_MAX, TILE_HASHES};

/// Why bytes are not a bundle, or entries cannot become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// There is another number of entries than the bundle's name says, or none, or more than 256.
    #[error("a bundle of {found} entries where {expected} are expected")]
    Count {
        /// Entries that are there; when reading, counting stops behind the expected.
        found: usize,
        /// Entries that there should be.
        expected: usize,
    },
    /// The entry's length cannot be written in two bytes.
    #[error("entry {entry} has {bytes} bytes, at most {ENTRY_BYTES_MAX} are possible")]
    TooLong {
        /// Number of the entry in the bundle, from 0.
        entry: usize,
        /// Its length.
        bytes: usize,
    },
    /// The bytes end within an entry.
    #[error("the bundle ends within entry {entry}")]
    CutShort {
        /// Number of the entry in the bundle, from 0.
        entry: usize,
    },
}

/// Writes a bundle of 1 to 256 entries.
///
/// # Errors
/// If there are none or too many, or one is longer than 65,535 bytes.
pub fn encode_bundle<T: AsRef<[u8]>>(entries: &[T]) -> Result<Vec<u8>, BundleError> {
    let found = entries.len();
    if found == 0 || found > TILE_HASHES.into() {
        return Err(BundleError::Count { found, expected: TILE_HASHES.into() });
    }
    let bytes = entries.iter().map(|entry| 2 + entry.as_ref().len()).sum();
    let mut out = Vec::with_capacity(bytes);
    for (number, entry) in entries.iter().enumerate() {
        let entry = entry.as_ref();
        let too_long = BundleError::TooLong { entry: number, bytes: entry.len() };
        let length = u16::try_from(entry.len()).map_err(|_| too_long)?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(entry);
    }
    Ok(out)
}

/// The entries of a bundle of `width` entries. Nothing may follow them.
///
/// # Errors
/// If there are fewer or more, or the bytes end within one.
pub fn decode_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let expected = usize::from(width);
    let mut entries = Vec::with_capacity(expected);
    let mut rest = bytes;
    while !rest.is_empty() {
        let cut_short = BundleError::CutShort { entry: entries.len() };
        if entries.len() == expected {
            return Err(BundleError::Count { found: expected + 1, expected });
        }
        let (length, behind) = rest.split_first_chunk::<2>().ok_or(cut_short)?;
        let (entry, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(cut_short)?;
        entries.push(entry);
        rest = behind;
    }
    let found = entries.len();
    if found == expected { Ok(entries) } else { Err(BundleError::Count { found, expected }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_bytes_of_length_stand_before_each_entry() {
        assert_eq!(encode_bundle(&[&b""[..], b"ab"]), Ok(vec![0, 0, 0, 2, b'a', b'b']));
        let longest = vec![7; 65_535];
        let bundle = encode_bundle(&[&longest]).unwrap();
        assert_eq!(bundle[..3], [0xff, 0xff, 7]);
        assert_eq!(decode_bundle(&bundle, 1), Ok(vec![&longest[..]]));
        assert_eq!(encode_bundle(&[vec![7; 65_536]]), Err(BundleError::TooLong { entry: 0, bytes: 65_536 }));
        assert_eq!(encode_bundle::<&[u8]>(&[]), Err(BundleError::Count { found: 0, expected: 256 }));
        assert_eq!(encode_bundle(&[b"x"; 257]), Err(BundleError::Count { found: 257, expected: 256 }));
    }

    #[test]
    fn the_number_of_entries_is_that_of_the_name() {
        let bundle = [0, 1, 9, 0, 0];
        assert_eq!(decode_bundle(&bundle, 2), Ok(vec![&[9][..], &[]]));
        assert_eq!(decode_bundle(&bundle, 1), Err(BundleError::Count { found: 2, expected: 1 }));
        let stopped = decode_bundle(&[0; 40], 1);
        assert_eq!(stopped, Err(BundleError::Count { found: 2, expected: 1 }), "behind the first too many");
        assert_eq!(decode_bundle(&bundle, 3), Err(BundleError::Count { found: 2, expected: 3 }));
        assert_eq!(decode_bundle(&bundle[..4], 2), Err(BundleError::CutShort { entry: 1 }));
        assert_eq!(decode_bundle(&bundle[..2], 2), Err(BundleError::CutShort { entry: 0 }));
    }

    proptest! {
        #[test]
        fn entries_come_back(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..=256)) {
            let bundle = encode_bundle(&entries).unwrap();
            let expected: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(decode_bundle(&bundle, entries.len() as u16), Ok(expected));
        }

        #[test]
        fn what_is_read_is_written_the_same(bytes in prop::collection::vec(0u8..3, 0..80), width in 1u16..40) {
            if let Ok(entries) = decode_bundle(&bytes, width) {
                prop_assert_eq!(encode_bundle(&entries), Ok(bytes.clone()));
            }
        }
    }
}
