//! Copies that webhooks have received, in every format, and what is known of the stream that has sent them.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{assert_equal, drained, make_stream, reconcile, service, shown};
use crate::{receiver::Receiver, server::Server};

const FORMATS: [&str; 8] = ["native", "ocsf_1_9", "ocsf_1_8", "ecs", "cef", "leef", "cloudevents", "workos"];

fn to_receiver(server: &Server, receiver: &Receiver, more: &Value) -> String {
    let mut body = json!({ "kind": "webhook", "settings": { "url": receiver.url(), "body": "ndjson" } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    make_stream(server, &body)
}

/// What a receiver has got, as a file of lines.
fn keep(receiver: &Receiver, path: &Path) -> Vec<String> {
    let mut bytes = Vec::new();
    for call in receiver.calls() {
        bytes.extend_from_slice(&call.body);
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
    }
    fs::write(path, &bytes).unwrap();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn every_format_can_be_compared() {
    let dir = tempfile::tempdir().unwrap();
    let server = service(&dir.path().join("data"), 200);
    for format in FORMATS {
        let receiver = Receiver::start();
        let id = to_receiver(&server, &receiver, &json!({ "format": format }));
        drained(&server, &id);
        let path = dir.path().join(format!("{format}.log"));
        let copy = path.to_str().unwrap();
        let mut lines = keep(&receiver, &path);
        let report = assert_equal(&server, &["--stream", &id, copy], lines.len());
        assert_eq!(report["formats"], json!({ format: lines.len() }));
        assert_eq!(report["logs"][0]["same"]["whole"], json!(lines.len()), "{format}");
        // Whoever changes one letter of a name, and takes one event out, is found.
        let at = lines.iter().position(|line| line.contains("u_3")).unwrap();
        lines[at] = lines[at].replacen("u_3", "u_4", 1);
        lines.remove(at + 1);
        fs::write(&path, lines.join("\n")).unwrap();
        let (code, report) = reconcile(&server, &["--stream", &id, copy]);
        let log = &report["logs"][0];
        let found = (code, &log["changed"]["count"], &log["missing"]["count"]);
        assert_eq!(found, (5, &json!(1), &json!(1)), "{format}: {report:#}");
        assert_eq!(log["changed"]["list"][0]["at"], json!(format!("{copy}:{}", at + 1)), "{format}");
        let gone = server.api.try_call("DELETE", &format!("/v1/streams/{id}"), None).unwrap();
        assert!(gone.status < 300, "{gone:?}");
    }
    server.stop();
}

#[test]
fn bodies_of_webhooks_are_records_too() {
    let dir = tempfile::tempdir().unwrap();
    let server = service(&dir.path().join("data"), 100);
    for body in ["batch", "json_array"] {
        let receiver = Receiver::start();
        let settings = json!({ "settings": { "url": receiver.url(), "body": body } });
        let id = to_receiver(&server, &receiver, &settings);
        drained(&server, &id);
        let path = dir.path().join(body);
        keep(&receiver, &path);
        let (code, report) = reconcile(&server, &["--stream", &id, path.to_str().unwrap()]);
        let records = report["records"].as_u64().unwrap();
        assert!(code == 0 && records >= 100, "{body}: {report:#}");
    }
    server.stop();
}

#[test]
fn a_stream_knows_what_it_sends_and_hides() {
    let dir = tempfile::tempdir().unwrap();
    let server = service(&dir.path().join("data"), 300);
    let fields = ["actor.email", "actor.name", "metadata.*", "context.ip"];
    for method in ["drop", "mask", "hash"] {
        for format in ["native", "ecs", "ocsf_1_9", "cef"] {
            let receiver = Receiver::start();
            let more = json!({ "format": format, "query": "outcome:failure -action:audit_stream.*",
                "mask": { "fields": fields, "method": method } });
            let id = to_receiver(&server, &receiver, &more);
            drained(&server, &id);
            let path = dir.path().join(format!("{method}-{format}"));
            let copy = path.to_str().unwrap();
            let mut lines = keep(&receiver, &path);
            assert_eq!(lines.len(), 100);
            let report = assert_equal(&server, &["--stream", &id, copy], 100);
            let same = &report["logs"][0]["same"];
            let how = if method == "hash" { "in_part" } else { "whole" };
            assert_eq!(same[how], 100, "{method} {format}: {report:#}");
            assert_eq!(report["masked"]["method"], method);
            let (code, text) = shown(&server.cli(&["reconcile", "--stream", &id, copy]));
            assert!(code == 0 && text.contains("actor.email"), "{text}");
            // Without the stream, what it leaves out is missing and what it hides is changed.
            let (code, report) = reconcile(&server, &[copy]);
            assert_eq!((code, report["logs"][0]["changed"]["count"].as_u64()), (5, Some(100)), "{report:#}");
            // The last one cut off is missed all the same: the stream knows how far it was.
            lines.pop();
            lines[10] = lines[10].replacen("curl/8", "curl/9", 1);
            fs::write(&path, lines.join("\n")).unwrap();
            let (code, report) = reconcile(&server, &["--stream", &id, copy]);
            let log = &report["logs"][0];
            let found = (code, &log["changed"]["count"], &log["missing"]["count"]);
            assert_eq!(found, (5, &json!(1), &json!(1)), "{method} {format}: {report:#}");
            server.api.try_call("DELETE", &format!("/v1/streams/{id}"), None).unwrap();
        }
    }
    server.stop();
}

#[test]
fn a_copy_of_all_organizations_has_each_log_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let server = service(&dir.path().join("data"), 50);
    server.api.make_org("beta");
    super::write(&server, "beta", 0, 60);
    let receiver = Receiver::start();
    let id = to_receiver(
        &server,
        &receiver,
        &json!({ "organization_id": null, "query": "-action:audit_stream.*" }),
    );
    drained(&server, &id);
    let path = dir.path().join("all");
    let copy = path.to_str().unwrap();
    let mut lines = keep(&receiver, &path);
    let (code, report) = reconcile(&server, &["--stream", &id, copy]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(
        report["logs"].as_array().unwrap().len(),
        3,
        "acme, beta, and that of the instance: {report:#}"
    );
    let all = report["records"].as_u64().unwrap();
    let (code, report) = reconcile(&server, &["--org", "beta", copy]);
    assert_eq!((code, report["logs"].as_array().unwrap().len()), (0, 1), "{report:#}");
    let beta = report["logs"][0]["records"].as_u64().unwrap();
    assert_eq!(report["records_of_other_organizations"], json!(all - beta));
    // A log that there is not.
    let one = lines.iter().position(|line| line.contains("\"org\":\"acme\"")).unwrap();
    let event: Value = serde_json::from_str(&lines[one]).unwrap();
    let log = event["integrity"]["log"].as_str().unwrap().to_owned();
    let other = format!("{}/{}", log.rsplit_once('/').unwrap().0, "00000000-0000-7000-8000-000000000000");
    lines[one] = lines[one].replace(&log, &other);
    fs::write(&path, lines.join("\n")).unwrap();
    let (code, report) = reconcile(&server, &["--stream", &id, "--from-seq", "0", copy]);
    let missing: u64 =
        report["logs"].as_array().unwrap().iter().map(|log| log["missing"]["count"].as_u64().unwrap()).sum();
    assert_eq!((code, &report["unknown"]["count"], missing), (5, &json!(1), 1), "{report:#}");
    server.stop();
}
