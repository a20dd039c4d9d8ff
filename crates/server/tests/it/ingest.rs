//! Writing events: the forms of bodies, idempotency, and writes in part.

use std::io::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, ROOT, Server, event};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_of_body_is_stored_in_order_and_answered_with_its_place() {
    let server = Server::start().await;
    server.org("acme").await;
    let one = server.write(ROOT, "application/json", event("acme", 0).to_string()).await;
    assert_eq!(one.status, 201, "{}", one.text);
    let line = |number: u64| event("acme", number).to_string();
    let lines = |from: u64, to: u64| (from..to).map(line).collect::<Vec<_>>().join("\n");
    let array = json!([event("acme", 1), event("acme", 2)]).to_string();
    server.write(ROOT, "application/json; charset=utf-8", array).await.ok();
    server.write(ROOT, "application/x-ndjson", lines(3, 5)).await.ok();
    let unnamed = server.request(Method::POST, "/v1/events", ROOT).body(lines(5, 7));
    Answer::of(unnamed.send().await.unwrap()).await.ok();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(lines(7, 9).as_bytes()).unwrap();
    let zipped =
        [("gzip", gzip.finish().unwrap()), ("zstd", zstd::encode_all(lines(9, 11).as_bytes(), 3).unwrap())];
    let mut last = Value::Null;
    for (encoding, body) in zipped {
        let request = server.request(Method::POST, "/v1/events", ROOT).header("content-encoding", encoding);
        last = Answer::of(request.body(body).send().await.unwrap()).await.ok();
    }
    // A large body takes the way over another thread.
    server.fill("acme", 11, 1_000).await;
    let stored = &last["events"][1];
    assert_eq!(stored["seq"], 10);
    assert_eq!(stored["received_at"], "2026-11-20T10:00:00.000Z");
    assert_eq!(stored["leaf_hash"].as_str().map(str::len), Some(64));
    let id = stored["id"].as_str().unwrap();
    let read = server.get(&format!("/v1/events/{id}")).await.ok();
    assert_eq!((&read["seq"], &read["metadata"]["number"]), (&json!(10), &json!(10)));
    assert_eq!(read["source"], "key:root");
    assert_eq!(server.count("acme").await, 1_011);
    let page = server.get("/v1/events?org=acme&order=asc&limit=1000").await.ok();
    for (n, event) in page["events"].as_array().unwrap().iter().enumerate() {
        assert_eq!(
            (event["seq"].as_u64(), event["metadata"]["number"].as_u64()),
            (Some(n as u64), Some(n as u64))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bound_key_need_not_name_its_organization() {
    let server = Server::start().await;
    server.org("acme").await;
    let key = server.key(Some("acme"), &["events:write"]).await;
    let before = server.count("acme").await;
    let body = json!({ "action": "a.b", "actor": { "type": "user", "id": "u_1" } });
    server.send_as(&key, Method::POST, "/v1/events", &body).await.ok();
    assert_eq!(server.count("acme").await, before + 1);
    let found = server.get("/v1/events?org=acme&q=action:a.b").await.ok();
    assert_eq!(found["events"][0]["occurred_at"], "2026-11-20T10:00:00.000Z");
    assert_eq!(found["events"][0]["outcome"], "unknown");
    assert!(found["events"][0]["source"].as_str().unwrap().starts_with("key:ak_"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_call_is_stored_once_and_answered_the_same() {
    let server = Server::start().await;
    server.org("acme").await;
    let call = |key: &str, body: Value| {
        server.request(Method::POST, "/v1/events", ROOT).header("idempotency-key", key).json(&body).send()
    };
    let body = json!([event("acme", 1), event("acme", 2)]);
    let first = Answer::of(call("run-7", body.clone()).await.unwrap()).await.ok();
    let again = Answer::of(call("run-7", body.clone()).await.unwrap()).await.ok();
    for n in 0..2 {
        for member in ["id", "seq", "received_at", "leaf_hash"] {
            assert_eq!(first["events"][n][member], again["events"][n][member], "{member}");
        }
        assert_eq!(first["events"][n].get("duplicate"), None);
        assert_eq!(again["events"][n]["duplicate"], true);
    }
    assert_eq!(server.count("acme").await, 2);
    // The same key with something else in it.
    let other = Answer::of(call("run-7", json!([event("acme", 1), event("acme", 3)])).await.unwrap()).await;
    assert_eq!(other.problem(), (409, "idempotency_key_reused"));
    assert_eq!(other.json["errors"][0]["path"], "/1/idempotency_key", "{}", other.text);
    // An event's own key goes before the call's.
    let mut own = event("acme", 4);
    own["idempotency_key"] = json!("mine");
    for (key, duplicate) in [("a", Value::Null), ("b", json!(true))] {
        let answer = Answer::of(call(key, own.clone()).await.unwrap()).await.ok();
        assert_eq!(answer["events"][0]["duplicate"], duplicate);
    }
    let mut changed = own.clone();
    changed["outcome"] = json!("denied");
    let refused = Answer::of(call("c", changed).await.unwrap()).await;
    assert_eq!(refused.problem(), (409, "idempotency_key_reused"));
    assert_eq!(refused.json["errors"][0]["path"], "/idempotency_key", "{}", refused.text);
    assert_eq!(server.count("acme").await, 3);
    let found = server.get("/v1/count?org=acme&q=idempotency_key:mine").await.ok();
    assert_eq!(found["count"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partial_stores_the_good_ones_and_says_what_is_wrong_with_the_others() {
    let server = Server::start().await;
    server.org("acme").await;
    let mut taken = event("acme", 0);
    taken["idempotency_key"] = json!("taken");
    server.send(Method::POST, "/v1/events", &taken).await.ok();
    let mut reused = event("acme", 1);
    reused["idempotency_key"] = json!("taken");
    let mut bad = event("acme", 2);
    bad["outcome"] = json!("perhaps");
    let events =
        [event("acme", 3), bad.clone(), reused.clone(), event("nobody", 4), event("acme", 5), taken.clone()];
    let path = "/v1/events?partial=true";
    let answer = server.send(Method::POST, path, &json!(events)).await.ok();
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(3), &json!(3)), "{answer}");
    let results = answer["events"].as_array().unwrap();
    let codes: Vec<_> = results.iter().map(|one| one["error"]["code"].as_str()).collect();
    let expected =
        [None, Some("invalid_event"), Some("idempotency_key_reused"), Some("org_not_found"), None, None];
    assert_eq!(codes, expected, "{answer}");
    assert_eq!(results[1]["error"]["errors"][0]["path"], "/outcome");
    assert_eq!(
        (&results[0]["seq"], &results[4]["seq"], &results[5]["duplicate"]),
        (&json!(1), &json!(2), &json!(true))
    );
    assert_eq!(server.count("acme").await, 3);
    let none = server.send(Method::POST, path, &json!([bad, reused])).await;
    assert_eq!(none.problem(), (422, "invalid_event"));
    assert_eq!(none.json["errors"][0]["path"], "/0/outcome");
    assert_eq!(none.json["errors"][1]["path"], "/1/idempotency_key");
    assert_eq!(server.count("acme").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_the_same_time_are_all_stored_without_gaps() {
    let server = Server::start().await;
    server.org("acme").await;
    let calls = (0..20).map(|call| server.fill("acme", call * 25, 25));
    futures::future::join_all(calls).await;
    let page = server.get("/v1/events?org=acme&limit=1000").await.ok();
    let mut seqs: Vec<_> =
        page["events"].as_array().unwrap().iter().map(|e| e["seq"].as_u64().unwrap()).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (0..500).collect::<Vec<_>>());
}
