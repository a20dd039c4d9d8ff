//! Copies in files: exports, and what is done to them.

use std::{fs, io::Write as _, path::Path};

use serde_json::{Value, json};

use super::{assert_equal, reconcile, service, shown};
use crate::server::Server;

const EVENTS: usize = 3_000;

fn export(server: &Server, path: &Path) -> Vec<String> {
    let output = server.cli(&["export", "--org", "acme", "--output", path.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(path).unwrap();
    // Written at once, all of them have one time of occurrence, and then they stand by seq.
    text.lines().map(str::to_owned).collect()
}

fn seq(line: &str) -> u64 {
    serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap()
}

fn zipped(path: &Path, text: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text).unwrap();
    let bytes = writer.finish().unwrap();
    fs::write(path, &bytes).unwrap();
    bytes
}

#[test]
fn whatever_is_done_to_an_export_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let server = service(&dir.path().join("data"), EVENTS);
    let path = dir.path().join("copy.ndjson");
    let mut lines = export(&server, &path);
    lines.sort_by_key(|line| seq(line));
    let copy = path.to_str().unwrap();
    let write = |lines: &[String]| fs::write(&path, lines.join("\n")).unwrap();
    write(&lines);
    let report = assert_equal(&server, &[copy], lines.len());
    assert_eq!(report["formats"], json!({ "export": lines.len() }));
    assert_eq!(report["logs"][0]["same"]["whole"], json!(lines.len()));

    let (first, last) = (seq(&lines[0]), seq(lines.last().unwrap()));
    assert_eq!((first, last + 1), (0, lines.len() as u64));
    let mut bad = lines.clone();
    bad[7] = bad[7].replace("zoe@acme.example", "eve@acme.example");
    bad.swap(20, 21);
    bad.insert(30, lines[5].clone());
    bad.insert(31, lines[9].replace("\"id\":\"evt_0", "\"id\":\"evt_f"));
    bad.insert(32, "{\"hello\":\"world\"}".to_owned());
    bad.drain(1_500..1_503);
    bad.remove(2_000);
    write(&bad);
    let (code, report) = reconcile(&server, &[copy]);
    assert_eq!((code, &report["equal"]), (5, &json!(false)));
    let log = &report["logs"][0];
    // Three lines were put in before the first gap, and three taken out before the second.
    let run = |first: u64, last: u64| json!({ "first_seq": first, "last_seq": last, "reason": "missing" });
    assert_eq!(log["missing"]["runs"], json!([run(1_497, 1_499), run(2_000, 2_000)]), "{log:#}");
    assert_eq!(log["missing"]["count"], 4);
    let changed = &log["changed"]["list"];
    assert_eq!((changed[0]["seq"].as_u64(), &changed[0]["members"]), (Some(7), &json!(["actor.email"])));
    assert_eq!(changed[0]["at"], json!(format!("{copy}:8")));
    assert_eq!((&log["changed"]["count"], &log["duplicates"]), (&json!(1), &json!(1)));
    assert_eq!(log["out_of_order"]["list"][0]["seq"], 20);
    assert_eq!(log["out_of_order"]["count"], 1);
    assert_eq!(log["unknown"]["list"][0]["at"], json!(format!("{copy}:32")));
    assert_eq!((&log["unknown"]["count"], &report["unreadable"]["count"]), (&json!(1), &json!(1)));
    assert_eq!(report["unreadable"]["list"][0]["at"], json!(format!("{copy}:33")));
    let (code, text) = shown(&server.cli(&["reconcile", copy]));
    assert_eq!(code, 5);
    for part in
        ["missing: 4", "seq 1,497 to 1,499", "changed: 1", "actor.email", "out of order: 1", "NOT EQUAL"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    server.stop();
}

#[test]
fn copies_are_read_as_they_come() {
    let dir = tempfile::tempdir().unwrap();
    let server = service(&dir.path().join("data"), EVENTS);
    let mut lines = export(&server, &dir.path().join("plain"));
    lines.sort_by_key(|line| seq(line));
    let folder = dir.path().join("copy");
    fs::create_dir_all(folder.join("b/manifests")).unwrap();
    let text = |range: std::ops::Range<usize>| lines[range].join("\n") + "\n";
    let all = lines.len();
    zipped(&folder.join("a.jsonl.gz"), text(0..1_000).as_bytes());
    fs::write(folder.join("b/1.ndjson.zst"), zstd::encode_all(text(1_000..2_000).as_bytes(), 3).unwrap())
        .unwrap();
    fs::write(folder.join("b/2.log"), text(2_000..all)).unwrap();
    fs::write(folder.join("b/manifests/x.json"), "{}").unwrap();
    let copy = folder.to_str().unwrap();
    let report = assert_equal(&server, &[copy], all);
    assert_eq!((&report["pieces"], &report["pieces_left_alone"]), (&json!(3), &json!(1)));

    // A file of another file's end.
    let whole = zipped(&folder.join("a.jsonl.gz"), text(0..1_000).as_bytes());
    fs::write(folder.join("a.jsonl.gz"), &whole[..whole.len() / 2]).unwrap();
    let (code, report) = reconcile(&server, &[copy]);
    assert_eq!((code, &report["broken"]["count"]), (5, &json!(1)), "{report:#}");
    assert!(report["broken"]["list"][0]["piece"].as_str().unwrap().ends_with("a.jsonl.gz"));
    let run = &report["logs"][0]["missing"]["runs"][0];
    assert_eq!(run["last_seq"], 999, "{report:#}");
    assert!((1..1_000).contains(&run["first_seq"].as_u64().unwrap()), "what could be read is there");

    // Only a part is asked for, and standard input is a copy as well.
    let mut command =
        server.command(&["reconcile", "--output", "json", "--from-seq", "990", "--to-seq", "1010", "-"]);
    command.stdin(fs::File::open(dir.path().join("plain")).unwrap());
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["logs"][0]["records"]), (Some(0), &json!(20)), "{report:#}");
    assert_eq!(report["records_outside"], json!(all - 20));
    server.stop();
}

#[test]
fn what_cannot_be_compared_is_an_error_and_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    let server = service(&dir.path().join("data"), 5);
    let path = dir.path().join("copy.ndjson");
    let copy = path.to_str().unwrap();
    let lines = export(&server, &path);
    let (code, text) = shown(&server.cli(&["reconcile", "/nowhere/at/all"]));
    assert!(code == 2 && text.contains("/nowhere/at/all"), "{text}");
    fs::write(&path, "").unwrap();
    assert_eq!(server.cli(&["reconcile", copy]).status.code(), Some(1));
    // All of it is missing, if somebody says what should be there.
    let (code, report) = reconcile(&server, &["--org", "acme", copy]);
    assert_eq!((code, report["logs"][0]["missing"]["count"].as_u64().unwrap() >= 5), (5, true), "{report}");
    fs::write(&path, lines.join("\n")).unwrap();
    let mut command = server.command(&["reconcile", copy]);
    let code = command.env("TALLYSTICK_SERVER", "http://127.0.0.1:9").output().unwrap().status.code();
    assert_eq!(code, Some(3));
    // A key that may not see the log is told so.
    let made =
        server.api.post("/v1/keys", &json!({ "name": "w", "org": "acme", "scopes": ["events:write"] }));
    let key = made.body["key"].as_str().or(made.body["secret"].as_str()).unwrap_or_default();
    let mut command = server.command(&["reconcile", copy]);
    let output = command.env_remove("TALLYSTICK_KEY_FILE").env("TALLYSTICK_KEY", key).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{made:?} {}", shown(&output).1);
    server.stop();
}
