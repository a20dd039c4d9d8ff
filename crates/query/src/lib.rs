//! The query language: parser, diagnostics, canonical form, and a matcher for one event.
//!
//! [`parse`] reads a text into a [`Query`] and a list of [`Diagnostic`]s; the query's `Display` is its canonical
//! form.
//! [`lower`] resolves times, aliases and types into [`Lowered`], a tree of typed predicates that an index can plan,
//! and [`matches`] answers it for one event. Pure: no clock, no files, no zone of the machine.
//! The language itself is described in `docs/query-language.md`.

mod addr;
mod advise;
mod ast;
mod complete;
mod diagnostic;
mod fields;
mod format;
mod lexer;
pub mod limits;
mod lower;
mod matcher;
mod number;
mod parser;
mod pattern;
mod phrase;
mod span;
mod time;
mod tokens;
mod used;
mod without;

pub use addr::Network;
pub use advise::{time_twice, unknown_actions};
pub use ast::{Item, Node, Op, Query, Term, Test, Value};
pub use complete::{COMPLETIONS_MAX, Completion, complete};
pub use diagnostic::{Code, Diagnostic, Fix, Severity, render_diagnostic};
pub use fields::{FIELDS, Field, FieldDef, FieldRef, Kind};
pub use lower::{
    ActionTest, ChangedTest, Expr, Is, KeyField, Leaf, LowerOptions, Lowered, Me, PathField, PathTest,
    StringTest, TextBound, TimeField, WordField, lower,
};
pub use matcher::{EventFacts, matches};
pub use parser::{Parsed, parse};
pub use pattern::Pattern;
pub use span::Span;
pub use time::{
    Amount, Interval, Precision, TimeExpr, TimeParameterError, Unit, ZoneError, parse_time_parameter, zone,
};
pub use tokens::{Token, TokenKind, tokens};
