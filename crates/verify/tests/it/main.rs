//! What verifies and what does not, over logs made here with keys made here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod events;
mod golden;
mod logs;
mod mutations;
mod packs;
mod ranges;
mod support;
