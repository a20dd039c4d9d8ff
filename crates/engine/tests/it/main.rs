//! The engine against a brute-force model, through seals, compactions, restarts and a full disk.

mod appending;
mod harness;
mod model;
mod queries;
mod recovery;
mod searching;
