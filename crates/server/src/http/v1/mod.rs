//! Version 1 of the native API, one file for each call.

pub mod account;
pub mod boot;
pub mod count;
pub mod directory;
pub mod events;
pub mod evidence;
pub mod explain;
pub mod facets;
pub mod histogram;
pub mod invitations;
pub mod keys;
pub mod limits;
pub mod log_keys;
pub mod logs;
pub mod masking;
pub mod members;
pub mod orgs;
pub mod query_parse;
pub mod roles;
pub mod searches;
pub mod session;
pub mod sessions;
pub mod shares;
pub mod short_links;
pub mod sso;
