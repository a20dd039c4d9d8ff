//! Real records of every product through the real import: all of them, none dropped, none twice.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;

use crate::server::{Server, text};

const PRODUCTS: &[&str] = &["cloudtrail", "github", "okta", "auth0", "slack", "gcp", "kubernetes"];

/// The folder of the records. Where it is absent the test is skipped with a message, except in CI, where that would be
/// a hole.
fn data() -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    if folder.is_dir() {
        return Some(folder.to_owned());
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "{} is absent: the real records cannot be tested",
        folder.display()
    );
    println!("SKIPPED: no real records at {}", folder.display());
    None
}

fn records(file: &Path) -> usize {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn every_record_of_every_product_is_imported_once() {
    let Some(folder) = data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    for product in PRODUCTS {
        let file = folder.join(format!("{product}.ndjson.gz"));
        let count = records(&file);
        assert!(count > 10, "{product}");
        server.api.make_org(product);
        let import =
            || server.cli(&["import", "--org", product, "--format", product, file.to_str().unwrap()]);
        let first = import();
        let summary = text(&first.stderr);
        assert!(first.status.success(), "{product}: {summary}");
        let grouped = thousands(count);
        assert!(
            summary.contains(&format!("{grouped} events stored, 0 skipped as duplicates, 0 bad records")),
            "{summary}"
        );
        let second = text(&import().stderr);
        assert!(
            second.contains(&format!("0 events stored, {grouped} skipped as duplicates, 0 bad records")),
            "{second}"
        );
        let stored = server.api.get(&format!("/v1/count?org={product}"));
        assert_eq!(stored.body["count"].as_u64(), Some(count as u64), "{product}");
    }
}

fn thousands(count: usize) -> String {
    match count {
        0..1_000 => count.to_string(),
        _ => format!("{},{:03}", count / 1_000, count % 1_000),
    }
}

#[test]
fn bad_records_are_listed_with_their_place_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.api.make_org("acme");
    let event =
        |action: &str| format!("{{\"action\":\"{action}\",\"actor\":{{\"type\":\"user\",\"id\":\"u\"}}}}");
    let lines = [
        event("first.done"),
        "{\"action\":".to_owned(),
        event("second.done"),
        "{\"action\":\"x.y\"}".to_owned(),
        event("third.done").replace("\"actor\"", "\"occurred_at\":\"1970-01-01T00:00:00Z\",\"actor\""),
    ];
    let file = dir.path().join("mixed.ndjson");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let path = file.to_str().unwrap();
    let output = server.cli(&["import", "--org", "acme", "--format", "ndjson", path]);
    assert_eq!(output.status.code(), Some(5));
    let told = text(&output.stderr);
    for place in [2, 4, 5] {
        assert!(told.contains(&format!("{path}:{place}: ")), "{told}");
    }
    assert!(told.contains("2 events stored, 0 skipped as duplicates, 3 bad records"), "{told}");
    assert_eq!(server.api.get("/v1/count?org=acme").body["count"], 2);

    let strict = server.cli(&["import", "--org", "acme", "--format", "ndjson", "--strict", path]);
    assert_eq!(strict.status.code(), Some(5));
    assert!(text(&strict.stderr).contains("1 bad records"), "{}", text(&strict.stderr));
}

#[test]
fn what_concerns_all_records_is_said_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let file = dir.path().join("events.ndjson");
    let event = "{\"action\":\"a.b\",\"actor\":{\"type\":\"user\",\"id\":\"u\"}}\n";
    std::fs::write(&file, event.repeat(50)).unwrap();
    let output = server.cli(&["import", "--org", "nobody", "--format", "ndjson", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4));
    let told = text(&output.stderr);
    assert!(told.contains("org_not_found") && told.contains("0 bad records"), "{told}");
}

#[test]
fn a_mapping_of_ones_own_reads_what_nobody_knew() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.api.make_org("acme");
    let mapping = dir.path().join("door.toml");
    let toml = r#"
        version = 1
        name = "door"
        action = { template = "door.{what}", with = { what = { from = "event", apply = ["snake"] } } }
        occurred_at = "when"
        [detect]
        all = ["door"]
        [actor]
        id = "badge"
        type = { const = "user" }
    "#;
    std::fs::write(&mapping, toml).unwrap();
    let records = dir.path().join("door.json");
    let json = r#"[
        {"door": "D-1", "event": "AccessRefused", "badge": "000456", "when": "2026-03-01T09:15:00Z", "battery": 93}
    ]"#;
    std::fs::write(&records, json).unwrap();
    let output = server.cli(&[
        "import",
        "--org",
        "acme",
        "--mapping",
        mapping.to_str().unwrap(),
        records.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let events = server.api.all_events("acme");
    assert_eq!(events[0]["action"], "door.access_refused");
    assert_eq!(events[0]["metadata"]["battery"], 93);
    std::fs::write(&mapping, "version = 1\nname = \"door\"\nacton = \"x\"\n").unwrap();
    let output = server.cli(&["import", "--mapping", mapping.to_str().unwrap(), records.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("line 3"), "{}", text(&output.stderr));
}
