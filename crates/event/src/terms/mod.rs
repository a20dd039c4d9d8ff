//! Terms: the byte keys under which an event is found. What the index stores, a query asks for and a rebuild
//! computes again comes from here and only from here. The table of fields and codings is `docs/formats/event.md`.

mod extract;
mod field;
mod key;
mod show;

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

pub use extract::{TermSink, of_unit};
pub use field::{Coding, Field, Has, Opaque};
pub use key::{
    LONG_KEY_BYTES, SEPARATOR, Side, TypedValue, key_change, key_code, key_has, key_ip, key_path, key_schema,
    key_target, key_text, long_key, opaque_hash, order_f64, path_prefix, prefix_end, side_prefix,
    target_prefix, text_prefix, type_prefix,
};
pub use show::{Decoded, DecodedValue, decode_value, text_of_key};

const KIND_PLAIN: u8 = 0;
const KIND_TEXT_IN_KEY: u8 = 1;
const KIND_TEXT_APPENDED: u8 = 2;
const KIND_OPAQUE: u8 = 3;

/// The terms of one event or unit, in one flat buffer. A term may occur more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    buffer: Vec<u8>,
}

/// One entry of [`Terms`].
#[derive(Debug, Clone, PartialEq)]
pub enum Term<'a> {
    /// A dictionary key and the text whose words it is found by.
    Key {
        /// Field tag, then value.
        key: &'a [u8],
        /// Where the words of the value come from.
        words: WordsSource<'a>,
    },
    /// The hash of an id that is not worth a dictionary entry.
    Opaque(u64),
}

/// Text that free-text search finds, or nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WordsSource<'a>(Source<'a>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Source<'a> {
    None,
    Text(&'a [u8]),
    Ip([u8; 16]),
}

impl<'a> WordsSource<'a> {
    /// No free text finds this value.
    pub fn is_none(&self) -> bool {
        self.0 == Source::None
    }

    /// The whole text, also of a value whose key is cut.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self.0 {
            Source::None => None,
            Source::Text(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Source::Ip(bytes) => Some(Cow::Owned(ip_from_bytes(bytes).to_string())),
        }
    }

    /// Calls `each` with every word, folded, in order.
    pub fn for_each_word(&self, each: impl FnMut(&str)) {
        if let Some(text) = self.text() {
            crate::text::words(&text, each);
        }
    }
}

/// The address in a key's 16 bytes; v4-mapped addresses are v4.
pub(crate) fn ip_from_bytes(bytes: [u8; 16]) -> IpAddr {
    Ipv6Addr::from(bytes).to_canonical()
}

impl Terms {
    /// All terms in the order in which they were found.
    pub fn iter(&self) -> TermIter<'_> {
        TermIter { rest: &self.buffer }
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Size of the buffer, bytes.
    pub fn bytes(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn clear(&mut self) {
        self.buffer.clear();
    }

    /// Appends a key; `text` is what its words come from if that is not in the key itself.
    pub(crate) fn push_key(&mut self, key: &[u8], words_in_key: bool, text: Option<&str>) {
        let kind = match (words_in_key, text) {
            (_, Some(_)) => KIND_TEXT_APPENDED,
            (true, None) => KIND_TEXT_IN_KEY,
            (false, None) => KIND_PLAIN,
        };
        self.buffer.push(kind);
        push_chunk(&mut self.buffer, key);
        if let Some(text) = text {
            push_chunk(&mut self.buffer, text.as_bytes());
        }
    }

    pub(crate) fn push_opaque(&mut self, hash: u64) {
        self.buffer.push(KIND_OPAQUE);
        self.buffer.extend_from_slice(&hash.to_le_bytes());
    }
}

impl<'a> IntoIterator for &'a Terms {
    type Item = Term<'a>;
    type IntoIter = TermIter<'a>;

    fn into_iter(self) -> TermIter<'a> {
        self.iter()
    }
}

/// Iterates over [`Terms`].
#[derive(Debug, Clone)]
pub struct TermIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for TermIter<'a> {
    type Item = Term<'a>;

    fn next(&mut self) -> Option<Term<'a>> {
        let (&kind, rest) = self.rest.split_first()?;
        self.rest = rest;
        if kind == KIND_OPAQUE {
            let (hash, rest) = self.rest.split_first_chunk::<8>().expect("written by push_opaque");
            self.rest = rest;
            return Some(Term::Opaque(u64::from_le_bytes(*hash)));
        }
        let key = self.chunk();
        let words = match kind {
            KIND_PLAIN => Source::None,
            KIND_TEXT_IN_KEY => key::source_in_key(key),
            _ => Source::Text(self.chunk()),
        };
        Some(Term::Key { key, words: WordsSource(words) })
    }
}

impl<'a> TermIter<'a> {
    fn chunk(&mut self) -> &'a [u8] {
        let (len, used) = crate::varint::read(self.rest).expect("written by push_chunk");
        let (chunk, rest) = self.rest[used..].split_at(len);
        self.rest = rest;
        chunk
    }
}

fn push_chunk(buffer: &mut Vec<u8>, chunk: &[u8]) {
    crate::varint::push(buffer, chunk.len());
    buffer.extend_from_slice(chunk);
}
