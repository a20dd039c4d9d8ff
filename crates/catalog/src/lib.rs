//! The catalog: the database of everything that is not an event.
//!
//! A SQLite file or a PostgreSQL database behind one set of statements and migrations; the conformance
//! suite in `tests/it` runs on both. This is the only crate that knows SQL. What is stored is described in
//! `docs/formats/catalog.md`.

mod catalog;
mod closed;
mod db;
mod directory;
mod error;
mod heads;
mod ids;
mod keys;
mod load;
mod organizations;
mod segments;
mod tiles;
mod url;

pub use self::catalog::{Catalog, Changed, LIST_MAX};
pub use self::closed::ClosedLog;
pub use self::directory::{Anchor, AnchorKind, DirectoryCheckpoint, DirectoryEntry};
pub use self::error::{CatalogError, Conflict};
pub use self::heads::LogHead;
pub use self::ids::{BadId, KeyId, SegmentId, new_org_id};
pub use self::keys::{ApiKey, KeyChanges, KeyOwner, LIVE_KEYS_MAX, NewKey};
pub use self::load::Loaded;
pub use self::organizations::{
    DeletedOrganization, NAME_CHARS_MAX, NewOrganization, OrgState, Organization, OrganizationChange,
};
pub use self::segments::{Compaction, GarbageSegment, Seal, SegmentRow};
pub use self::tiles::{TileCount, TileRun};
pub use self::url::CatalogUrl;
