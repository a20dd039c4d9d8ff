//! Whether a record is what its leaf commits to. That the leaf is in the log is proven elsewhere.

use std::borrow::Cow;

use tallystick_event::{Leaf, LeafError, LeafKind, LogId, name_order, units_root_input};
use tallystick_merkle::{Hash, LEAF_PREFIX};

use super::digests::Digests;
use super::disclosed::Disclosed;
use super::erasures::Slot;
use super::{Disclosure, Record, RecordUnit};

/// Why a record is not what the log committed to. Never to be softened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Tampering {
    /// The leaf is none.
    #[error("the leaf is malformed: {0}")]
    Leaf(#[from] LeafError),
    /// The leaf belongs to another log.
    #[error("the leaf belongs to log {found}")]
    Log {
        /// The log it names.
        found: LogId,
    },
    /// The leaf stands at another place of the log.
    #[error("the leaf is that of seq {found}")]
    Seq {
        /// The place it names.
        found: u64,
    },
    /// Units were added or left out.
    #[error("{found} units where the leaf commits to {expected}")]
    Count {
        /// How many the leaf says.
        expected: u16,
        /// How many there are.
        found: usize,
    },
    /// A unit, or their order, is not what was taken in.
    #[error("the units are not those the leaf commits to")]
    Units,
    /// A unit is not the canonical `[salt, name, value]`.
    #[error("unit {number} is not a canonical disclosure")]
    Disclosure {
        /// Number of the unit, from 0.
        number: usize,
    },
    /// Names of units repeat or do not ascend.
    #[error("the name of unit {number} does not follow that of the one before")]
    Order {
        /// Number of the unit, from 0.
        number: usize,
    },
    /// An erasure, of which nothing may be erased, has lost a unit.
    #[error("a unit of an erasure is gone")]
    ErasedErasure,
    /// A unit is gone and the leaf that is said to have erased it does not exist, or is no erasure.
    #[error("a unit is gone, and no erasure with seq {by} is proven")]
    NoErasure {
        /// Seq of that leaf.
        by: u64,
    },
    /// A unit is gone and the leaf that is said to have erased it does not name it.
    #[error("a unit is gone, and the erasure with seq {by} does not name it")]
    NotErased {
        /// Seq of that leaf.
        by: u64,
    },
    /// The erasure does not show what it erased.
    #[error("the erasure with seq {by} does not say what it erased")]
    ErasureUnreadable {
        /// Seq of its leaf.
        by: u64,
    },
    /// The leaf was received before its predecessor.
    #[error("received before its predecessor")]
    Time,
    /// It stands behind one with the same or a larger seq.
    #[error("seq does not ascend")]
    Ascent,
}

/// A record that is what its leaf commits to, as far as it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soundness {
    /// The leaf.
    pub leaf: Leaf,
    /// Whether units were left out of this copy.
    pub is_redacted: bool,
    /// Its units if some are erased: whether that was lawful is for the erasures to say.
    pub(crate) erased: Option<Vec<Slot>>,
}

impl Soundness {
    /// The leaves that are said to have erased units of it, each once, ascending.
    pub fn erased_by(&self) -> Vec<u64> {
        let slots = self.erased.iter().flatten();
        let mut by: Vec<u64> =
            slots.filter_map(|slot| if let Slot::Erased(by) = slot { Some(*by) } else { None }).collect();
        by.sort_unstable();
        by.dedup();
        by
    }
}

/// Checks records of one log, one after the other.
#[derive(Debug)]
pub struct RecordChecker {
    log: LogId,
    disclosed: Disclosed,
    digests: Vec<Hash>,
    inputs: [Vec<u8>; 2],
}

impl RecordChecker {
    /// A checker for records of this log.
    pub fn new(log: LogId) -> RecordChecker {
        RecordChecker {
            log,
            disclosed: Disclosed::default(),
            digests: Vec::new(),
            inputs: Default::default(),
        }
    }

    /// Checks everything about a record but its erasures.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&mut self, record: &Record<'_>) -> Result<Soundness, Tampering> {
        self.check_and_hash(record).1
    }

    /// As [`RecordChecker::check`], and the hash of the leaf.
    pub(crate) fn check_and_hash(&mut self, record: &Record<'_>) -> (Hash, Result<Soundness, Tampering>) {
        let leaf = match self.leaf(record) {
            Ok(leaf) => leaf,
            Err(why) => return (record.leaf_hash(), Err(why)),
        };
        self.digest(record);
        let [hash, units_root] = self.roots(record);
        let checked =
            if units_root == leaf.units_root { self.units(record, leaf) } else { Err(Tampering::Units) };
        (hash, checked)
    }

    /// The hash of the leaf and that over the digests of the units.
    fn roots(&mut self, record: &Record<'_>) -> [Hash; 2] {
        let [leaf, units] = &mut self.inputs;
        leaf.clear();
        leaf.push(LEAF_PREFIX);
        leaf.extend_from_slice(&record.leaf);
        units.clear();
        units_root_input(self.digests.iter(), |part| units.extend_from_slice(part));
        let mut hashes = [[0; 32]; 2];
        let mut digests = Digests::<2>::into(&mut hashes);
        digests.push(0, leaf);
        digests.push(1, units);
        digests.flush();
        hashes
    }

    fn digest(&mut self, record: &Record<'_>) {
        self.digests.resize(record.units.len(), [0; 32]);
        for (place, unit) in self.digests.iter_mut().zip(&record.units) {
            if let RecordUnit::Erased { digest, .. } | RecordUnit::Redacted { digest } = unit {
                *place = *digest;
            }
        }
        let mut digests = Digests::<6>::into(&mut self.digests);
        for (place, unit) in record.units.iter().enumerate() {
            if let RecordUnit::Disclosed(text) = unit {
                digests.push(place, text.as_bytes());
            }
        }
        digests.flush();
    }

    fn leaf(&self, record: &Record<'_>) -> Result<Leaf, Tampering> {
        let leaf = Leaf::decode(&record.leaf)?;
        if leaf.log != self.log {
            return Err(Tampering::Log { found: leaf.log });
        }
        if leaf.seq != record.seq {
            return Err(Tampering::Seq { found: leaf.seq });
        }
        if record.units.len() != usize::from(leaf.units) {
            return Err(Tampering::Count { expected: leaf.units, found: record.units.len() });
        }
        Ok(leaf)
    }

    fn units(&mut self, record: &Record<'_>, leaf: Leaf) -> Result<Soundness, Tampering> {
        let has_erased = record.units.iter().any(|unit| matches!(unit, RecordUnit::Erased { .. }));
        if has_erased && leaf.kind == LeafKind::Erasure {
            return Err(Tampering::ErasedErasure);
        }
        let mut disclosed = self.disclosed.decode(&record.units);
        let mut slots = Vec::new();
        let mut last = Cow::Borrowed("");
        let mut is_redacted = false;
        for (number, unit) in record.units.iter().enumerate() {
            let slot = match unit {
                RecordUnit::Disclosed(_) => {
                    let found = disclosed.next().and_then(Disclosure::read);
                    let name = found.ok_or(Tampering::Disclosure { number })?.name;
                    if name_order(&last, &name).is_ge() {
                        return Err(Tampering::Order { number });
                    }
                    last = name;
                    has_erased.then(|| Slot::Named(last.clone().into_owned()))
                }
                RecordUnit::Erased { by, .. } => {
                    if *by <= record.seq {
                        return Err(Tampering::NoErasure { by: *by });
                    }
                    Some(Slot::Erased(*by))
                }
                RecordUnit::Redacted { .. } => {
                    is_redacted = true;
                    has_erased.then_some(Slot::Redacted)
                }
            };
            slots.extend(slot);
        }
        Ok(Soundness { leaf, is_redacted, erased: has_erased.then_some(slots) })
    }
}
