//! Writing, finding and following events.

pub mod get;
pub mod ingest;
mod partial;
pub mod proof;
pub mod receipts;
pub mod related;
pub mod search;
pub mod tail;
