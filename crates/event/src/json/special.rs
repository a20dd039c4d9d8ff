//! Finding the bytes that end or interrupt a JSON string, eight at a time: strings are short and many, so the start-up
//! cost of a general search would be most of it.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Index of the first quote, backslash or control character.
#[inline]
pub(crate) fn find(bytes: &[u8]) -> Option<usize> {
    let Some(first) = bytes.first_chunk::<8>() else { return bytes.iter().copied().position(is_special) };
    match marks(u64::from_le_bytes(*first)) {
        0 => find_behind(bytes),
        found => Some(found.trailing_zeros() as usize / 8),
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, 0..0x20 | b'"' | b'\\')
}

/// As [`find`], in bytes of which the first eight are not special.
fn find_behind(bytes: &[u8]) -> Option<usize> {
    let (chunks, _) = bytes.as_chunks::<8>();
    for (i, chunk) in chunks.iter().enumerate().skip(1) {
        let found = marks(u64::from_le_bytes(*chunk));
        if found != 0 {
            return Some(i * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    // The last eight bytes, too, of which some were seen and are not special.
    let found = marks(u64::from_le_bytes(*bytes.last_chunk().expect("eight bytes and more")));
    (found != 0).then(|| bytes.len() - 8 + found.trailing_zeros() as usize / 8)
}

/// The high bit of each byte that is special is set; above the first one, bits may be wrong (borrows), below never.
fn marks(word: u64) -> u64 {
    let equals = |byte: u8| {
        let x = word ^ (ONES * u64::from(byte));
        x.wrapping_sub(ONES) & !x
    };
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (equals(b'"') | equals(b'\\') | control) & HIGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equals_a_plain_search(bytes in proptest::collection::vec(
            prop_oneof![6 => any::<u8>().prop_filter("plain", |b| *b >= 0x20), 1 => any::<u8>()], 0..40
        )) {
            let plain = bytes.iter().position(|b| matches!(b, 0..0x20 | b'"' | b'\\'));
            prop_assert_eq!(find(&bytes), plain);
        }
    }
}
