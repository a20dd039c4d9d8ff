//! How bytes are spelled in records and proofs: one spelling for each value, every other refused.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tallystick_merkle::Hash;

/// A hash in base64url without padding: 43 characters.
pub(crate) fn url_hash(text: &[u8]) -> Option<Hash> {
    let mut hash = [0; 32];
    // The decoder asks for the room of whole groups of four characters.
    let mut room = [0; 33];
    let len = if text.len() == 43 { URL_SAFE_NO_PAD.decode_slice(text, &mut room).ok()? } else { 0 };
    hash.copy_from_slice(&room[..32]);
    (len == 32).then_some(hash)
}

/// Appends a hash in base64url without padding.
pub(crate) fn push_url_hash(out: &mut Vec<u8>, hash: &Hash) {
    let mut text = [0; 43];
    URL_SAFE_NO_PAD.encode_slice(hash, &mut text).expect("43 characters for 32 bytes");
    out.extend_from_slice(&text);
}

/// Bytes in base64url without padding, into a buffer.
pub(crate) fn url_bytes<'a>(text: &str, room: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let most = text.len().div_ceil(4) * 3;
    if room.len() < most {
        room.resize(most, 0);
    }
    let len = URL_SAFE_NO_PAD.decode_slice(text, room).ok()?;
    Some(&room[..len])
}

/// So many bytes in base64 with padding.
pub(crate) fn bytes<const N: usize>(text: impl AsRef<[u8]>) -> Option<[u8; N]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Hashes in base64, one a line, each line ending with a line feed.
pub(crate) fn hash_lines(text: &[u8]) -> Option<Vec<Hash>> {
    let text = std::str::from_utf8(text).ok()?;
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.strip_suffix('\n')?.split('\n').map(bytes).collect()
}

/// Hashes in base64.
pub(crate) fn hashes(texts: &[String]) -> Option<Vec<Hash>> {
    texts.iter().map(bytes).collect()
}

/// In base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_have_one_spelling() {
        let mut text = Vec::new();
        push_url_hash(&mut text, &[7; 32]);
        assert_eq!(url_hash(&text), Some([7; 32]));
        let mut stray = text.clone();
        *stray.last_mut().unwrap() += 1;
        assert_eq!(url_hash(&stray), None, "an unused bit is set");
        assert_eq!(url_hash(&text[..42]), None);
        assert_eq!(hash_lines(format!("{}\n", base64(&[7; 32])).as_bytes()), Some(vec![[7; 32]]));
        assert_eq!(hash_lines(b""), Some(Vec::new()));
        assert_eq!(hash_lines(b"\n"), None);
    }

    #[test]
    fn bytes_come_back() {
        let mut room = Vec::new();
        assert_eq!(url_bytes("AAEC", &mut room), Some(&[0, 1, 2][..]));
        assert_eq!(url_bytes("AA", &mut room), Some(&[0][..]));
        assert_eq!(url_bytes("AA==", &mut room), None);
        assert_eq!(bytes::<1>("AA=="), Some([0]));
        assert_eq!(bytes::<2>("AA=="), None);
    }
}
