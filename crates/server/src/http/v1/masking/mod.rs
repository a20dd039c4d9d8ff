//! What of events is masked before they are stored. The rules are in the configuration, because whoever is audited must
//! not be able to hide more of it.

pub mod check;
pub mod get;
