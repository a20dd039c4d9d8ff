//! Why somebody's wish about a schedule is not granted.

use tallystick_catalog::CatalogError;
use tallystick_destination::BadSettings;

use super::timing::BadTiming;

/// Why something about a schedule was not done.
#[derive(Debug, thiserror::Error)]
pub enum SchedulesError {
    /// The catalog says no, or cannot be asked.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// It would never be due, or too often.
    #[error(transparent)]
    Timing(#[from] BadTiming),
    /// The store does not take these settings.
    #[error("store.settings.{0}")]
    Settings(#[from] BadSettings),
    /// Another part of what was asked for is wrong.
    #[error("{what}: {why}")]
    Invalid {
        /// The member, with dots.
        what: &'static str,
        /// What is wrong with it, and what would be right.
        why: String,
    },
    /// The settings were sealed with another key.
    #[error("the settings of the store cannot be read: enter them again (keys/seal.key is another one)")]
    Sealed,
}

impl SchedulesError {
    pub(crate) fn invalid(what: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid { what, why: why.into() }
    }
}
