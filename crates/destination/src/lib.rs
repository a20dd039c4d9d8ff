//! What streams send to. A kind of destination is one folder: what it has to be told, how a batch becomes requests,
//! and what its answers mean. `kind.rs` has the table of all kinds; nothing else in the service knows any by name.
//!
//! Invariants:
//! - A destination never retries, waits for a better time or drops anything: it makes one exchange and says what came
//!   of it. When to send again, halve, give up on an event or hold everything is decided by the caller,
//!   for all kinds alike.
//! - The same batch gives the same bytes to the other side every time, so that it can tell a repetition.
//! - What a destination says of an answer holds no secret of its settings.

mod azure_blob;
mod batch;
mod clickhouse;
mod datadog;
mod elasticsearch;
mod gcs;
mod http;
mod kafka;
mod kind;
pub mod limits;
mod native;
mod nats;
pub mod object;
mod otlp;
mod outcome;
mod s3;
mod sentinel;
mod settings;
mod socket;
mod splunk_hec;
mod sumo;
mod syslog;
mod webhook;

pub use self::batch::{Batch, BatchId, Media, Record};
pub use self::kind::{Destination, Kind, Once, Opener, Shape, Surroundings, kind, kinds};
pub use self::outcome::{Answer, Outcome, Rejection};
pub use self::settings::{BadSettings, Field, FieldKind, Settings};
