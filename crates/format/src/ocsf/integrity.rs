//! The profile `record_integrity` of OCSF 1.9: a fingerprint of the record itself.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::json::{self, Object};
use crate::place::Place;

/// The list of attestations; there is one.
const ATTESTATIONS: &str = "attestation_list";

/// Adds the attestation: its fingerprint is over the record's canonical JSON with the attestation but without the
/// fingerprint in it.
pub(super) fn attest(record: &mut Map<String, Value>, place: &Place<'_>) {
    let mut attestation = Object::default();
    attestation.text("uid", Some(place.event_id)).text("authority_uid", Some(place.log));
    record.insert(ATTESTATIONS.to_owned(), vec![Value::Object(attestation.0.clone())].into());
    let mut canonical = Vec::with_capacity(4_096);
    json::write_object(&mut canonical, record);
    let mut fingerprint = Object::default();
    fingerprint.set("algorithm_id", 3).set("algorithm", "SHA-256");
    fingerprint.set("encoding_id", 1).set("encoding", "Hex");
    fingerprint.set("serialization_id", 2).set("serialization", "JCS");
    fingerprint.set("value", hex::encode(Sha256::digest(&canonical)));
    attestation.object("fingerprint", fingerprint);
    record.insert(ATTESTATIONS.to_owned(), vec![Value::Object(attestation.0)].into());
}
