//! Copies in real stores: SeaweedFS, which checks signatures, and a server of OpenSearch's interface.

use serde_json::{Value, json};
use tallystick_receivers::{Osmem, Receiver as _, S3_KEY, Seaweed, call};

use super::{drained, make_stream, service, until};
use crate::server::{Server, text};

/// Where the copy is in the bucket.
const PREFIX: &str = "copies/a";

fn in_bucket(server: &Server, store: &Seaweed, secret: &str, more: &[&str]) -> (i32, Value, String) {
    let (url, endpoint) = (format!("s3://audit/{PREFIX}"), store.endpoint());
    let arguments = ["reconcile", "--output", "json", "--s3", &url, "--endpoint", &endpoint];
    let mut command = server.command(&[&arguments, more].concat());
    command.env("AWS_ACCESS_KEY_ID", S3_KEY).env("AWS_SECRET_ACCESS_KEY", secret);
    let output = command.output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap(), report, text(&output.stderr))
}

#[test]
fn a_copy_in_a_bucket() {
    let dir = tempfile::tempdir().unwrap();
    let store = Seaweed::start();
    let server = service(&dir.path().join("service"), 0);
    // Objects go out when they are full, or after minutes: these are full.
    let note = "0123456789abcdef".repeat(8_192);
    for part in 0..30 {
        let event = |number: usize| {
            json!({ "org": "acme", "action": "x.y", "actor": { "type": "u", "id": "u" },
            "metadata": { "n": number, "note": note } })
        };
        let batch: Vec<Value> = (part * 10..part * 10 + 10).map(event).collect();
        assert!(server.api.post("/v1/events", &json!(batch)).status < 300);
    }
    let mut settings = store.settings();
    settings["prefix"] = json!(PREFIX);
    let id = make_stream(&server, &json!({ "kind": "s3", "settings": settings, "format": "native" }));
    let now = until(&server, &id, |now| now["cursors"][0]["next_seq"].as_u64().unwrap_or(0) >= 150);
    let sent = now["cursors"][0]["next_seq"].as_u64().unwrap();
    let (code, report, said) = in_bucket(&server, &store, store.secret(), &["--stream", &id]);
    assert_eq!((code, &report["equal"]), (0, &json!(true)), "{said} {report:#}");
    assert!(report["records"].as_u64().unwrap() >= sent, "{report:#}");
    let pieces = report["pieces"].as_u64().unwrap();
    assert!(pieces >= 2, "{report:#}");
    let manifests = report["pieces_left_alone"].as_u64().unwrap();
    assert!(manifests > 0 && manifests <= pieces, "{report:#}");
    // Who signs wrongly is not shown anything.
    let (code, _, said) = in_bucket(&server, &store, "another", &[]);
    assert!(code == 4 && said.contains("SignatureDoesNotMatch"), "{code}: {said}");
    // The second object goes, and the first is another one.
    damage(&store, &server, &id);
    let (code, report, _) = in_bucket(&server, &store, store.secret(), &["--stream", &id]);
    let log = &report["logs"][0];
    assert_eq!(code, 5);
    assert!(log["missing"]["count"].as_u64().unwrap() > 10, "{log:#}");
    assert_eq!(report["broken"]["count"], 1, "{report:#}");
    server.stop();
}

/// Cuts the end off the first object, and takes the second away.
fn damage(store: &Seaweed, server: &Server, id: &str) {
    let attempts = server.api.get(&format!("/v1/streams/{id}/attempts")).body;
    assert!(attempts["data"].as_array().unwrap().len() >= 2, "{attempts}");
    let keys = store.keys("audit", &format!("{PREFIX}/v1/"));
    let whole = store.get(&keys[0]);
    store.put(&keys[0], &whole[..whole.len() / 2]);
    store.remove(&keys[1]);
}

/// Asks the index; the status and the answer.
fn ask(method: &str, url: &str, body: &str) -> (u16, Value) {
    let (status, body) = call(method, url, &[("content-type", "application/json")], body.as_bytes());
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[test]
fn a_copy_in_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let osmem = Osmem::start();
    let url = osmem.url();
    let server = service(&dir.path().join("service"), 2_500);
    for format in ["ecs", "native", "ocsf_1_9", "cloudevents"] {
        let index = format!("copy-{}", format.replace('_', "-"));
        let settings = json!({ "url": url, "index": index });
        // What the service records of itself has other types in places of the same name, which an index refuses.
        let made = json!({ "kind": "elasticsearch", "settings": settings, "format": format,
            "query": "action:user.* OR action:invoice.* OR action:file.*" });
        let id = make_stream(&server, &made);
        drained(&server, &id);
        ask("POST", &format!("{url}/{index}/_refresh"), "");
        let arguments = ["--stream", &id, "--from-seq", "0", "--elasticsearch", &url, "--index", &index];
        let (code, report) = super::reconcile(&server, &arguments);
        assert_eq!((code, &report["formats"][format]), (0, &report["records"]), "{format}: {report:#}");
        assert!(report["records"].as_u64().unwrap() >= 2_500, "{report:#}");
        // One document goes, one is another one, one is of somebody else.
        let (_, found) = ask("GET", &format!("{url}/{index}/_search?size=3"), "");
        let hits = found["hits"]["hits"].as_array().unwrap();
        let document = |at: usize| format!("{url}/{index}/_doc/{}", hits[at]["_id"].as_str().unwrap());
        assert_eq!(ask("DELETE", &document(0), "").0, 200);
        let bad = hits[1]["_source"].to_string().replacen("zoe@acme.example", "eve@acme.example", 1);
        assert_eq!(ask("PUT", &document(1), &bad).0, 200);
        let (status, _) =
            ask("POST", &format!("{url}/{index}/_doc"), &json!({ "hello": "world" }).to_string());
        assert_eq!(status, 201);
        ask("POST", &format!("{url}/{index}/_refresh"), "");
        let (code, report) = super::reconcile(&server, &arguments);
        let log = &report["logs"][0];
        let found = [&log["missing"]["count"], &log["changed"]["count"], &report["unreadable"]["count"]];
        assert_eq!((code, found), (5, [&json!(1); 3]), "{format}: {report:#}");
        let at = log["changed"]["list"][0]["at"].as_str().unwrap();
        assert!(at.starts_with(&format!("{index}/{}", hits[1]["_id"].as_str().unwrap())), "{at}");
        // Those that a query finds.
        let query = json!({ "match_all": {} }).to_string();
        let (_, again) = super::reconcile(&server, &[&arguments[..], &["--query", &query]].concat());
        assert_eq!(again["records"], report["records"]);
        server.api.try_call("DELETE", &format!("/v1/streams/{id}"), None).unwrap();
    }
    let (code, said) =
        super::shown(&server.cli(&["reconcile", "--elasticsearch", &url, "--index", "nothing"]));
    assert!(code == 4 && said.contains("404"), "{code} {said}");
    server.stop();
}
