//! What is in the files: the rows that a brute-force look at every event finds, in every format, in both orders.

use std::io::Read as _;

use parquet::{
    file::reader::{FileReader as _, SerializedFileReader},
    record::RowAccessor as _,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tallystick_catalog::{Export, ExportState};
use tallystick_delivery::{Compression, Format, Spec};
use tallystick_engine::{facts, search::StoredEvent};
use tallystick_query::matches;
use tallystick_testkit::{EventBuilder, Profile, org_id};

use crate::harness::{Harness, spec};

const QUERIES: &[&str] = &[
    "",
    "outcome:failure",
    "action:user.* -outcome:success",
    "actor.name:=\"Ana Ruiz\"",
    "payments",
    "seq:>100",
];

/// Events of two organizations, some of them hostile, in several segments and in the tail.
async fn filled(events: usize) -> Harness {
    let harness = Harness::new(|options| options.checkpoint_bytes = 1).await;
    for org in 0..2 {
        harness.org(&org_id(org)).await;
    }
    let builder = EventBuilder::new(11, Profile { orgs: 2, actors: 30, targets: 50, ..Profile::default() });
    let made: Vec<String> = (0..events)
        .map(|number| if number % 5 == 0 { builder.hostile_event() } else { builder.event() }.to_string())
        .collect();
    harness.append(&made).await;
    harness
}

/// What should be in a file: every event of the log, looked at one by one.
fn expected(harness: &Harness, export: &Export, spec: &Spec) -> Vec<StoredEvent> {
    let query = spec.lowered(&export.query).unwrap();
    let all = harness.engine.read_log(&export.org, 0, usize::MAX >> 1).unwrap();
    let (from, to) = (spec.from_us.unwrap_or(i64::MIN), spec.to_us.unwrap_or(i64::MAX));
    let mut found: Vec<StoredEvent> = all
        .into_iter()
        .filter(|event| event.meta.seq < export.end_seq && (from..to).contains(&event.meta.occurred_us))
        .filter(|event| {
            query.as_ref().is_none_or(|query| matches(query, &facts::of(&event.meta, &event.units).unwrap()))
        })
        .collect();
    found.sort_by_key(|event| (event.meta.occurred_us, event.meta.seq));
    if !spec.ascending {
        found.reverse();
    }
    found
}

fn json(event: &StoredEvent) -> Value {
    let mut out = Vec::new();
    event.render(&mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn unpacked(bytes: Vec<u8>, compression: Compression) -> Vec<u8> {
    let mut out = Vec::new();
    match compression {
        Compression::None => return bytes,
        Compression::Gzip => flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut out).unwrap(),
        Compression::Zstd => zstd::Decoder::new(&bytes[..]).unwrap().read_to_end(&mut out).unwrap(),
    };
    out
}

/// The events in a file, as far as its format has them: the whole event, or for CSV its seq and columns.
fn rows(bytes: Vec<u8>, spec: &Spec) -> Vec<Value> {
    if spec.format == Format::Parquet {
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let names: Vec<String> = reader
            .metadata()
            .file_metadata()
            .schema_descr()
            .root_schema()
            .get_fields()
            .iter()
            .map(|f| f.name().to_owned())
            .collect();
        let at = |name: &str| names.iter().position(|known| known == name).unwrap();
        let (seq, event) = (at("seq"), at("event"));
        return reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| {
                let row = row.unwrap();
                let whole: Value = serde_json::from_str(row.get_string(event).unwrap()).unwrap();
                assert_eq!(row.get_long(seq).unwrap(), whole["seq"].as_i64().unwrap());
                whole
            })
            .collect();
    }
    let bytes = unpacked(bytes, spec.compression);
    match spec.format {
        Format::Ndjson => {
            let text = String::from_utf8(bytes).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
        Format::Json => {
            let whole: Value = serde_json::from_slice(&bytes).unwrap();
            let events = whole["events"].as_array().unwrap().clone();
            assert_eq!(whole["rows"], events.len());
            events
        }
        _ => {
            let mut reader = csv::Reader::from_reader(&bytes[..]);
            let headers = reader.headers().unwrap().clone();
            let seq = headers.iter().position(|name| name == "seq").unwrap();
            let name = headers.iter().position(|name| name == "actor.name").unwrap();
            reader
                .records()
                .map(|row| {
                    let row = row.unwrap();
                    serde_json::json!({ "seq": row[seq].parse::<u64>().unwrap(), "name": row[name] })
                })
                .collect()
        }
    }
}

/// All formats whose files have rows as they are. An evidence pack has tests of its own.
fn row_formats() -> impl Iterator<Item = Format> {
    Format::ALL.iter().copied().filter(|format| *format != Format::Evidence)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_format_has_the_rows_that_a_look_at_every_event_finds() {
    let mut harness = filled(1_500).await;
    harness.start();
    let org = org_id(0).parse().unwrap();
    let mut number = 0;
    for query in QUERIES {
        for format in row_formats() {
            number += 1;
            let compression = match (format, number % 3) {
                (Format::Parquet, _) | (_, 0) => Compression::None,
                (_, 1) => Compression::Gzip,
                _ => Compression::Zstd,
            };
            let mut spec = Spec { ascending: number % 2 == 0, compression, ..spec(format) };
            if number % 4 == 0 {
                spec.from_us = Some((tallystick_testkit::NOW_MS - 10 * 86_400_000) * 1_000);
                spec.to_us = Some((tallystick_testkit::NOW_MS - 86_400_000) * 1_000);
            }
            let asked = harness.ask(&org, "x", query, &spec).await;
            let done = harness.ended(&asked).await;
            assert_eq!(done.state, ExportState::Completed, "{query} {format}: {:?}", done.error);
            let bytes = harness.bytes(&done);
            assert_eq!(done.bytes, bytes.len() as u64);
            assert_eq!(done.sha256, Some(hex::encode(Sha256::digest(&bytes))));
            let found = rows(bytes, &spec);
            let expected: Vec<Value> = expected(&harness, &done, &spec)
                .iter()
                .map(|event| match format {
                    Format::Csv => {
                        let whole = json(event);
                        let name = whole["actor"]["name"].as_str().unwrap_or("");
                        serde_json::json!({ "seq": whole["seq"], "name": name })
                    }
                    _ => json(event),
                })
                .collect();
            assert_eq!(done.rows, expected.len() as u64, "{query} {format}");
            assert!(found == expected, "{query} {format}: other rows, or in another order");
        }
    }
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_it_was_asked_for_is_not_in_it() {
    let mut harness = filled(400).await;
    let org = org_id(0).parse().unwrap();
    let asked = harness.ask(&org, "x", "", &spec(Format::Ndjson)).await;
    let builder = EventBuilder::new(12, Profile { orgs: 1, ..Profile::default() });
    let later: Vec<String> = (0..300).map(|_| builder.event().to_string()).collect();
    harness.append(&later).await;
    harness.start();
    let done = harness.ended(&asked).await;
    assert_eq!(done.rows, asked.end_seq);
    let seqs = rows(harness.bytes(&done), &spec(Format::Ndjson));
    assert!(seqs.iter().all(|event| event["seq"].as_u64().unwrap() < asked.end_seq));
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_without_events_has_a_file_too() {
    let mut harness = Harness::new(|_| {}).await;
    let org = harness.org("empty").await;
    harness.start();
    for format in row_formats() {
        let asked = harness.ask(&org, "x", "", &spec(format)).await;
        let done = harness.ended(&asked).await;
        assert_eq!((done.state, done.rows), (ExportState::Completed, 0), "{format} {:?}", done.error);
        assert!(rows(harness.bytes(&done), &spec(format)).is_empty());
    }
    harness.stop().await;
}
