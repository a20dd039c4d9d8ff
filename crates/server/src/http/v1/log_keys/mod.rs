//! The keys that logs are signed with.

pub mod list;
pub mod rotate;
