//! What a format makes of events, piece by piece.

use tallystick_engine::search::StoredEvent;

use crate::failure::Failure;

/// Makes bytes of events, for formats whose file is a head, one piece an event, and an end. Such a file can be gone on
/// with behind any event.
pub(crate) trait Shape: Send {
    /// What stands before the first event.
    fn head(&mut self, out: &mut Vec<u8>) -> Result<(), Failure>;
    /// Appends an event; `row` is its number in the file, from 0.
    fn event(&mut self, event: &StoredEvent, row: u64, out: &mut Vec<u8>) -> Result<(), Failure>;
    /// What stands behind the last event.
    fn end(&mut self, rows: u64, out: &mut Vec<u8>);
}
