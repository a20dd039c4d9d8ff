//! The directory log: one log over the checkpoints of all others, content-free and pseudonymous. Same shapes as a log.

pub mod checkpoint;
pub mod consistency;
pub mod tile;
