//! What verifies and what does not, over logs made here with keys made here.

mod events;
mod golden;
mod logs;
mod mutations;
mod packs;
mod ranges;
mod support;
