//! What tests of all stores look at: what is in an object, and whether its manifest is right.

use serde_json::Value;
use sha2::{Digest, Sha256};
use tallystick_destination::Batch;
use tallystick_receivers::object_lines;

/// Panics unless the object has the events of the batch, in order.
pub(crate) fn assert_holds(key: &str, bytes: &[u8], batch: &Batch) {
    let sent = batch.records.iter().map(|record| serde_json::from_slice(&record.bytes).unwrap());
    assert_eq!(object_lines(key, bytes), sent.collect::<Vec<Value>>());
}

/// Panics unless the manifest is that of the object and the batch.
pub(crate) fn assert_manifest(manifest: &[u8], key: &str, bytes: &[u8], batch: &Batch) {
    let manifest: Value = serde_json::from_slice(manifest).unwrap();
    assert_eq!(manifest["format"], "tallystick-object-manifest/1");
    assert_eq!(manifest["object"]["key"], key);
    assert_eq!(manifest["object"]["bytes"], bytes.len());
    assert_eq!(manifest["object"]["sha256"], hex::encode(Sha256::digest(bytes)));
    assert_eq!(manifest["object"]["content_sha256"], hex::encode(Sha256::digest(batch.lines())));
    assert_eq!(
        (&manifest["first_seq"], &manifest["last_seq"]),
        (&batch.first_seq.into(), &batch.last_seq.into())
    );
    let leaves: Vec<u8> = batch.records.iter().flat_map(|record| record.leaf_hash).collect();
    assert_eq!(manifest["leaf_hashes_sha256"], hex::encode(Sha256::digest(leaves)));
}

/// The manifest's key of an object's key.
pub(crate) fn manifest_key(key: &str) -> String {
    let (stem, _) = key.rsplit_once(".jsonl").unwrap();
    format!("{}.json", stem.replace("v1/org=", "manifests/v1/org="))
}
