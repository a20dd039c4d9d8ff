//! The public interface of `merkle`, as a log, a witness and a verifier use it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod checkpoints;
mod definition;
mod forged_tiles;
mod known_answers;
mod large_trees;
mod notes;
mod oracles;
mod parsers;
mod policies;
mod proofs;
mod ranges;
mod tiles;
mod tlog_proofs;
mod tree;
mod witnesses;
