//! Lakes of every version of the format must open for ever: names, files, columns, statements and manifests.

use std::{fs, path::PathBuf};

use parquet::{
    file::reader::{FileReader as _, SerializedFileReader},
    record::{Field, Row},
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::rig::{batches, deliver, filled, in_folder, org, stored, tree};

/// The columns of version 1, which are never renamed, removed or given another type.
const COLUMNS: [&str; 30] = [
    "seq",
    "id",
    "org",
    "occurred_at",
    "received_at",
    "action",
    "outcome",
    "reason",
    "version",
    "actor_type",
    "actor_id",
    "actor_name",
    "actor_email",
    "target_types",
    "target_ids",
    "target_names",
    "ip",
    "user_agent",
    "origin",
    "request_id",
    "session_id",
    "trace_id",
    "country",
    "source",
    "idempotency_key",
    "changes",
    "metadata",
    "event",
    "log",
    "leaf_hash",
];

fn kept(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lake/v1")).join(name)
}

/// A value as JSON; times as numbers in their unit.
fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Long(number) | Field::TimestampMicros(number) | Field::TimestampMillis(number) => {
            json!(number)
        }
        Field::Str(text) => json!(text),
        Field::Bytes(bytes) => json!(bytes.as_utf8().unwrap()),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        other => panic!("a lake has no {other:?}"),
    }
}

fn members(row: &Row) -> Map<String, Value> {
    row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect()
}

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// All rows of a lake, each with its file, in the order of names. Looks at each file and its manifest on the way.
fn rows() -> Vec<Value> {
    let lake = kept("lake");
    let names = tree(&lake);
    let files: Vec<&String> = names.iter().filter(|name| name.ends_with(".parquet")).collect();
    assert_eq!(names.len(), 2 * files.len(), "each file has a manifest: {names:?}");
    let mut all = Vec::new();
    for name in files {
        let bytes = fs::read(lake.join(name)).unwrap();
        let manifest = lake.join("_manifest").join(name).with_extension("json");
        let manifest: Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
        assert_eq!(manifest["format"], "tallystick-lake-manifest/1");
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes.clone())).unwrap();
        let about = reader.metadata().file_metadata();
        let columns: Vec<&str> =
            about.schema_descr().root_schema().get_fields().iter().map(|f| f.name()).collect();
        assert_eq!(columns, COLUMNS);
        let entry = about.key_value_metadata().unwrap().iter().find(|entry| entry.key == "tallystick.lake");
        let statement: Value = serde_json::from_str(entry.unwrap().value.as_ref().unwrap()).unwrap();
        assert_eq!(statement["format"], "tallystick-lake/1");
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(|row| members(&row.unwrap())).collect();
        let text = |row: &Map<String, Value>, name: &str| row[name].as_str().unwrap().to_owned();
        let lines: String = rows.iter().map(|row| text(row, "event") + "\n").collect();
        let leaves: Vec<u8> =
            rows.iter().flat_map(|row| hex::decode(text(row, "leaf_hash")).unwrap()).collect();
        for (member, expected) in [
            ("rows", json!(rows.len())),
            ("leaf_hashes_sha256", json!(sha256(&leaves))),
            ("log", rows[0]["log"].clone()),
            ("first_seq", rows[0]["seq"].clone()),
            ("last_seq", rows[rows.len() - 1]["seq"].clone()),
        ] {
            assert_eq!((&manifest[member], &statement[member]), (&expected, &expected), "{name}: {member}");
        }
        let file = json!({ "path": name, "bytes": bytes.len(), "sha256": sha256(&bytes),
            "content_sha256": sha256(&lines), "content_bytes": lines.len() });
        assert_eq!(manifest["file"], file);
        for row in &rows {
            let event: Value = serde_json::from_str(&text(row, "event")).unwrap();
            for (column, place) in [
                ("id", "/id"),
                ("seq", "/seq"),
                ("org", "/org"),
                ("action", "/action"),
                ("outcome", "/outcome"),
                ("actor_id", "/actor/id"),
                ("actor_name", "/actor/name"),
                ("ip", "/context/ip"),
                ("leaf_hash", "/integrity/leaf_hash"),
                ("log", "/integrity/log"),
            ] {
                assert_eq!(
                    Some(&row[column]).filter(|v| !v.is_null()),
                    event.pointer(place),
                    "{name}: {column}"
                );
            }
        }
        all.extend(rows.into_iter().map(|row| json!({ "file": name, "row": row })));
    }
    all
}

#[test]
fn version_1_opens() {
    let expected = fs::read_to_string(kept("rows.ndjson")).unwrap();
    let expected: Vec<Value> = expected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found = rows();
    assert!(found.len() > 20 && expected.len() == found.len(), "{} rows", found.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

/// Writes the golden files. Only for a new version of the format, into a new folder; an old one is never replaced.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes testdata"]
async fn write_golden_files() {
    let harness = filled(28).await;
    let dir = tempfile::tempdir().unwrap();
    let lake = in_folder(dir.path());
    for org in [org(0), org(1)] {
        for batch in batches(&harness, &stored(&harness, &org)) {
            deliver(&*lake, &batch).await;
        }
    }
    let root = dir.path().join("acme/audit");
    for name in tree(&root) {
        let to = kept("lake").join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root.join(&name), to).unwrap();
    }
    let lines = rows().iter().fold(String::new(), |lines, row| format!("{lines}{row}\n"));
    fs::write(kept("rows.ndjson"), lines).unwrap();
}
