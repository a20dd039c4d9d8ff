//! The record of an event as it leaves the service: its leaf, and its units disclosed or hidden.

mod check;
mod digests;
mod disclosed;
mod disclosure;
mod erasures;
mod json;
mod line;
mod sentence;

use std::borrow::Cow;

use tallystick_event::{LEAF_BYTES, Leaf, Units, disclosure as disclose, unit_salt};
use tallystick_merkle::{Hash, leaf_hash};

pub use check::{RecordChecker, Soundness, Tampering};
pub use disclosure::Disclosure;
pub use erasures::{Erasures, ProvenErasure};
pub(crate) use erasures::{Slot, can_erase};
pub use line::LineError;
pub(crate) use sentence::sentence;

/// A record. Nothing in it is believed before [`RecordChecker`] and a proof of its leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// Index of the leaf in its log.
    pub seq: u64,
    /// The leaf.
    pub leaf: [u8; LEAF_BYTES],
    /// The units, in the order of their names.
    pub units: Vec<RecordUnit<'a>>,
}

/// A unit of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordUnit<'a> {
    /// Shown: the disclosure in base64url.
    Disclosed(Cow<'a, str>),
    /// Gone for good.
    Erased {
        /// Digest of what was its disclosure.
        digest: Hash,
        /// The leaf that says so.
        by: u64,
    },
    /// Left out of this copy.
    Redacted {
        /// Digest of its disclosure.
        digest: Hash,
    },
}

impl Record<'_> {
    /// The record of an event of which nothing was erased.
    pub fn of_event(leaf: &Leaf, event_salt: &[u8; 16], units: &Units) -> Record<'static> {
        let disclosed = |(unit, value): (tallystick_event::Unit, &[u8])| {
            let text = disclose(&unit_salt(event_salt, unit), unit.name(), value);
            RecordUnit::Disclosed(Cow::Owned(text))
        };
        Record { seq: leaf.seq, leaf: leaf.encode(), units: units.iter().map(disclosed).collect() }
    }

    /// The hash of the leaf (RFC 6962).
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.leaf)
    }

    /// The same, owning everything.
    pub fn into_owned(self) -> Record<'static> {
        let own = |unit| match unit {
            RecordUnit::Disclosed(text) => RecordUnit::Disclosed(Cow::Owned(text.into_owned())),
            RecordUnit::Erased { digest, by } => RecordUnit::Erased { digest, by },
            RecordUnit::Redacted { digest } => RecordUnit::Redacted { digest },
        };
        Record { seq: self.seq, leaf: self.leaf, units: self.units.into_iter().map(own).collect() }
    }

    /// Replaces by their digests the disclosed units whose names are chosen, and says how many. The record still
    /// proves all that is left. Whoever redacts an erasure hides which units were erased, so records that refer to it
    /// no longer verify.
    pub fn redact(&mut self, mut is_chosen: impl FnMut(&str) -> bool) -> usize {
        let mut redacted = 0;
        for unit in &mut self.units {
            let RecordUnit::Disclosed(text) = unit else { continue };
            let name = Disclosure::decode(text, &mut Vec::new()).map(|found| found.name.into_owned());
            // What cannot be read could be anything: it is not what is to be kept.
            if name.is_none_or(|name| is_chosen(&name)) {
                *unit = RecordUnit::Redacted { digest: disclosure::digest(text) };
                redacted += 1;
            }
        }
        redacted
    }
}
