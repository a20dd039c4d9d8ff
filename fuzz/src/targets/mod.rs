//! The list of targets; one file each, named after the parser it feeds.

use crate::Target;

pub(crate) const ALL: &[Target] = &[];
