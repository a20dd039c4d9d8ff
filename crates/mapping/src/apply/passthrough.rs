//! Records that are events already: our own exports, or events that someone prepared.

use serde_json::{Map, Value};

use crate::mapping::{MappedEvent, Mapping};
use crate::source_id;

/// What only a service gives an event. An import gets its own, so these move to `metadata.imported`.
const GIVEN_BY_SERVICE: &[&str] = &["id", "seq", "received_at", "source", "leaf_hash"];

pub(super) fn map(mapping: &Mapping, record: &Value) -> MappedEvent {
    let mut event = record.as_object().cloned().unwrap_or_default();
    let imported: Map<_, _> = GIVEN_BY_SERVICE.iter().filter_map(|name| event.remove_entry(*name)).collect();
    let own = |members: &Map<String, Value>, name: &str| {
        members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let source_id = own(&event, "idempotency_key").unwrap_or_else(|| {
        let id = own(&imported, "id");
        source_id::source_id(&mapping.name, id.as_deref(), true, record)
    });
    if !imported.is_empty() {
        let metadata = event.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(metadata) = metadata {
            metadata.entry("imported").or_insert(Value::Object(imported));
        }
    }
    event.insert("idempotency_key".to_owned(), source_id.clone().into());
    MappedEvent { event: Value::Object(event), source_id: Some(source_id), notes: Vec::new() }
}
