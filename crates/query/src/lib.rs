//! The query language: parser, diagnostics, canonical form, and a matcher for one event.
//!
//! [`parse`] reads a text into a [`Query`] and a list of [`Diagnostic`]s; the query's `Display` is its canonical form.
//! [`lower`] resolves times, aliases and types into [`Lowered`], a tree of typed predicates that an index can plan,
//! and [`matches`] answers it for one event. Pure: no clock, no files, no zone of the machine.
//! The language itself is described in `docs/query-language.md`.

mod addr;
mod ast;
mod diagnostic;
mod fields;
mod format;
mod lexer;
pub mod limits;
mod lower;
mod pattern;
mod span;
mod time;

pub use addr::Network;
pub use ast::{Item, Node, Op, Query, Term, Test, Value};
pub use diagnostic::{Code, Diagnostic, Fix, Severity, render_diagnostic};
pub use fields::{FIELDS, Field, FieldDef, FieldRef, Kind};
pub use lower::{
    ActionTest, ChangedTest, Crud, Expr, Has, Is, KeyField, Leaf, Lowered, OpaqueField, PathField, PathTest,
    StringTest, TextBound, TimeField, WordField,
};
pub use pattern::Pattern;
pub use span::Span;
pub use time::{Amount, Precision, TimeExpr, Unit};
