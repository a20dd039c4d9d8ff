//! What may be shown of what the other side says. Services repeat what they were sent, credentials included: nothing of
//! the settings' secrets gets through, in none of the forms in which they stand in requests and answers.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use zeroize::Zeroizing;

use crate::limits::EXCERPT_BYTES_MAX;

/// What stands for a secret.
const PLACEHOLDER: &str = "[secret]";

/// Shortest part of a longer secret that counts as one, bytes: a line of a key, the middle of an encoded text. Shorter
/// ones are in other words, too.
const PART_BYTES_MIN: usize = 8;

/// Knows secrets, and takes them out of texts.
pub(crate) struct Cleaner {
    /// All forms of all secrets, the longest first, so that no rest of a form stays.
    forms: Vec<Zeroizing<String>>,
}

impl Cleaner {
    /// Of these secrets.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets {
            add_forms(secret, &mut forms);
            // A key in PEM, a file with a password in it.
            for line in
                secret.lines().map(str::trim).filter(|line| *line != secret && !line.starts_with("-----"))
            {
                if line.len() >= PART_BYTES_MIN {
                    add_forms(line, &mut forms);
                }
            }
        }
        forms.retain(|form| !form.is_empty());
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        Self { forms }
    }

    /// The text without secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), PLACEHOLDER);
            }
        }
        text
    }

    /// What is shown of an answer: text, without secrets and without control characters but line breaks and tabs, at
    /// most [`EXCERPT_BYTES_MAX`]. Cleaned as a whole before it is cut, so that no half of a secret is left at its
    /// end.
    pub(crate) fn excerpt(&self, body: &[u8]) -> String {
        let text = self.clean(&String::from_utf8_lossy(body));
        let shown: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        cut(self.clean(&shown).trim(), EXCERPT_BYTES_MAX).to_owned()
    }
}

/// The beginning of a text, at most so many bytes, ending between characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

fn add_forms(secret: &str, forms: &mut Vec<Zeroizing<String>>) {
    let mut add = |form: String| forms.push(Zeroizing::new(form));
    add(secret.to_owned());
    let percent = percent_encoded(secret);
    add(percent.replace("%20", "+"));
    add(percent.to_ascii_lowercase());
    add(percent);
    let json = serde_json::to_string(secret).expect("texts are JSON");
    add(json[1..json.len() - 1].to_owned());
    if secret.len() < PART_BYTES_MIN {
        return;
    }
    add(hex::encode(secret));
    add(hex::encode_upper(secret));
    // Inside of a longer encoded text, as in `user:password`, the secret begins at one of three places of a group of
    // bytes. What its neighbours do not change is the same everywhere.
    for skipped in 0..3_usize {
        let mut bytes = Zeroizing::new(vec![0; skipped]);
        bytes.extend_from_slice(secret.as_bytes());
        let first = (skipped * 8).div_ceil(6);
        let last = bytes.len() * 8 / 6;
        for encoded in [STANDARD.encode(&*bytes), URL_SAFE.encode(&*bytes)] {
            let middle = encoded[first..last].to_owned();
            add(percent_encoded(&middle));
            add(middle);
        }
    }
}

/// With everything escaped that is not unreserved (RFC 3986 2.3).
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            write!(out, "%{byte:02X}").expect("memory takes everything");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "p+ss/w\"rd with =";

    #[test]
    fn every_form_of_a_secret_is_taken_out() {
        let cleaner = Cleaner::new([SECRET]);
        let url: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        for echoed in [
            SECRET.to_owned(),
            url,
            percent_encoded(SECRET),
            percent_encoded(SECRET).to_ascii_lowercase(),
            serde_json::json!({ "token": SECRET }).to_string(),
            hex::encode(SECRET),
            STANDARD.encode(SECRET),
            STANDARD.encode(format!("u:{SECRET}")),
            STANDARD.encode(format!("us:{SECRET}:x")),
            URL_SAFE.encode(format!("usr:{SECRET}")),
        ] {
            let cleaned = cleaner.excerpt(format!("you said {echoed}, which is wrong").as_bytes());
            assert!(cleaned.contains(PLACEHOLDER), "{echoed}: {cleaned}");
            assert!(!cleaned.contains(&echoed) && !cleaned.contains("ss"), "{echoed}: {cleaned}");
        }
    }

    #[test]
    fn lines_of_a_key_are_secret_and_its_head_is_not() {
        let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n";
        let cleaner = Cleaner::new([key]);
        let shown = cleaner.excerpt(b"-----BEGIN PRIVATE KEY-----: bad line MC4CAQAwBQYDK2VwBCIEIA");
        assert_eq!(shown, "-----BEGIN PRIVATE KEY-----: bad line [secret]");
        assert_eq!(cleaner.excerpt(format!("got {key}").as_bytes()), "got [secret]");
    }

    #[test]
    fn a_secret_is_not_put_together_by_taking_control_characters_out() {
        assert_eq!(Cleaner::new(["sesame"]).excerpt(b"open ses\x00ame"), "open [secret]");
    }

    #[test]
    fn an_excerpt_ends_between_characters_and_holds_no_half_of_a_secret() {
        let cleaner = Cleaner::new(["0123456789"]);
        let long = "ä".repeat(EXCERPT_BYTES_MAX);
        let shown = cleaner.excerpt(format!("x{long}").as_bytes());
        assert_eq!(shown.len(), EXCERPT_BYTES_MAX - 1);
        let body = format!("{}0123456789", "-".repeat(EXCERPT_BYTES_MAX - 5));
        assert!(!cleaner.excerpt(body.as_bytes()).contains("01234"));
        assert_eq!(cleaner.excerpt(b"\xff\x1b[31mred\r\n"), "\u{fffd}[31mred");
        assert_eq!(cut("aä", 2), "a");
    }

    #[test]
    fn no_secrets_change_nothing() {
        assert_eq!(Cleaner::new([]).excerpt(b"all good"), "all good");
    }
}
