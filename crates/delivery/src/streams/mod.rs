//! Streams: events on their way to other systems as they arrive, in the order of their logs.
//!
//! The log is the buffer. For each log a stream keeps a cursor in the catalog, and with it the range of the log that is
//! on its way: durable before it is sent, so that whatever happens, the same events go out again under the same
//! identity. One transaction moves the cursor over what has arrived and names what goes next, which was read and
//! rendered while its predecessor was on its way.
//!
//! Invariants:
//! - Every event that a stream's query matches arrives at least once, or is a dead letter, or lies in a noted gap. None
//!   is given up because of how often it was tried.
//! - The events of one log arrive in its order, except for dead letters that are sent again and for the rest of a batch
//!   of which the other side took a part.
//! - One batch at a time is on its way for a stream and a log. What a stream waits for slows nobody but itself.
//! - A step of work that was begun before somebody changed, paused, rewound or deleted the stream has no effect.

mod admin;
mod backoff;
mod error;
mod hold;
mod host;
mod kinds;
mod lane;
pub mod limits;
mod mask;
mod piece;
mod plan;
mod reader;
mod replay;
mod runner;
mod send;
mod start;
mod trial;
mod view;
mod worker;

pub(crate) use self::admin::merged;
pub use self::admin::{Rewound, StreamDraft, StreamPatch};
pub use self::error::StreamsError;
pub use self::host::{Happening, Host, Seals};
pub use self::kinds::{kind, kinds};
pub use self::mask::{BadMask, Mask, MaskMethod};
pub use self::runner::{Streams, StreamsOptions};
pub use self::start::{BadStart, Start};
pub use self::trial::{TEST_ACTION, TestAnswer};
pub use self::view::{CursorView, InFlight, StreamView};
