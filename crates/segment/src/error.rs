//! What can go wrong with a segment. Damage is a kind of its own and always names the place.

use crate::layout::Section;

/// Result of an operation on rows.
pub type Result<T, E = SegmentError> = std::result::Result<T, E>;

/// An error of reading or writing a segment.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The bytes are not what was written: stop, alarm, restore or rebuild.
    #[error("segment is damaged in section {section} at byte {offset}: {what}")]
    Corrupt {
        /// The section the damage was found in.
        section: Section,
        /// Byte offset in the file (0 when only the section is known).
        offset: u64,
        /// What was expected and not found.
        what: &'static str,
    },
    /// The file was written by a newer version of the format.
    #[error("segment format version {0} is not supported")]
    Version(u16),
    /// A row number outside this set of rows: the caller mixed up two sets.
    #[error("row {row} is outside of {len} rows")]
    Row {
        /// The row asked for.
        row: u32,
        /// Number of rows there are.
        len: u32,
    },
    /// More than a segment can hold (rows, values or bytes).
    #[error("too much for one segment: {0}")]
    TooLarge(&'static str),
    /// The sources of a merge contradict each other (two logs for one organization, a row twice).
    #[error("sources cannot be merged: {0}")]
    Sources(&'static str),
    /// A unit is not the canonical JSON that terms are extracted from.
    #[error("a unit of an event cannot be read")]
    Unit(#[from] tallystick_event::CorruptBytes),
    /// The file system failed.
    #[error("segment input or output failed")]
    Io(#[from] std::io::Error),
}

impl SegmentError {
    /// Whether only derived data is damaged, so that [`crate::rebuild_index`] repairs the file.
    pub fn is_index_damage(&self) -> bool {
        matches!(self, Self::Corrupt { section, .. } if section.is_index())
    }

    pub(crate) fn corrupt(section: Section, what: &'static str) -> Self {
        Self::Corrupt { section, offset: 0, what }
    }
}
