//! Bad input: each kind gets its code, nothing is stored, nothing else is disturbed.

use std::io::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, ROOT, Server, event};

const JSON: &str = "application/json";

fn with(member: &str, value: Value) -> String {
    let mut event = event("acme", 1);
    event[member] = value;
    event.to_string()
}

/// An event with a member written by hand.
fn with_raw(member: &str) -> String {
    format!(r#"{{"org":"acme","action":"a.b","actor":{{"type":"user","id":"u_1"}},{member}}}"#)
}

/// Status and code of the answer, and code and path of its first place.
#[track_caller]
fn seen(answer: &Answer) -> (u16, String, String, String) {
    let (status, code) = answer.problem();
    let first = &answer.json["errors"][0];
    let text = |member: &str| first[member].as_str().unwrap_or_default().to_owned();
    (status, code.to_owned(), text("code"), text("path"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_events_are_refused_with_place_and_code_and_nothing_is_stored() {
    let server = Server::start().await;
    server.org("acme").await;
    let cases: Vec<(&str, String, &str, &str)> = vec![
        ("malformed", r#"{"org":"acme","action":"#.into(), "bad_json", ""),
        ("unknown field", with("colour", json!("red")), "unknown_field", "/colour"),
        ("wrong type", with("action", json!(5)), "wrong_type", "/action"),
        (
            "wrong type inside",
            with("targets", json!([{"type": "a", "id": []}])),
            "wrong_type",
            "/targets/0/id",
        ),
        ("missing", r#"{"org":"acme","actor":{"type":"user","id":"u"}}"#.into(), "missing_field", "/action"),
        ("duplicate", with_raw(r#""reason":"a","reason":"b""#), "duplicate_member", "/reason"),
        ("duplicate in metadata", with_raw(r#""metadata":{"a":1,"a":2}"#), "duplicate_member", "/metadata/a"),
        ("lone surrogate", with_raw(r#""reason":"\ud800""#), "lone_surrogate", "/reason"),
        (
            "large number",
            with_raw(r#""metadata":{"n":9007199254740993}"#),
            "number_out_of_range",
            "/metadata/n",
        ),
        ("infinite number", with_raw(r#""metadata":{"n":1e999}"#), "number_out_of_range", "/metadata/n"),
        ("large event", with("metadata", json!({ "x": "y".repeat(300 << 10) })), "event_too_large", ""),
        (
            "clock ahead",
            with("occurred_at", json!("2026-11-20T11:00:00Z")),
            "occurred_at_in_future",
            "/occurred_at",
        ),
        ("1970", with("occurred_at", json!("1970-01-01T00:00:00Z")), "occurred_at_too_old", "/occurred_at"),
        ("2100", with("occurred_at", json!("2100-01-01T00:00:00Z")), "occurred_at_in_future", "/occurred_at"),
        ("no time", with("occurred_at", json!("yesterday")), "bad_timestamp", "/occurred_at"),
        ("no org", r#"{"action":"a.b","actor":{"type":"user","id":"u"}}"#.into(), "missing_field", "/org"),
    ];
    for (name, body, code, path) in cases {
        let alone = server.write(ROOT, JSON, body.clone()).await;
        let expected = (422, "invalid_event".to_owned(), code.to_owned(), path.to_owned());
        assert_eq!(seen(&alone), expected, "{name}: {}", alone.text);
        // After a good one, as the second line of NDJSON: the place says which, and the good one is not stored either.
        let lines = format!("{}\n{body}\n", event("acme", 0));
        let second = server.write(ROOT, "application/x-ndjson", lines).await;
        let expected = (422, "invalid_event".to_owned(), code.to_owned(), format!("/1{path}"));
        assert_eq!(seen(&second), expected, "{name}: {}", second.text);
        assert_eq!(server.count("acme").await, 0, "{name}");
    }
    server.fill("acme", 0, 1).await;
    assert_eq!(server.count("acme").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_bodies_are_refused_as_a_whole() {
    let server = Server::start().await;
    server.org("acme").await;
    let many = |n: usize| format!("[{}]", vec![event("acme", 1).to_string(); n].join(","));
    let huge = format!("[{}]", " ".repeat(17 << 20));
    let cases: Vec<(&str, &str, String, (u16, &str))> = vec![
        ("malformed array", JSON, r#"[{"org":"acme"},"#.into(), (400, "invalid_body")),
        ("empty", JSON, String::new(), (400, "invalid_body")),
        ("empty array", JSON, "[]".into(), (400, "invalid_body")),
        ("10,001 events", JSON, many(10_001), (413, "too_many_events")),
        ("17 MiB", JSON, huge, (413, "body_too_large")),
        ("form", "application/x-www-form-urlencoded", "a=b".into(), (415, "unsupported_media_type")),
    ];
    for (name, kind, body, expected) in cases {
        let answer = server.write(ROOT, kind, body).await;
        assert_eq!(answer.problem(), expected, "{name}: {}", answer.text);
        assert_eq!(server.count("acme").await, 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_and_damaged_compression_are_refused() {
    let server = Server::start().await;
    server.org("acme").await;
    let spaces = vec![b' '; 64 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&spaces).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(&spaces[..], 3).unwrap();
    let cut = gzip[..gzip.len() / 2].to_vec();
    for (encoding, body, expected) in [
        ("gzip", gzip, (413, "body_too_large")),
        ("zstd", zstd, (413, "body_too_large")),
        ("gzip", b"no gzip".to_vec(), (400, "invalid_body")),
        ("zstd", b"no zstd".to_vec(), (400, "invalid_body")),
        ("br", b"x".to_vec(), (415, "unsupported_encoding")),
    ] {
        let request = server.request(Method::POST, "/v1/events", ROOT).header("content-encoding", encoding);
        let answer = Answer::of(request.header("content-type", JSON).body(body).send().await.unwrap()).await;
        assert_eq!(answer.problem(), expected, "{encoding}: {}", answer.text);
    }
    // Half of a bomb is still a bomb or damage, never an event.
    let request = server.request(Method::POST, "/v1/events", ROOT).header("content-encoding", "gzip");
    assert!(request.body(cut).send().await.unwrap().status().is_client_error());
    assert_eq!(server.count("acme").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_for_logs_out_of_reach_are_refused() {
    let server = Server::start().await;
    for org in ["acme", "other", "old"] {
        server.org(org).await;
    }
    let bound = server.key(Some("acme"), &["events:write"]).await;
    server.send(Method::PATCH, "/v1/orgs/old", &json!({ "state": "archived" })).await.ok();
    let before = server.get("/v1/count").await.ok()["count"].clone();
    let body = |org: &str| json!([event("acme", 1), event(org, 2)]);
    for (org, expected) in [
        ("nobody", (404, "org_not_found")),
        ("old", (409, "org_archived")),
        ("instance", (403, "org_reserved")),
    ] {
        let answer = server.send(Method::POST, "/v1/events", &body(org)).await;
        assert_eq!(answer.problem(), expected, "{}", answer.text);
    }
    let answer = server.send_as(&bound, Method::POST, "/v1/events", &body("other")).await;
    assert_eq!(seen(&answer), (403, "wrong_org".into(), "org_mismatch".into(), "/1/org".into()));
    assert_eq!(server.get("/v1/count").await.ok()["count"], before);
    // Reads of an archived log go on.
    assert_eq!(server.count("old").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_parameters_are_named() {
    let server = Server::start().await;
    server.org("acme").await;
    for (path, code, part) in [
        ("/v1/events?limti=5", "invalid_parameter", "did you mean \"limit\""),
        ("/v1/events?limit=0", "invalid_parameter", "from 1 to 1000"),
        ("/v1/events?limit=5&limit=6", "invalid_parameter", "more than once"),
        ("/v1/events?order=up", "invalid_parameter", "neither desc nor asc"),
        ("/v1/events?from=whenever", "invalid_parameter", "from"),
        ("/v1/events?from=2026-02-01&to=2026-01-01", "invalid_parameter", "ends before"),
        ("/v1/events?tz=Europe/Nowhere", "invalid_parameter", "time zone"),
        ("/v1/events?org=a%20b", "invalid_parameter", "organization id"),
        ("/v1/events?cursor=zzz", "invalid_cursor", "cursor"),
        ("/v1/events?q=outcom:failure", "invalid_query", "outcom"),
        ("/v1/events/evt_1", "invalid_parameter", "32 hexadecimal"),
        ("/v1/count?limit=5", "invalid_parameter", "no such parameter"),
        ("/v1/histogram?buckets=501", "invalid_parameter", "from 1 to 500"),
        ("/v1/histogram?by=nonsense", "invalid_field", "nonsense"),
        ("/v1/facets", "invalid_parameter", "required"),
        ("/v1/facets?field=id", "invalid_field", "id"),
        ("/v1/tail", "org_required", "org="),
        ("/v1/tail?org=acme&after=-1", "invalid_parameter", "seq"),
        ("/v1/tail?org=acme&after=0", "invalid_parameter", "only 0 events"),
        ("/v1/keys?cursor=x", "invalid_cursor", "cursor"),
        ("/v1/orgs/a%20b", "invalid_parameter", "organization id"),
        ("/v1/limits?x=1", "invalid_parameter", "takes no parameters"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.problem(), (400, code), "{path}: {}", answer.text);
        assert!(answer.text.contains(part.replace('"', "\\\"").as_str()), "{path}: {}", answer.text);
    }
    let answer = server.get("/v1/events?q=outcom:failure").await;
    let error = &answer.json["errors"][0];
    assert_eq!((error["path"].as_str(), error["code"].as_str()), (Some("q"), Some("unknown_field")));
    assert_eq!(error["span"], json!([0, 6]), "{error}");
    assert_eq!(error["fix"]["with"], "outcome", "{error}");
    assert_eq!(server.get("/v1/count?org=nobody").await.problem(), (404, "org_not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_administrative_bodies_are_named_and_change_nothing() {
    let server = Server::start().await;
    server.org("acme").await;
    for (method, path, body, code, place) in [
        (Method::POST, "/v1/orgs", r#"{"nmae":"x"}"#, "invalid_body", "/nmae"),
        (Method::POST, "/v1/orgs", r#"{"id":"a b"}"#, "invalid_body", "/id"),
        (Method::POST, "/v1/orgs", r#"{"id":"x","id":"y"}"#, "invalid_body", "/id"),
        (Method::POST, "/v1/orgs", r#"{"id":"x","name":""}"#, "invalid_body", "/name"),
        (Method::POST, "/v1/orgs", r#"{"id":7}"#, "invalid_body", "/id"),
        (Method::POST, "/v1/orgs", "{", "invalid_body", ""),
        (Method::PATCH, "/v1/orgs/acme", r#"{"state":"gone"}"#, "invalid_body", "/state"),
        (Method::POST, "/v1/keys", r#"{"scopes":["admin"]}"#, "invalid_body", "/name"),
        (Method::POST, "/v1/keys", r#"{"name":"x","scopes":["amdin"]}"#, "invalid_body", "/scopes/0"),
        (Method::POST, "/v1/keys", r#"{"name":"x","scopes":[]}"#, "invalid_body", "/scopes"),
        (
            Method::POST,
            "/v1/keys",
            r#"{"name":"x","scopes":["admin"],"expires_at":"2020-01-01T00:00:00Z"}"#,
            "invalid_body",
            "/expires_at",
        ),
    ] {
        let request = server.request(method, path, ROOT).header("content-type", JSON);
        let answer = Answer::of(request.body(body).send().await.unwrap()).await;
        assert_eq!(answer.problem(), (400, code), "{body}: {}", answer.text);
        assert_eq!(answer.json["errors"][0]["path"], place, "{body}: {}", answer.text);
    }
    let body = format!(r#"{{"name":"{}"}}"#, "x".repeat(70_000));
    let request = server.request(Method::POST, "/v1/orgs", ROOT).header("content-type", JSON);
    let answer = Answer::of(request.body(body).send().await.unwrap()).await;
    assert_eq!(answer.problem(), (413, "body_too_large"));
    assert_eq!(server.get("/v1/orgs").await.ok()["orgs"].as_array().unwrap().len(), 2);
    assert_eq!(server.get("/v1/keys").await.ok()["keys"], json!([]));
}
