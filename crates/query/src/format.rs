//! The canonical form of a query: what saved searches are compared by, what caches are keyed by, what is recorded.
//!
//! Parsing the canonical form gives the same query again, spans aside. It keeps the order of terms, lower-cases field
//! names, resolves aliases, quotes only what needs it and puts an AND inside an OR in parentheses.

use std::fmt::{self, Display, Formatter, Write};

use crate::ast::{Item, Node, Query, Term, Test, Value};
use crate::fields::{Field, FieldRef};
use crate::lexer::{Lexer, is_quote, is_segment_char, is_space};
use crate::pattern::Pattern;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.root.as_ref().map_or(Ok(()), |root| node(f, root, None, Around::Nothing))
    }
}

/// What stands around a node, which decides whether it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Nothing,
    And,
    OrOrNot,
}

/// `group` is the field of the innermost group around.
fn node(f: &mut Formatter<'_>, it: &Node, group: Option<Field>, around: Around) -> fmt::Result {
    match it {
        Node::And { children, .. } => parenthesised(f, around == Around::OrOrNot, |f| {
            separated(f, children, " ", |f, child| node(f, child, group, Around::And))
        }),
        Node::Or { children, .. } => parenthesised(f, around != Around::Nothing, |f| {
            separated(f, children, " OR ", |f, child| node(f, child, group, Around::OrOrNot))
        }),
        Node::Not { child, .. } => {
            f.write_char('-')?;
            node(f, child, group, Around::OrOrNot)
        }
        Node::Text { pattern, .. } => write_pattern(f, pattern, Position::Term),
        Node::Term(term) => write_term(f, term, group),
        Node::Group { field, child, .. } => {
            write_field(f, field, group)?;
            f.write_str(":(")?;
            node(f, child, Some(field.field), Around::Nothing)?;
            f.write_char(')')
        }
    }
}

fn parenthesised(
    f: &mut Formatter<'_>,
    needed: bool,
    inside: impl FnOnce(&mut Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    if !needed {
        return inside(f);
    }
    f.write_char('(')?;
    inside(f)?;
    f.write_char(')')
}

fn separated<T>(
    f: &mut Formatter<'_>,
    list: &[T],
    separator: &str,
    one: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, it) in list.iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        one(f, it)?;
    }
    Ok(())
}

/// The field's name, without the name of the entity whose group it stands in.
fn write_field(f: &mut Formatter<'_>, field: &FieldRef, group: Option<Field>) -> fmt::Result {
    let name = field.to_string();
    let entity = group.map(|group| format!("{}.", group.def().name));
    f.write_str(entity.and_then(|entity| name.strip_prefix(&entity)).unwrap_or(&name))
}

fn write_term(f: &mut Formatter<'_>, term: &Term, group: Option<Field>) -> fmt::Result {
    if group == Some(term.field.field) {
        return separated(f, &term.items, ",", |f, it| item(f, it, Position::Term));
    }
    write_field(f, &term.field, group)?;
    f.write_char(':')?;
    separated(f, &term.items, ",", |f, it| item(f, it, Position::Value))
}

fn item(f: &mut Formatter<'_>, it: &Item, position: Position) -> fmt::Result {
    match &it.test {
        Test::Exists => f.write_char('*'),
        Test::Glob { pattern } => write_pattern(f, pattern, position),
        Test::Compare { op, value } => {
            f.write_str(op.as_str())?;
            write_value(f, value, position)
        }
        Test::Range { from, to } => {
            from.iter().try_for_each(|from| write_value(f, from, position))?;
            f.write_str("..")?;
            to.iter().try_for_each(|to| write_value(f, to, Position::Value))
        }
    }
}

fn write_value(f: &mut Formatter<'_>, value: &Value, position: Position) -> fmt::Result {
    match value {
        Value::Text(text) => write_literal(f, text, position),
        Value::Word(word) => f.write_str(word),
        Value::Number(number) => number.fmt(f),
        Value::Ip(network) => network.fmt(f),
        Value::Time(time) => time.fmt(f),
    }
}

/// Where a text stands: what starts a term may be read as an operator or a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Term,
    Value,
}

fn write_literal(f: &mut Formatter<'_>, text: &str, position: Position) -> fmt::Result {
    let plain = !text.is_empty()
        && !text.chars().any(needs_care)
        && !text.contains("..")
        && !text.starts_with(['-', '<', '>', '='])
        && !(position == Position::Term && (is_operator(text) || looks_like_field(text)));
    if plain { f.write_str(text) } else { write_quoted(f, text) }
}

fn write_pattern(f: &mut Formatter<'_>, pattern: &Pattern, position: Position) -> fmt::Result {
    if let Some(text) = pattern.as_literal() {
        return write_literal(f, text, position);
    }
    let field_like = position == Position::Term && looks_like_field(pattern.prefix());
    for (i, part) in pattern.parts.iter().enumerate() {
        if i > 0 {
            f.write_char('*')?;
        }
        let mut before = '*';
        for (at, c) in part.char_indices() {
            let starts_operator = i == 0 && at == 0 && matches!(c, '-' | '<' | '>' | '=');
            let ends_name = field_like && i == 0 && c == ':';
            if needs_care(c) || starts_operator || ends_name || (c == '.' && before == '.') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
            before = c;
        }
    }
    Ok(())
}

fn needs_care(c: char) -> bool {
    is_space(c) || c.is_whitespace() || is_quote(c) || matches!(c, '(' | ')' | '\\' | ',' | '*')
}

fn is_operator(text: &str) -> bool {
    ["AND", "OR", "NOT"].iter().any(|operator| operator.eq_ignore_ascii_case(text))
}

fn looks_like_field(text: &str) -> bool {
    Lexer::new(text).name().is_some()
}

/// One segment of an open path, quoted if it is not made of letters, digits, `_` and `-` only.
pub(crate) fn write_segment(f: &mut Formatter<'_>, segment: &str) -> fmt::Result {
    if !segment.is_empty() && segment.chars().all(is_segment_char) {
        return f.write_str(segment);
    }
    write_quoted(f, segment)
}

fn write_quoted(f: &mut impl Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if c == '\\' || is_quote(c) {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// `text` in quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_quoted(&mut out, text).expect("writing to a String does not fail");
    out
}
