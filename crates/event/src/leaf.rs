//! The leaf of an organization's log, `ALF1`: 88 bytes, big-endian, without any content of the event.
//! Every byte is in `docs/formats/leaf.md`.

use sha2::{Digest, Sha256};

use crate::ids::{EventId, LogId};
use crate::units::Units;

/// Length of an encoded leaf, bytes.
pub const LEAF_BYTES: usize = 88;
const MAGIC: &[u8; 4] = b"ALF1";

/// What a leaf records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LeafKind {
    /// An event.
    Event = 0,
    /// An erasure of units of earlier events.
    Erasure = 1,
    /// A change of the log's signing key.
    KeyChange = 2,
    /// A retention or pruning notice.
    Retention = 3,
    /// A legal hold set or cleared.
    LegalHold = 4,
    /// The end of the log.
    Close = 5,
    /// A recovery: the previous log was lost or forked.
    Recovery = 6,
    /// An event imported from elsewhere.
    Imported = 7,
}

impl LeafKind {
    const ALL: [LeafKind; 8] = [
        LeafKind::Event,
        LeafKind::Erasure,
        LeafKind::KeyChange,
        LeafKind::Retention,
        LeafKind::LegalHold,
        LeafKind::Close,
        LeafKind::Recovery,
        LeafKind::Imported,
    ];

    /// The kind with this number.
    pub fn from_u8(number: u8) -> Option<LeafKind> {
        LeafKind::ALL.get(usize::from(number)).copied()
    }
}

/// What a leaf says of its event beside what identifies it. Kept with the event, because the units that are left of
/// one do not tell how many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeafForm {
    /// What the leaf records.
    pub kind: LeafKind,
    /// How many units the event had.
    pub units: u16,
}

impl LeafForm {
    /// That of an event whose units are all present.
    pub fn of_event(units: &Units) -> LeafForm {
        LeafForm { kind: LeafKind::Event, units: units.count() }
    }

    /// As one number: the kind in the upper, the number of units in the lower 16 bits.
    pub fn code(self) -> u32 {
        u32::from(self.kind as u8) << 16 | u32::from(self.units)
    }

    /// Reads what [`LeafForm::code`] gave; none if no leaf can have it.
    pub fn from_code(code: u32) -> Option<LeafForm> {
        let kind = LeafKind::from_u8(u8::try_from(code >> 16).ok()?)?;
        Some(LeafForm { kind, units: code as u16 })
    }
}

/// A leaf before encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The log it belongs to.
    pub log: LogId,
    /// Its index in the log, from 0.
    pub seq: u64,
    /// When it was taken in, Unix ms; not less than that of its predecessor.
    pub received_ms: i64,
    /// The event.
    pub id: EventId,
    /// What it records.
    pub kind: LeafKind,
    /// How many units the event had.
    pub units: u16,
    /// What commits to all unit digests, see [`crate::units_root`].
    pub units_root: [u8; 32],
}

/// Why bytes are not a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// The first four bytes are not `ALF1`.
    #[error("not an ALF1 leaf")]
    Magic,
    /// A kind this version does not know.
    #[error("unknown leaf kind {0}")]
    Kind(u8),
    /// Flags are reserved and must be 0.
    #[error("unknown leaf flags {0}")]
    Flags(u8),
    /// The time does not fit.
    #[error("leaf time is out of range")]
    Time,
}

impl Leaf {
    /// The 88 bytes.
    pub fn encode(&self) -> [u8; LEAF_BYTES] {
        let mut out = [0; LEAF_BYTES];
        out[..4].copy_from_slice(MAGIC);
        out[4..20].copy_from_slice(&self.log.0);
        out[20..28].copy_from_slice(&self.seq.to_be_bytes());
        out[28..36].copy_from_slice(&self.received_ms.to_be_bytes());
        out[36..52].copy_from_slice(&self.id.0);
        out[52] = self.kind as u8;
        out[54..56].copy_from_slice(&self.units.to_be_bytes());
        out[56..].copy_from_slice(&self.units_root);
        out
    }

    /// Reads the 88 bytes; what this version does not know is refused.
    pub fn decode(bytes: &[u8; LEAF_BYTES]) -> Result<Leaf, LeafError> {
        if &bytes[..4] != MAGIC {
            return Err(LeafError::Magic);
        }
        if bytes[53] != 0 {
            return Err(LeafError::Flags(bytes[53]));
        }
        let kind = LeafKind::from_u8(bytes[52]).ok_or(LeafError::Kind(bytes[52]))?;
        let received_ms = i64::from_be_bytes(array(&bytes[28..36]));
        if received_ms < 0 {
            return Err(LeafError::Time);
        }
        Ok(Leaf {
            log: LogId(array(&bytes[4..20])),
            seq: u64::from_be_bytes(array(&bytes[20..28])),
            received_ms,
            id: EventId(array(&bytes[36..52])),
            kind,
            units: u16::from_be_bytes(array(&bytes[54..56])),
            units_root: array(&bytes[56..]),
        })
    }

    /// The leaf hash of RFC 6962: SHA-256(0x00 || leaf).
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update([0]).chain_update(self.encode()).finalize().into()
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the caller cuts N bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Leaf {
        Leaf {
            log: "0192d3f0-7c1a-7000-8000-0000000000aa".parse().unwrap(),
            seq: 437,
            received_ms: 1_795_168_803_059,
            id: "evt_0192d3f07c1a700080000000000001b5".parse().unwrap(),
            kind: LeafKind::Event,
            units: 5,
            units_root: array(
                &hex::decode("81936087c1bb580420a8cc334cde4b26e22d0fd25eeadbdbffa5e4a94e62cf60").unwrap(),
            ),
        }
    }

    #[test]
    fn known_answer() {
        let expected = "414c46310192d3f07c1a700080000000000000aa00000000000001b5000001a1f86618f3\
                        0192d3f07c1a700080000000000001b500000005\
                        81936087c1bb580420a8cc334cde4b26e22d0fd25eeadbdbffa5e4a94e62cf60";
        assert_eq!(hex::encode(sample().encode()), expected);
        assert_eq!(
            hex::encode(sample().hash()),
            "7cfeffe577a487dcf6378687cfcc03af56024e7932162847bd928ea81a75b308"
        );
        assert_eq!(Leaf::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn a_form_is_one_number() {
        for kind in LeafKind::ALL {
            let form = LeafForm { kind, units: 6 };
            assert_eq!(LeafForm::from_code(form.code()), Some(form));
        }
        assert_eq!(LeafForm { kind: LeafKind::KeyChange, units: 3 }.code(), 0x0002_0003);
        assert_eq!(LeafForm::from_code(8 << 16), None);
    }

    #[test]
    fn unknown_bytes_are_refused() {
        let good = sample().encode();
        let with = |at: usize, byte: u8| {
            let mut bytes = good;
            bytes[at] = byte;
            Leaf::decode(&bytes).unwrap_err()
        };
        assert_eq!(with(0, b'B'), LeafError::Magic);
        assert_eq!(with(52, 8), LeafError::Kind(8));
        assert_eq!(with(53, 1), LeafError::Flags(1));
        assert_eq!(with(28, 0x80), LeafError::Time);
    }
}
