//! Commitments to units: derived salts, RFC 9901 disclosures, their digests and the one hash over all of them
//! that goes into the leaf.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::units::{Unit, Units};

/// Length of an event's salt and of a unit's, bytes.
pub const SALT_BYTES: usize = 16;

/// The salt of one unit, derived from its event's.
pub fn unit_salt(event_salt: &[u8; SALT_BYTES], unit: Unit) -> [u8; SALT_BYTES] {
    let digest = Sha256::new()
        .chain_update(b"alog/salt/v1\n")
        .chain_update(event_salt)
        .chain_update(unit.name())
        .finalize();
    let mut salt = [0; SALT_BYTES];
    salt.copy_from_slice(&digest[..SALT_BYTES]);
    salt
}

/// The disclosure of a member: base64url without padding of the canonical `[salt, name, value]`.
///
/// `canonical_value` must be canonical JSON and `name` must need no escapes (unit names and JSON pointers of
/// units do not).
pub fn disclosure(salt: &[u8; SALT_BYTES], name: &str, canonical_value: &[u8]) -> String {
    let mut scratch = DigestScratch::default();
    scratch.fill(salt, name, canonical_value);
    String::from_utf8(scratch.text).expect("base64url is ASCII")
}

/// The digest of a disclosure: SHA-256 of its ASCII text.
pub fn digest(salt: &[u8; SALT_BYTES], name: &str, canonical_value: &[u8]) -> [u8; 32] {
    let mut scratch = DigestScratch::default();
    scratch.digest(salt, name, canonical_value)
}

/// The hash that commits to all unit digests, which must be in the canonical order of the units' names.
pub fn units_root<'a>(digests: impl ExactSizeIterator<Item = &'a [u8; 32]>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    units_root_input(digests, |part| hasher.update(part));
    hasher.finalize().into()
}

/// What [`units_root`] is the SHA-256 of, part by part.
pub fn units_root_input<'a>(
    digests: impl ExactSizeIterator<Item = &'a [u8; 32]>,
    mut take: impl FnMut(&[u8]),
) {
    let count = u16::try_from(digests.len()).expect("at most 64 units");
    take(b"alog/units/v1\n");
    take(&count.to_be_bytes());
    digests.for_each(|digest| take(digest));
}

/// The `units_root` of an event whose units are all present.
pub fn units_root_of(event_salt: &[u8; SALT_BYTES], units: &Units) -> [u8; 32] {
    DigestScratch::default().units_root(event_salt, units)
}

/// Buffers for hashing many events.
#[derive(Debug, Default)]
pub struct DigestScratch {
    json: Vec<u8>,
    /// ASCII; kept as bytes because nothing but the hash reads it.
    text: Vec<u8>,
}

impl DigestScratch {
    /// The `units_root` of an event whose units are all present.
    pub fn units_root(&mut self, event_salt: &[u8; SALT_BYTES], units: &Units) -> [u8; 32] {
        let mut digests = [[0u8; 32]; Unit::ALL.len()];
        let mut count = 0;
        for (unit, bytes) in units.iter() {
            digests[count] = self.digest(&unit_salt(event_salt, unit), unit.name(), bytes);
            count += 1;
        }
        units_root(digests[..count].iter())
    }

    fn digest(&mut self, salt: &[u8; SALT_BYTES], name: &str, canonical_value: &[u8]) -> [u8; 32] {
        self.fill(salt, name, canonical_value);
        Sha256::digest(&self.text).into()
    }

    fn fill(&mut self, salt: &[u8; SALT_BYTES], name: &str, canonical_value: &[u8]) {
        let mut salt_text = [0; 22];
        URL_SAFE_NO_PAD.encode_slice(salt, &mut salt_text).expect("22 characters for 16 bytes");
        self.json.clear();
        self.json.extend_from_slice(b"[\"");
        self.json.extend_from_slice(&salt_text);
        self.json.extend_from_slice(b"\",\"");
        self.json.extend_from_slice(name.as_bytes());
        self.json.extend_from_slice(b"\",");
        self.json.extend_from_slice(canonical_value);
        self.json.push(b']');
        self.text.resize(self.json.len().div_ceil(3) * 4, 0);
        let len =
            URL_SAFE_NO_PAD.encode_slice(&self.json, &mut self.text).expect("room for the padded length");
        self.text.truncate(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the format: unit name, salt, canonical value, disclosure, digest.
    const EXAMPLE: [(&str, &str, &str, &str, &str); 5] = [
        (
            "action",
            "hfsaXuhwT8cS7NoT1W4qaQ",
            r#""user.login""#,
            "WyJoZnNhWHVod1Q4Y1M3Tm9UMVc0cWFRIiwiYWN0aW9uIiwidXNlci5sb2dpbiJd",
            "112c6f1b470b1a7db9a4f64970bba1db0e9b4c194cbe53a627a068fc0fc579af",
        ),
        (
            "actor",
            "eCQdpNWwkSm3EOe_hyIS4w",
            r#"{"email":"user437@example.com","id":"u_437","type":"user"}"#,
            "WyJlQ1FkcE5Xd2tTbTNFT2VfaHlJUzR3IiwiYWN0b3IiLHsiZW1haWwiOiJ1c2VyNDM3QGV4YW1wbGUuY29tIiwiaWQiOiJ1XzQzNyIs\
             InR5cGUiOiJ1c2VyIn1d",
            "bd2dfd49e2691e8d1b2dfe3bc1323db8b13eb7e8152e58e6c68d7d838229f70c",
        ),
        (
            "context",
            "5CKIs8osBvw3TTwgd8bodQ",
            r#"{"ip":"192.0.2.181","ua":"curl/8.5"}"#,
            "WyI1Q0tJczhvc0J2dzNUVHdnZDhib2RRIiwiY29udGV4dCIseyJpcCI6IjE5Mi4wLjIuMTgxIiwidWEiOiJjdXJsLzguNSJ9XQ",
            "134ffc74c0e7ffd84e9919f68e43002be686d2be0cd0fdddc4ecbd2642400a87",
        ),
        (
            "occurred_at",
            "Ax-CDwXj5Dr3-qtDRS8Whw",
            r#""2026-11-20T10:00:00.000Z""#,
            "WyJBeC1DRHdYajVEcjMtcXREUlM4V2h3Iiwib2NjdXJyZWRfYXQiLCIyMDI2LTExLTIwVDEwOjAwOjAwLjAwMFoiXQ",
            "037e589728d93d2a1e1aff69b02397c7702f2cd53d22030ec5145d4fc90f6a94",
        ),
        (
            "targets",
            "va5a4za1daA0F-QjNA5k2Q",
            r#"[{"id":"doc_437","type":"document"}]"#,
            "WyJ2YTVhNHphMWRhQTBGLVFqTkE1azJRIiwidGFyZ2V0cyIsW3siaWQiOiJkb2NfNDM3IiwidHlwZSI6ImRvY3VtZW50In1dXQ",
            "e325564b4a9e84efc7687da3917d2fcad0d234a3bfa1e1fb516459cc834315db",
        ),
    ];

    fn salt(text: &str) -> [u8; 16] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn known_answers() {
        let mut digests = Vec::new();
        for (name, salt_text, value, text, hash) in EXAMPLE {
            let salt = salt(salt_text);
            assert_eq!(disclosure(&salt, name, value.as_bytes()), text, "{name}");
            let digest = digest(&salt, name, value.as_bytes());
            assert_eq!(hex::encode(digest), hash, "{name}");
            digests.push(digest);
        }
        assert_eq!(
            hex::encode(units_root(digests.iter())),
            "81936087c1bb580420a8cc334cde4b26e22d0fd25eeadbdbffa5e4a94e62cf60"
        );
    }

    #[test]
    fn units_root_is_made_of_its_steps() {
        let units = Units::from_parts([Some(b"{}"), None, None, Some(b"{\"a\":1}"), None, Some(b"[]")]);
        let event_salt = [3; 16];
        let digests: Vec<_> = units
            .iter()
            .map(|(unit, bytes)| {
                let preimage = [b"alog/salt/v1\n", &event_salt[..], unit.name().as_bytes()].concat();
                let salt: [u8; 16] = Sha256::digest(preimage)[..16].try_into().unwrap();
                digest(&salt, unit.name(), bytes)
            })
            .collect();
        assert_eq!(units_root_of(&event_salt, &units), units_root(digests.iter()));
    }
}
