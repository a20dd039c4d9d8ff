//! The list of targets; one file each, named after the parser it feeds.

mod event_leaf;
mod event_units;

use crate::Target;

pub(crate) const ALL: &[Target] = &[event_leaf::TARGET, event_units::TARGET];
