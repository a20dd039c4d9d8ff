//! What erasures and retention notices say was erased, and whether that explains the hidden units of a record.

use std::collections::BTreeMap;

use serde_json::Value;
use tallystick_event::{Leaf, LeafKind, name_order};
use tallystick_merkle::Hash;

use super::check::Tampering;
use super::{Disclosure, Record, RecordUnit};

/// The record of an erasure with the proof of its leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenErasure {
    /// The record, of a leaf of the kind erasure or retention notice.
    pub record: Record<'static>,
    /// Inclusion proof of its leaf.
    pub proof: Vec<Hash>,
}

/// All erasures that are proven to be in the log, by the seq of their leaves.
#[derive(Debug, Clone, Default)]
pub struct Erasures {
    by_seq: BTreeMap<u64, Scope>,
}

/// What one of them erased.
#[derive(Debug, Clone)]
enum Scope {
    /// Units of events, each list sorted as units are.
    Items(BTreeMap<u64, Vec<String>>),
    /// All units of the events from one seq up to another.
    Range(u64, u64),
}

/// A unit of a record with erased ones, as much as is needed to explain these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slot {
    Named(String),
    Erased(u64),
    Redacted,
}

/// Whether a leaf of this kind can say that something was erased.
pub(crate) fn can_erase(kind: LeafKind) -> bool {
    matches!(kind, LeafKind::Erasure | LeafKind::Retention)
}

impl Erasures {
    /// Whether the erasure with this seq is known.
    pub fn has(&self, seq: u64) -> bool {
        self.by_seq.contains_key(&seq)
    }

    /// Takes an erasure whose record has been checked and whose leaf is proven.
    pub(crate) fn add(&mut self, leaf: &Leaf, record: &Record<'_>) -> Result<(), Tampering> {
        let unreadable = Tampering::ErasureUnreadable { by: leaf.seq };
        if !can_erase(leaf.kind) {
            return Err(Tampering::NoErasure { by: leaf.seq });
        }
        let scope = scope_of(record).ok_or(unreadable)?;
        self.by_seq.insert(leaf.seq, scope);
        Ok(())
    }

    /// The first erasure that `slots` refer to and that is not known.
    pub(crate) fn first_unknown(&self, slots: &[Slot]) -> Option<u64> {
        slots.iter().find_map(|slot| match slot {
            Slot::Erased(by) if !self.has(*by) => Some(*by),
            _ => None,
        })
    }

    /// Whether what is erased of the record was erased by the leaves it names: each hidden unit must be able to have a
    /// name that its erasure gives, in ascending order.
    pub(crate) fn explain(&self, seq: u64, slots: &[Slot]) -> Result<(), Tampering> {
        let mut last: Option<&str> = None;
        for slot in slots {
            match slot {
                Slot::Redacted => {}
                Slot::Named(name) => {
                    if last.is_some_and(|last| name_order(last, name).is_ge()) {
                        return Err(Tampering::NotErased { by: erased_before(slots, name) });
                    }
                    last = Some(name);
                }
                Slot::Erased(by) => match self.by_seq.get(by) {
                    None => return Err(Tampering::NoErasure { by: *by }),
                    Some(Scope::Range(from, to)) if (*from..*to).contains(&seq) => {}
                    Some(Scope::Range(..)) => return Err(Tampering::NotErased { by: *by }),
                    Some(Scope::Items(items)) => {
                        let names = items.get(&seq).map(Vec::as_slice).unwrap_or_default();
                        let is_next = |name: &&String| last.is_none_or(|last| name_order(last, name).is_lt());
                        last = Some(names.iter().find(is_next).ok_or(Tampering::NotErased { by: *by })?);
                    }
                },
            }
        }
        Ok(())
    }
}

/// The erasure that is to blame when the erased units before a name do not fit.
fn erased_before(slots: &[Slot], name: &str) -> u64 {
    let before = slots.iter().take_while(|slot| !matches!(slot, Slot::Named(other) if other == name));
    before
        .filter_map(|slot| if let Slot::Erased(by) = slot { Some(*by) } else { None })
        .last()
        .unwrap_or_default()
}

fn scope_of(record: &Record<'_>) -> Option<Scope> {
    let mut room = Vec::new();
    for unit in &record.units {
        let RecordUnit::Disclosed(text) = unit else { continue };
        let Disclosure { name, value, .. } = Disclosure::decode(text, &mut room)?;
        let is_scope = matches!(&*name, "items" | "range" | "metadata");
        let value: Value = if is_scope { serde_json::from_str(value).ok()? } else { continue };
        let found = match &*name {
            "items" => Some(items(&value)?),
            "range" => Some(range(&value)?),
            _ => match (value.get("items"), value.get("range")) {
                (Some(value), None) => Some(items(value)?),
                (None, Some(value)) => Some(range(value)?),
                _ => None,
            },
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn items(value: &Value) -> Option<Scope> {
    let mut found: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for item in value.as_array()? {
        let [seq, names] = item.as_array()?.as_slice() else { return None };
        let names = names.as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
        found.entry(seq.as_u64()?).or_default().extend(names.collect::<Option<Vec<_>>>()?);
    }
    for names in found.values_mut() {
        names.sort_by(|a, b| name_order(a, b));
        names.dedup();
    }
    Some(Scope::Items(found))
}

fn range(value: &Value) -> Option<Scope> {
    let [from, to] = value.as_array()?.as_slice() else { return None };
    Some(Scope::Range(from.as_u64()?, to.as_u64()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(items: &[(u64, &[&str])]) -> Erasures {
        let items = items
            .iter()
            .map(|(seq, names)| (*seq, names.iter().map(|name| (*name).to_owned()).collect()))
            .collect();
        Erasures { by_seq: BTreeMap::from([(9, Scope::Items(items)), (8, Scope::Range(2, 4))]) }
    }

    #[test]
    fn a_hidden_unit_must_be_able_to_have_an_erased_name() {
        let named = |name: &str| Slot::Named(name.to_owned());
        let book = book(&[(1, &["actor", "context"])]);
        let good = [Slot::Erased(9), named("changes"), Slot::Erased(9), named("event")];
        assert_eq!(book.explain(1, &good), Ok(()));
        let not_erased = Err(Tampering::NotErased { by: 9 });
        assert_eq!(
            book.explain(1, &[named("event"), Slot::Erased(9)]),
            not_erased,
            "behind all erased names"
        );
        assert_eq!(book.explain(1, &[Slot::Erased(9), Slot::Erased(9), Slot::Erased(9)]), not_erased);
        assert_eq!(book.explain(1, &[Slot::Erased(9), Slot::Erased(9), named("changes")]), not_erased);
        assert_eq!(book.explain(2, &[Slot::Erased(9)]), not_erased, "another event");
        assert_eq!(book.explain(1, &[Slot::Erased(7)]), Err(Tampering::NoErasure { by: 7 }));
        assert_eq!(book.explain(3, &[Slot::Erased(8), Slot::Erased(8)]), Ok(()));
        assert_eq!(book.explain(4, &[Slot::Erased(8)]), Err(Tampering::NotErased { by: 8 }));
    }
}
