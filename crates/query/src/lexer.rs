//! Characters and atoms of the language: what separates, what quotes, what a field name and a value are made of.

/// Whether `c` separates terms.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{a0}' | '\u{3000}')
}

/// Straight and curly double quotes all open and close a quoted text.
pub(crate) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”')
}

/// What a segment of an open path is made of without quotes.
pub(crate) fn is_segment_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}
