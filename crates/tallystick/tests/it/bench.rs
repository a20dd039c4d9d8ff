//! The benchmark runs to its end on few events, and every number of our own is there.

use serde_json::Value;

use crate::server::{run, text};

#[test]
fn every_phase_is_measured_on_a_service_of_its_own() {
    let line = "bench --events 3000 --batch 500 --single-events 100 --cold-rounds 1 --output json";
    let output = run(&line.split(' ').collect::<Vec<_>>());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert!(rows.len() > 50, "{} rows", rows.len());
    for row in rows {
        assert!(row["ours"].is_number(), "{row}");
    }
    let ours = &report["ours"];
    assert_eq!(ours["settled"], true);
    // The commit log of a killed service is all that these were in.
    assert!(ours["recovery_replayed"].as_u64().unwrap() >= 1_500, "{}", ours["recovery_replayed"]);
    assert!(ours["disk"]["sections"].as_array().unwrap().len() > 10);
    assert!(report["peers"].as_array().unwrap().is_empty());
}

#[test]
fn a_full_directory_and_a_missing_python_are_told_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x"), "x").unwrap();
    let path = folder.path().to_str().unwrap();
    let output = run(&["bench", "--keep-data", path]);
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("is not empty"));
    let output = run(&["bench", "--compare", "sqlite", "--python", &format!("{path}/none")]);
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("cargo xtask bench-setup"));
}
