//! The engine against a brute-force model, through seals, compactions, restarts and a full disk.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod appending;
mod harness;
mod model;
mod proofs;
mod queries;
mod recovery;
mod searching;
