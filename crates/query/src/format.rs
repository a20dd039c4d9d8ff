//! The canonical form of a query: what saved searches are compared by, what caches are keyed by, what is recorded.
//!
//! Parsing the canonical form gives the same query again, spans aside.

use std::fmt::{self, Formatter, Write};

/// One segment of an open path, quoted if it is not made of letters, digits, `_` and `-` only.
pub(crate) fn write_segment(f: &mut Formatter<'_>, segment: &str) -> fmt::Result {
    if !segment.is_empty() && segment.chars().all(crate::lexer::is_segment_char) {
        return f.write_str(segment);
    }
    write_quoted(f, segment)
}

pub(crate) fn write_quoted(f: &mut impl Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if c == '\\' || crate::lexer::is_quote(c) {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}
