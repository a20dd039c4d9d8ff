//! What the language itself offers at a place in a text: fields, and the words of those with a closed list. Values that
//! events have are asked for elsewhere.

use serde::Serialize;

use crate::fields::{FIELDS, FieldDef, Kind};
use crate::span::{Span, byte_of};
use crate::tokens::{Token, TokenKind, tokens};

/// Completions at one place at most.
pub const COMPLETIONS_MAX: usize = 50;
const TIMES: &[&str] = &[
    "today",
    "yesterday",
    "last-24h",
    "last-7d",
    "last-30d",
    "this-week",
    "this-month",
    ">now-1h",
    ">now-7d",
];

/// Something that may be put in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// `field`, `value` or `time`.
    pub kind: &'static str,
    /// The place that it takes.
    pub replace: Span,
    /// What is put there.
    pub insert: String,
    /// The other name of a field by which it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<&'static str>,
}

/// What the language offers at `caret`, which counts UTF-16 code units.
pub fn complete(text: &str, caret: u32) -> Vec<Completion> {
    let all = tokens(text);
    let here = all.iter().position(|token| token.span.start < caret && caret <= token.span.end);
    let mut found = match here {
        None => fields("", Span { start: caret, end: caret }),
        Some(at) => at_token(text, &all, at, caret),
    };
    found.truncate(COMPLETIONS_MAX);
    found
}

fn at_token(text: &str, all: &[Token], at: usize, caret: u32) -> Vec<Completion> {
    let token = all[at];
    let typed = &text[byte_of(text, token.span.start)..byte_of(text, caret)];
    match token.kind {
        TokenKind::Text => fields(typed, token.span),
        TokenKind::Operator | TokenKind::Paren if !follows_field(all, at) => {
            fields("", Span { start: caret, end: caret })
        }
        TokenKind::Field if caret < token.span.end => Vec::new(),
        _ => {
            let Some(field) = field_before(text, all, at) else { return Vec::new() };
            let is_value = matches!(token.kind, TokenKind::Value);
            let replace = if is_value { token.span } else { Span { start: caret, end: caret } };
            values(field, if is_value { typed } else { "" }, replace)
        }
    }
}

/// Whether a token stands behind the colon of a field without a space between.
fn follows_field(all: &[Token], at: usize) -> bool {
    let mut end = all[at].span.start;
    for token in all[..at].iter().rev() {
        if token.span.end != end {
            return false;
        }
        if token.kind == TokenKind::Field {
            return true;
        }
        end = token.span.start;
    }
    false
}

fn field_before(text: &str, all: &[Token], at: usize) -> Option<&'static FieldDef> {
    let token = all[..=at].iter().rev().find(|token| token.kind == TokenKind::Field)?;
    let is_joined = all[at].kind == TokenKind::Field || follows_field(all, at);
    let name = &text[byte_of(text, token.span.start)..byte_of(text, token.span.end - 1)];
    let name = name.to_lowercase();
    is_joined
        .then(|| FIELDS.iter().find(|field| field.name == name || field.aliases.contains(&name.as_str())))?
}

fn fields(typed: &str, replace: Span) -> Vec<Completion> {
    let typed = typed.to_lowercase();
    let fits = |name: &&str| name.starts_with(&typed);
    let offered = FIELDS.iter().filter_map(|field| {
        let alias = field.aliases.iter().copied().find(|alias| fits(alias));
        let is_named = fits(&field.name);
        (is_named || alias.is_some()).then(|| {
            let ending = if matches!(field.kind, Kind::Open) { "." } else { ":" };
            Completion {
                kind: "field",
                replace,
                insert: format!("{}{ending}", field.name),
                alias: alias.filter(|_| !is_named),
            }
        })
    });
    offered.collect()
}

fn values(field: &FieldDef, typed: &str, replace: Span) -> Vec<Completion> {
    let (kind, words) = match field.kind {
        Kind::Enum(words, _) => ("value", words),
        Kind::Time => ("time", TIMES),
        _ => return Vec::new(),
    };
    let typed = typed.to_lowercase();
    let fits = words.iter().filter(|word| word.starts_with(&typed));
    fits.map(|word| Completion { kind, replace, insert: (*word).to_owned(), alias: None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn offered(text: &str) -> Vec<String> {
        let caret = text.encode_utf16().count() as u32;
        complete(text, caret).into_iter().map(|one| one.insert).collect()
    }

    #[test]
    fn fields_by_name_and_by_alias() {
        assert_eq!(offered("outc"), ["outcome:"]);
        assert_eq!(offered("-stat"), ["outcome:"]);
        assert_eq!(complete("stat", 4)[0].alias, Some("status"));
        assert!(offered("").len() == FIELDS.len() && offered("日本 ").len() == FIELDS.len());
        assert_eq!(offered("日本 outc"), ["outcome:"]);
        assert_eq!(complete("日😀 outc", 8)[0].replace, Span { start: 4, end: 8 });
        assert!(offered("zzz").is_empty());
    }

    #[test]
    fn words_of_closed_lists_and_times() {
        assert_eq!(offered("outcome:"), ["success", "failure", "denied", "unknown"]);
        assert_eq!(offered("outcome:success,f"), ["failure"]);
        assert_eq!(offered("crud:cr"), ["create"]);
        assert!(offered("created:").contains(&"last-7d".to_owned()));
        assert!(offered("actor:").is_empty() && offered("actor:al").is_empty());
        assert!(offered("\"outcome:").is_empty());
        assert!(offered("outcome:failure x").is_empty());
    }

    #[test]
    fn what_is_offered_is_understood() {
        for field in FIELDS {
            for word in offered(&format!("{}:", field.name)) {
                assert!(parse(&format!("{}:{word}", field.name)).query.is_some(), "{}:{word}", field.name);
            }
        }
    }
}
