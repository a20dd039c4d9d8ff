//! One-time codes of authenticators (RFC 6238: SHA-1, 6 digits, 30 seconds, as every authenticator has them) and
//! recovery codes.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use tallystick_event::Random;
use totp_rs::Builder;

/// Recovery codes that a person gets.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of an authenticator's secret: as many as SHA-1 has.
const SECRET_BYTES: usize = 20;
/// Characters of a recovery code, 5 bits each.
const RECOVERY_CHARS: usize = 16;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret.
pub(crate) fn new_secret(random: &dyn Random) -> [u8; SECRET_BYTES] {
    let mut secret = [0; SECRET_BYTES];
    random.fill(&mut secret);
    secret
}

/// The step whose code this is: the present one, or one beside it, for clocks that are not quite right.
pub(crate) fn matching_step(secret: &[u8], code: &str, now_ms: i64) -> Option<i64> {
    if !is_code(code) {
        return None;
    }
    let seconds = u64::try_from(now_ms / 1_000).ok()?;
    let secret: [u8; SECRET_BYTES] = secret.try_into().ok()?;
    let step = Builder::new().with_secret(secret).build().ok()?.check(code, seconds)?;
    i64::try_from(step).ok()
}

/// Whether the text looks like a code of an authenticator.
pub(crate) fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The secret as people type it.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut padded = [0; 8];
        padded[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(padded);
        let digits = (chunk.len() * 8).div_ceil(5);
        out.extend((0..digits).map(|at| char::from(BASE32[(bits >> (35 - 5 * at) & 31) as usize])));
    }
    out
}

/// The address that authenticators read from a QR code.
pub(crate) fn address(secret: &[u8], issuer: &str, email: &str) -> String {
    let (issuer, email) = (percent(issuer), percent(email));
    format!("otpauth://totp/{issuer}:{email}?secret={}&issuer={issuer}", base32(secret))
}

/// New recovery codes.
pub(crate) fn new_recovery_codes(random: &dyn Random) -> Vec<String> {
    let one = || {
        let mut bytes = [0; RECOVERY_CHARS];
        random.fill(&mut bytes);
        let text: String = bytes.iter().map(|byte| char::from(BASE32[usize::from(byte % 32)])).collect();
        format!("{}-{}-{}-{}", &text[..4], &text[4..8], &text[8..12], &text[12..])
    };
    (0..RECOVERY_CODES).map(|_| one()).collect()
}

/// What is stored of a recovery code. It has 80 random bits, so a fast hash is enough.
pub(crate) fn recovery_hash(code: &str) -> [u8; 32] {
    let bare: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Sha256::digest(bare.to_ascii_uppercase().as_bytes()).into()
}

fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use tallystick_testkit::SeededRandom;

    use super::*;

    /// RFC 6238 appendix B, the last six of the eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(matching_step(secret, code, seconds * 1_000), Some(seconds / 30), "{seconds}");
            assert_eq!(
                matching_step(secret, code, (seconds + 30) * 1_000),
                Some(seconds / 30),
                "a step late"
            );
            assert_eq!(matching_step(secret, code, (seconds + 90) * 1_000), None, "too late");
        }
        for bad in ["", "28708", "2870822", "28708a", "２８７０８２"] {
            assert_eq!(matching_step(secret, bad, 59_000), None, "{bad}");
        }
        assert_eq!(matching_step(secret, "287082", -60_000), None);
    }

    /// RFC 4648 section 10, without the padding.
    #[test]
    fn base_32_is_that_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn addresses_hold_what_authenticators_expect() {
        let address = address(b"12345678901234567890", "Tallystick", "ana+x@acme.example");
        assert_eq!(
            address,
            "otpauth://totp/Tallystick:ana%2Bx%40acme.example\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tallystick"
        );
    }

    #[test]
    fn recovery_codes_differ_and_are_typed_in_any_form() {
        let codes = new_recovery_codes(&SeededRandom::new(5));
        assert_eq!(codes.len(), RECOVERY_CODES);
        assert_ne!(recovery_hash(&codes[0]), recovery_hash(&codes[1]));
        let typed = codes[0].replace('-', " ").to_lowercase();
        assert_eq!(recovery_hash(&typed), recovery_hash(&codes[0]));
    }
}
