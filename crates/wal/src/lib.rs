//! The commit log: fsynced files that take events first.
//!
//! A batch handed to [`CommitLog::append`] is durable when the call returns; everything else in Tallystick (tail,
//! segments, trees) can be rebuilt from it until it is sealed and trimmed. The bytes are specified in
//! `docs/formats/commit-log.md`, which is the authority where this code and the text differ.
//!
//! The crate knows nothing about events: a payload is bytes, a position is a count of whatever the caller counts.
//! There is no clock, no randomness, no thread and no async here; grouping many writers into one append is the
//! caller's work.

#![deny(unsafe_code)]

mod disk;
pub mod durable;
mod error;
mod file;
mod format;
pub mod limits;
pub mod lock;
mod log;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{AppendError, Corrupt, Damage, OpenError, ReadError, TrimError};
pub use file::{Dropped, FileLog, Options, Recovered};
pub use log::{CommitLog, Position, Record, Records, Trimmed};
