//! Sessions of people: one's own, and those of members for whoever manages them.

pub mod list;
pub mod revoke;
