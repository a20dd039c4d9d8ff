//! The frame of a segment file: its sections, its footer and the limits a reader enforces.
//! `docs/formats/segment.md` has
//! every byte.

use std::fmt;

/// First bytes of a segment file; the version follows them.
pub(crate) const MAGIC: [u8; 8] = *b"TALLYSEG";
/// Last bytes of a segment file.
pub(crate) const END_MAGIC: [u8; 8] = *b"TALLYEND";
/// Version this code writes.
pub const FORMAT_VERSION: u16 = 1;
/// Bytes before the first section.
pub(crate) const HEADER_BYTES: usize = 16;
/// Bytes of the fixed trailer.
pub(crate) const TRAILER_BYTES: usize = 32;
/// Bytes covered by one checksum: a page, so that a check never reads more from disk than the access itself did.
pub(crate) const CHUNK_BYTES: usize = 4096;
/// Rows in one block of bodies.
pub const BODY_BLOCK_ROWS: usize = 64;
/// Entries in one block of an interned table.
pub(crate) const TABLE_BLOCK_ENTRIES: usize = 32;
/// Keys in one front-coded block of a dictionary, and lists in one block of postings.
pub(crate) const DICTIONARY_BLOCK_KEYS: usize = 16;
/// Bits kept of an opaque id's hash: among 24 million ids one lookup in eleven meets a stranger, which costs one body.
pub(crate) const OPAQUE_HASH_BITS: u32 = 28;
/// A word in more values than this also gets its rows stored.
pub(crate) const WORD_VALUES_UNION_MAX: u32 = 256;
/// Most bytes one compressed block may unpack to: 64 events of the largest allowed size, and a margin.
pub(crate) const BLOCK_BYTES_MAX: usize = 80 << 20;
/// Rows a segment may hold.
pub const SEGMENT_ROWS_MAX: u32 = 1 << 28;

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident = $id:literal $text:literal,)*) => {
        /// A section of a segment file. The number is part of the format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Section { $($(#[$doc])* $name = $id,)* }

        impl Section {
            /// All sections in the order of the file.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Name for people, as in the format document.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            pub(crate) fn from_id(id: u8) -> Option<Self> {
                match id { $($id => Some(Self::$name),)* _ => None }
            }
        }
    };
}

sections! {
    /// The frame itself: header, checksums, footer.
    Frame = 0 "frame",
    /// Organizations with their row ranges.
    Orgs = 1 "orgs",
    /// Sequence numbers.
    Seq = 2 "seq",
    /// Times of occurrence, Unix microseconds.
    Occurred = 3 "occurred",
    /// Time of receipt minus time of occurrence, milliseconds.
    Received = 4 "received",
    /// Time of receipt minus the event id's time, milliseconds.
    IdTime = 5 "id_time",
    /// Outcomes.
    Outcome = 6 "outcome",
    /// Number of the action.
    ActionNo = 7 "action_no",
    /// Number of the actor unit.
    ActorNo = 8 "actor_no",
    /// Number of the targets unit.
    TargetsNo = 9 "targets_no",
    /// Salts, 16 bytes a row.
    Salt = 10 "salt",
    /// Hashes over the units, 32 bytes a row.
    UnitsRoot = 11 "units_root",
    /// Event ids that do not follow from the salt.
    OtherIds = 12 "other_ids",
    /// Dictionary of the body compression.
    BodyDictionary = 13 "body_dictionary",
    /// Compressed blocks of bodies.
    Bodies = 14 "bodies",
    /// Where each block of bodies starts.
    BodyOffsets = 15 "body_offsets",
    /// Dictionary of the actions' compression.
    ActionDictionary = 16 "action_dictionary",
    /// Actions.
    Actions = 17 "actions",
    /// Number of actions, and where each block of them starts.
    ActionOffsets = 18 "action_offsets",
    /// Dictionary of the actor units' compression.
    ActorDictionary = 19 "actor_dictionary",
    /// Actor units.
    Actors = 20 "actors",
    /// Number of actor units, and where each block of them starts.
    ActorOffsets = 21 "actor_offsets",
    /// Dictionary of the targets units' compression.
    TargetsDictionary = 22 "targets_dictionary",
    /// Targets units.
    Targets = 23 "targets",
    /// Number of targets units, and where each block of them starts.
    TargetsOffsets = 24 "targets_offsets",
    /// What leaves record, and how many units their events had. Absent in files of 0.1.0 and before.
    LeafForm = 25 "leaf_form",
    /// Smallest and largest id time of each block of rows.
    Zones = 32 "zones",
    /// Term keys, sorted and front-coded.
    Keys = 33 "keys",
    /// Where each block of keys starts.
    KeyOffsets = 34 "key_offsets",
    /// Rows of each value.
    Postings = 35 "postings",
    /// Where each block of postings starts.
    PostingOffsets = 36 "posting_offsets",
    /// Words, sorted and front-coded.
    Words = 37 "words",
    /// Where each block of words starts.
    WordOffsets = 38 "word_offsets",
    /// Values of each word.
    WordValues = 39 "word_values",
    /// Where each block of word values starts.
    WordValueOffsets = 40 "word_value_offsets",
    /// Rows of each frequent word.
    WordRows = 41 "word_rows",
    /// Where each block of word rows starts.
    WordRowOffsets = 42 "word_row_offsets",
    /// Numbers of the frequent words.
    FrequentWords = 43 "frequent_words",
    /// Hashes of opaque ids with their rows.
    Opaque = 44 "opaque",
    /// Where each bucket of opaque ids starts.
    OpaqueBuckets = 45 "opaque_buckets",
}

impl Section {
    /// Whether the section is derived from the others and can be rebuilt.
    pub fn is_index(self) -> bool {
        self as u8 >= Self::Zones as u8
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
