//! Whether somebody else's JSON is spelled canonically (RFC 8785), told without building it: for a verifier, which must
//! not let two spellings of one value pass, and which reads millions of values.

use std::borrow::Cow;

use super::special;
use super::value::name_order;

/// Nesting that is still looked into, levels.
const DEPTH_MAX: usize = 128;
/// Integers of so many digits are their own canonical form: all of them are exact in an IEEE double.
const PLAIN_DIGITS_MAX: usize = 15;
/// Zeros behind the point of a number below 1 that is written without an exponent.
const FRACTION_ZEROS_MAX: usize = 5;

/// How many bytes the JSON value at the start of `text` has, if it is canonical JSON of at most 128 levels; what
/// follows it is not looked at, except that a number ends where no character of a number follows.
pub fn canonical_len(text: &str) -> Option<usize> {
    Json(text).value(0, DEPTH_MAX)
}

/// Each of its functions is given where something starts, and says where it ends.
#[derive(Clone, Copy)]
struct Json<'a>(&'a str);

impl Json<'_> {
    fn byte(self, at: usize) -> Option<u8> {
        self.0.as_bytes().get(at).copied()
    }

    fn value(self, at: usize, depth: usize) -> Option<usize> {
        match self.byte(at)? {
            b'"' => self.string(at),
            b'{' => self.object(at, depth.checked_sub(1)?),
            b'[' => self.array(at, depth.checked_sub(1)?),
            b't' => self.literal(at, b"true"),
            b'f' => self.literal(at, b"false"),
            b'n' => self.literal(at, b"null"),
            _ => self.number(at),
        }
    }

    fn literal<const N: usize>(self, at: usize, word: &[u8; N]) -> Option<usize> {
        (self.0.as_bytes()[at..].first_chunk() == Some(word)).then_some(at + N)
    }

    #[inline]
    fn string(self, at: usize) -> Option<usize> {
        let at = self.special(at + 1)?;
        if self.byte(at)? == b'"' { Some(at + 1) } else { self.string_behind(at) }
    }

    /// From the first byte on that ends the string, stands in it as an escape or must not be in it.
    fn string_behind(self, mut at: usize) -> Option<usize> {
        loop {
            match self.byte(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at = self.special(self.escape(at + 1)?)?,
                _ => return None,
            }
        }
    }

    #[inline]
    fn special(self, at: usize) -> Option<usize> {
        Some(at + special::find(self.0.as_bytes().get(at..)?)?)
    }

    /// Behind the backslash: only what must be escaped is, and in the shortest way.
    fn escape(self, at: usize) -> Option<usize> {
        match self.byte(at)? {
            b'"' | b'\\' | b'b' | b't' | b'n' | b'f' | b'r' => Some(at + 1),
            b'u' => {
                let digits = self.0.as_bytes().get(at + 1..at + 5)?;
                let [b'0', b'0', high @ (b'0' | b'1'), low] = digits else { return None };
                let is_digit = matches!(low, b'0'..=b'9' | b'a'..=b'f');
                let is_short = *high == b'0' && matches!(low, b'8' | b'9' | b'a' | b'c' | b'd');
                (is_digit && !is_short).then_some(at + 5)
            }
            _ => None,
        }
    }

    fn array(self, at: usize, depth: usize) -> Option<usize> {
        let mut at = at + 1;
        if self.byte(at)? == b']' {
            return Some(at + 1);
        }
        loop {
            at = self.value(at, depth)? + 1;
            match self.byte(at - 1)? {
                b',' => {}
                b']' => return Some(at),
                _ => return None,
            }
        }
    }

    fn object(self, at: usize, depth: usize) -> Option<usize> {
        let mut at = at + 1;
        if self.byte(at)? == b'}' {
            return Some(at + 1);
        }
        let mut before = None;
        loop {
            (self.byte(at)? == b'"').then_some(())?;
            let colon = self.string(at)?;
            let name = &self.0[at + 1..colon - 1];
            if before.is_some_and(|before| !is_before(before, name)) || self.byte(colon)? != b':' {
                return None;
            }
            before = Some(name);
            at = self.value(colon + 1, depth)? + 1;
            match self.byte(at - 1)? {
                b',' => {}
                b'}' => return Some(at),
                _ => return None,
            }
        }
    }

    fn number(self, at: usize) -> Option<usize> {
        let rest = &self.0[at..];
        let is_part = |byte: u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let len = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        is_canonical_number(&rest[..len]).then_some(at + len)
    }
}

/// Whether one canonically spelled string, without its quotes, sorts before another by UTF-16 code units.
fn is_before(a: &str, b: &str) -> bool {
    let differ = a.bytes().zip(b.bytes()).find(|(a, b)| a != b || *a == b'\\');
    match differ {
        Some((b'\\', _) | (_, b'\\')) => name_order(&unescape(a), &unescape(b)).is_lt(),
        _ => name_order(a, b).is_lt(),
    }
}

fn is_canonical_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty()
        && digits.len() <= PLAIN_DIGITS_MAX
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain || text == "0" {
        return true;
    }
    if is_short_fraction(digits) {
        return true;
    }
    let Ok(number) = text.parse::<f64>() else { return false };
    number.is_finite() && ryu_js::Buffer::new().format_finite(number) == text
}

/// Whether it is a fraction that is not written with an exponent, of so few digits that no two of them are the same
/// IEEE double: then no shorter text is the same number, and this is how it is written.
fn is_short_fraction(digits: &str) -> bool {
    let Some((whole, fraction)) = digits.split_once('.') else { return false };
    let is_all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_large = match whole.as_bytes() {
        [] => false,
        // Below 0.000001 there is an exponent.
        [b'0'] => fraction.bytes().take(FRACTION_ZEROS_MAX + 1).any(|byte| byte != b'0'),
        [first, ..] => *first != b'0',
    };
    is_large
        && whole.len() + fraction.len() <= PLAIN_DIGITS_MAX
        && !fraction.is_empty()
        && !fraction.ends_with('0')
        && is_all_digits(whole)
        && is_all_digits(fraction)
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    // The escapes were checked: a JSON parser reads them.
    serde_json::from_str(&format!("\"{text}\"")).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_canonical(text: &str) -> bool {
        canonical_len(text) == Some(text.len())
    }

    #[test]
    fn spellings() {
        let good = [
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5",
            "1e+21",
            "9007199254740993000",
            "\"\"",
            "\"é\\u0001\\n\\\"\"",
            "[]",
            "{}",
            "[1,[2,{}]]",
            r#"{"":1,"a":2,"a!":3}"#,
            "{\"\u{1f600}\":1,\"\u{fb33}\":2}",
            r#"{"\n":1,"a":2}"#,
        ];
        for text in good {
            assert!(is_canonical(text), "{text}");
        }
        let bad = [
            "",
            " 1",
            "-0",
            "01",
            "1.0",
            "1e21",
            "1E+21",
            "1e400",
            "+1",
            "-",
            "0x1",
            "nul",
            "\"a",
            "\"\\/\"",
            "\"\\u0041\"",
            "\"\\u000a\"",
            "\"\\u001F\"",
            "\"\\ud800\"",
            "\"\t\"",
            "[1,]",
            "[1 ]",
            "{\"a\":1,\"a\":2}",
            "{\"b\":1,\"a\":2}",
            "{\"\u{fb33}\":2,\"\u{1f600}\":1}",
            "{a:1}",
            "{\"a\"1}",
            "9007199254740993",
        ];
        for text in bad {
            assert!(!is_canonical(text), "{text}");
        }
        assert!(is_canonical(&format!("{}{}", "[".repeat(128), "]".repeat(128))));
        assert!(!is_canonical(&format!("{}{}", "[".repeat(129), "]".repeat(129))));
        assert_eq!(canonical_len("[1],2"), Some(3));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            "\\PC{0,4}|[\\x00-\\x20]{0,3}".prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map("\\PC{0,3}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn numbers_are_canonical_if_they_are_printed_so(text in "-?(0|[0-9]{1,12})(\\.0{0,7}[0-9]{0,9})?") {
            let printed = text.parse::<f64>().map(|number| ryu_js::Buffer::new().format_finite(number).to_owned());
            prop_assert_eq!(is_canonical(&text), printed.is_ok_and(|printed| printed == text), "{}", text);
        }

        #[test]
        fn what_a_library_writes_is_canonical_and_nothing_else(value in json()) {
            let canonical = String::from_utf8(serde_json_canonicalizer::to_vec(&value).unwrap()).unwrap();
            prop_assert!(is_canonical(&canonical), "{canonical}");
            let other = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(is_canonical(&other), other == canonical, "{}", other);
        }
    }
}
