//! What tests of all stores look at: what is in an object, and whether its manifest is right.

use std::io::Read;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tallystick_destination::Batch;
use tallystick_outbound::Outbound;

use crate::components::surroundings;

/// Longest object that a test reads.
const OBJECT_BYTES_MAX: usize = 64 << 20;

/// Asks a store. Gives the status and the body.
pub(crate) async fn fetch(method: &str, url: &str, headers: &[(&str, &str)]) -> (u16, Vec<u8>) {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Bytes::new()).unwrap();
    let answer =
        Outbound::new(surroundings().outbound).unwrap().send(request, OBJECT_BYTES_MAX).await.unwrap();
    (answer.status, answer.body)
}

/// The lines of an object, uncompressed as its key says.
pub(crate) fn lines(key: &str, bytes: &[u8]) -> Vec<Value> {
    let mut text = Vec::new();
    match key.rsplit('.').next() {
        Some("gz") => drop(flate2::read::GzDecoder::new(bytes).read_to_end(&mut text).unwrap()),
        Some("zst") => text = zstd::stream::decode_all(bytes).unwrap(),
        _ => text.extend_from_slice(bytes),
    }
    assert_eq!(text.last(), Some(&b'\n'), "the last line ends");
    let lines = text.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n');
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// Panics unless the object has the events of the batch, in order.
pub(crate) fn assert_holds(key: &str, bytes: &[u8], batch: &Batch) {
    let sent = batch.records.iter().map(|record| serde_json::from_slice(&record.bytes).unwrap());
    assert_eq!(lines(key, bytes), sent.collect::<Vec<Value>>());
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
