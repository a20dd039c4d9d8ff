//! Version 1 of the native API, one file for each call.

pub mod count;
pub mod directory;
pub mod events;
pub mod evidence;
pub mod explain;
pub mod facets;
pub mod histogram;
pub mod keys;
pub mod limits;
pub mod log_keys;
pub mod logs;
pub mod orgs;

/// Entries of a page of organizations or keys if the call does not say.
const LIST_DEFAULT: usize = 100;
/// Entries of a page of organizations or keys at most.
const LIST_MAX: usize = 1_000;
