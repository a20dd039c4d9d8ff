//! Exports of the real service: killed midway in each format, read by a database that nobody here wrote, on a full
//! disk.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    disk_full::Mount,
    server::{Server, not_tested, run, text},
};

/// Several pages, so that there is a midway.
const EVENTS: usize = 20_000;
const BATCH: usize = 1_000;
/// What nothing here should take, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(3);

const SETTINGS: [(&str, &str); 2] =
    [("TALLYSTICK_EXPORTS__CHECKPOINT_BYTES", "1024"), ("TALLYSTICK_EXPORTS__RESERVE_BYTES", "0")];

/// Reads a file with DuckDB: rows, different seqs, smallest and largest, failures.
const DUCKDB: &str = r#"
import duckdb, json, sys
path, kind = sys.argv[1:3]
table = {
    "csv": f"SELECT seq, outcome FROM read_csv('{path}', header = true)",
    "ndjson": f"SELECT seq, outcome FROM read_json('{path}', format = 'newline_delimited')",
    "json": f"SELECT e.seq AS seq, e.outcome AS outcome FROM "
            f"(SELECT unnest(events) AS e FROM read_json('{path}', maximum_object_size = 1000000000))",
    "parquet": f"SELECT seq, outcome FROM read_parquet('{path}') WHERE json_valid(event) AND actor_id IS NOT NULL",
}[kind]
row = duckdb.sql(f"SELECT count(*), count(DISTINCT seq), min(seq), max(seq), "
                 f"count(*) FILTER (outcome = 'failure') FROM ({table})").fetchall()[0]
print(json.dumps(row))
"#;

fn fill(server: &Server, org: &str, events: usize) {
    server.api.make_org(org);
    for first in (0..events).step_by(BATCH) {
        let one = |number: usize| {
            let (hour, minute, second) = (number / 3_600 % 24, number / 60 % 60, number % 60);
            json!({
                "org": org,
                "action": "invoice.updated",
                "outcome": if number.is_multiple_of(4) { "failure" } else { "success" },
                "occurred_at": format!("2026-11-20T{hour:02}:{minute:02}:{second:02}.000Z"),
                "actor": { "type": "user", "id": format!("u_{}", number % 9), "name": "Ana, \"R\"\nRuiz" },
                "targets": [{ "type": "invoice", "id": format!("i_{number}") }],
                "metadata": { "number": number, "note": "x".repeat(200) },
            })
        };
        let batch: Vec<Value> = (first..(first + BATCH).min(events)).map(one).collect();
        let answer = server.api.post("/v1/events", &json!(batch));
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

fn get(server: &Server, id: &str) -> Value {
    let answer = server.api.get(&format!("/v1/exports/{id}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

fn until(server: &Server, id: &str, done: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let now = get(server, id);
        if done(&now) {
            return now;
        }
        assert!(started.elapsed() < PATIENCE, "it takes too long: {now}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn has_ended(export: &Value) -> bool {
    !matches!(export["status"].as_str(), Some("queued" | "running"))
}

fn duckdb() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/interop-venv/bin/python");
    let has = Command::new(&python).args(["-c", "import duckdb"]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    not_tested("DuckDB", "cargo xtask interop-setup");
    None
}

#[test]
fn killed_midway_each_format_is_whole_in_the_end_and_a_database_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let files = tempfile::tempdir().unwrap();
    let mut server = Server::try_start(dir.path(), &SETTINGS).unwrap();
    fill(&server, "acme", EVENTS);
    let python = duckdb();
    for (format, compression) in [
        ("csv", "none"),
        ("ndjson", "gzip"),
        ("ndjson", "zstd"),
        ("json", "none"),
        ("parquet", "none"),
        ("evidence", "none"),
    ] {
        let asked = json!({ "org": "acme", "format": format, "compression": compression, "name": format });
        let made = server.api.post("/v1/exports", &asked);
        assert_eq!(made.status, 202, "{made:?}");
        let id = made.body["id"].as_str().unwrap().to_owned();
        let size = made.body["log_size"].as_u64().unwrap();
        let midway = until(&server, &id, |now| has_ended(now) || now["rows"].as_u64().unwrap() > 0);
        server.kill();
        println!("{format} {compression}: killed at {} of {size} rows, {}", midway["rows"], midway["status"]);
        server = Server::try_start(dir.path(), &SETTINGS).unwrap();
        let done = until(&server, &id, has_ended);
        assert_eq!((&done["status"], &done["rows"]), (&json!("completed"), &json!(size)), "{format}: {done}");
        let file = files.path().join(done["file_name"].as_str().unwrap());
        let _ = std::fs::remove_file(&file);
        let downloaded = server.cli(&["exports", "download", &id, "--output", file.to_str().unwrap()]);
        assert!(downloaded.status.success(), "{}", text(&downloaded.stderr));
        assert!(text(&downloaded.stderr).contains("is complete"), "the SHA-256 was checked");
        if format == "evidence" {
            is_proven_unless_changed(&server, &file, size);
            continue;
        }
        let Some(python) = &python else { continue };
        let read = Command::new(python).args(["-c", DUCKDB]).arg(&file).arg(format).output().unwrap();
        assert!(read.status.success(), "{format} {compression}: {}", text(&read.stderr));
        let row: Vec<u64> = serde_json::from_slice(&read.stdout).unwrap();
        assert_eq!(row[..4], [size, size, 0, size - 1], "{format} {compression}");
        assert_eq!(row[4], EVENTS as u64 / 4, "{format} {compression}");
    }
}

/// What an auditor does with a pack: the command that believes nobody, with the key and without a service.
fn is_proven_unless_changed(server: &Server, pack: &Path, events: u64) {
    let policy = pack.with_extension("policy");
    std::fs::write(&policy, format!("log {}\nquorum none\n", server.api.log_key("acme"))).unwrap();
    let verify = |pack: &Path| {
        let words = ["verify", "pack", pack.to_str().unwrap(), "--policy", policy.to_str().unwrap()];
        let output = run(&words);
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, said) = verify(pack);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.replace(',', "").contains(&events.to_string()), "{said}");
    let mut bytes = std::fs::read(pack).unwrap();
    // A letter of the disclosure of a unit, which is in base64.
    let at = bytes.windows(6).rposition(|part| part == br#"{"d":""#).unwrap() + 60;
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    let changed = pack.with_extension("changed");
    std::fs::write(&changed, bytes).unwrap();
    let (code, said) = verify(&changed);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("TAMPERED"), "{said}");
}

#[test]
fn the_command_asks_waits_and_downloads() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::try_start(dir.path(), &SETTINGS).unwrap();
    fill(&server, "acme", 50);
    let file = dir.path().join("failures.csv");
    let path = file.to_str().unwrap();
    let create = ["exports", "create", "-outcome:success action:invoice.*", "--org", "acme", "--columns"];
    let done = server.cli(&[&create[..], &["seq,targets.id", "--output", path]].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written.lines().count(), 1 + 13, "{written}");
    assert!(written.starts_with("seq,targets.id\r\n"), "{written}");
    let again = server.cli(&[&create[..], &["seq,targets.id", "--output", path]].concat());
    assert_eq!(again.status.code(), Some(2), "a file that is there is not overwritten");
    let listed = text(&server.cli(&["exports", "list", "--org", "acme"]).stdout);
    assert!(listed.contains("completed") && listed.contains("-outcome:success"), "{listed}");
    let id = listed.split_whitespace().next().unwrap();
    // What is there of a download that broke off is not taken again.
    let half = dir.path().join("half.csv");
    std::fs::write(dir.path().join("half.csv.part"), &written.as_bytes()[..written.len() / 2]).unwrap();
    let gone_on = server.cli(&["exports", "download", id, "--output", half.to_str().unwrap()]);
    assert!(gone_on.status.success(), "{}", text(&gone_on.stderr));
    assert_eq!(std::fs::read_to_string(&half).unwrap(), written);
    std::fs::remove_file(&half).unwrap();
    std::fs::write(dir.path().join("half.csv.part"), "something else").unwrap();
    let other = server.cli(&["exports", "download", id, "--output", half.to_str().unwrap()]);
    assert_eq!(other.status.code(), Some(1), "{}", text(&other.stderr));
    assert!(!half.exists(), "what is not the file does not get its name");
    assert!(server.cli(&["exports", "show", id]).status.success());
    assert!(server.cli(&["exports", "delete", id]).status.success());
    assert_eq!(server.cli(&["exports", "wait", id]).status.code(), Some(4));
}

#[test]
fn on_a_full_disk_an_export_fails_and_the_service_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(&dir.path().join("exports"), 2) else { return };
    let server = Server::try_start(dir.path(), &SETTINGS).unwrap();
    fill(&server, "acme", 8_000);
    for format in ["ndjson", "parquet"] {
        // Parquet would fit, if it were not for what else is there.
        std::fs::write(mount.0.join("ballast"), vec![0; if format == "parquet" { 1_990_000 } else { 1 }])
            .unwrap();
        let made = server.api.post("/v1/exports", &json!({ "org": "acme", "format": format }));
        assert_eq!(made.status, 202, "{made:?}");
        let failed = until(&server, made.body["id"].as_str().unwrap(), has_ended);
        assert_eq!(
            (&failed["status"], &failed["error"]["code"]),
            (&json!("failed"), &json!("disk_full")),
            "{failed}"
        );
        assert!(failed["error"]["message"].as_str().unwrap().contains("make room"), "{failed}");
        let left: Vec<_> =
            std::fs::read_dir(&mount.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["ballast"]);
        std::fs::remove_file(mount.0.join("ballast")).unwrap();
    }
    let small = json!({ "org": "acme", "format": "csv", "query": "metadata.number:<10" });
    let made = server.api.post("/v1/exports", &small);
    let done = until(&server, made.body["id"].as_str().unwrap(), has_ended);
    assert_eq!((&done["status"], &done["rows"]), (&json!("completed"), &json!(10)), "{done}");
}
