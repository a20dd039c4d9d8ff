//! Why somebody's wish about a stream is not granted.

use tallystick_catalog::CatalogError;
use tallystick_destination::BadSettings;
use tallystick_engine::ReadError;

/// Why something about a stream was not done.
#[derive(Debug, thiserror::Error)]
pub enum StreamsError {
    /// The catalog says no, or cannot be asked.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A log cannot be read, or is not there.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No destination is of this kind.
    #[error("there is no kind of destination {0:?}")]
    UnknownKind(String),
    /// The destination does not take these settings.
    #[error("settings.{0}")]
    Settings(#[from] BadSettings),
    /// Another part of what was asked for is wrong.
    #[error("{what}: {why}")]
    Invalid {
        /// `format`, `query`, `mask`, `start_from`, `to`.
        what: &'static str,
        /// What is wrong with it, and what would be right.
        why: String,
    },
    /// The settings were sealed with another key.
    #[error("the settings of the stream cannot be read: enter them again (keys/seal.key is another one)")]
    Sealed,
}

impl StreamsError {
    pub(crate) fn invalid(what: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid { what, why: why.into() }
    }
}
