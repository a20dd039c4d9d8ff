//! Tiles and entry bundles (C2SP tlog-tiles): a tree as files that never change, and a reader that believes nothing it
//! fetches until it has followed it up to a root it was given.

mod bundle;
mod id;
mod layout;
mod path;
mod reader;

pub use bundle::{BundleError, decode_bundle, encode_bundle};
pub use id::{BundleId, TileId, hashes_at};
pub use layout::{NodePlace, bundles_between, edge_tiles, tiles_between, tiles_for};
pub use path::{PathError, TilePath};
pub use reader::{TileError, TileReader};
