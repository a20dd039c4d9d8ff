//! How numbers, bytes and hashes are spelled in all text formats: one spelling for each value, every other refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Hash;

/// A decimal number without sign, leading zeros or anything else.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    // Parsing alone would accept a plus sign.
    if digits && canonical { text.parse().ok() } else { None }
}

/// Standard base64 (RFC 4648 section 4) with padding and without stray bits.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A hash in standard base64: 44 characters.
pub(crate) fn hash_from_base64(text: &str) -> Option<Hash> {
    from_base64(text)?.try_into().ok()
}

/// Whether `text` may stand in a note: no control character below U+0020 but line breaks (C2SP signed-note).
pub(crate) fn is_note_text(text: &str) -> bool {
    text.bytes().all(|byte| byte >= 0x20 || byte == b'\n')
}

/// Whether `line` may be a line of a note's text on its own, and a non-empty one.
pub(crate) fn is_note_line(line: &str) -> bool {
    !line.is_empty() && !line.contains('\n') && is_note_text(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for bad in ["", "00", "01", "+1", "-0", " 1", "1 ", "1_0", "18446744073709551616", "\u{0661}"] {
            assert_eq!(decimal(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(from_base64("AA=="), Some(vec![0]));
        for bad in ["AA", "AA=", "AB==", "AA==\n", "A A=", "-_8=", "===="] {
            assert_eq!(from_base64(bad), None, "{bad:?}");
        }
        assert_eq!(hash_from_base64(&to_base64(&[7; 32])), Some([7; 32]));
        assert_eq!(hash_from_base64(&to_base64(&[7; 31])), None);
    }
}
