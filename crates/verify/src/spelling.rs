//! How bytes are spelled in records and proofs: one spelling for each value, every other refused.

use base64::Engine;
use tallystick_merkle::Hash;

pub(crate) use engines::{STANDARD, URL_SAFE_NO_PAD};

/// A pack is base64 for the most part: what the processor has for it is found out once.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
mod engines {
    use std::sync::LazyLock;

    use base64::engine::Simd;
    use base64::engine::general_purpose::{NO_PAD, PAD};

    pub(crate) static STANDARD: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));
    pub(crate) static URL_SAFE_NO_PAD: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
mod engines {
    pub(crate) use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
}

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

/// Bytes in base64url without padding, into a buffer behind its first `from` bytes. Says where they end; the buffer may
/// be longer.
pub(crate) fn url_bytes(text: &str, room: &mut Vec<u8>, from: usize) -> Option<usize> {
    // The decoder asks for the room of whole groups of four characters.
    let most = from + text.len().div_ceil(4) * 3;
    if room.len() < most {
        room.resize(most, 0);
    }
    Some(from + URL_SAFE_NO_PAD.decode_slice(text, &mut room[from..]).ok()?)
}

/// Characters of the base64url of a salt.
pub(crate) const SALT_CHARS: usize = (tallystick_event::SALT_BYTES * 4).div_ceil(3);

/// Whether a text is base64url of a salt. What the salt is matters to nobody.
pub(crate) fn is_url_salt(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    // All of them, without looking at any result in between: that takes a few wide instructions.
    let found = |text: &[u8; SALT_CHARS]| text.iter().fold(true, |all, byte| all & is_digit(*byte));
    // Of the last character two bits are used, the others are 0.
    text.as_bytes().as_array().is_some_and(found) && text.ends_with(['A', 'Q', 'g', 'w'])
}

/// The text at the start of some bytes: all of them, or up to what is not UTF-8.
pub(crate) fn text(bytes: &[u8]) -> &str {
    match simdutf8::compat::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
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
    fn salts_are_what_decodes_to_sixteen_bytes() {
        let salt = URL_SAFE_NO_PAD.encode([0xa5; 16]);
        assert_eq!(salt.len(), SALT_CHARS);
        for at in 0..SALT_CHARS {
            for byte in 0..128 {
                let mut other = salt.clone().into_bytes();
                other[at] = byte;
                let other = String::from_utf8(other).unwrap();
                let is_salt = URL_SAFE_NO_PAD.decode(&other).is_ok_and(|bytes| bytes.len() == 16);
                assert_eq!(is_url_salt(&other), is_salt, "{other:?}");
            }
        }
        assert!(!is_url_salt(&salt[1..]) && !is_url_salt(&format!("A{salt}")) && !is_url_salt(""));
    }

    #[test]
    fn bytes_come_back() {
        let mut room = Vec::new();
        assert_eq!(url_bytes("AAEC", &mut room, 0), Some(3));
        assert_eq!(url_bytes("AA", &mut room, 3), Some(4));
        assert_eq!(room[..4], [0, 1, 2, 0]);
        assert_eq!(url_bytes("AA==", &mut room, 4), None);
        assert_eq!(bytes::<1>("AA=="), Some([0]));
        assert_eq!(bytes::<2>("AA=="), None);
    }
}
