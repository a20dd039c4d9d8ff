//! Streams on a real engine, to a destination that answers as it is told.

mod answers;
mod property;
mod rig;
mod sending;
mod wishes;
