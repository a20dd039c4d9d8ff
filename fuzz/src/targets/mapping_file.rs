//! Mapping files, which users write themselves.

use serde_json::json;
use tallystick_mapping::Mapping;

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "mapping_file", seeds, run };

fn seeds() -> Vec<Vec<u8>> {
    let sources = Mapping::builtin_names().iter().filter_map(|name| Mapping::builtin_source(name));
    sources.map(|source| source.as_bytes().to_vec()).collect()
}

fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(mapping) = Mapping::from_toml(text) else { return };
    // Whatever was accepted must work on any record, whether it fits or not.
    let record = json!({"id": "1", "time": 1, "actor": {"id": [null, true, 1.5]}, "items": [{"a": "b"}, []]});
    let _ = mapping.detects(&record);
    let _ = mapping.map(&record);
    for one in mapping.records(json!([record, {"Records": []}])) {
        let _ = mapping.map(&one);
    }
}
