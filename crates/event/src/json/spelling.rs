//! Whether somebody else's JSON is spelled canonically (RFC 8785), told without building it: for a verifier, which must
//! not let two spellings of one value pass, and which reads millions of values.

use std::borrow::Cow;

use super::special;

/// Nesting that is still looked into, levels.
const DEPTH_MAX: usize = 128;
/// Integers of so many digits are their own canonical form: all of them are exact in an IEEE double.
const PLAIN_DIGITS_MAX: usize = 15;
/// From this byte on UTF-8 text may sort otherwise than UTF-16 does (U+E000 and above, and what has surrogates).
const SURROGATE_ORDER_FROM: u8 = 0xee;

/// How many bytes the JSON value at the start of `text` has, if it is canonical JSON of at most 128 levels; what
/// follows it is not looked at, except that a number ends where no character of a number follows.
pub fn canonical_len(text: &str) -> Option<usize> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
    reader.value(DEPTH_MAX)?;
    Some(reader.at)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        match self.bytes.get(self.at)? {
            b'"' => self.string(),
            b'{' => self.object(depth.checked_sub(1)?),
            b'[' => self.array(depth.checked_sub(1)?),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => self.number(),
        }
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        self.bytes[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn next_is(&mut self, byte: u8) -> bool {
        let is = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(is);
        is
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            // What needs no escape, up to what ends the string or stands in it as an escape.
            self.at += special::find(self.bytes.get(self.at..)?)?;
            let byte = self.bytes[self.at];
            self.at += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    /// Behind the backslash: only what must be escaped is, and in the shortest way.
    fn escape(&mut self) -> Option<()> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        match byte {
            b'"' | b'\\' | b'b' | b't' | b'n' | b'f' | b'r' => Some(()),
            b'u' => {
                let digits = self.bytes.get(self.at..self.at + 4)?;
                self.at += 4;
                let [b'0', b'0', high @ (b'0' | b'1'), low] = digits else { return None };
                let is_digit = matches!(low, b'0'..=b'9' | b'a'..=b'f');
                let is_short = *high == b'0' && matches!(low, b'8' | b'9' | b'a' | b'c' | b'd');
                (is_digit && !is_short).then_some(())
            }
            _ => None,
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        if self.next_is(b']') {
            return Some(());
        }
        loop {
            self.value(depth)?;
            if self.next_is(b']') {
                return Some(());
            }
            self.next_is(b',').then_some(())?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        if self.next_is(b'}') {
            return Some(());
        }
        let mut before: Option<(usize, usize)> = None;
        loop {
            let start = self.at;
            (self.bytes.get(start) == Some(&b'"')).then_some(())?;
            self.string()?;
            let name = (start + 1, self.at - 1);
            if let Some(before) = before
                && !is_before(&self.text[before.0..before.1], &self.text[name.0..name.1])
            {
                return None;
            }
            before = Some(name);
            self.next_is(b':').then_some(())?;
            self.value(depth)?;
            if self.next_is(b'}') {
                return Some(());
            }
            self.next_is(b',').then_some(())?;
        }
    }

    fn number(&mut self) -> Option<()> {
        let rest = &self.bytes[self.at..];
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let len = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let number = &self.text[self.at..self.at + len];
        self.at += len;
        is_canonical_number(number).then_some(())
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
    let Ok(number) = text.parse::<f64>() else { return false };
    number.is_finite() && ryu_js::Buffer::new().format_finite(number) == text
}

/// Whether one canonically spelled string, without its quotes, sorts before another by UTF-16 code units.
fn is_before(a: &str, b: &str) -> bool {
    let is_plain = |text: &str| text.bytes().all(|byte| byte != b'\\' && byte < SURROGATE_ORDER_FROM);
    if is_plain(a) && is_plain(b) {
        return a < b;
    }
    unescape(a).encode_utf16().lt(unescape(b).encode_utf16())
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
        fn what_a_library_writes_is_canonical_and_nothing_else(value in json()) {
            let canonical = String::from_utf8(serde_json_canonicalizer::to_vec(&value).unwrap()).unwrap();
            prop_assert!(is_canonical(&canonical), "{canonical}");
            let other = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(is_canonical(&other), other == canonical, "{}", other);
        }
    }
}
