//! The JSON documents of a file, whichever way they are laid out: one a line, or over many lines.
//!
//! The first line that is not empty decides. If it is a whole JSON value, or no JSON at all, the file is taken for one
//! value a line, and a line that cannot be read concerns only itself. If it is the beginning of a value, the file is
//! taken for values over several lines; there, what follows a mistake cannot be made out any more.

use std::io::{self, BufRead, Read};

use serde_json::Value;

/// Bytes of one line at most, and of a file whose values go over several lines: more would not fit into memory.
const DOCUMENT_BYTES_MAX: u64 = 1 << 30;

/// A document, or why it cannot be read.
pub(super) type Document = Result<Value, DocumentError>;

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    /// Not JSON. The rest of the file can be read if it is laid out one a line.
    #[error("not JSON: {0}")]
    Syntax(serde_json::Error),
    /// Longer than we take.
    #[error("a document is longer than {DOCUMENT_BYTES_MAX} bytes")]
    TooLong,
    /// The file ends with an error, a damaged compression most often.
    #[error("the file cannot be read on: {0}")]
    Io(#[from] io::Error),
}

/// The documents of a file with the line in which each begins, from 1.
pub(super) struct Documents<R> {
    input: R,
    line: u64,
    layout: Layout,
    buffer: Vec<u8>,
}

enum Layout {
    Unknown,
    OneALine,
    /// All of the rest, in memory, with its documents still to come.
    Several(std::vec::IntoIter<(u64, Document)>),
    Ended,
}

impl<R: BufRead> Documents<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, line: 0, layout: Layout::Unknown, buffer: Vec::new() }
    }

    /// Reads the next line that is not empty; false at the end.
    fn line(&mut self) -> Result<bool, DocumentError> {
        loop {
            self.buffer.clear();
            let read = (&mut self.input).take(DOCUMENT_BYTES_MAX).read_until(b'\n', &mut self.buffer)?;
            if read as u64 == DOCUMENT_BYTES_MAX {
                return Err(DocumentError::TooLong);
            }
            if read == 0 {
                return Ok(false);
            }
            self.line += 1;
            if self.line == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
                self.buffer.drain(..3); // some exports begin with a byte order mark
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    /// The documents from the line in the buffer to the end of the file.
    fn read_several(&mut self) -> Result<Vec<(u64, Document)>, DocumentError> {
        let mut text = std::mem::take(&mut self.buffer);
        let first_line = self.line;
        (&mut self.input).take(DOCUMENT_BYTES_MAX).read_to_end(&mut text)?;
        if text.len() as u64 > DOCUMENT_BYTES_MAX {
            return Err(DocumentError::TooLong);
        }
        let mut found = Vec::new();
        let mut values = serde_json::Deserializer::from_slice(&text).into_iter::<Value>();
        let (mut at, mut line) = (0, first_line);
        loop {
            let start = at + text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            line += line_breaks(&text[at..start]);
            let Some(value) = values.next() else { return Ok(found) };
            let is_last = value.is_err();
            found.push((line, value.map_err(DocumentError::Syntax)));
            if is_last {
                return Ok(found);
            }
            at = values.byte_offset();
            line += line_breaks(&text[start..at]);
        }
    }
}

impl<R: BufRead> Iterator for Documents<R> {
    type Item = (u64, Document);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.layout {
            Layout::Ended => return None,
            Layout::Several(documents) => return documents.next(),
            Layout::Unknown | Layout::OneALine => {}
        }
        match self.line() {
            Ok(true) => {}
            Ok(false) => {
                self.layout = Layout::Ended;
                return None;
            }
            Err(error) => {
                self.layout = Layout::Ended;
                return Some((self.line + 1, Err(error)));
            }
        }
        let parsed = serde_json::from_slice(&self.buffer);
        if matches!(self.layout, Layout::Unknown) {
            if parsed.as_ref().is_err_and(serde_json::Error::is_eof) {
                return match self.read_several() {
                    Ok(documents) => {
                        self.layout = Layout::Several(documents.into_iter());
                        self.next()
                    }
                    Err(error) => {
                        self.layout = Layout::Ended;
                        Some((self.line, Err(error)))
                    }
                };
            }
            self.layout = Layout::OneALine;
        }
        Some((self.line, parsed.map_err(DocumentError::Syntax)))
    }
}

fn line_breaks(text: &[u8]) -> u64 {
    text.split(|byte| *byte == b'\n').count() as u64 - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, String)> {
        Documents::new(text.as_bytes())
            .map(|(line, document)| {
                (line, document.map_or_else(|_| "bad".to_owned(), |value| value.to_string()))
            })
            .collect()
    }

    fn lines(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
        expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
    }

    #[test]
    fn one_a_line_goes_on_after_a_bad_line() {
        let text = "\u{feff}{\"a\":1}\n\n{\"a\":\n{\"a\":3}\nxyz\n[4]";
        assert_eq!(
            read(text),
            lines(&[(1, "{\"a\":1}"), (3, "bad"), (4, "{\"a\":3}"), (5, "bad"), (6, "[4]")])
        );
        assert_eq!(read("nonsense\n{\"a\":2}\n"), lines(&[(1, "bad"), (2, "{\"a\":2}")]));
    }

    #[test]
    fn values_over_several_lines_have_the_line_they_begin_in() {
        let text = "\n{\n \"a\": 1\n}\n{\n \"a\": 2\n} {\"a\":3}\n";
        assert_eq!(read(text), lines(&[(2, "{\"a\":1}"), (5, "{\"a\":2}"), (7, "{\"a\":3}")]));
        assert_eq!(read("[\n1,\n2]\n{\n"), lines(&[(1, "[1,2]"), (4, "bad")]));
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(read("").is_empty() && read(" \n\n").is_empty());
    }
}
