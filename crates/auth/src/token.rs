//! The text of an API key: `tsk_` (`tsv_` of a viewer token), 43 random characters (256 bits), 6 characters of
//! checksum.
//!
//! All are letters and digits, so a double click selects a whole token. The checksum tells a mistyped or cut
//! token from an unknown one, and lets programs that search for leaked secrets recognise ours for sure.

use sha2::{Digest, Sha256};
use tallystick_event::Random;

use crate::Secret;

/// What every token starts with.
pub const TOKEN_PREFIX: &str = "tsk_";
/// What every viewer token starts with.
pub(crate) const VIEWER_PREFIX: &str = "tsv_";
/// Characters of a whole token.
pub const TOKEN_CHARS: usize = TOKEN_PREFIX.len() + RANDOM_CHARS + CHECK_CHARS;
/// 62^43 is just above 2^256.
const RANDOM_CHARS: usize = 43;
const CHECK_CHARS: usize = 6;
/// Characters of a token that are stored and shown for recognition: 24 of the 256 bits.
const SHOWN_CHARS: usize = TOKEN_PREFIX.len() + 4;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Makes a new token.
pub(crate) fn generate(random: &dyn Random) -> Secret {
    generate_as(TOKEN_PREFIX, random)
}

/// Makes a new token of another kind, with a prefix of the same length.
pub(crate) fn generate_as(prefix: &str, random: &dyn Random) -> Secret {
    let mut text = String::with_capacity(TOKEN_CHARS);
    text.push_str(prefix);
    while text.len() < TOKEN_PREFIX.len() + RANDOM_CHARS {
        let mut bytes = [0; 64];
        random.fill(&mut bytes);
        // 248 is the largest multiple of 62 in a byte: bytes from there on would favour some characters.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let missing = TOKEN_PREFIX.len() + RANDOM_CHARS - text.len();
        text.extend(fair.take(missing).map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    text.push_str(&checksum(&text));
    text.into()
}

/// Whether the text can be a token at all: right start, length, characters and checksum.
pub(crate) fn is_well_formed(text: &str) -> bool {
    is_well_formed_as(TOKEN_PREFIX, text)
}

/// The same of another kind.
pub(crate) fn is_well_formed_as(prefix: &str, text: &str) -> bool {
    let random = text.strip_prefix(prefix);
    let fits = text.len() == TOKEN_CHARS
        && random.is_some_and(|random| random.bytes().all(|b| ALPHABET.contains(&b)));
    fits && text[TOKEN_CHARS - CHECK_CHARS..] == checksum(&text[..TOKEN_CHARS - CHECK_CHARS])
}

/// What is stored of a token. It has 256 random bits, so a fast hash without salt is enough.
pub(crate) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// The part of a token by which people recognise it.
pub(crate) fn shown_part(token: &Secret) -> &str {
    &token.expose()[..SHOWN_CHARS]
}

/// The first 4 bytes of the SHA-256 of what precedes, big-endian, in base 62.
fn checksum(text: &str) -> String {
    let digest = hash(text);
    let mut value = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let mut check = [0; CHECK_CHARS];
    for slot in check.iter_mut().rev() {
        *slot = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    check.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// Every byte value in turn.
    struct Rising(AtomicU8);

    impl Random for Rising {
        fn fill(&self, out: &mut [u8]) {
            out.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    #[test]
    fn tokens_have_a_fixed_form() {
        let random = Rising(AtomicU8::new(240));
        let (one, two) = (generate(&random), generate(&random));
        assert_eq!(one.expose().len(), 53);
        assert_ne!(one.expose(), two.expose());
        assert!(is_well_formed(one.expose()) && is_well_formed(two.expose()));
        assert_eq!(shown_part(&one).len(), 8);
        // 240 to 247 are characters 54 to 61, 248 to 255 are skipped, then comes 0.
        assert!(one.expose().starts_with("tsk_stuvwxyz0123"), "{}", one.expose());
    }

    #[test]
    fn any_single_mistake_is_told() {
        let token = generate(&Rising(AtomicU8::new(7)));
        let text = token.expose();
        for at in 0..text.len() {
            let mut wrong = text.as_bytes().to_vec();
            wrong[at] = if wrong[at] == b'7' { b'8' } else { b'7' };
            assert!(!is_well_formed(std::str::from_utf8(&wrong).unwrap()), "{at}");
            assert!(!is_well_formed(&text[..at]), "cut at {at}");
        }
        for other in ["", "tsk_", "é", &format!("{text} "), &"é".repeat(27)] {
            assert!(!is_well_formed(other), "{other}");
        }
    }

    #[test]
    fn the_form_never_changes() {
        let token = generate(&Rising(AtomicU8::new(0)));
        assert_eq!(token.expose(), "tsk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg3qUdd6");
    }
}
