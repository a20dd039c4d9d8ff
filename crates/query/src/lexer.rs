//! Characters and atoms of the language: what separates, what quotes, what a field name and a value are made of.

use crate::diagnostic::{Code, Diagnostic, Fix};
use crate::limits::{ERRORS_MAX, WARNINGS_MAX};
use crate::pattern::Pattern;
use crate::span::Utf16Map;

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

/// What a field name is made of; the first character is no digit and no hyphen.
pub(crate) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Where an atom stands: in a value, a comma and `..` end it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Text,
    Value,
}

/// A quoted text or an unquoted word, with its place in bytes.
#[derive(Debug)]
pub(crate) struct Atom {
    pub(crate) pattern: Pattern,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A field name before a colon, with the place of the colon in bytes.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) segments: Vec<String>,
    pub(crate) colon: usize,
}

/// Reads atoms from a text and collects what there is to say about it.
pub(crate) struct Lexer<'a> {
    pub(crate) text: &'a str,
    pub(crate) pos: usize,
    pub(crate) map: Utf16Map,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// All errors, also those beyond the limit that are not kept.
    pub(crate) errors: usize,
    warnings: usize,
    stopped: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let map = Utf16Map::new(text);
        Self { text, pos: 0, map, diagnostics: Vec::new(), errors: 0, warnings: 0, stopped: false }
    }

    /// Reports an error or a warning on the bytes `[start, end)`, which must lie on character boundaries.
    pub(crate) fn report(
        &mut self,
        code: Code,
        place: (usize, usize),
        message: impl Into<String>,
        fix: Option<Fix>,
    ) {
        let diagnostic = Diagnostic::new(code, self.map.span(place.0, place.1), message, fix);
        let (count, max) = if diagnostic.is_error() {
            (&mut self.errors, ERRORS_MAX)
        } else {
            (&mut self.warnings, WARNINGS_MAX)
        };
        *count += 1;
        if *count <= max && !self.stopped {
            self.diagnostics.push(diagnostic);
        }
    }

    /// A fix that replaces the bytes `[start, end)`.
    #[expect(clippy::unnecessary_wraps, reason = "every use hands it to `report`, which takes an option")]
    pub(crate) fn fix(&self, start: usize, end: usize, with: impl Into<String>) -> Option<Fix> {
        Some(Fix { replace: self.map.span(start, end), with: with.into() })
    }

    /// Gives up on the rest of the text; what follows from that is not reported.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        self.pos = self.text.len();
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.pos..]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn bump(&mut self) {
        self.pos += self.peek().map_or(0, char::len_utf8);
    }

    pub(crate) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.pos += text.len();
        }
        found
    }

    pub(crate) fn skip_space(&mut self) {
        self.pos = self.text.len() - self.rest().trim_start_matches(is_space).len();
    }

    /// Whether a term ends here: at the end, before a space, before a closing parenthesis.
    pub(crate) fn at_term_end(&self) -> bool {
        self.peek().is_none_or(|c| is_space(c) || c == ')')
    }

    /// Whether the operand of an operator is missing here.
    pub(crate) fn at_operand_end(&self) -> bool {
        self.peek().is_none_or(|c| c == ')') || self.at_keyword("OR") || self.at_keyword("AND")
    }

    pub(crate) fn at_keyword(&self, keyword: &str) -> bool {
        let after = self.rest().strip_prefix(keyword);
        after.is_some_and(|after| after.chars().next().is_none_or(|c| is_space(c) || c == '(' || c == ')'))
    }

    /// The field name that starts here, if a colon follows it. Does not move.
    pub(crate) fn name(&self) -> Option<Name> {
        let first = self.rest();
        if !first.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return None;
        }
        let mut rest = first.trim_start_matches(is_name_char);
        let mut segments = vec![first[..first.len() - rest.len()].to_owned()];
        loop {
            if rest.starts_with(':') {
                return Some(Name { segments, colon: self.text.len() - rest.len() });
            }
            let after_dot = rest.strip_prefix('.')?;
            let segment;
            (segment, rest) = if after_dot.starts_with(is_quote) {
                quoted_segment(after_dot)?
            } else {
                plain_segment(after_dot)?
            };
            segments.push(segment);
        }
    }

    /// The atom that starts here. Empty only if a character that ends atoms comes first.
    pub(crate) fn atom(&mut self, place: Place) -> Atom {
        if !self.peek().is_some_and(is_quote) {
            return self.bare(place);
        }
        let atom = self.quoted();
        if !self.at_atom_end(place) && atom.end > atom.start + 1 {
            let at = self.pos;
            let next = at + self.peek().map_or(0, char::len_utf8);
            let fix = self.fix(at, at, " ");
            self.report(Code::JunkAfterQuote, (at, next), "put a space after the closing quote", fix);
        }
        atom
    }

    fn at_atom_end(&self, place: Place) -> bool {
        self.at_term_end()
            || place == Place::Value && (self.rest().starts_with(',') || self.rest().starts_with(".."))
    }

    fn quoted(&mut self) -> Atom {
        let start = self.pos;
        self.bump();
        let opened = self.pos;
        let mut value = String::new();
        loop {
            let Some(c) = self.peek() else {
                let end = self.text.len();
                let fix = self.fix(end, end, "\"");
                self.report(Code::UnclosedQuote, (start, opened), "this quote is never closed", fix);
                break;
            };
            let at = self.pos;
            self.bump();
            if is_quote(c) {
                break;
            }
            if c != '\\' {
                value.push(c);
                continue;
            }
            let Some(escaped) = self.peek() else { continue };
            self.bump();
            if !is_quote(escaped) && escaped != '\\' {
                let fix = self.fix(at, at + 1, "\\\\");
                let message = "only \\\" and \\\\ may be escaped inside quotes";
                self.report(Code::BadEscape, (at, self.pos), message, fix);
            }
            value.push(escaped);
        }
        Atom { pattern: Pattern::literal(value), start, end: self.pos }
    }

    fn bare(&mut self, place: Place) -> Atom {
        let start = self.pos;
        let mut parts = vec![String::new()];
        let mut open_parens = 0_usize;
        while let Some(c) = self.peek() {
            if open_parens > 0 && c == ')' {
                open_parens -= 1;
                self.bump();
                continue;
            }
            if self.at_atom_end(place) {
                break;
            }
            let at = self.pos;
            if is_quote(c) {
                let fix = self.fix(at, at, " ");
                self.report(
                    Code::JunkAfterQuote,
                    (at, at + c.len_utf8()),
                    "put a space before the opening quote",
                    fix,
                );
                break;
            }
            self.bump();
            match c {
                '(' => {
                    open_parens += 1;
                    let fix = self.fix(at, at, "\\");
                    let message = "a parenthesis inside a word must be quoted or escaped as \\(";
                    self.report(Code::UnexpectedParen, (at, at + 1), message, fix);
                }
                '\\' => {
                    if let Some(escaped) = self.peek() {
                        self.bump();
                        push(&mut parts, escaped);
                    } else {
                        let fix = self.fix(at, at + 1, "\\\\");
                        self.report(
                            Code::DanglingEscape,
                            (at, at + 1),
                            "a backslash at the end escapes nothing",
                            fix,
                        );
                    }
                }
                // Several stars in a row mean the same as one.
                '*' if parts.len() > 1 && parts.last().is_some_and(String::is_empty) => {}
                '*' => parts.push(String::new()),
                c => push(&mut parts, c),
            }
        }
        Atom { pattern: Pattern { parts }, start, end: self.pos }
    }
}

fn push(parts: &mut [String], c: char) {
    parts.last_mut().expect("starts with one part").push(c);
}

fn plain_segment(text: &str) -> Option<(String, &str)> {
    let rest = text.trim_start_matches(is_segment_char);
    let segment = &text[..text.len() - rest.len()];
    // `metadata.:x` is the start of a field with its key missing, not a text.
    (!segment.is_empty() || rest.starts_with(':')).then(|| (segment.to_owned(), rest))
}

fn quoted_segment(text: &str) -> Option<(String, &str)> {
    let mut segment = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if is_quote(c) {
            return Some((segment, &text[at + c.len_utf8()..]));
        }
        segment.push(if c == '\\' { chars.next()?.1 } else { c });
    }
    None
}
