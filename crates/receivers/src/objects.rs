//! What is in objects of events, for all stores.

use std::io::Read as _;

use serde_json::Value;

use crate::Event;

/// The lines of an object, uncompressed as its key says.
pub fn object_lines(key: &str, bytes: &[u8]) -> Vec<Value> {
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

/// The events of all objects, in the order of their keys. Each object has to have its manifest.
pub(crate) fn events_of(mut keys: Vec<String>, get: impl Fn(&str) -> Vec<u8>) -> Vec<Event> {
    keys.sort();
    let (manifests, objects): (Vec<String>, Vec<String>) =
        keys.into_iter().partition(|key| key.contains("manifests/v1/"));
    let stem = |key: &str| key.rsplit('/').next().unwrap().split('.').next().unwrap().to_owned();
    let stems = |keys: &[String]| keys.iter().map(|key| stem(key)).collect::<Vec<_>>();
    assert_eq!(stems(&objects), stems(&manifests), "each object has a manifest");
    objects.iter().flat_map(|key| object_lines(key, &get(key))).map(|line| Event::of_native(&line)).collect()
}

/// What stands between two marks, each time that they occur.
pub(crate) fn between(text: &str, begin: &str, end: &str) -> Vec<String> {
    text.split(begin).skip(1).map(|rest| rest.split_once(end).unwrap().0.to_owned()).collect()
}
