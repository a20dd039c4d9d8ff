//! The words of a query text, for colours and for what may be completed: every text has tokens, right or wrong. The
//! browser's editor has the same tokenizer; both run the vectors in `testdata/query/tokens.json`.

use serde::Serialize;

use crate::lexer::{is_name_char, is_quote, is_segment_char, is_space};
use crate::span::{Span, Utf16Map};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// A field with its colon.
    Field,
    /// An unquoted value of a field.
    Value,
    /// A quoted text.
    String,
    /// A word that is searched.
    Text,
    /// `AND`, `OR`, `NOT`, a minus, a comparison, or the dots of a range.
    Operator,
    /// Between the values of a list.
    Comma,
    /// A parenthesis.
    Paren,
}

/// A token; what lies between two of them is space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// The tokens of a text, in order and without overlap.
pub fn tokens(text: &str) -> Vec<Token> {
    let map = Utf16Map::new(text);
    let mut found = Vec::new();
    let (mut at, mut in_value) = (0, false);
    while let Some(c) = text[at..].chars().next() {
        if is_space(c) {
            at += c.len_utf8();
            in_value = false;
            continue;
        }
        let (kind, len) = next(text, at, c, in_value);
        found.push(Token { kind, span: map.span(at, at + len) });
        at += len;
        in_value = match kind {
            TokenKind::Field => !text[at..].starts_with('('),
            TokenKind::Paren => false,
            _ => in_value,
        };
    }
    found
}

/// The token that starts at `at` with `c`, and its length in bytes.
fn next(text: &str, at: usize, c: char, in_value: bool) -> (TokenKind, usize) {
    let rest = &text[at..];
    let one = c.len_utf8();
    if c == '(' || c == ')' {
        return (TokenKind::Paren, 1);
    }
    if is_quote(c) {
        return (TokenKind::String, quoted_len(rest));
    }
    if in_value {
        return value(text, at, c);
    }
    if c == '-' && rest[1..].chars().next().is_some_and(|next| !is_space(next)) {
        return (TokenKind::Operator, 1);
    }
    if let Some(len) = field_len(rest) {
        return (TokenKind::Field, len);
    }
    let len = bare_len(rest, false).max(one);
    let is_word = matches!(&rest[..len], "AND" | "OR" | "NOT");
    (if is_word { TokenKind::Operator } else { TokenKind::Text }, len)
}

fn value(text: &str, at: usize, c: char) -> (TokenKind, usize) {
    let rest = &text[at..];
    if c == ',' {
        return (TokenKind::Comma, 1);
    }
    if rest.starts_with("..") {
        return (TokenKind::Operator, 2);
    }
    let compare = [">=", "<=", ">", "<", "="].into_iter().find(|word| rest.starts_with(word));
    if let Some(compare) = compare
        && text[..at].ends_with([':', ','])
    {
        return (TokenKind::Operator, compare.len());
    }
    (TokenKind::Value, bare_len(rest, true).max(c.len_utf8()))
}

/// The length of the quoted text that begins here; one that is not closed goes to the end.
fn quoted_len(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if is_quote(c) {
            return at + c.len_utf8();
        }
    }
    rest.len()
}

/// The length of a bare word: up to a space, a parenthesis or a quote, in a value also a comma or two dots.
fn bare_len(rest: &str, is_value: bool) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices() {
        if is_escaped {
            is_escaped = false;
            continue;
        }
        let ends_value = is_value && (c == ',' || rest[at..].starts_with(".."));
        if is_space(c) || c == '(' || c == ')' || is_quote(c) || ends_value {
            return at;
        }
        is_escaped = c == '\\';
    }
    rest.len()
}

/// The length of a field with its colon, if one begins here.
fn field_len(rest: &str) -> Option<usize> {
    let mut len = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    while let Some(path) = rest[len..].strip_prefix('.') {
        let segment = match path.chars().next() {
            Some('"') => closed_len(path)?,
            _ => path.find(|c| !is_segment_char(c)).unwrap_or(path.len()),
        };
        if segment == 0 {
            return None;
        }
        len += 1 + segment;
    }
    rest[len..].starts_with(':').then_some(len + 1)
}

/// The length of a straight quoted segment, if it is closed.
fn closed_len(path: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in path.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
