//! Records as lines: one spelling, read by hand because files have millions of them.

use std::borrow::Cow;

use base64::Engine as _;
use tallystick_event::LEAF_BYTES;
use tallystick_merkle::Hash;

use super::erasures::ProvenErasure;
use super::{Record, RecordUnit};
use crate::limits::{RECORD_BYTES_MAX, UNITS_MAX};
use crate::spelling::{STANDARD, base64, bytes, push_url_hash, text, url_hash};

/// A line that is not a record in its only spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the line of a record: character {at} is unexpected")]
pub struct LineError {
    /// From 1.
    pub at: usize,
}

impl<'a> Record<'a> {
    /// Reads a line, without its line feed.
    ///
    /// # Errors
    /// If it is spelled in any other way than [`Record::write_line`] writes.
    pub fn parse_line(line: &'a [u8]) -> Result<Record<'a>, LineError> {
        Record::parse_line_into(line, Vec::new())
    }

    /// As [`Record::parse_line`], with the room of the units of another record.
    pub(crate) fn parse_line_into(
        line: &'a [u8],
        units: Vec<RecordUnit<'a>>,
    ) -> Result<Record<'a>, LineError> {
        let mut cursor = Cursor::new(line);
        let record =
            cursor.record(units).filter(|_| cursor.at == line.len() && line.len() <= RECORD_BYTES_MAX);
        record.ok_or(LineError { at: cursor.at + 1 })
    }

    /// Appends the line, without a line feed.
    pub fn write_line(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"seq\":");
        out.extend_from_slice(self.seq.to_string().as_bytes());
        out.extend_from_slice(b",\"leaf\":\"");
        out.extend_from_slice(base64(&self.leaf).as_bytes());
        out.extend_from_slice(b"\",\"units\":[");
        for (number, unit) in self.units.iter().enumerate() {
            if number > 0 {
                out.push(b',');
            }
            match unit {
                RecordUnit::Disclosed(text) => {
                    out.extend_from_slice(b"{\"d\":\"");
                    out.extend_from_slice(text.as_bytes());
                    out.extend_from_slice(b"\"}");
                }
                RecordUnit::Erased { digest, by } => {
                    out.extend_from_slice(b"{\"h\":\"");
                    push_url_hash(out, digest);
                    out.extend_from_slice(format!("\",\"erased_by\":{by}}}").as_bytes());
                }
                RecordUnit::Redacted { digest } => {
                    out.extend_from_slice(b"{\"h\":\"");
                    push_url_hash(out, digest);
                    out.extend_from_slice(b"\",\"redacted\":true}");
                }
            }
        }
        out.extend_from_slice(b"]}");
    }
}

impl ProvenErasure {
    /// Reads a line, without its line feed.
    ///
    /// # Errors
    /// If it is spelled in any other way than [`ProvenErasure::write_line`] writes.
    pub fn parse_line(line: &[u8]) -> Result<ProvenErasure, LineError> {
        let mut cursor = Cursor::new(line);
        let mut read = || {
            cursor.expect(b"{\"record\":")?;
            let record = cursor.record(Vec::new())?.into_owned();
            cursor.expect(b",\"proof\":[")?;
            let mut proof = Vec::new();
            while !cursor.next_is(b"]}") {
                if !proof.is_empty() {
                    cursor.expect(b",")?;
                }
                proof.push(bytes(cursor.string()?)?);
            }
            (cursor.at == line.len()).then_some(ProvenErasure { record, proof })
        };
        let found = read();
        found.ok_or(LineError { at: cursor.at + 1 })
    }

    /// Appends the line, without a line feed.
    pub fn write_line(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"record\":");
        self.record.write_line(out);
        out.extend_from_slice(b",\"proof\":[");
        for (number, hash) in self.proof.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            out.extend_from_slice(format!("{comma}\"{}\"", base64(hash)).as_bytes());
        }
        out.extend_from_slice(b"]}");
    }
}

struct Cursor<'a> {
    line: &'a [u8],
    /// The line as far as it is text: found out at once, and not string by string.
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(line: &'a [u8]) -> Cursor<'a> {
        Cursor { line, text: text(line), at: 0 }
    }

    fn record(&mut self, mut units: Vec<RecordUnit<'a>>) -> Option<Record<'a>> {
        self.expect(b"{\"seq\":")?;
        let seq = self.number()?;
        self.expect(b",\"leaf\":\"")?;
        let leaf = self.leaf()?;
        self.expect(b",\"units\":[")?;
        units.clear();
        loop {
            if units.len() == UNITS_MAX {
                return None;
            }
            units.push(self.unit()?);
            if self.next_is(b"]}") {
                return Some(Record { seq, leaf, units });
            }
            self.expect(b",")?;
        }
    }

    fn leaf(&mut self) -> Option<[u8; LEAF_BYTES]> {
        let text = self.line.get(self.at..self.at + LEAF_BYTES.div_ceil(3) * 4)?;
        // The decoder asks for the room of whole groups of four characters.
        let mut room = [0; LEAF_BYTES.div_ceil(3) * 3];
        let len = STANDARD.decode_slice(text, &mut room).ok()?;
        self.at += text.len();
        self.expect(b"\"")?;
        (len == LEAF_BYTES).then(|| *room.first_chunk().expect("the room is larger than a leaf"))
    }

    fn unit(&mut self) -> Option<RecordUnit<'a>> {
        if self.next_is(b"{\"d\":") {
            let from = self.at + 1;
            let len = self.string()?.len();
            let text = self.text.get(from..from + len)?;
            self.expect(b"}")?;
            return Some(RecordUnit::Disclosed(Cow::Borrowed(text)));
        }
        self.expect(b"{\"h\":")?;
        let digest: Hash = url_hash(self.string()?)?;
        if self.next_is(b",\"redacted\":true}") {
            return Some(RecordUnit::Redacted { digest });
        }
        self.expect(b",\"erased_by\":")?;
        let by = self.number()?;
        self.expect(b"}")?;
        Some(RecordUnit::Erased { digest, by })
    }

    /// Between two quotes. What is in it is checked by whoever decodes it; no escape decodes.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b"\"")?;
        let rest = &self.line[self.at..];
        let len = memchr::memchr(b'"', rest)?;
        self.at += len + 1;
        Some(&rest[..len])
    }

    fn number(&mut self) -> Option<u64> {
        let rest = &self.line[self.at..];
        let len = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        let digits = std::str::from_utf8(&rest[..len]).ok()?;
        if len > 1 && digits.starts_with('0') {
            return None;
        }
        let number = digits.parse().ok()?;
        self.at += len;
        Some(number)
    }

    /// Of known length, so that comparing is a few instructions.
    fn next_is<const N: usize>(&mut self, text: &[u8; N]) -> bool {
        let is = self.line[self.at..].first_chunk() == Some(text);
        self.at += if is { N } else { 0 };
        is
    }

    fn expect<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        self.next_is(text).then_some(())
    }
}
