//! A pull reader for canonical JSON that this crate wrote itself: no whitespace, known escapes.
//!
//! It builds nothing, which is what makes terms and rendering cheap. Bytes may come back from a disk, so whatever
//! is not canonical JSON is reported as corrupt, never guessed at.

use std::borrow::Cow;

use super::special;

/// Stored canonical bytes are not canonical JSON of the expected shape: the store is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stored canonical bytes are corrupt at byte {offset}")]
pub struct CorruptBytes {
    /// Bytes from the start of the unit.
    pub offset: usize,
}

/// Where the reader is in one text.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// What the next value is, read from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Object,
    Array,
    String,
    Number,
    Bool(bool),
    Null,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, CorruptBytes> {
        let text = std::str::from_utf8(bytes).map_err(|e| CorruptBytes { offset: e.valid_up_to() })?;
        Ok(Scanner { text, at: 0 })
    }

    pub(crate) fn corrupt(&self) -> CorruptBytes {
        CorruptBytes { offset: self.at }
    }

    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn take(&mut self, expected: u8) -> Result<(), CorruptBytes> {
        if self.byte() != expected {
            return Err(self.corrupt());
        }
        self.at += 1;
        Ok(())
    }

    pub(crate) fn peek(&self) -> Result<Next, CorruptBytes> {
        Ok(match self.byte() {
            b'{' => Next::Object,
            b'[' => Next::Array,
            b'"' => Next::String,
            b't' => Next::Bool(true),
            b'f' => Next::Bool(false),
            b'n' => Next::Null,
            b'-' | b'0'..=b'9' => Next::Number,
            _ => return Err(self.corrupt()),
        })
    }

    /// Enters an object; then call [`Scanner::member`] until it gives `None`.
    pub(crate) fn enter_object(&mut self) -> Result<(), CorruptBytes> {
        self.take(b'{')
    }

    /// The next member's name, with the reader before its value; `None` after the last, with the object left.
    pub(crate) fn member(&mut self, first: &mut bool) -> Result<Option<Cow<'a, str>>, CorruptBytes> {
        if !self.separated(first, b'}')? {
            return Ok(None);
        }
        let name = self.string()?;
        self.take(b':')?;
        Ok(Some(name))
    }

    /// Enters an array; then call [`Scanner::element`] until it gives `false`.
    pub(crate) fn enter_array(&mut self) -> Result<(), CorruptBytes> {
        self.take(b'[')
    }

    /// Whether another element follows, with the reader before it.
    pub(crate) fn element(&mut self, first: &mut bool) -> Result<bool, CorruptBytes> {
        self.separated(first, b']')
    }

    fn separated(&mut self, first: &mut bool, close: u8) -> Result<bool, CorruptBytes> {
        if self.byte() == close {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::replace(first, false) {
            self.take(b',')?;
        }
        Ok(true)
    }

    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, CorruptBytes> {
        self.take(b'"')?;
        let rest = &self.text.as_bytes()[self.at..];
        let len = special::find(rest).ok_or(self.corrupt())?;
        let plain = &self.text[self.at..self.at + len];
        self.at += len;
        if self.byte() == b'"' {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        if self.byte() != b'\\' {
            return Err(self.corrupt());
        }
        let mut owned = plain.to_owned();
        self.escaped_rest(&mut owned)?;
        Ok(Cow::Owned(owned))
    }

    fn escaped_rest(&mut self, out: &mut String) -> Result<(), CorruptBytes> {
        loop {
            let c = self.text[self.at..].chars().next().ok_or(self.corrupt())?;
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(()),
                '\0'..' ' => return Err(self.corrupt()),
                '\\' => {
                    let escape = self.byte();
                    self.at += 1;
                    out.push(match escape {
                        b'"' | b'\\' => char::from(escape),
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        b'u' => self.unicode_escape()?,
                        _ => return Err(self.corrupt()),
                    });
                }
                _ => out.push(c),
            }
        }
    }

    /// Canonical JSON escapes only control characters by number, so surrogates do not occur here.
    fn unicode_escape(&mut self) -> Result<char, CorruptBytes> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(self.corrupt())?;
        let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).ok_or(self.corrupt())?;
        self.at += 4;
        Ok(c)
    }

    pub(crate) fn number(&mut self) -> Result<f64, CorruptBytes> {
        let rest = &self.text.as_bytes()[self.at..];
        let len = rest.iter().position(|b| matches!(b, b',' | b'}' | b']')).unwrap_or(rest.len());
        let number: f64 = self.text[self.at..self.at + len].parse().map_err(|_| self.corrupt())?;
        if !number.is_finite() {
            return Err(self.corrupt());
        }
        self.at += len;
        Ok(number)
    }

    /// Steps over one value and gives its bytes.
    pub(crate) fn skip(&mut self) -> Result<&'a [u8], CorruptBytes> {
        let start = self.at;
        match self.peek()? {
            Next::Object | Next::Array => self.skip_nested()?,
            Next::String => self.skip_string()?,
            Next::Number => {
                self.number()?;
            }
            Next::Bool(true) | Next::Null => self.at += 4,
            Next::Bool(false) => self.at += 5,
        }
        self.text.as_bytes().get(start..self.at).ok_or(CorruptBytes { offset: start })
    }

    fn skip_nested(&mut self) -> Result<(), CorruptBytes> {
        let mut depth = 0usize;
        loop {
            match self.byte() {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                0 => return Err(self.corrupt()),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn skip_string(&mut self) -> Result<(), CorruptBytes> {
        self.take(b'"')?;
        loop {
            let rest = self.text.as_bytes().get(self.at..).ok_or(self.corrupt())?;
            self.at += special::find(rest).ok_or(self.corrupt())?;
            match self.byte() {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.at += 2,
                _ => return Err(self.corrupt()),
            }
        }
    }

    /// Fails if anything follows the value.
    pub(crate) fn finish(&self) -> Result<(), CorruptBytes> {
        if self.at == self.text.len() { Ok(()) } else { Err(self.corrupt()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_canonical_json() {
        let json = br#"{"a":[1,"x\n\u0001\"",true],"b":{"c":null},"d":-1.5e-7}"#;
        let mut s = Scanner::new(json).unwrap();
        s.enter_object().unwrap();
        let first = &mut true;
        assert_eq!(s.member(first).unwrap().as_deref(), Some("a"));
        s.enter_array().unwrap();
        let inner = &mut true;
        assert!(s.element(inner).unwrap());
        assert_eq!(s.number(), Ok(1.0));
        assert!(s.element(inner).unwrap());
        assert_eq!(s.string().unwrap(), "x\n\u{1}\"");
        assert!(s.element(inner).unwrap());
        assert_eq!(s.peek(), Ok(Next::Bool(true)));
        assert_eq!(s.skip().unwrap(), b"true");
        assert!(!s.element(inner).unwrap());
        assert_eq!(s.member(first).unwrap().as_deref(), Some("b"));
        assert_eq!(s.skip().unwrap(), br#"{"c":null}"#);
        assert_eq!(s.member(first).unwrap().as_deref(), Some("d"));
        assert_eq!(s.number(), Ok(-1.5e-7));
        assert_eq!(s.member(first), Ok(None));
        assert_eq!(s.finish(), Ok(()));
    }

    #[test]
    fn damage_is_an_error_wherever_it_is_cut() {
        let json = br#"{"a":[1,"x\n"],"b":{"c":null}}"#;
        for end in 0..json.len() {
            let mut s = Scanner::new(&json[..end]).unwrap();
            assert!(s.skip().is_err(), "cut at {end}");
        }
        assert!(Scanner::new(b"\"\xff\"").is_err());
    }
}
