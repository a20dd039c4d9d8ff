//! Somebody changes the data behind the service's back: bits that flip, and an attacker who makes every checksum right
//! again. What the start says, what `doctor --deep` says, and what those who check from outside say. Nothing that was
//! changed is ever proven.

mod attacker;
mod attacks;
mod base;
mod flips;
mod frame;

pub(crate) use attacker::sql;
pub(crate) use base::copy_folder;
use base::{Base, Start};

/// What is done to a copy of the data, and what must come of it.
struct Case {
    name: &'static str,
    attack: fn(&Base, &std::path::Path),
    start: Start,
    /// Exit status of `doctor --deep` on the data, and words that it prints.
    deep: (i32, &'static [&'static str]),
    /// Exit status of `tallystick verify log`, and words that it prints. Asked if the service runs.
    verify: (i32, &'static [&'static str]),
}
