//! Tail, segment and merge against a plain model, and against damage.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not see as tests")]

#[path = "../support/mod.rs"]
mod support;

mod damage;
mod golden;
mod model;
mod rows;

/// Few of everything, so that a few hundred events meet all cases.
const SMALL: support::Shape = support::Shape { orgs: 5, actors: 40, targets: 200, odd: 7 };
