//! A disk in memory that loses power, fails and runs full on command, for tests of this crate and of the engine.
//!
//! It keeps two images: what programs see, and what a power cut leaves. A write reaches the first at once and
//! the second
//! sector by sector: at the latest with a sync, at random before. Names behave likewise with the directory's sync.

mod fault_disk;
mod forge;
mod image;
mod random;

pub use fault_disk::{Effect, FaultDisk, PowerCut, Space};
pub use forge::repair_checksums;
pub use random::Dice;
