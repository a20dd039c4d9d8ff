//! JSON as this crate needs it: strict in, canonical out.

pub(crate) mod canonical;
pub(crate) mod scan;
pub(crate) mod special;
pub(crate) mod spelling;
pub(crate) mod strict;
pub(crate) mod value;
