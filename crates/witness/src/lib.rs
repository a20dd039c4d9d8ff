//! The state of a witness: which logs it watches, what it cosigned last for each, and what it refused as a fork.
//!
//! A witness states of a log's checkpoint that it has seen no larger one and that this one continues all it has seen.
//! That is worth something only if it never forgets: so [`Witness::add_checkpoint`] compares and stores in one step for
//! each log, durably, *before* the signature leaves, and one process at a time has the directory.
//!
//! No HTTP and no clock here; the time comes in. The directory's files are specified in `docs/formats/witness.md`.

#![forbid(unsafe_code)]

mod directory;
mod error;
mod evidence;
mod latest;
pub mod limits;
mod logs;
mod state;
mod witness;

pub use directory::{create, read_key};
pub use error::{CreateError, LogsError, LogsFault, OpenError, Refusal, StateError};
pub use evidence::Evidence;
pub use latest::{OriginHash, origin_hash};
pub use logs::{Logs, add_log};
/// Who has a directory: part of [`Witness::open`].
pub use tallystick_wal::lock::{Holder, LockError};

pub use state::{LogState, State, inspect};
pub use witness::Witness;
