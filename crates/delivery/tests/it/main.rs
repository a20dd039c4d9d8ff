//! Exports on a real engine: what is in the files, and what becomes of those that are cut short.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod files;
mod harness;
mod queue;
