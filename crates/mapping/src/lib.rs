//! Declarative mappings from other products' audit records to events.
//!
//! A mapping is a TOML file (`docs/formats/mapping.md`): for each field of an event, where in the record
//! its value is. Eight are built in; users write their own. Whatever a mapping does not place goes to the
//! event's `metadata`, so that no record loses anything on its way in.
//!
//! The crate is pure: JSON values in, JSON values out, no files, no clock.

mod apply;
mod builtin;
mod error;
mod glob;
mod limits;
mod mapping;
mod path;
mod read;
mod records;
mod rule;
mod source_id;
mod step;
mod time;

pub use error::{MapError, MappingError, Note};
pub use mapping::{MappedEvent, Mapping};
pub use records::Records;
