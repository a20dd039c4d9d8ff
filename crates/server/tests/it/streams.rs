//! Streams over the API: each call, who may make it, what it answers and what is recorded; secrets never.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::{Answer, PATIENCE, ROOT, Server},
    people::Person,
    receiver::{Call, Receiver},
};

/// Secrets that must not be seen anywhere again.
const TOKEN: &str = "s3cr3t-bearer-of-the-test";
const HEADER: &str = "s3cr3t-header-of-the-test";

impl Server {
    async fn stream(&self, body: &Value) -> Value {
        let made = self.send(Method::POST, "/v1/streams", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.header("location"), format!("/v1/streams/{}", id(&made.json)));
        made.json
    }

    async fn shown(&self, stream: &Value) -> Value {
        self.get(&path(stream, "")).await.ok()
    }

    /// A stream once it is as it should be.
    async fn stream_until(&self, stream: &Value, done: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let now = self.shown(stream).await;
            if done(&now) {
                return now;
            }
            assert!(started.elapsed() < PATIENCE, "{now}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn on(&self, stream: &Value, call: &str, body: &Value) -> Answer {
        self.send(Method::POST, &path(stream, call), body).await
    }
}

fn id(stream: &Value) -> &str {
    stream["id"].as_str().expect("an id")
}

fn path(stream: &Value, call: &str) -> String {
    format!("/v1/streams/{}{call}", id(stream))
}

/// A paused stream of acme.
fn paused(receiver: &Receiver) -> Value {
    json!({
        "organization_id": "acme", "name": "SIEM", "kind": "webhook", "paused": true,
        "settings": { "url": receiver.url(), "bearer_token": TOKEN, "headers": { "x-tenant": HEADER } },
    })
}

/// Ten times as fast as the real one, so that nobody waits long for company or for another attempt.
fn run_clock(server: &Server) {
    let clock = Arc::clone(&server.clock);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            clock.advance(100);
        }
    });
}

async fn begun() -> (Server, Receiver) {
    let server = Server::start().await;
    run_clock(&server);
    server.org("acme").await;
    server.org("other").await;
    (server, Receiver::start().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kinds_have_all_that_a_form_needs() {
    let (server, _receiver) = begun().await;
    let kinds = server.get("/v1/stream_kinds").await.ok();
    assert_eq!(kinds["object"], "list");
    let kinds = kinds["data"].as_array().unwrap();
    assert!(kinds.iter().any(|kind| kind["kind"] == "webhook"));
    for kind in kinds {
        for member in ["kind", "title", "summary", "docs"] {
            assert!(kind[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {kind}");
        }
        let page = server.http.get(format!("{}{}", server.base, kind["docs"].as_str().unwrap()));
        let page = Answer::of(page.send().await.unwrap()).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/plain; charset=utf-8"), "{kind}");
        assert!(!kind["formats"].as_array().unwrap().is_empty(), "{kind}");
        assert!(matches!(kind["once"].as_str(), Some("exactly" | "at_least")), "{kind}");
        for limit in ["events_max", "bytes_max", "linger_ms"] {
            assert!(kind["limits"][limit].is_u64(), "{kind}");
        }
        for field in kind["fields"].as_array().unwrap() {
            let known = ["text", "url", "secret", "lines", "choice", "switch", "number", "secret_map"];
            assert!(known.contains(&field["type"].as_str().unwrap()), "{field}");
            assert!(field["required"].is_boolean() && field["title"].is_string(), "{field}");
            assert_eq!(field["type"] == "choice", field["choices"].is_array(), "{field}");
            assert_eq!(field["type"] == "number", field["min"].is_u64(), "{field}");
            match field["type"].as_str().unwrap() {
                "switch" => assert!(field["default"].is_null() || field["default"].is_boolean(), "{field}"),
                "number" => assert!(field["default"].is_null() || field["default"].is_u64(), "{field}"),
                _ => assert!(field["default"].is_null() || field["default"].is_string(), "{field}"),
            }
        }
    }
    let page = server.get("/docs/streams/nothing").await;
    assert_eq!(page.problem(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_in_order_and_the_stream_says_how_far_it_is() {
    let (server, receiver) = begun().await;
    server.fill("acme", 0, 25).await;
    let mut new = paused(&receiver);
    new["paused"] = json!(false);
    new["start_from"] = json!("beginning");
    new["query"] = json!("action:user.login");
    let made = server.stream(&new).await;
    assert_eq!(
        (&made["object"], &made["organization_id"], &made["format"]),
        (&json!("stream"), &json!("acme"), &json!("native"))
    );
    let calls = receiver.until(|calls| calls.iter().map(|call| call.seqs().len()).sum::<usize>() >= 13).await;
    let seqs: Vec<u64> = calls.iter().flat_map(Call::seqs).collect();
    let found = server.get("/v1/events?org=acme&q=action:user.login&order=asc&limit=1000").await.ok();
    let expected: Vec<u64> =
        found["events"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, expected);
    assert!(calls.iter().all(|call| call.header("authorization") == format!("Bearer {TOKEN}")));
    assert!(calls.iter().all(|call| call.header("x-tenant") == HEADER));
    let size = server.count("acme").await;
    let done = server
        .stream_until(&made, |now| {
            let is_there = now["cursors"][0]["next_seq"].as_u64() >= Some(size);
            is_there && now["health"]["lag_events"] == 0 && now["health"]["delivered_total"] == 13
        })
        .await;
    assert_eq!((&done["state"], &done["health"]["lag_seconds"]), (&json!("active"), &json!(0)));
    assert!(done["health"]["last_ok_at"].is_string() && done["health"]["last_error"].is_null(), "{done}");
    let attempts = server.get(&path(&made, "/attempts?limit=1000")).await.ok();
    let newest = &attempts["data"][0];
    assert_eq!(
        (&newest["object"], &newest["outcome"], &newest["status"]),
        (&json!("stream_attempt"), &json!("delivered"), &json!(200))
    );
    let ids: Vec<&str> = calls.iter().map(|call| call.header("webhook-id")).collect();
    assert!(ids.contains(&newest["batch_id"].as_str().unwrap()), "{newest} {ids:?}");
    let metrics = server.get("/metrics").await.text;
    for line in [
        format!("tallystick_stream_delivered_total{{stream=\"{}\",kind=\"webhook\"}} 13", id(&made)),
        format!("tallystick_stream_lag_events{{stream=\"{}\",kind=\"webhook\"}} 0", id(&made)),
        format!("tallystick_stream_state{{stream=\"{}\",kind=\"webhook\",state=\"active\"}} 1", id(&made)),
    ] {
        assert!(metrics.contains(&line), "{line} is not in\n{metrics}");
    }
    server.request(Method::DELETE, &path(&made, ""), ROOT).send().await.unwrap();
    assert!(!server.get("/metrics").await.text.contains(id(&made)), "a stream that is gone is not counted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_written_and_never_read_back() {
    let (server, receiver) = begun().await;
    let made = server.stream(&paused(&receiver)).await;
    let expected = json!({ "url": receiver.url(), "bearer_token": true, "headers": true });
    assert_eq!(made["settings"], expected);
    let all = |settings: Value| json!({ "settings": settings });
    // As it is shown: nothing changes.
    let same = server.send(Method::PATCH, &path(&made, ""), &all(expected.clone())).await.ok();
    assert_eq!(same["settings"], expected);
    assert!(server.recorded("acme", "audit_stream.updated").await.is_empty(), "nothing changed");
    // Left out, they stay; what is no secret is what is given.
    let url = receiver.url();
    let body = json!({ "url": url.clone(), "body": "json_array" });
    let changed = server.send(Method::PATCH, &path(&made, ""), &all(body)).await.ok();
    assert_eq!(
        changed["settings"],
        json!({ "url": url, "body": "json_array", "bearer_token": true, "headers": true })
    );
    let tested = server.on(&made, "/test", &Value::Null).await.ok();
    assert_eq!((&tested["ok"], &tested["status"]), (&json!(true), &json!(200)), "{tested}");
    let call = receiver.calls().pop().unwrap();
    assert_eq!(
        (call.header("authorization"), call.header("x-tenant")),
        (&*format!("Bearer {TOKEN}"), HEADER)
    );
    // They do not follow to another place, neither by a change nor by a test.
    let thief = Receiver::start().await;
    let elsewhere = json!({ "url": thief.url(), "bearer_token": true });
    let refused = server.send(Method::PATCH, &path(&made, ""), &all(elsewhere.clone())).await;
    assert_eq!(refused.problem(), (400, "invalid_body"));
    assert_eq!(refused.json["errors"][0]["path"], "/settings/bearer_token", "{}", refused.text);
    let draft = json!({ "id": id(&made), "kind": "webhook", "settings": elsewhere });
    assert_eq!(server.send(Method::POST, "/v1/streams/test", &draft).await.problem(), (400, "invalid_body"));
    assert!(thief.calls().is_empty());
    // Null removes one, and a new one is recorded by its name.
    let body = json!({ "url": receiver.url(), "headers": null, "bearer_token": "another-s3cr3t" });
    let changed = server.send(Method::PATCH, &path(&made, ""), &all(body)).await.ok();
    assert_eq!(changed["settings"], json!({ "url": receiver.url(), "bearer_token": true }));
    let recorded = server.recorded("acme", "audit_stream.updated").await;
    assert_eq!(recorded[0]["metadata"]["secrets_changed"], json!(["bearer_token", "headers"]));
    server.request(Method::DELETE, &path(&made, ""), ROOT).send().await.unwrap();
    let everything = server.get("/v1/events?org=acme&limit=1000").await.ok().to_string();
    let listed = server.get("/v1/streams").await.text;
    for secret in [TOKEN, HEADER, "another-s3cr3t"] {
        assert!(!everything.contains(secret) && !listed.contains(secret), "{secret} is seen");
    }
    assert!(everything.contains("audit_stream.deleted"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_right_is_refused_with_its_place() {
    let (server, receiver) = begun().await;
    let with = |path: &str, value: Value| {
        let mut new = paused(&receiver);
        *new.pointer_mut(path).unwrap_or(&mut Value::Null) = value.clone();
        if new.pointer(path).is_none() {
            new[path.trim_start_matches('/')] = value;
        }
        new
    };
    for (new, code, place) in [
        (with("/kind", json!("webhok")), "invalid_body", "/kind"),
        (with("/format", json!("xml")), "invalid_body", "/format"),
        (with("/query", json!("outcom:failure")), "invalid_query", "/query"),
        (with("/query", json!("actor:@me")), "invalid_query", "/query"),
        (
            with("/mask", json!({ "fields": ["actor.email"], "method": "blur" })),
            "invalid_body",
            "/mask/method",
        ),
        (with("/settings", json!({})), "invalid_body", "/settings/url"),
        (with("/settings", json!([])), "invalid_body", "/settings"),
        (with("/settings/url", json!("ftp://x")), "invalid_body", "/settings/url"),
        (with("/settings/url", json!("http://169.254.169.254/")), "invalid_body", "/settings/url"),
        (with("/start_from", json!("tomorrow")), "invalid_body", "/start_from"),
        (with("/start_from", json!({ "seq": 1_000_000 })), "invalid_body", "/start_from"),
        (with("/name", json!("")), "invalid_body", "/name"),
        (with("/colour", json!("red")), "invalid_body", "/colour"),
    ] {
        let refused = server.send(Method::POST, "/v1/streams", &new).await;
        assert_eq!(refused.problem(), (400, code), "{new}");
        assert_eq!(refused.json["errors"][0]["path"], place, "{}", refused.text);
    }
    let mut nobody = paused(&receiver);
    nobody["organization_id"] = json!("nobody");
    assert_eq!(server.send(Method::POST, "/v1/streams", &nobody).await.problem(), (404, "org_not_found"));
    nobody.as_object_mut().unwrap().remove("organization_id");
    assert_eq!(server.send(Method::POST, "/v1/streams", &nobody).await.problem(), (400, "org_required"));
    let unknown = "/v1/streams/stream_0192d3f0-7c1a-7000-8000-000000000001";
    assert_eq!(server.get(unknown).await.problem(), (404, "stream_not_found"));
    assert_eq!(server.get("/v1/streams/stream_x").await.problem(), (400, "invalid_parameter"));
    let made = server.stream(&paused(&receiver)).await;
    for (body, place) in [
        (json!({}), "/ids"),
        (json!({ "all": false }), "/ids"),
        (json!({ "ids": ["dl_0123456789abcdefghjk"], "all": true }), "/ids"),
        (json!({ "ids": ["x"] }), "/ids/0"),
    ] {
        let refused = server.on(&made, "/dead_letters/replay", &body).await;
        assert_eq!(refused.problem(), (400, "invalid_body"));
        assert_eq!(refused.json["errors"][0]["path"], place, "{}", refused.text);
    }
    let other = json!({ "to": "now", "organization_id": "other" });
    assert_eq!(server.on(&made, "/rewind", &other).await.problem(), (400, "invalid_body"));
    assert_eq!(server.get("/v1/streams").await.ok()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pausing_resuming_and_rewinding_move_it_and_are_recorded() {
    let (server, receiver) = begun().await;
    server.fill("acme", 0, 10).await;
    let made = server.stream(&paused(&receiver)).await;
    let next = made["cursors"][0]["next_seq"].as_u64().unwrap();
    assert!(next >= 10, "it begins now: {made}");
    let back = server.on(&made, "/rewind", &json!({ "to": { "seq": 3 } })).await.ok();
    assert_eq!(back["cursors"][0]["next_seq"], 3);
    let event = server.get("/v1/events?org=acme&q=metadata.number:7&limit=1").await.ok();
    let received = event["events"][0]["received_at"].clone();
    let of_time = server.on(&made, "/rewind", &json!({ "to": received })).await.ok();
    assert!(of_time["cursors"][0]["next_seq"].as_u64().unwrap() <= 7, "{of_time}");
    let forward = server.on(&made, "/rewind", &json!({ "to": { "seq": 6 } })).await.ok();
    assert_eq!(forward["cursors"][0]["next_seq"], 6);
    let gaps = server.get(&path(&made, "/gaps")).await.ok();
    assert_eq!(
        (&gaps["data"][0]["last_seq"], &gaps["data"][0]["reason"]),
        (&json!(5), &json!("rewound_forward"))
    );
    let resumed = server.on(&made, "/resume", &Value::Null).await.ok();
    assert_eq!(resumed["state"], "active");
    let calls = receiver.until(|calls| calls.iter().any(|call| call.seqs().contains(&9))).await;
    assert_eq!(calls[0].seqs()[0], 6);
    for (call, state) in [("/pause", "paused"), ("/pause", "paused"), ("/resume", "active")] {
        assert_eq!(server.on(&made, call, &Value::Null).await.ok()["state"], state, "{call}");
    }
    let count = |action: &'static str| {
        let server = &server;
        async move { server.recorded("acme", action).await }
    };
    assert_eq!(count("audit_stream.paused").await.len(), 1, "what it is already is nothing new");
    assert_eq!(count("audit_stream.resumed").await.len(), 2);
    let paused = &count("audit_stream.paused").await[0];
    assert_eq!(
        paused["changes"][0],
        json!({ "path": "/state", "op": "replace", "old": "active", "new": "paused" })
    );
    let rewound = count("audit_stream.rewound").await;
    assert_eq!(rewound.len(), 3);
    assert_eq!(rewound[0]["metadata"]["places"][0]["to_seq"], 6);
    let created = &count("audit_stream.created").await[0];
    assert_eq!(created["targets"][0]["id"], id(&made));
    assert!(created["changes"].to_string().contains("\"/settings\""), "{created}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_shows_what_the_other_side_says() {
    let (server, receiver) = begun().await;
    let mut draft = paused(&receiver);
    for (status, ok, outcome) in
        [(200, true, "delivered"), (503, false, "retry"), (401, false, "misconfigured"), (410, false, "gone")]
    {
        receiver.answer_once(status, "said so");
        let tested = server.send(Method::POST, "/v1/streams/test", &draft).await.ok();
        assert_eq!((&tested["object"], &tested["ok"]), (&json!("stream_test"), &json!(ok)), "{tested}");
        assert_eq!((&tested["outcome"], &tested["status"]), (&json!(outcome), &json!(status)), "{tested}");
        assert!(
            tested["meaning"].as_str().unwrap().ends_with('.') && tested["sent_bytes"].as_u64() > Some(0)
        );
        assert!(ok || tested["response"].as_str().unwrap().contains("said so"), "{tested}");
    }
    let call = receiver.calls().pop().unwrap();
    assert!(call.body.to_string().contains("audit.stream.test"), "{}", call.body);
    draft["settings"]["url"] = json!("http://127.0.0.1:1/");
    let tested = server.send(Method::POST, "/v1/streams/test", &draft).await.ok();
    assert_eq!((&tested["ok"], &tested["status"]), (&json!(false), &Value::Null), "{tested}");
    let recorded = server.recorded("acme", "audit_stream.tested").await;
    assert_eq!(recorded.len(), 5);
    assert!(!json!(recorded).to_string().contains("s3cr3t"), "{recorded:?}");
    assert!(server.get("/v1/streams").await.ok()["data"].as_array().unwrap().is_empty(), "nothing is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_destination_is_told_of_and_goes_on_by_itself() {
    let (server, receiver) = begun().await;
    receiver.answer(Some((401, "who are you?")));
    let mut new = paused(&receiver);
    new["paused"] = json!(false);
    new["start_from"] = json!("beginning");
    let made = server.stream(&new).await;
    server.fill("acme", 0, 3).await;
    let invalid = server.stream_until(&made, |now| now["state"] == "invalid").await;
    assert_eq!(invalid["health"]["last_error"]["status"], 401, "{invalid}");
    assert!(invalid["health"]["last_error"]["message"].as_str().unwrap().contains("who are you?"));
    assert!(
        invalid["health"]["lag_events"].as_u64().unwrap() >= 3
            && invalid["health"]["next_attempt_at"].is_string()
    );
    receiver.answer(None);
    server.on(&made, "/resume", &Value::Null).await.ok();
    server
        .stream_until(&made, |now| {
            now["state"] == "active" && now["health"]["delivered_total"].as_u64() >= Some(3)
        })
        .await;
    let degraded = server.recorded_in_the_end("acme", "audit_stream.degraded", 1).await;
    assert_eq!(degraded[0]["changes"][0]["new"], "invalid", "{}", degraded[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organizations_see_their_own_and_operators_those_of_all() {
    let (server, receiver) = begun().await;
    let own = server.stream(&paused(&receiver)).await;
    let mut new = paused(&receiver);
    new["organization_id"] = Value::Null;
    let all = server.stream(&new).await;
    assert_eq!(all["organization_id"], Value::Null);
    let owner = server.person("acme", "owner@acme.example", "owner").await;
    let stranger = server.person("other", "owner@other.example", "owner").await;
    let operator = server.operator("olga@ops.example").await;
    let key = server.key(Some("acme"), &["streams:write"]).await;
    let listed = |answer: Answer| {
        let listed = answer.ok()["data"].as_array().unwrap().clone();
        listed.iter().map(|stream| stream["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(server.get_of(&owner, "/v1/streams").await), [id(&own)]);
    assert_eq!(listed(server.get_as(&key, "/v1/streams").await), [id(&own)]);
    assert!(listed(server.get_of(&stranger, "/v1/streams").await).is_empty());
    assert_eq!(listed(server.get_of(&operator, "/v1/streams").await), [id(&all)]);
    assert_eq!(listed(server.get("/v1/streams").await), [id(&own), id(&all)]);
    for (who, stream) in [(&owner, &all), (&stranger, &own), (&stranger, &all), (&operator, &own)] {
        for (method, call, body) in everything() {
            let answer = server.send_of(who, method.clone(), &path(stream, call), &body).await;
            assert_eq!(answer.problem(), (404, "stream_not_found"), "{} {method} {call}", who.email);
        }
    }
    let draft = json!({ "id": id(&own), "kind": "webhook", "settings": { "url": receiver.url() } });
    let taken = server.send_of(&stranger, Method::POST, "/v1/streams/test", &draft).await;
    assert_eq!(taken.problem(), (404, "stream_not_found"), "nobody borrows the secrets of others");
    let makes = async |who: &Person, org: Value| {
        let mut new = paused(&receiver);
        new["organization_id"] = org;
        server.send_of(who, Method::POST, "/v1/streams", &new).await.status
    };
    assert_eq!(makes(&owner, json!("acme")).await, 201);
    assert_eq!(makes(&owner, Value::Null).await, 403);
    assert_eq!(makes(&owner, json!("other")).await, 403);
    assert_eq!(makes(&operator, Value::Null).await, 201);
    assert_eq!(makes(&operator, json!("acme")).await, 403);
    assert_eq!(makes(&operator, json!("instance")).await, 201, "the instance's own log is theirs");
    let recorded = server.recorded("instance", "audit_stream.created").await;
    assert_eq!(recorded.len(), 3, "of all organizations twice, of the instance's own log once");
    assert!(receiver.calls().is_empty(), "nothing was tried by those who may not");
}

/// Every call on a stream.
fn everything() -> Vec<(Method, &'static str, Value)> {
    vec![
        (Method::GET, "", Value::Null),
        (Method::PATCH, "", json!({ "name": "Mine" })),
        (Method::DELETE, "", Value::Null),
        (Method::POST, "/pause", Value::Null),
        (Method::POST, "/resume", Value::Null),
        (Method::POST, "/rewind", json!({ "to": "beginning" })),
        (Method::POST, "/test", Value::Null),
        (Method::GET, "/attempts", Value::Null),
        (Method::GET, "/dead_letters", Value::Null),
        (Method::POST, "/dead_letters/replay", json!({ "all": true })),
        (Method::GET, "/gaps", Value::Null),
    ]
}
