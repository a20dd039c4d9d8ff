//! What streams send to. A kind of destination is one folder: what it has to be told, how a batch becomes requests,
//! and what its answers mean. `kind.rs` has the table of all kinds; nothing else in the service knows any by name.
//!
//! Invariants:
//! - A destination never retries, waits for a better time or drops anything: it makes one exchange and says what came
//!   of it. When to send again, halve, give up on an event or hold everything is decided by the caller, for all kinds alike.
//! - The same batch gives the same bytes to the other side every time, so that it can tell a repetition.
//! - What a destination says of an answer holds no secret of its settings.

mod batch;
mod datadog;
mod elasticsearch;
mod http;
mod kind;
pub mod limits;
mod outcome;
mod settings;
mod splunk_hec;
mod webhook;

pub use self::batch::{Batch, BatchId, Media, Record};
pub use self::kind::{Destination, Kind, Once, Shape, Surroundings, kind, kinds};
pub use self::outcome::{Answer, Outcome, Rejection};
pub use self::settings::{BadSettings, Field, FieldKind, Settings};
