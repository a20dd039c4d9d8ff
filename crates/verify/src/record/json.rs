//! Records inside other JSON documents, where white space and the order of members mean nothing.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ProvenErasure, Record, RecordUnit};
use crate::limits::UNITS_MAX;
use crate::spelling::{base64, bytes, hashes, push_url_hash, url_hash};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecord {
    seq: u64,
    leaf: String,
    units: Vec<RawUnit>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUnit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    h: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erased_by: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redacted: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawErasure {
    record: Record<'static>,
    proof: Vec<String>,
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |digest: &[u8; 32]| {
            let mut out = Vec::new();
            push_url_hash(&mut out, digest);
            Some(String::from_utf8(out).expect("base64url is ASCII"))
        };
        let none = || RawUnit { d: None, h: None, erased_by: None, redacted: None };
        let unit = |unit: &RecordUnit<'_>| match unit {
            RecordUnit::Disclosed(d) => RawUnit { d: Some(d.clone().into_owned()), ..none() },
            RecordUnit::Erased { digest, by } => RawUnit { h: text(digest), erased_by: Some(*by), ..none() },
            RecordUnit::Redacted { digest } => RawUnit { h: text(digest), redacted: Some(true), ..none() },
        };
        let units = self.units.iter().map(unit).collect();
        RawRecord { seq: self.seq, leaf: base64(&self.leaf), units }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Record<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RawRecord { seq, leaf, units } = RawRecord::deserialize(deserializer)?;
        let leaf = bytes(leaf).ok_or_else(|| D::Error::custom("leaf is not 88 bytes in base64"))?;
        let hidden = |h: String| {
            url_hash(h.as_bytes()).ok_or_else(|| D::Error::custom("h is not a hash in base64url"))
        };
        let unit = |raw: RawUnit| match raw {
            RawUnit { d: Some(d), h: None, erased_by: None, redacted: None } => {
                Ok(RecordUnit::Disclosed(Cow::Owned(d)))
            }
            RawUnit { d: None, h: Some(h), erased_by: Some(by), redacted: None } => {
                Ok(RecordUnit::Erased { digest: hidden(h)?, by })
            }
            RawUnit { d: None, h: Some(h), erased_by: None, redacted: Some(true) } => {
                Ok(RecordUnit::Redacted { digest: hidden(h)? })
            }
            _ => Err(D::Error::custom("a unit has d, or h with erased_by or redacted")),
        };
        if units.is_empty() || units.len() > UNITS_MAX {
            return Err(D::Error::custom(format!("a record has 1 to {UNITS_MAX} units")));
        }
        Ok(Record { seq, leaf, units: units.into_iter().map(unit).collect::<Result<_, _>>()? })
    }
}

impl Serialize for ProvenErasure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let proof = self.proof.iter().map(|hash| base64(hash)).collect();
        RawErasure { record: self.record.clone(), proof }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ProvenErasure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RawErasure { record, proof } = RawErasure::deserialize(deserializer)?;
        let proof = hashes(&proof).ok_or_else(|| D::Error::custom("proof is not hashes in base64"))?;
        Ok(ProvenErasure { record, proof })
    }
}
