//! Identifiers as types of their own, so that one cannot be passed for another.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::limits::ORG_ID_CHARS_MAX;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not an event id.
    #[error("an event id is evt_ and 32 hexadecimal digits")]
    Event,
    /// Not an organization id.
    #[error("an organization id is 1 to 64 of A-Z a-z 0-9 _ . : - and starts with a letter or digit")]
    Org,
    /// Not a log id.
    #[error("a log id is a UUID of 32 hexadecimal digits")]
    Log,
}

/// Id of one event: a UUIDv7, written `evt_` and 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub [u8; 16]);

impl EventId {
    /// Makes the id of an event prepared at `now_ms` (Unix ms, 48 bits used). The random bits are derived from
    /// the event's salt, so that a store which keeps time and salt need not keep the id.
    pub fn derive(now_ms: i64, salt: &[u8; 16]) -> EventId {
        let digest = Sha256::new().chain_update(b"alog/id/v1\n").chain_update(salt).finalize();
        let mut id = [0u8; 16];
        id[..6].copy_from_slice(&now_ms.to_be_bytes()[2..]);
        id[6..].copy_from_slice(&digest[..10]);
        id[6] = 0x70 | (id[6] & 0x0f);
        id[8] = 0x80 | (id[8] & 0x3f);
        EventId(id)
    }

    /// The time inside the id, Unix ms.
    pub fn timestamp_ms(&self) -> i64 {
        let mut ms = [0u8; 8];
        ms[2..].copy_from_slice(&self.0[..6]);
        i64::from_be_bytes(ms)
    }

    /// Appends the text form to `out`.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let mut text = [0u8; 36];
        text[..4].copy_from_slice(b"evt_");
        hex::encode_to_slice(self.0, &mut text[4..]).expect("32 digits for 16 bytes");
        out.extend_from_slice(&text);
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evt_{}", hex::encode(self.0))
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EventId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = text.strip_prefix("evt_").ok_or(IdError::Event)?;
        parse_uuid(digits).map(EventId).ok_or(IdError::Event)
    }
}

/// Id of an organization, as its administrator chose it: `[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgId(Arc<str>);

impl OrgId {
    /// Checks `text` and makes it an id.
    pub fn new(text: &str) -> Result<OrgId, IdError> {
        if is_org_id(text) { Ok(OrgId(Arc::from(text))) } else { Err(IdError::Org) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_org_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= ORG_ID_CHARS_MAX
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-'))
}

impl FromStr for OrgId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        OrgId::new(text)
    }
}

impl TryFrom<String> for OrgId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        OrgId::new(&text)
    }
}

impl From<OrgId> for String {
    fn from(id: OrgId) -> String {
        id.0.as_ref().to_owned()
    }
}

impl AsRef<str> for OrgId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for OrgId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Id of an organization's log: a random UUID that says nothing about the organization.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub [u8; 16]);

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let h = hex::encode(self.0);
        write!(f, "{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LogId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_uuid(text).map(LogId).ok_or(IdError::Log)
    }
}

/// 32 hexadecimal digits, or the same with hyphens at 8-4-4-4-12.
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let mut digits = [0u8; 32];
    match text.len() {
        32 => digits.copy_from_slice(text.as_bytes()),
        36 => {
            let bytes = text.as_bytes();
            if [8, 13, 18, 23].iter().any(|&i| bytes[i] != b'-') {
                return None;
            }
            let kept = bytes.iter().enumerate().filter(|(i, _)| ![8, 13, 18, 23].contains(i));
            for (slot, (_, byte)) in digits.iter_mut().zip(kept) {
                *slot = *byte;
            }
        }
        _ => return None,
    }
    let mut out = [0u8; 16];
    hex::decode_to_slice(digits, &mut out).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_id_round_trip() {
        let id = EventId::derive(1_795_168_900_123, &[7; 16]);
        assert_eq!(id.timestamp_ms(), 1_795_168_900_123);
        assert_eq!((id.0[6] >> 4, id.0[8] >> 6), (7, 2));
        let text = id.to_string();
        assert_eq!(text.parse::<EventId>(), Ok(id));
        let mut bytes = Vec::new();
        id.write_to(&mut bytes);
        assert_eq!(bytes, text.as_bytes());
        let hyphens = format!("evt_{}", LogId(id.0));
        assert_eq!(hyphens.parse::<EventId>(), Ok(id));
    }

    #[test]
    fn event_id_refuses() {
        for bad in ["", "evt_", "0192d3f07c1a70008000000000000001", "evt_0192d3f07c1a7000800000000000000g"] {
            assert_eq!(bad.parse::<EventId>(), Err(IdError::Event), "{bad}");
        }
        assert_eq!("0192d3f0-7c1a-7000-8000-0000000000aé".parse::<LogId>(), Err(IdError::Log));
    }

    #[test]
    fn org_id_grammar() {
        for good in ["a", "org_acme", "Org.1:x-y", &"a".repeat(64)] {
            assert!(OrgId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "_a", "-a", "a b", "é", &"a".repeat(65)] {
            assert_eq!(OrgId::new(bad), Err(IdError::Org), "{bad}");
        }
    }
}
