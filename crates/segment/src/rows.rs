//! The read interface shared by the growing tail and sealed segments: search is written once against it.
//!
//! Rows are numbered from 0. In a segment they are sorted by (organization, occurred_us, seq); in the tail they stand
//! in the order of arrival. Values are the entries of the term dictionary (`tallystick_event::terms` defines the
//! keys); words point to values, not to rows, because a text that occurs in thousands of events is one value.

use std::{ops::ControlFlow, ops::Range};

use roaring::RoaringBitmap;
use tallystick_event::{EventId, LeafForm, LogId, OrgId, Outcome, Units};

use crate::error::Result;

/// Number of a row inside one set of rows.
pub type Row = u32;
/// Number of a value (a term key) inside one set of rows.
pub type ValueNo = u32;
/// Number of a word inside one set of rows.
pub type WordNo = u32;

/// One organization inside a set of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgSpan {
    /// The organization.
    pub org: OrgId,
    /// Its log.
    pub log: LogId,
    /// Number of its rows.
    pub rows: u32,
    /// Smallest and largest sequence number.
    pub seq: (u64, u64),
    /// Smallest and largest time of occurrence, Unix microseconds.
    pub occurred_us: (i64, i64),
    /// Smallest and largest time of receipt, Unix milliseconds.
    pub received_ms: (i64, i64),
}

/// The rows of one organization.
#[derive(Debug, Clone, PartialEq)]
pub enum OrgRows {
    /// A contiguous range sorted by (occurred_us, seq): a segment.
    Range(Range<Row>),
    /// Rows in order of arrival: the tail.
    List(RoaringBitmap),
}

impl OrgRows {
    /// Number of rows.
    pub fn len(&self) -> u64 {
        match self {
            Self::Range(range) => u64::from(range.end - range.start),
            Self::List(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What is stored of a row beside its units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Sequence number in the organization's log.
    pub seq: u64,
    /// Time of receipt, Unix milliseconds.
    pub received_ms: i64,
    /// Time of occurrence, Unix microseconds.
    pub occurred_us: i64,
    /// Event id.
    pub id: EventId,
    /// Salt the unit salts derive from.
    pub salt: [u8; 16],
    /// Hash over the unit digests, as in the leaf.
    pub units_root: [u8; 32],
    /// Outcome.
    pub outcome: Outcome,
    /// What its leaf records, and how many units it had.
    pub leaf_form: LeafForm,
}

/// The tables of byte strings that rows refer to by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// The action's text.
    Action,
    /// Canonical bytes of the unit `actor`.
    Actor,
    /// Canonical bytes of the unit `targets`; the empty string stands for an event without targets.
    Targets,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 3] = [Self::Action, Self::Actor, Self::Targets];
}

/// Textual form of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueText {
    /// The text whose words are searchable; empty when the field is not part of free text.
    pub text: String,
    /// The value was too long for the dictionary and `text` is only its beginning: a phrase that is not found in it may
    /// still be in the event's body.
    pub cut: bool,
}

/// A set of events with its index. All reads can fail, because all stored bytes are checked when they are touched.
pub trait Rows: Send + Sync {
    /// Number of rows.
    fn len(&self) -> u32;

    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The organizations in here, sorted by id.
    fn orgs(&self) -> Vec<OrgSpan>;

    /// What is known of one organization without looking at its rows; none if it has none.
    fn org_span(&self, org: &OrgId) -> Option<OrgSpan>;

    /// The rows of one organization (empty if unknown).
    fn org_rows(&self, org: &OrgId) -> OrgRows;

    /// The organization a row belongs to.
    fn org_of(&self, row: Row) -> Result<OrgId>;

    /// Time of occurrence, Unix microseconds.
    fn occurred_us(&self, row: Row) -> Result<i64>;

    /// Sequence number.
    fn seq(&self, row: Row) -> Result<u64>;

    /// Time of receipt, Unix milliseconds.
    fn received_ms(&self, row: Row) -> Result<i64>;

    /// Outcome.
    fn outcome(&self, row: Row) -> Result<Outcome>;

    /// Everything stored of a row beside its units.
    fn meta(&self, row: Row) -> Result<Meta>;

    /// The exact canonical bytes of a row's units.
    fn units(&self, row: Row) -> Result<Units>;

    /// The value with exactly this key.
    fn lookup(&self, key: &[u8]) -> Result<Option<ValueNo>>;

    /// The key of a value.
    fn key(&self, value: ValueNo) -> Result<Vec<u8>>;

    /// Values with `from <= key < to_exclusive`, in key order, until `f` breaks.
    fn scan(
        &self,
        from: &[u8],
        to_exclusive: Option<&[u8]>,
        f: &mut dyn FnMut(&[u8], ValueNo) -> ControlFlow<()>,
    ) -> Result<()>;

    /// The rows that carry a value.
    fn postings(&self, value: ValueNo) -> Result<RoaringBitmap>;

    /// The number of rows that carry a value, without decoding them.
    fn cardinality(&self, value: ValueNo) -> Result<u32>;

    /// For each value whose key starts with `prefix`: its key and the number of its rows inside `rows`, if any; until
    /// `f` breaks. This is what facets are made of.
    fn count_values(
        &self,
        prefix: &[u8],
        rows: &RoaringBitmap,
        f: &mut dyn FnMut(&[u8], u32) -> ControlFlow<()>,
    ) -> Result<()>;

    /// The word with exactly this (folded) form.
    fn word(&self, word: &str) -> Result<Option<WordNo>>;

    /// Words that start with `prefix`, in order, until `f` breaks.
    fn scan_words(&self, prefix: &str, f: &mut dyn FnMut(&str, WordNo) -> ControlFlow<()>) -> Result<()>;

    /// Number of values whose text contains a word.
    fn word_cardinality(&self, word: WordNo) -> Result<u32>;

    /// The values whose text contains a word, ascending.
    fn word_values(&self, word: WordNo) -> Result<Vec<ValueNo>>;

    /// The rows with a word in some value: the union over its values, stored ready-made for frequent words.
    fn word_rows(&self, word: WordNo) -> Result<RoaringBitmap>;

    /// Textual form of a value, for the exact check of adjacent words.
    fn value_text(&self, value: ValueNo) -> Result<ValueText>;

    /// Rows that may carry an opaque id with this hash (request, session, trace, idempotency key), ascending; verify on
    /// the body. None is missing.
    fn opaque(&self, hash: u64) -> Result<Vec<Row>>;

    /// The row with this event id.
    fn find_id(&self, id: &EventId) -> Result<Option<Row>>;

    /// At most `limit` rows of an organization with `seq >= from_seq`, in order of `seq`.
    fn rows_by_seq(&self, org: &OrgId, from_seq: u64, limit: usize) -> Result<Vec<Row>>;

    /// Number of a row's entry in a table, for counting without touching bodies.
    fn table_no(&self, table: Table, row: Row) -> Result<u32>;

    /// Number of entries in a table.
    fn table_len(&self, table: Table) -> u32;

    /// An entry of a table.
    fn table_entry(&self, table: Table, no: u32) -> Result<Vec<u8>>;
}
