//! The slow, exact JSON parser. It runs only on what the fast one refused, decides, and reports every problem of
//! meaning (duplicates, surrogates, numbers) with its place; a problem of syntax ends it with a byte offset.

use std::borrow::Cow;

use super::value::{Members, Value, is_safe_float, sort_members};
use crate::error::{Errors, code};
use crate::limits::{MEMBER_NAME_BYTES_MAX, SAFE_INTEGER_MAX};

/// Levels that are read at all. Above the limit on free JSON, so that exceeding that one can name its place.
const NESTING_MAX: usize = 128;

/// Where and why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// Bytes from the start of the text.
    pub(crate) offset: usize,
    /// `bad_json`, or `too_deep` for JSON that is not read to its end.
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// Reads the one value in `json`. Problems of meaning go to `errors`.
pub(crate) fn parse<'a>(json: &'a [u8], errors: &mut Errors) -> Result<Value<'a>, SyntaxError> {
    let text = std::str::from_utf8(json).map_err(|e| SyntaxError {
        offset: e.valid_up_to(),
        code: code::BAD_JSON,
        message: "this is not UTF-8; send UTF-8 text".into(),
    })?;
    let mut parser = Parser { text, at: 0, path: Pointer::default(), errors };
    parser.space();
    let value = parser.value(0)?;
    parser.space();
    if parser.at < text.len() {
        return Err(parser.syntax("something follows the value; send one JSON value"));
    }
    Ok(value)
}

/// A JSON pointer that grows and shrinks with the walk.
#[derive(Debug, Default, Clone)]
pub(crate) struct Pointer(String);

impl Pointer {
    /// Enters a member; give the result to [`Pointer::leave`].
    pub(crate) fn enter(&mut self, name: &str) -> usize {
        let before = self.0.len();
        self.0.push('/');
        if name.contains(['~', '/']) {
            self.0.push_str(&name.replace('~', "~0").replace('/', "~1"));
        } else {
            self.0.push_str(name);
        }
        before
    }

    pub(crate) fn enter_index(&mut self, index: usize) -> usize {
        self.enter(&index.to_string())
    }

    pub(crate) fn leave(&mut self, before: usize) {
        self.0.truncate(before);
    }

    pub(crate) fn text(&self) -> String {
        self.0.clone()
    }

    /// The pointer of a member of the current place.
    pub(crate) fn member(&self, name: &str) -> String {
        let mut copy = self.clone();
        copy.enter(name);
        copy.0
    }
}

struct Parser<'a, 'e> {
    text: &'a str,
    at: usize,
    path: Pointer,
    errors: &'e mut Errors,
}

impl<'a> Parser<'a, '_> {
    fn syntax(&self, message: &str) -> SyntaxError {
        SyntaxError { offset: self.at, code: code::BAD_JSON, message: message.to_owned() }
    }

    fn report(&mut self, code: &'static str, message: impl Into<String>) {
        self.errors.push(self.path.text(), code, message);
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let here = self.byte() == Some(byte);
        self.at += usize::from(here);
        here
    }

    fn space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, SyntaxError> {
        if depth > NESTING_MAX {
            let error = self.syntax("arrays and objects nest more than 128 levels; flatten them");
            return Err(SyntaxError { code: code::TOO_DEEP, ..error });
        }
        match self.byte() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            Some(_) => Err(self.syntax("a JSON value is expected here")),
            None => Err(self.syntax("the text ends where a value is expected")),
        }
    }

    fn literal(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, SyntaxError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.syntax("only true, false and null can stand without quotes"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, SyntaxError> {
        self.at += 1;
        let mut elements = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Value::Array(elements));
        }
        loop {
            let outer = self.path.enter_index(elements.len());
            self.space();
            elements.push(self.value(depth + 1)?);
            self.path.leave(outer);
            self.space();
            if self.eat(b']') {
                return Ok(Value::Array(elements));
            }
            if !self.eat(b',') {
                return Err(self.syntax("a comma or ] is expected here"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, SyntaxError> {
        self.at += 1;
        let mut members = Members::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            if self.byte() != Some(b'"') {
                return Err(self.syntax("a member name in quotes is expected here"));
            }
            let name = self.string()?;
            self.space();
            if !self.eat(b':') {
                return Err(self.syntax("a colon is expected after the member name"));
            }
            self.space();
            let outer = self.path.enter(&name);
            self.check_name(&name);
            let value = self.value(depth + 1)?;
            self.path.leave(outer);
            members.push((name, value));
            self.space();
            if self.eat(b'}') {
                self.sort(&mut members);
                return Ok(Value::Object(members));
            }
            if !self.eat(b',') {
                return Err(self.syntax("a comma or } is expected here"));
            }
        }
    }

    fn check_name(&mut self, name: &str) {
        if name.len() > MEMBER_NAME_BYTES_MAX {
            let message =
                format!("a member name has {} bytes, at most {MEMBER_NAME_BYTES_MAX} fit", name.len());
            self.report(code::STRING_TOO_LONG, message);
        }
    }

    /// Sorts the members, reports each name that occurs again and keeps its first value.
    fn sort(&mut self, members: &mut Members<'a>) {
        if sort_members(members).is_ok() {
            return;
        }
        let (path, errors) = (&self.path, &mut *self.errors);
        members.dedup_by(|later, first| {
            let twice = later.0 == first.0;
            if twice {
                let message = format!("{:?} occurs twice; send it once", first.0);
                errors.push(path.member(&first.0), code::DUPLICATE_MEMBER, message);
            }
            twice
        });
    }

    fn number(&mut self) -> Result<Value<'a>, SyntaxError> {
        let start = self.at;
        self.eat(b'-');
        let integer_digits = self.digits();
        let first_digit = self.at - integer_digits;
        if integer_digits == 0 {
            return Err(self.syntax("a digit is expected here"));
        }
        if integer_digits > 1 && self.text.as_bytes()[first_digit] == b'0' {
            return Err(SyntaxError { offset: first_digit, ..self.syntax("a number has no leading zero") });
        }
        let mut is_integer = true;
        if self.eat(b'.') {
            is_integer = false;
            if self.digits() == 0 {
                return Err(self.syntax("a digit is expected after the decimal point"));
            }
        }
        if self.eat(b'e') || self.eat(b'E') {
            is_integer = false;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            if self.digits() == 0 {
                return Err(self.syntax("a digit is expected in the exponent"));
            }
        }
        let literal = &self.text[start..self.at];
        let number: f64 = literal.parse().map_err(|_| self.syntax("this is not a number"))?;
        let safe = if is_integer { number.abs() <= SAFE_INTEGER_MAX as f64 } else { is_safe_float(number) };
        if !safe {
            let shown: String = literal.chars().take(40).collect();
            self.report(
                code::NUMBER_OUT_OF_RANGE,
                format!(
                    "{shown} cannot be kept exactly (integers go to ±9007199254740991); send it as a string"
                ),
            );
            return Ok(Value::Number(0.0));
        }
        Ok(Value::Number(if number == 0.0 { 0.0 } else { number }))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        self.at += 1;
        let mut owned = String::new();
        let mut from = self.at;
        loop {
            match self.byte() {
                None => return Err(self.syntax("the text ends inside a string")),
                Some(b'"') => {
                    let rest = &self.text[from..self.at];
                    self.at += 1;
                    if owned.is_empty() {
                        return Ok(Cow::Borrowed(rest));
                    }
                    owned.push_str(rest);
                    return Ok(Cow::Owned(owned));
                }
                Some(b'\\') => {
                    owned.push_str(&self.text[from..self.at]);
                    self.at += 1;
                    let unescaped = self.escape()?;
                    owned.push(unescaped);
                    from = self.at;
                }
                Some(byte) if byte < 0x20 => {
                    return Err(self.syntax("control characters in strings must be escaped"));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let escape = self.byte();
        let c = match escape {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.syntax("unknown escape; write \\\\ for a backslash")),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode_escape(&mut self) -> Result<char, SyntaxError> {
        let high = self.hex4()?;
        if let Some(c) = char::from_u32(high) {
            return Ok(c);
        }
        let before_low = self.at;
        if high < 0xdc00 && self.eat(b'\\') && self.eat(b'u') {
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                let joined = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(joined).expect("a surrogate pair is a character"));
            }
        }
        self.at = before_low;
        self.report(
            code::LONE_SURROGATE,
            format!("\\u{high:04x} is half a character; send the whole character"),
        );
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Result<u32, SyntaxError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let value = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        let value = value.ok_or_else(|| self.syntax("four hexadecimal digits are expected after \\u"))?;
        self.at += 4;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(json: &str) -> Vec<(String, &'static str)> {
        let mut errors = Errors::default();
        parse(json.as_bytes(), &mut errors).unwrap();
        if errors.is_empty() {
            return Vec::new();
        }
        errors.into_event_error().errors.into_iter().map(|e| (e.path, e.code)).collect()
    }

    #[test]
    fn problems_of_meaning_have_a_place() {
        assert_eq!(codes(r#"{"a":1,"b":[{"c":1,"c":2}]}"#), [("/b/0/c".into(), code::DUPLICATE_MEMBER)]);
        assert_eq!(codes(r#"{"a/b":{"~":"\ud800x"}}"#), [("/a~1b/~0".into(), code::LONE_SURROGATE)]);
        assert_eq!(codes(r#"["\udc00\ud800"]"#), vec![("/0".into(), code::LONE_SURROGATE); 2]);
        assert_eq!(codes(r#"["😀\ud83d\ude00", 1.5e300, 1e21, -0, 9007199254740991]"#), []);
        for bad in
            ["9007199254740992", "-9007199254740993", "1e20", "1e400", "123456789012345678901234567890"]
        {
            assert_eq!(codes(bad), [(String::new(), code::NUMBER_OUT_OF_RANGE)], "{bad}");
        }
    }

    #[test]
    fn syntax_has_an_offset() {
        let offset = |json: &[u8]| parse(json, &mut Errors::default()).unwrap_err().offset;
        for (json, expected) in [
            ("", 0),
            ("{\"a\":nul}", 5),
            ("{\"a\" 1}", 5),
            ("[1,]", 3),
            ("[01]", 1),
            ("[1.]", 3),
            ("[+1]", 1),
            ("\"a\u{1}\"", 2),
            ("\"\\x\"", 2),
            ("\"\\u12g4\"", 3),
            ("[1] 2", 4),
            ("{,}", 1),
            ("[NaN]", 1),
        ] {
            assert_eq!(offset(json.as_bytes()), expected, "{json}");
        }
        assert_eq!(offset(b"[\"\xff\"]"), 2);
        assert_eq!(offset("[".repeat(5_000).as_bytes()), NESTING_MAX + 1);
    }
}
