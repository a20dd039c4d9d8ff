//! The audit event: model, strict parsing, canonical JSON, units, leaf.
//!
//! Everything that decides which bytes are hashed and under which terms an event is found is here and pure: no
//! files, no clock, no runtime. Byte formats: `docs/formats/event.md`, `docs/formats/leaf.md`,
//! `docs/formats/directory.md`.

#![forbid(unsafe_code)]

mod body;
mod canonicalize;
mod check;
mod clock;
pub mod crud;
mod digest;
mod directory;
pub mod error;
mod ids;
mod json;
mod leaf;
pub mod limits;
mod mask;
pub mod members;
mod model;
mod outcome;
mod prepare;
mod render;
pub mod sentence;
pub mod terms;
pub mod text;
mod time;
mod units;
mod varint;

pub use body::{Body, BodyKind, split_body};
pub use clock::{Clock, Random};
pub use digest::{
    DigestScratch, SALT_BYTES, digest, disclosure, unit_salt, units_root, units_root_input, units_root_of,
};
pub use directory::{
    DIRECTORY_ENTRY_BYTES, DirectoryEntry, DirectoryEntryError, checkpoint_digest, directory_tag,
};
pub use error::{BodyError, EventError, FieldError};
pub use ids::{EventId, IdError, LogId, OrgId};
pub use json::scan::CorruptBytes;
pub use json::spelling::canonical_len;
pub use json::value::name_order;
pub use leaf::{LEAF_BYTES, Leaf, LeafError, LeafForm, LeafKind};
pub use limits::Limits;
pub use mask::{MASKED, MaskPatterns, MaskRules, Masker};
pub use outcome::{Outcome, OutcomeError};
pub use prepare::{PrepareContext, PrepareScratch, Prepared, Preparer};
pub use render::{render, render_value};
pub use time::format_ms;
pub use units::{CorruptUnits, UNIT_COUNT, Unit, Units};
