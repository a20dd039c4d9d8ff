//! What the `tallystick` command is made of, as a library so that tests and the command share it.

pub mod bench;
pub mod demo;
pub mod seeded;
