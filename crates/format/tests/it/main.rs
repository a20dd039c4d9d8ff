//! The formats from outside: golden files, the published schemas, and whatever events can be.

mod docs;
mod events;
mod golden;
mod hostile;
mod lines;
mod parsers;
mod real;
mod schema;
