//! Secrets that are recognised by their looks, wherever they stand in a string.

use super::MASKED;
use super::rules::MaskPatterns;

/// No secret that is looked for is shorter, so shorter strings, which most are, cost one comparison.
const SECRET_BYTES_MIN: usize = 13;

/// Prefixes of vendors' tokens, and the least number of token characters after them.
/// Sources: GitHub, GitLab, Slack, Stripe, npm, Google and SendGrid document them for secret scanning.
const VENDOR_TOKENS: &[(&str, usize)] = &[
    ("ghp_", 16),
    ("gho_", 16),
    ("ghu_", 16),
    ("ghs_", 16),
    ("ghr_", 16),
    ("github_pat_", 16),
    ("glpat-", 16),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("xoxe-", 10),
    ("xapp-", 10),
    ("sk_live_", 10),
    ("rk_live_", 10),
    ("npm_", 30),
    ("AIza", 30),
    ("SG.", 40),
];

const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_PRIVATE: &str = "PRIVATE KEY-----";
const CARD_DIGITS_MIN: usize = 13;
const CARD_DIGITS_MAX: usize = 19;

/// Compiled [`MaskPatterns`].
#[derive(Debug)]
pub(super) struct Patterns {
    on: MaskPatterns,
    /// Whether a secret can start with this byte.
    starts: [bool; 256],
    any: bool,
}

impl Patterns {
    pub(super) fn new(on: MaskPatterns) -> Patterns {
        let mut starts = [false; 256];
        let mut start = |bytes: &[u8]| bytes.iter().for_each(|b| starts[usize::from(*b)] = true);
        if on.cards {
            start(b"0123456789");
        }
        if on.bearer_tokens {
            start(b"eBb");
        }
        if on.private_keys {
            start(b"-");
        }
        if on.vendor_tokens {
            for (prefix, _) in VENDOR_TOKENS {
                start(&prefix.as_bytes()[..1]);
            }
        }
        let any = on.cards || on.bearer_tokens || on.private_keys || on.vendor_tokens;
        Patterns { on, starts, any }
    }

    pub(super) fn none() -> Patterns {
        let off =
            MaskPatterns { cards: false, bearer_tokens: false, private_keys: false, vendor_tokens: false };
        Patterns::new(off)
    }

    /// The text with its secrets replaced; `None` if there are none.
    pub(super) fn mask(&self, text: &str) -> Option<String> {
        if text.len() < SECRET_BYTES_MIN || !self.any {
            return None;
        }
        let bytes = text.as_bytes();
        let mut masked: Option<String> = None;
        let mut copied = 0;
        let mut at = 0;
        let mut inside_word = false;
        // The last place where a secret could still start.
        while at + SECRET_BYTES_MIN <= bytes.len() {
            let byte = bytes[at];
            if !inside_word
                && self.starts[usize::from(byte)]
                && let Some((start, end)) = self.secret_at(text, at, copied)
            {
                let out = masked.get_or_insert_default();
                out.push_str(&text[copied..start]);
                out.push_str(MASKED);
                (copied, at) = (end, end);
                inside_word = false;
                continue;
            }
            inside_word = is_word(byte);
            at += 1;
        }
        let mut out = masked?;
        out.push_str(&text[copied..]);
        Some(out)
    }

    /// The secret that starts at `at`, which is the start of a word: from where to where it is masked. What stands
    /// before `copied` is masked already and cannot be looked at again.
    fn secret_at(&self, text: &str, at: usize, copied: usize) -> Option<(usize, usize)> {
        let rest = &text.as_bytes()[at..];
        let before = text.as_bytes()[copied..at].last();
        let (skip, len) = match rest[0] {
            b'0'..=b'9' if before.is_some_and(|b| matches!(b, b'-' | b'.' | b'/' | b':' | b'#')) => {
                return None;
            }
            b'0'..=b'9' => (0, card_len(rest)?),
            b'-' if self.on.private_keys => (0, private_key_len(&text[at..])?),
            _ => self.token(rest)?,
        };
        Some((at + skip, at + len))
    }

    /// A token at the start of `rest`: how much of its front is kept, and its length.
    fn token(&self, rest: &[u8]) -> Option<(usize, usize)> {
        if self.on.bearer_tokens {
            if let Some(len) = jwt_len(rest) {
                return Some((0, len));
            }
            if let Some(found) = after_scheme(rest) {
                return Some(found);
            }
        }
        if !self.on.vendor_tokens {
            return None;
        }
        let (prefix, least) = VENDOR_TOKENS.iter().find(|(prefix, _)| rest.starts_with(prefix.as_bytes()))?;
        let len =
            run(&rest[prefix.len()..], |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        (len >= *least).then_some((0, prefix.len() + len))
    }
}

/// Bytes that secrets continue in; beyond ASCII counts, so that a start is never inside a character.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn run(bytes: &[u8], is_in: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|b| !is_in(*b)).unwrap_or(bytes.len())
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// `eyJ…​.….…`: header, payload and (possibly empty) signature.
fn jwt_len(rest: &[u8]) -> Option<usize> {
    if !rest.starts_with(b"eyJ") {
        return None;
    }
    let header = run(rest, is_base64url);
    let payload = run(rest.get(header + 1..)?, is_base64url);
    if rest[header] != b'.' || header < 10 || payload < 4 {
        return None;
    }
    let second_dot = header + 1 + payload;
    if rest.get(second_dot) != Some(&b'.') {
        return None;
    }
    Some(second_dot + 1 + run(&rest[second_dot + 1..], is_base64url))
}

/// `Bearer <token>` and `Basic <credentials>`, of which the scheme is kept.
fn after_scheme(rest: &[u8]) -> Option<(usize, usize)> {
    const TOKEN_BYTES_MIN: usize = 8;
    let scheme = [&b"bearer "[..], b"basic "]
        .into_iter()
        .find(|s| rest.get(..s.len()).is_some_and(|start| start.eq_ignore_ascii_case(s)))?;
    let token = &rest[scheme.len()..];
    let len = run(token, |b| is_base64url(b) || matches!(b, b'.' | b'+' | b'/' | b'=' | b'~'));
    // "bearer certificates": a token has a digit or a capital somewhere after its first letter.
    let looks_random = token[..len].iter().skip(1).any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    (len >= TOKEN_BYTES_MIN && looks_random).then_some((scheme.len(), scheme.len() + len))
}

/// A PEM block of a private key, to its end line or, if it is cut off, to the end of the text.
fn private_key_len(rest: &str) -> Option<usize> {
    const LABEL_BYTES_MAX: usize = 64;
    let label = rest.strip_prefix(PEM_BEGIN)?;
    let label_end = label.find(PEM_PRIVATE).filter(|at| *at <= LABEL_BYTES_MAX)?;
    let body = PEM_BEGIN.len() + label_end + PEM_PRIVATE.len();
    let end = rest[body..].find("-----END ").map(|at| body + at);
    let closed = end.and_then(|end| Some(end + rest[end..].find(PEM_PRIVATE)? + PEM_PRIVATE.len()));
    Some(closed.unwrap_or(rest.len()))
}

/// Length of the card number that `text` starts with: 13 to 19 digits, in groups or not. Digits in further groups do
/// not belong to it if it is one without them.
fn card_len(text: &[u8]) -> Option<usize> {
    let mut digits = [0u8; CARD_DIGITS_MAX];
    let mut count = 0;
    let mut found = None;
    for (i, &byte) in text.iter().enumerate() {
        if byte.is_ascii_digit() {
            let Some(slot) = digits.get_mut(count) else { break };
            *slot = byte - b'0';
            count += 1;
            let next = text.get(i + 1).copied().unwrap_or(b' ');
            let next_group = next == b'-' && text.get(i + 2).is_some_and(u8::is_ascii_digit);
            let group_ends = !next_group && !is_word(next);
            if group_ends && count >= CARD_DIGITS_MIN && is_issued(&digits[..count]) && luhn(&digits[..count])
            {
                found = Some(i + 1);
            }
        } else if !(matches!(byte, b' ' | b'-') && text.get(i + 1).is_some_and(u8::is_ascii_digit)) {
            break;
        }
    }
    found
}

/// Prefix and length of the issuers (ISO/IEC 7812 as the networks publish it), so that ids and timestamps of as many
/// digits are left alone.
fn is_issued(digits: &[u8]) -> bool {
    let prefix = digits[..4].iter().fold(0u32, |n, d| n * 10 + u32::from(*d));
    matches!(
        (prefix, digits.len()),
        (4000..=4999, 13 | 16 | 19)
            | (5100..=5599 | 2221..=2720, 16)
            | (3400..=3499 | 3700..=3799, 15)
            | (3000..=3059 | 3600..=3699 | 3800..=3999, 14..=19)
            | (6011 | 6440..=6599 | 3528..=3589 | 6200..=6299 | 8100..=8171 | 2200..=2204, 16..=19)
    )
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let doubled = u32::from(d) * if i % 2 == 1 { 2 } else { 1 };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}
