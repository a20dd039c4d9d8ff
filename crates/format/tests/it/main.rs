//! The formats from outside: golden files, the published schemas, and whatever events can be.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod docs;
mod events;
mod golden;
mod hostile;
mod lines;
mod parsers;
mod real;
mod schema;
