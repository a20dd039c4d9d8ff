//! What is in a file, and that a batch gives the same one every time, in its folder and nowhere else.

use std::{fs, os::unix::fs::symlink, sync::Arc};

use parquet::{
    file::reader::{FileReader as _, SerializedFileReader},
    record::{Row, RowAccessor as _},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tallystick_destination::{Batch, Outcome};

use super::rig::{batch, batches, deliver, filled, in_folder, org, stored, tree, try_open};

fn rows(bytes: Vec<u8>) -> (Vec<String>, Vec<Row>, Value) {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let about = reader.metadata().file_metadata();
    let fields = about.schema_descr().root_schema().get_fields();
    let names = fields.iter().map(|field| field.name().to_owned()).collect();
    let entries = about.key_value_metadata().unwrap();
    let entry = entries.iter().find(|entry| entry.key == "tallystick.lake").unwrap();
    let statement = serde_json::from_str(entry.value.as_ref().unwrap()).unwrap();
    (names, reader.get_row_iter(None).unwrap().map(Result::unwrap).collect(), statement)
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The path of a batch's file, without a suffix.
fn stem(batch: &Batch) -> String {
    let received = jiff::Timestamp::from_millisecond(batch.records[0].received_ms).unwrap().to_string();
    let (first, last, id) = (batch.first_seq, batch.last_seq, &batch.id.to_string()[..12]);
    let (day, hour) = (&received[..10], &received[11..13]);
    format!("org={}/dt={day}/hour={hour}/{first:020}-{last:020}-{id}", batch.org)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_back_is_what_was_stored() {
    let harness = filled(900).await;
    let dir = tempfile::tempdir().unwrap();
    let lake = in_folder(dir.path());
    let events = stored(&harness, &org(0));
    let batches = batches(&harness, &events);
    assert!(batches.len() > 5);
    let root = dir.path().join("acme/audit");
    let mut seen = 0;
    for batch in &batches {
        deliver(&*lake, batch).await;
        let path = format!("{}.parquet", stem(batch));
        let bytes = fs::read(root.join(&path)).unwrap();
        let manifest: Value =
            serde_json::from_slice(&fs::read(root.join(format!("_manifest/{}.json", stem(batch)))).unwrap())
                .unwrap();
        let leaves: Vec<u8> = batch.records.iter().flat_map(|record| record.leaf_hash).collect();
        let expected = json!({
            "format": "tallystick-lake-manifest/1", "stream": batch.stream, "organization": batch.org,
            "log": batch.log, "batch": batch.id.to_string(), "first_seq": batch.first_seq,
            "last_seq": batch.last_seq, "rows": batch.records.len(),
            "file": { "path": path, "bytes": bytes.len(), "sha256": sha256(&bytes),
                "content_sha256": sha256(&batch.lines()), "content_bytes": batch.lines().len() },
            "leaf_hashes_sha256": sha256(&leaves),
        });
        assert_eq!(manifest, expected);
        let (names, rows, statement) = rows(bytes);
        assert_eq!(statement["content_sha256"], manifest["file"]["content_sha256"]);
        assert_eq!((rows.len(), &statement["rows"]), (batch.records.len(), &json!(rows.len())));
        let at = |name: &str| names.iter().position(|known| known == name).unwrap();
        for (row, record) in rows.iter().zip(&batch.records) {
            let stored = &events[seen];
            let whole: Value = serde_json::from_slice(&record.native).unwrap();
            let text = |name: &str| row.get_string(at(name)).ok().map(String::as_str);
            assert_eq!(row.get_long(at("seq")).unwrap(), stored.meta.seq as i64);
            assert_eq!(row.get_timestamp_micros(at("occurred_at")).unwrap(), stored.meta.occurred_us);
            assert_eq!(row.get_timestamp_millis(at("received_at")).unwrap(), stored.meta.received_ms);
            assert_eq!(text("event").unwrap().as_bytes(), &record.native[..]);
            assert_eq!(text("id").unwrap(), record.event_id);
            assert_eq!(text("log").unwrap(), batch.log);
            assert_eq!(text("leaf_hash").unwrap(), hex::encode(record.leaf_hash));
            assert_eq!(text("action"), whole["action"].as_str());
            assert_eq!(text("outcome"), whole["outcome"].as_str());
            assert_eq!(text("actor_name"), whole["actor"]["name"].as_str());
            let metadata = text("metadata").map(|text| serde_json::from_str::<Value>(text).unwrap());
            assert_eq!(metadata.as_ref(), whole.get("metadata"));
            seen += 1;
        }
    }
    assert_eq!(seen, events.len());
    assert_eq!(tree(dir.path()).len(), 2 * batches.len(), "a file and a manifest each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_there_once_and_always_the_same() {
    let harness = filled(300).await;
    let events = stored(&harness, &org(0));
    let first = batch(&harness, &events[..100]);
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let lake = in_folder(one.path());
    let answer = deliver(&*lake, &first).await;
    assert!(answer.detail.starts_with("put org=") && answer.sent_bytes > 1_000, "{}", answer.detail);
    let before = tree(one.path());
    for later in 1..3 {
        let again = Batch { now_ms: first.now_ms + later * 3_600_000, ..first.clone() };
        let answer = deliver(&*lake, &again).await;
        assert!(answer.detail.ends_with("was there already"), "{}", answer.detail);
    }
    deliver(&*in_folder(other.path()), &Batch { now_ms: 0, ..first.clone() }).await;
    assert_eq!((tree(one.path()), tree(other.path())), (before.clone(), before.clone()));
    for path in &before {
        assert_eq!(fs::read(one.path().join(path)).unwrap(), fs::read(other.path().join(path)).unwrap());
    }
    // Somebody else's file in the place of ours is left alone.
    let data = one.path().join(before.iter().find(|path| path.ends_with(".parquet")).unwrap());
    for theirs in [&b"PAR1 something else"[..], b""] {
        fs::write(&data, theirs).unwrap();
        let answer = lake.send(&first).await;
        assert_eq!(answer.outcome, Outcome::Misconfigured);
        assert!(answer.detail.contains("is there with other content"), "{}", answer.detail);
        assert_eq!(fs::read(&data).unwrap(), theirs);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_version_of_the_writer_counts_and_one_of_other_events_does_not() {
    let harness = filled(200).await;
    let first = batch(&harness, &stored(&harness, &org(0)));
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let lake = in_folder(dir.path());
    deliver(&*lake, &first).await;
    let below = dir.path().join("acme/audit");
    let (data, manifest) = (format!("{}.parquet", stem(&first)), format!("_manifest/{}.json", stem(&first)));
    let (_, _, statement) = rows(fs::read(below.join(&data)).unwrap());
    // The same batch, compressed otherwise.
    fs::write(below.join(&data), with_statement(&statement)).unwrap();
    fs::remove_file(below.join(&manifest)).unwrap();
    let answer = deliver(&*lake, &first).await;
    assert!(answer.detail.ends_with("was there already"), "{}", answer.detail);
    let bytes = fs::read(below.join(&data)).unwrap();
    let told: Value = serde_json::from_slice(&fs::read(below.join(&manifest)).unwrap()).unwrap();
    assert_eq!(
        (&told["file"]["sha256"], &told["file"]["bytes"]),
        (&json!(sha256(&bytes)), &json!(bytes.len()))
    );
    // The name of this batch, and other events.
    let fewer = Batch { records: first.records[..10].to_vec(), ..first.clone() };
    deliver(&*in_folder(other.path()), &fewer).await;
    fs::copy(other.path().join("acme/audit").join(&data), below.join(&data)).unwrap();
    let answer = lake.send(&first).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured);
    assert!(answer.detail.contains("is there with other content"), "{}", answer.detail);
}

/// A Parquet file that says that it is of a batch.
fn with_statement(statement: &Value) -> Vec<u8> {
    let schema = parquet::schema::parser::parse_message_type("message m { required int64 seq; }").unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        parquet::file::writer::SerializedFileWriter::new(&mut bytes, schema.into(), Arc::default()).unwrap();
    let entry = parquet::file::metadata::KeyValue {
        key: "tallystick.lake".to_owned(),
        value: Some(statement.to_string()),
    };
    writer.append_key_value_metadata(entry);
    writer.close().unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leads_out_of_the_folder() {
    let harness = filled(20).await;
    let sent = batch(&harness, &stored(&harness, &org(0)));
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for path in ["../x", "a/../../x", "a//b", "./a", "a\\b", "ü", "%2e%2e"] {
        let settings = json!({ "place": "folder", "path": path });
        assert_eq!(try_open(settings, Some(dir.path().join("acme"))).err().unwrap().field, "path", "{path}");
    }
    // Slashes at the ends are none.
    let settings = json!({ "place": "folder", "path": "/audit/" });
    deliver(&*try_open(settings, Some(dir.path().join("slashes"))).unwrap(), &sent).await;
    assert!(tree(dir.path()).iter().all(|path| path.starts_with("slashes/audit/")));
    // Organizations name themselves.
    let hostile = Batch { org: "../../x".to_owned(), ..sent.clone() };
    deliver(&*in_folder(dir.path()), &hostile).await;
    let inside = dir.path().join("acme/audit");
    assert!(tree(&inside).iter().any(|path| path.starts_with("org=..%2F..%2Fx/")), "{:?}", tree(&inside));
    fs::remove_dir_all(dir.path().join("acme")).unwrap();
    // A link in the place of each folder, and of the file.
    let stem = stem(&sent);
    let below: Vec<&str> = stem.split('/').collect();
    for depth in 0..5 {
        let mut folder = dir.path().join("acme");
        let parts = std::iter::once("audit").chain(below[..3].iter().copied()).take(depth);
        parts.clone().for_each(|part| folder.push(part));
        fs::create_dir_all(folder.parent().unwrap()).unwrap();
        symlink(outside.path(), &folder).unwrap();
        let answer = in_folder(dir.path()).send(&sent).await;
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{}", answer.detail);
        assert!(answer.detail.contains("links are not followed"), "{}", answer.detail);
        fs::remove_dir_all(dir.path().join("acme")).or_else(|_| fs::remove_file(&folder)).unwrap();
    }
    let target = outside.path().join("target");
    fs::write(&target, "theirs").unwrap();
    let file = dir.path().join("acme/audit").join(format!("{stem}.parquet"));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    symlink(&target, &file).unwrap();
    assert_eq!(in_folder(dir.path()).send(&sent).await.outcome, Outcome::Misconfigured);
    assert_eq!(tree(outside.path()), ["target"]);
    assert_eq!(fs::read(&target).unwrap(), b"theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_has_not_set_aside_is_not_used() {
    let harness = filled(20).await;
    let sent = batch(&harness, &stored(&harness, &org(0)));
    let refused = try_open(json!({ "place": "folder" }), None).err().unwrap();
    assert_eq!(refused.field, "place");
    assert!(refused.why.contains("lake_folder"), "{}", refused.why);
    // A disk that is not mounted is not written beside.
    let dir = tempfile::tempdir().unwrap();
    let lake = in_folder(&dir.path().join("not-mounted"));
    for answer in [lake.send(&sent).await, lake.check().await.unwrap()] {
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{}", answer.detail);
        assert!(answer.detail.ends_with("for lakes is not there"), "{}", answer.detail);
    }
    let checked = in_folder(dir.path()).check().await.unwrap();
    assert_eq!(checked.outcome, Outcome::Delivered, "{}", checked.detail);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "looking leaves nothing behind");
    let bucket = json!({ "place": "s3", "bucket": "audit", "access_key_id": "A", "secret_access_key": "s" });
    assert!(try_open(bucket.clone(), None).is_ok());
    for (field, value) in [("path", json!("audit")), ("bucket", json!(null)), ("linger_s", json!(0))] {
        let mut settings = bucket.clone();
        settings[field] = value;
        assert_eq!(try_open(settings, None).err().unwrap().field, field);
    }
    let mut settings = bucket;
    settings["place"] = json!("folder");
    assert_eq!(try_open(settings, Some(dir.path().join("acme"))).err().unwrap().field, "bucket");
}
