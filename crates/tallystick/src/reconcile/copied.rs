//! A record of a copy: what it says of its place in a log, and its bytes, which are compared with what the log has.

use std::{fmt, sync::Arc};

use tallystick_format::FormatName;

/// What the log is called that made-up events are in.
const TEST_LOG: &str = "/test";

/// Where a record stands in a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct At {
    /// A file, an object, an index.
    pub(crate) piece: Arc<str>,
    /// From 1; of a search, the number of the hit.
    pub(crate) line: u64,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.piece, self.line)
    }
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// An event as `GET /v1/events/{id}` gives it: lines of exports. It does not say in which log it is.
    Export,
    /// What a stream has sent.
    Stream(FormatName),
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Export => f.write_str("export"),
            Self::Stream(format) => format.fmt(f),
        }
    }
}

/// What a record says that is not of the event: it is taken from the record when the event is rendered anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) product: String,
    pub(crate) version: String,
    pub(crate) org_name: Option<String>,
}

/// A record of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) at: At,
    pub(crate) form: Form,
    /// Origin of its log.
    pub(crate) log: Option<String>,
    /// Its organization.
    pub(crate) org: Option<String>,
    pub(crate) seq: u64,
    pub(crate) id: String,
    /// Zeros if what stands there is no hash.
    pub(crate) leaf_hash: Option<[u8; 32]>,
    pub(crate) said: Said,
    /// One record, as it stands there.
    pub(crate) bytes: Box<[u8]>,
}

impl Copied {
    /// Whether it is the made-up event by which somebody has tried a stream. It is in no log, and says so.
    pub(crate) fn is_test(&self) -> bool {
        let is_of_none = self.log.as_deref().is_some_and(|log| log.ends_with(TEST_LOG));
        is_of_none && self.leaf_hash == Some([0; 32]) && self.seq == 0
    }
}

/// What reading a copy gives, in the order of the copy.
#[derive(Debug)]
pub(crate) enum Item {
    Record(Box<Copied>),
    /// A line that is no record of a log.
    Unreadable {
        at: At,
        why: String,
    },
    /// Nothing more can be read of a piece.
    Broken {
        piece: Arc<str>,
        why: String,
    },
    /// A piece was read to its end.
    Whole,
    /// A piece that is not read because it does not look like records.
    LeftAlone,
}
