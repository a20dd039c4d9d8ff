//! RFC 6962 trees: hashing and the compact right edge of a growing log.
//!
//! Pure: no files, no clock, no content of events. A leaf comes in as its hash.

#![forbid(unsafe_code)]

mod edge;
mod hash;

pub use edge::{EDGE_HASHES_MAX, Edge, EdgeError};
pub use hash::{Hash, empty_root, leaf_hash, node_hash, root_of};
