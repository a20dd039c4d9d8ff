//! Recursive descent over the grammar of docs/query-language.md. Goes on after an error, so that one look shows
//! several; an empty node (`None`) stands for what could not be read.

mod term;
mod value;

use crate::ast::{Node, Query};
use crate::diagnostic::{Code, Diagnostic};
use crate::fields::FieldRef;
use crate::lexer::{Lexer, is_space};
use crate::limits::{QUERY_CHARS_MAX, QUERY_DEPTH_MAX};

/// The result of [`parse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The query; `None` exactly if there is an error.
    pub query: Option<Query>,
    /// Errors and warnings in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// The query, or every diagnostic if one of them is an error.
    pub fn into_result(self) -> Result<(Query, Vec<Diagnostic>), Vec<Diagnostic>> {
        match self.query {
            Some(query) => Ok((query, self.diagnostics)),
            None => Err(self.diagnostics),
        }
    }
}

/// Reads a query. Needs no clock and no zone: times stay as written until the query is lowered.
pub fn parse(text: &str) -> Parsed {
    let mut parser = Parser { lexer: Lexer::new(text), terms: 0, depth: 0 };
    let chars = text.encode_utf16().count();
    let root = if chars > QUERY_CHARS_MAX {
        let from = crate::span::byte_of(text, QUERY_CHARS_MAX as u32);
        let message = format!("the query has {chars} characters; the limit is {QUERY_CHARS_MAX}");
        parser.lexer.report(Code::TooLong, (from, text.len()), message, None);
        None
    } else {
        parser.whole()
    };
    let failed = parser.lexer.errors > 0;
    let mut diagnostics = parser.lexer.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    Parsed { query: (!failed).then_some(Query { root }), diagnostics }
}

/// What plain values belong to.
#[derive(Clone)]
enum Context {
    /// Nothing: they are free text.
    Top,
    /// The field of the group that they stand in.
    Group(FieldRef),
    /// A group of a field that does not exist; its inside is read only to find its end.
    Unknown,
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    terms: usize,
    depth: usize,
}

impl Parser<'_> {
    fn whole(&mut self) -> Option<Node> {
        let mut nodes = Vec::new();
        loop {
            nodes.extend(self.or(&Context::Top));
            let Some(at) = self.lexer.peek().map(|_| self.lexer.pos) else { break };
            // Only a closing parenthesis ends an expression before the end of the text.
            let fix = self.lexer.fix(at, at + 1, "");
            self.lexer.report(Code::UnmatchedParen, (at, at + 1), "no opening parenthesis for this one", fix);
            self.lexer.bump();
        }
        all(nodes)
    }

    fn or(&mut self, context: &Context) -> Option<Node> {
        let mut nodes = Vec::from_iter(self.and(context));
        loop {
            self.lexer.skip_space();
            if !self.lexer.at_keyword("OR") {
                return any(nodes);
            }
            let at = self.lexer.pos;
            self.lexer.pos += 2;
            self.lexer.skip_space();
            if self.lexer.peek().is_none_or(|c| c == ')') {
                self.lexer.report(Code::MissingOperand, (at, at + 2), "OR needs a term on its right", None);
                return any(nodes);
            }
            nodes.extend(self.and(context));
        }
    }

    fn and(&mut self, context: &Context) -> Option<Node> {
        let mut nodes = Vec::new();
        loop {
            self.lexer.skip_space();
            let at = self.lexer.pos;
            if self.lexer.peek().is_none_or(|c| c == ')') {
                return all(nodes);
            }
            if self.lexer.at_keyword("OR") {
                if !nodes.is_empty() {
                    return all(nodes);
                }
                self.lexer.report(Code::MissingOperand, (at, at + 2), "OR needs a term on its left", None);
                self.lexer.pos += 2;
                continue;
            }
            if self.lexer.at_keyword("AND") {
                self.lexer.pos += 3;
                self.lexer.skip_space();
                if nodes.is_empty() || self.lexer.at_operand_end() {
                    self.lexer.report(
                        Code::MissingOperand,
                        (at, at + 3),
                        "AND needs a term on each side",
                        None,
                    );
                }
                continue;
            }
            nodes.extend(self.unary(context));
            if self.lexer.pos == at {
                self.lexer.bump();
            }
        }
    }

    fn unary(&mut self, context: &Context) -> Option<Node> {
        let start = self.lexer.pos;
        let word = if self.lexer.at_keyword("NOT") {
            3
        } else if self.lexer.rest().strip_prefix('-').is_some_and(|rest| rest.starts_with(|c| !is_space(c))) {
            1
        } else {
            return self.primary(context);
        };
        self.lexer.pos += word;
        self.lexer.skip_space();
        if self.lexer.at_operand_end() {
            self.lexer.report(Code::MissingOperand, (start, start + word), "NOT needs a term after it", None);
            return None;
        }
        let child = self.nested(start, |parser| parser.unary(context))?;
        Some(Node::Not { child: Box::new(child), span: self.lexer.map.span(start, self.lexer.pos) })
    }

    fn primary(&mut self, context: &Context) -> Option<Node> {
        if self.lexer.peek() == Some('(') { self.parentheses(context) } else { self.term(context) }
    }

    /// `( ... )`, also of a group; stands at the opening parenthesis.
    fn parentheses(&mut self, context: &Context) -> Option<Node> {
        let start = self.lexer.pos;
        let errors_before = self.lexer.errors;
        self.lexer.bump();
        let child = self.nested(start, |parser| {
            let child = parser.or(context);
            parser.lexer.skip_space();
            child
        });
        if !self.lexer.eat(")") {
            let end = self.lexer.text.len();
            let fix = self.lexer.fix(end, end, ")");
            self.lexer.report(
                Code::UnclosedParen,
                (start, start + 1),
                "this parenthesis is never closed",
                fix,
            );
        }
        if child.is_none() && self.lexer.errors == errors_before {
            self.lexer.report(
                Code::EmptyGroup,
                (start, self.lexer.pos),
                "nothing inside the parentheses",
                None,
            );
        }
        child
    }

    /// Runs `read` one level deeper, unless that is too deep: recursion must not depend on the input.
    fn nested(&mut self, start: usize, read: impl FnOnce(&mut Self) -> Option<Node>) -> Option<Node> {
        if self.depth == QUERY_DEPTH_MAX {
            let message = format!("more than {QUERY_DEPTH_MAX} levels of parentheses and negations");
            self.lexer.report(Code::TooDeep, (start, start + 1), message, None);
            self.lexer.stop();
            return None;
        }
        self.depth += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }
}

fn all(nodes: Vec<Node>) -> Option<Node> {
    let mut flat = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::And { children, .. } => flat.extend(children),
            other => flat.push(other),
        }
    }
    join(flat, |children, span| Node::And { children, span })
}

fn any(nodes: Vec<Node>) -> Option<Node> {
    let mut flat = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Or { children, .. } => flat.extend(children),
            other => flat.push(other),
        }
    }
    join(flat, |children, span| Node::Or { children, span })
}

fn join(mut nodes: Vec<Node>, make: impl FnOnce(Vec<Node>, crate::Span) -> Node) -> Option<Node> {
    match nodes.len() {
        0 => None,
        1 => nodes.pop(),
        _ => {
            let span = nodes.iter().fold(nodes[0].span(), |span, node| span.to(node.span()));
            Some(make(nodes, span))
        }
    }
}
