//! What a merge reads from each of its sources, so that sealing a tail and compacting segments are one code path.

use crate::{
    error::Result,
    layout::Section,
    rows::{Row, Rows, Table, ValueNo, WordNo},
};

/// A set of rows that can be written to a segment: a frozen tail or a segment.
pub trait SegmentSource: MergeSource {}

impl<T: MergeSource> SegmentSource for T {}

/// A column of numbers, with the values a row means (not the differences a segment stores).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Position of the row's organization in `Rows::orgs`.
    Org,
    /// Sequence number.
    Seq,
    /// Unix microseconds.
    Occurred,
    /// Unix milliseconds.
    Received,
    /// Milliseconds in the event id.
    IdTime,
    /// Number of the outcome.
    Outcome,
    /// [`tallystick_event::LeafForm::code`].
    LeafForm,
    /// Number in a table.
    Table(Table),
}

/// A column of bytes of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedColumn {
    /// 16 bytes.
    Salt,
    /// 32 bytes.
    UnitsRoot,
}

impl FixedColumn {
    pub(crate) fn section(self) -> Section {
        match self {
            Self::Salt => Section::Salt,
            Self::UnitsRoot => Section::UnitsRoot,
        }
    }

    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Salt => 16,
            Self::UnitsRoot => 32,
        }
    }
}

/// Strings in ascending order, each with its number in the source.
pub trait SortedStrings {
    /// Moves to the next string; false at the end.
    fn advance(&mut self) -> Result<bool>;
    /// The current string.
    fn bytes(&self) -> &[u8];
    /// Its number.
    fn no(&self) -> u32;
}

/// Reads bodies, cheapest in ascending order of rows.
pub trait Bodies {
    /// The units `changes`, `context`, `event`, `metadata` of a row; an absent one is empty.
    fn get(&mut self, row: Row) -> Result<[&[u8]; 4]>;
}

/// The forward reads a merge makes. Only for this crate's own types: the methods may change.
#[doc(hidden)]
pub trait MergeSource: Rows {
    /// This source as rows.
    fn as_rows(&self) -> &dyn Rows;
    /// Appends a column, in the order of rows.
    fn column(&self, column: Column, out: &mut Vec<i64>) -> Result<()>;
    /// Bytes of one row in a column of bytes.
    fn fixed(&self, column: FixedColumn, row: Row) -> Result<&[u8]>;
    /// Rows whose event id does not follow from its time and the salt, with the id.
    fn other_ids(&self) -> Result<Vec<(Row, [u8; 16])>>;
    /// All bodies.
    fn bodies(&self) -> Box<dyn Bodies + '_>;
    /// Calls `f` with every entry of a table, in the order of numbers.
    fn each_entry(&self, table: Table, f: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>;
    /// All term keys.
    fn sorted_keys(&self) -> Result<Box<dyn SortedStrings + '_>>;
    /// All words.
    fn sorted_words(&self) -> Result<Box<dyn SortedStrings + '_>>;
    /// Appends the rows of a value.
    fn rows_of(&self, value: ValueNo, out: &mut Vec<u32>) -> Result<()>;
    /// Appends the values of a word.
    fn values_of_word(&self, word: WordNo, out: &mut Vec<u32>) -> Result<()>;
    /// Calls `f` with hash and row of every opaque id.
    fn each_opaque(&self, f: &mut dyn FnMut(u32, Row)) -> Result<()>;
    /// Number of values.
    fn values_len(&self) -> u32;
}
