//! Finding the bytes that end or interrupt a JSON string, eight at a time: strings are short and many, so the start-up
//! cost of a general search would be most of it.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Index of the first quote, backslash or control character.
pub(crate) fn find(bytes: &[u8]) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (i, chunk) in chunks.iter().enumerate() {
        let found = marks(u64::from_le_bytes(*chunk));
        if found != 0 {
            return Some(i * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let tail = rest.iter().position(|b| *b < 0x20 || *b == b'"' || *b == b'\\')?;
    Some(chunks.len() * 8 + tail)
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
