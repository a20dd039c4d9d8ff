//! Tail, segment and merge against a plain model, and against damage.

#[path = "../support/mod.rs"]
mod support;

mod damage;
mod golden;
mod model;
mod rows;
