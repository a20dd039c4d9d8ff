//! The separately erasable parts of an event, as the exact canonical bytes that were hashed.

use crate::varint;

/// Number of units.
pub const UNIT_COUNT: usize = 6;

/// A part of an event that can be erased on its own. The number is its bit in [`Units::encode`]'s mask; the order is
/// the one in which unit digests are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Unit {
    /// Who.
    Actor = 0,
    /// What was different before and after.
    Changes = 1,
    /// From where.
    Context = 2,
    /// Action, time, outcome and everything small.
    Event = 3,
    /// What the producer added.
    Metadata = 4,
    /// To what.
    Targets = 5,
}

impl Unit {
    /// All units in order.
    pub const ALL: [Unit; UNIT_COUNT] =
        [Unit::Actor, Unit::Changes, Unit::Context, Unit::Event, Unit::Metadata, Unit::Targets];

    /// The member name in a disclosure.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Actor => "actor",
            Unit::Changes => "changes",
            Unit::Context => "context",
            Unit::Event => "event",
            Unit::Metadata => "metadata",
            Unit::Targets => "targets",
        }
    }

    /// The unit with this member name.
    pub fn from_name(name: &str) -> Option<Unit> {
        Unit::ALL.into_iter().find(|unit| unit.name() == name)
    }
}

/// Encoded units are not what [`Units::encode`] writes: the store is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("encoded units are corrupt")]
pub struct CorruptUnits;

/// The units of one event: canonical JSON bytes, one after the other in one buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units {
    bytes: Box<[u8]>,
    ends: [u32; UNIT_COUNT],
}

impl Units {
    /// Units from their canonical bytes; `None` and empty ones are absent.
    pub fn from_parts(parts: [Option<&[u8]>; UNIT_COUNT]) -> Units {
        let mut bytes = Vec::with_capacity(parts.iter().flatten().map(|p| p.len()).sum());
        let mut ends = [0; UNIT_COUNT];
        for (part, end) in parts.iter().zip(&mut ends) {
            bytes.extend_from_slice(part.unwrap_or_default());
            *end = bytes.len() as u32;
        }
        Units { bytes: bytes.into_boxed_slice(), ends }
    }

    /// `ends[i]` is where unit i ends in `bytes`.
    pub(crate) fn from_buffer(bytes: Box<[u8]>, ends: [u32; UNIT_COUNT]) -> Units {
        debug_assert!(ends.is_sorted() && ends[UNIT_COUNT - 1] as usize == bytes.len());
        Units { bytes, ends }
    }

    /// The canonical bytes of a unit.
    pub fn get(&self, unit: Unit) -> Option<&[u8]> {
        let i = unit as usize;
        let start = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        let end = self.ends[i] as usize;
        (start < end).then(|| &self.bytes[start..end])
    }

    /// The present units in order.
    pub fn iter(&self) -> impl Iterator<Item = (Unit, &[u8])> {
        Unit::ALL.into_iter().filter_map(|unit| Some((unit, self.get(unit)?)))
    }

    /// How many units are present.
    pub fn count(&self) -> u16 {
        self.iter().count() as u16
    }

    /// Bytes of all units together.
    pub fn total_len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a self-delimiting form: one byte with a bit for each present unit, their lengths as varints, their
    /// bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mask_at = out.len();
        out.push(0);
        for (unit, bytes) in self.iter() {
            out[mask_at] |= 1 << unit as u8;
            varint::push(out, bytes.len());
        }
        out.extend_from_slice(&self.bytes);
    }

    /// Reads what [`Units::encode`] wrote at the start of `input`, and how many bytes it took.
    pub fn decode(input: &[u8]) -> Result<(Units, usize), CorruptUnits> {
        let (&mask, _) = input.split_first().ok_or(CorruptUnits)?;
        if mask >> UNIT_COUNT != 0 {
            return Err(CorruptUnits);
        }
        let mut at = 1;
        let mut total = 0usize;
        let mut ends = [0u32; UNIT_COUNT];
        for (i, end) in ends.iter_mut().enumerate() {
            if mask & (1 << i) != 0 {
                let (len, used) = varint::read(&input[at..]).ok_or(CorruptUnits)?;
                if len == 0 {
                    return Err(CorruptUnits);
                }
                at += used;
                total += len;
            }
            *end = u32::try_from(total).map_err(|_| CorruptUnits)?;
        }
        let bytes = input.get(at..at + total).ok_or(CorruptUnits)?;
        Ok((Units { bytes: bytes.into(), ends }, at + total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Units {
        let long = vec![b'x'; 300];
        Units::from_parts([Some(b"{}"), None, Some(&long), Some(b"e"), None, Some(b"[1]")])
    }

    #[test]
    fn parts_come_back() {
        let units = sample();
        assert_eq!((units.count(), units.total_len()), (4, 306));
        assert_eq!((units.get(Unit::Actor), units.get(Unit::Changes)), (Some(&b"{}"[..]), None));
        assert_eq!(units.get(Unit::Targets), Some(&b"[1]"[..]));
    }

    #[test]
    fn encoding_delimits_itself() {
        let mut out = vec![9];
        sample().encode(&mut out);
        let len = out.len() - 1;
        out.extend_from_slice(b"next");
        assert_eq!(Units::decode(&out[1..]), Ok((sample(), len)));
        for end in 1..=len {
            assert_eq!(Units::decode(&out[1..end]), Err(CorruptUnits), "cut at {end}");
        }
        assert_eq!(Units::decode(&[0x40]), Err(CorruptUnits));
        assert_eq!(Units::decode(&[0x01, 0x00]), Err(CorruptUnits));
    }

    #[test]
    fn names_are_in_canonical_order() {
        assert!(Unit::ALL.map(Unit::name).is_sorted());
        for unit in Unit::ALL {
            assert_eq!(Unit::from_name(unit.name()), Some(unit));
        }
    }
}
