//! Exports and streams on a real engine: what is in the files and what arrives, and what becomes of what is cut short.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod evidence;
mod files;
mod harness;
mod lake;
mod queue;
mod schedules;
mod streams;
