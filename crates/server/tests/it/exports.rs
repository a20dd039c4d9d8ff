//! Exports from asking to downloading: what is in them, who may have them, what is recorded.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tallystick_delivery::limits::KEEP_DAYS_DEFAULT;

use crate::{
    harness::{Answer, PATIENCE, ROOT, Server, event},
    people::Person,
};

const DAY_MS: i64 = 86_400_000;

impl Server {
    /// An export once it has ended.
    pub(crate) async fn export_ended(&self, id: &str) -> Value {
        let started = std::time::Instant::now();
        loop {
            let found = self.get(&format!("/v1/exports/{id}")).await.ok();
            let recorded = match found["status"].as_str() {
                Some("queued" | "running") => None,
                Some(status @ ("completed" | "failed")) => Some(format!("audit_export.{status}")),
                _ => return found,
            };
            // It is recorded after it has ended; who counts events must not be surprised by it.
            if let Some(action) = recorded {
                let events = self.recorded(found["org"].as_str().unwrap(), &action).await;
                if events.iter().any(|event| event["targets"].to_string().contains(id)) {
                    return found;
                }
            }
            assert!(started.elapsed() < PATIENCE, "it does not end: {found}");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    async fn export(&self, body: Value) -> Value {
        let made = self.send(Method::POST, "/v1/exports", &body).await;
        assert_eq!(made.status, 202, "{}", made.text);
        assert!(matches!(made.json["status"].as_str(), Some("queued" | "running" | "completed")));
        self.export_ended(made.json["id"].as_str().unwrap()).await
    }

    async fn export_as(&self, person: &Person, body: &Value) -> Value {
        let made = self.send_of(person, Method::POST, "/v1/exports", body).await;
        assert_eq!(made.status, 202, "{}", made.text);
        self.export_ended(made.json["id"].as_str().unwrap()).await
    }

    async fn file(&self, export: &Value) -> Answer {
        self.get(&format!("/v1/exports/{}/download", export["id"].as_str().unwrap())).await
    }
}

async fn filled(events: u64) -> Server {
    let server = Server::start().await;
    server.org("acme").await;
    server.org("other").await;
    server.fill("acme", 0, events).await;
    server.fill("other", 0, 3).await;
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_has_what_matched_when_it_was_asked_for_and_says_so() {
    let server = filled(120).await;
    let size = server.count("acme").await;
    let asked = json!({ "org": "acme", "name": "Q3 / access: review", "query": "action:user.login outcome:success",
        "format": "ndjson", "order": "asc" });
    let done = server.export(asked).await;
    assert_eq!(
        (&done["status"], &done["progress"], &done["log_size"]),
        (&json!("completed"), &json!(1.0), &json!(size))
    );
    let file = server.file(&done).await;
    let rows: Vec<Value> = file.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected =
        server.get("/v1/events?org=acme&q=action:user.login+outcome:success&order=asc&limit=1000").await.ok();
    assert_eq!(&json!(rows), &expected["events"], "what the API shows");
    assert_eq!(done["rows"], rows.len());
    assert_eq!(done["bytes"], file.text.len());
    assert_eq!(file.header("etag"), format!("\"{}\"", done["sha256"].as_str().unwrap()));
    assert!(
        file.header("content-disposition").contains("filename=\"Q3-access-review-"),
        "{:?}",
        file.headers
    );
    assert!(file.header("repr-digest").starts_with("sha-256=:"));
    assert_eq!(file.header("x-export-log-size"), size.to_string());
    let manifest = server.get(&format!("/v1/exports/{}/manifest", done["id"].as_str().unwrap())).await.ok();
    assert_eq!(
        (&manifest["sha256"], &manifest["rows"], &manifest["log_size"]),
        (&done["sha256"], &done["rows"], &json!(size))
    );
    let json_file = server.export(json!({ "org": "acme", "format": "json" })).await;
    let json_file = server.file(&json_file).await.json;
    assert_eq!(json_file["rows"], json_file["events"].as_array().unwrap().len());
    assert_eq!(json_file["export"]["org"], "acme");
    for (action, more) in [("requested", "log_size"), ("completed", "sha256"), ("downloaded", "sha256")] {
        let recorded = server.recorded("acme", &format!("audit_export.{action}")).await;
        assert_eq!(recorded.len(), 2, "{action}");
        assert!(!recorded[0]["metadata"][more].is_null(), "{}", recorded[0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_texts_stay_in_their_cells() {
    let server = filled(1).await;
    let hostile =
        ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1:A9)", "\t=1", "\r=2", "a\"b,c\r\nd", "日本 \u{202e}x"];
    for (number, text) in hostile.iter().enumerate() {
        let mut one = event("acme", number as u64);
        one["actor"]["name"] = json!(text);
        one["metadata"] = json!({ "cell": text });
        server.send(Method::POST, "/v1/events", &one).await.ok();
    }
    let asked = |guard: bool| {
        json!({ "org": "acme", "format": "csv", "query": "metadata.cell:*", "formula_guard": guard, "order": "asc",
            "columns": ["seq", "actor.name", "metadata.cell"] })
    };
    for guard in [true, false] {
        let done = server.export(asked(guard)).await;
        let file = server.file(&done).await;
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
        assert!(file.text.starts_with("seq,actor.name,metadata.cell\r\n"), "{}", file.text);
        for text in hostile {
            let quoted = |text: &str| {
                if text.contains(['"', ',', '\r', '\n']) {
                    format!("\"{}\"", text.replace('"', "\"\""))
                } else {
                    text.to_owned()
                }
            };
            let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
            let cell = if guard && is_formula { quoted(&format!("'{text}")) } else { quoted(text) };
            assert!(file.text.contains(&format!(",{cell},{cell}\r\n")), "{guard} {text:?} in {}", file.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_taken_in_parts_that_fit_together() {
    let server = filled(50).await;
    let done = server.export(json!({ "org": "acme", "format": "csv", "time_zone": "Europe/Madrid" })).await;
    let whole = server.file(&done).await;
    assert!(whole.text.starts_with("seq,id,org,occurred_at,occurred_at_local,received_at"), "{}", whole.text);
    assert!(whole.text.contains("2026-11-20T08:00:00.000Z,2026-11-20T09:00:00.000000+01:00,"));
    let path = format!("/v1/exports/{}/download", done["id"].as_str().unwrap());
    let ranged = async |range: &str, if_range: &str| {
        let request = server.request(Method::GET, &path, ROOT).header("range", range);
        let request = if if_range.is_empty() { request } else { request.header("if-range", if_range) };
        Answer::of(request.send().await.unwrap()).await
    };
    let half = whole.text.len() / 2;
    let first = ranged(&format!("bytes=0-{}", half - 1), "").await;
    let second = ranged(&format!("bytes={half}-"), whole.header("etag")).await;
    assert_eq!((first.status, second.status), (206, 206));
    assert_eq!(
        second.header("content-range"),
        format!("bytes {half}-{}/{}", whole.text.len() - 1, whole.text.len())
    );
    assert!(first.text + &second.text == whole.text);
    assert_eq!(ranged("bytes=5-", "\"another\"").await.text, whole.text, "of another file: the whole");
    let beyond = ranged("bytes=99999999-", "").await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, format!("bytes */{}", whole.text.len()).as_str())
    );
    let known = server.request(Method::GET, &path, ROOT).header("if-none-match", whole.header("etag"));
    assert_eq!(known.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let head = server.request(Method::HEAD, &path, ROOT).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], whole.text.len().to_string().as_str());
    let recorded = server.recorded("acme", "audit_export.downloaded").await;
    assert_eq!(recorded.len(), 2, "the whole twice; its parts belong to the first: {recorded:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_opens_one_file_for_minutes_and_cannot_be_made_up() {
    let server = filled(5).await;
    let done = server.export(json!({ "org": "acme", "format": "ndjson" })).await;
    let other = server.export(json!({ "org": "acme", "format": "csv" })).await;
    let id = done["id"].as_str().unwrap();
    let auditor = server.person("acme", "auditor@acme.example", "auditor").await;
    let made =
        server.send_of(&auditor, Method::POST, &format!("/v1/exports/{id}/url"), &json!({})).await.ok();
    let url = made["url"].as_str().unwrap().to_owned();
    let open = async |url: &str| {
        Answer::of(server.http.get(format!("{}{url}", server.base)).send().await.unwrap()).await
    };
    let taken = open(&url).await;
    assert_eq!((taken.status, taken.text), (200, server.file(&done).await.text));
    let recorded = server.recorded("acme", "audit_export.downloaded").await;
    let by_link = recorded.iter().find(|event| !event["metadata"]["url_id"].is_null()).unwrap();
    assert_eq!(by_link["actor"]["type"], "anonymous");
    assert!(by_link["actor"]["on_behalf_of"][0]["id"].as_str().unwrap().starts_with("usr_"), "{by_link}");
    let (path, token) = url.split_once("token=").unwrap();
    for at in [0, token.len() / 2, token.len() - 2] {
        let mut forged = token.to_owned().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = format!("{path}token={}", String::from_utf8(forged).unwrap());
        assert_eq!(open(&forged).await.problem(), (403, "verification_failed"), "{forged}");
    }
    for token in ["x", "AAAA", &"A".repeat(5_000)] {
        assert_eq!(open(&format!("{path}token={token}")).await.problem(), (403, "verification_failed"));
    }
    let moved = url.replace(id, other["id"].as_str().unwrap());
    assert_eq!(open(&moved).await.problem(), (403, "verification_failed"), "of another file");
    let nowhere = url.replace(id, "exp_00000000000000000000");
    assert_eq!(
        open(&nowhere).await.problem(),
        (403, "verification_failed"),
        "nor is it told which there are"
    );
    server.clock.advance(10 * 60_000 - 1);
    assert_eq!(open(&url).await.status, 200);
    server.clock.advance(1);
    assert_eq!(open(&url).await.problem(), (403, "verification_failed"), "too old");
    let again =
        server.send_of(&auditor, Method::POST, &format!("/v1/exports/{id}/url"), &json!({})).await.ok();
    let session = server.get_of(&auditor, "/v1/session").await.ok();
    let member = format!("/v1/members/{}?org=acme", session["user"]["id"].as_str().unwrap());
    server.send(Method::PATCH, &member, &json!({ "role": "member" })).await.ok();
    assert_eq!(
        open(again["url"].as_str().unwrap()).await.problem(),
        (403, "verification_failed"),
        "its maker lost the right"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_the_right_before_it_runs_gets_no_file() {
    let server = filled(5).await;
    let auditor = server.person("acme", "auditor@acme.example", "auditor").await;
    let key = server.key(Some("acme"), &["events:read"]).await;
    let asked = json!({ "org": "acme", "format": "csv" });
    // Both are made while another export of acme has its turn, which is held up here by its rights being taken.
    let host = server.state.engine.catalog();
    let done = server.export_as(&auditor, &asked).await;
    assert_eq!(done["status"], "completed");
    let session = server.get_of(&auditor, "/v1/session").await.ok();
    let user = session["user"]["id"].as_str().unwrap();
    server.send(Method::POST, &format!("/v1/members/{user}/suspend?org=acme"), &Value::Null).await;
    server
        .send(Method::PATCH, &format!("/v1/members/{user}?org=acme"), &json!({ "role": "member" }))
        .await
        .ok();
    let id = done["id"].as_str().unwrap();
    let parsed: tallystick_catalog::ExportId = id.parse().unwrap();
    // As if it had not been completed: it runs again, for the same person.
    server.clock.advance(i64::from(KEEP_DAYS_DEFAULT) * DAY_MS);
    host.expire_exports().await.unwrap();
    server.send(Method::POST, &format!("/v1/exports/{id}/retry"), &Value::Null).await.ok();
    let refused = server.export_ended(id).await;
    assert_eq!((&refused["status"], &refused["error"]["code"]), (&json!("failed"), &json!("not_allowed")));
    let failed = server.recorded_in_the_end("acme", "audit_export.failed", 1).await;
    assert_eq!(
        (failed[0]["outcome"].as_str(), failed[0]["reason"].as_str()),
        (Some("failure"), Some("not_allowed"))
    );
    assert!(host.export(&parsed).await.unwrap().sha256.is_none());
    // A key that is revoked is as good as gone too.
    let made = server.send_as(&key, Method::POST, "/v1/exports", &asked).await.ok();
    let made = server.export_ended(made["id"].as_str().unwrap()).await;
    assert_eq!(made["status"], "completed");
    let key_id = made["created_by"]["id"].as_str().unwrap();
    server.send(Method::DELETE, &format!("/v1/keys/{key_id}"), &Value::Null).await;
    server.clock.advance(i64::from(KEEP_DAYS_DEFAULT) * DAY_MS);
    host.expire_exports().await.unwrap();
    let id = made["id"].as_str().unwrap();
    server.send(Method::POST, &format!("/v1/exports/{id}/retry"), &Value::Null).await.ok();
    assert_eq!(server.export_ended(id).await["error"]["code"], "not_allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_organizations_and_weaker_roles_see_nothing() {
    let server = filled(5).await;
    let done = server.export(json!({ "org": "acme", "format": "csv" })).await;
    let id = done["id"].as_str().unwrap();
    let stranger = server.person("other", "owner@other.example", "owner").await;
    let member = server.person("acme", "member@acme.example", "member").await;
    let filtered = json!({ "name": "Desk", "permissions": ["audit_logs.read", "audit_logs.export"],
        "filter": "outcome:failure" });
    let role = server.send(Method::POST, "/v1/roles?org=acme", &filtered).await;
    assert_ne!(role.status, 201, "a role that sees a part cannot export: {}", role.text);
    for path in ["", "/download", "/manifest", "/progress"] {
        let path = format!("/v1/exports/{id}{path}");
        assert_eq!(server.get_of(&stranger, &path).await.problem(), (404, "export_not_found"), "{path}");
        assert_eq!(server.get_of(&member, &path).await.problem(), (403, "forbidden"), "{path}");
    }
    for (method, path) in
        [(Method::POST, "/cancel"), (Method::POST, "/retry"), (Method::DELETE, ""), (Method::POST, "/url")]
    {
        let path = format!("/v1/exports/{id}{path}");
        let body = if path.ends_with("/url") { json!({}) } else { Value::Null };
        let refused = server.send_of(&stranger, method, &path, &body).await;
        assert_eq!(refused.problem(), (404, "export_not_found"), "{path}");
    }
    let asked = json!({ "org": "acme", "format": "csv" });
    let refused = server.send_of(&stranger, Method::POST, "/v1/exports", &asked).await;
    assert_eq!(refused.problem(), (403, "wrong_org"));
    assert_eq!(
        server.send_of(&member, Method::POST, "/v1/exports", &asked).await.problem(),
        (403, "forbidden")
    );
    assert_eq!(server.get_of(&stranger, "/v1/exports?org=acme").await.problem(), (403, "wrong_org"));
    let theirs = server.export_as(&stranger, &json!({ "format": "ndjson" })).await;
    assert!(!server.file(&theirs).await.text.contains("acme"));
    assert_eq!(server.get("/v1/exports?org=acme").await.ok()["exports"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_expires_is_run_again_and_is_deleted() {
    let server = filled(20).await;
    let done = server
        .export(json!({ "org": "acme", "format": "ndjson", "compression": "gzip", "keep_days": 2 }))
        .await;
    let id = done["id"].as_str().unwrap().to_owned();
    let state = |want: &'static str| {
        let (server, id) = (&server, id.clone());
        async move { assert_eq!(server.get(&format!("/v1/exports/{id}")).await.ok()["status"], want) }
    };
    let path = |rest: &str| format!("/v1/exports/{id}/{rest}");
    assert_eq!(
        server.send(Method::POST, &path("cancel"), &Value::Null).await.problem(),
        (409, "export_state")
    );
    assert_eq!(
        server.send(Method::POST, &path("retry"), &Value::Null).await.problem(),
        (409, "export_state")
    );
    server.clock.advance(2 * DAY_MS);
    server.state.engine.catalog().expire_exports().await.unwrap();
    state("expired").await;
    assert_eq!(server.get(&path("download")).await.problem(), (410, "export_expired"));
    server.fill("acme", 20, 20).await;
    server.send(Method::POST, &path("retry"), &Value::Null).await.ok();
    let again = server.export_ended(&id).await;
    assert_eq!(
        (&again["rows"], &again["sha256"], &again["attempt"]),
        (&done["rows"], &done["sha256"], &json!(2)),
        "the log as it was, byte for byte"
    );
    assert_eq!(server.send(Method::DELETE, &format!("/v1/exports/{id}"), &Value::Null).await.status, 204);
    assert_eq!(server.get(&path("download")).await.problem(), (404, "export_not_found"));
    for action in ["retried", "deleted"] {
        assert_eq!(server.recorded("acme", &format!("audit_export.{action}")).await.len(), 1, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_told_to_its_end() {
    let server = filled(20).await;
    let made =
        server.send(Method::POST, "/v1/exports", &json!({ "org": "acme", "format": "csv" })).await.ok();
    let path = format!("/v1/exports/{}/progress", made["id"].as_str().unwrap());
    let told = server.get(&path).await;
    assert!(told.header("content-type").starts_with("text/event-stream"));
    let messages: Vec<Value> = told
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert_eq!(messages.last().unwrap()["status"], "completed", "{}", told.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_refused_with_its_place() {
    let server = filled(1).await;
    for (body, code) in [
        (json!({ "org": "acme" }), "invalid_body"),
        (json!({ "org": "acme", "format": "xlsx" }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "csv", "compression": "rar" }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "parquet", "compression": "gzip" }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "evidence", "compression": "gzip" }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "evidence", "order": "desc" }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "evidence", "columns": ["seq"] }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "json", "columns": ["seq"] }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "csv", "columns": ["sequel"] }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "csv", "query": "outcome:(" }), "invalid_query"),
        (json!({ "org": "acme", "format": "csv", "from": "soon" }), "invalid_parameter"),
        (
            json!({ "org": "acme", "format": "csv", "from": "2026-02-01", "to": "2026-01-01" }),
            "invalid_parameter",
        ),
        (json!({ "org": "acme", "format": "csv", "time_zone": "Mars/Olympus" }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "csv", "order": "up" }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "csv", "keep_days": 0 }), "invalid_parameter"),
        (json!({ "org": "acme", "format": "csv", "name": "a\nb" }), "invalid_body"),
        (json!({ "format": "csv" }), "org_required"),
    ] {
        let refused = server.send(Method::POST, "/v1/exports", &body).await;
        assert_eq!(refused.problem(), (400, code), "{body}: {}", refused.text);
    }
    let nowhere = json!({ "org": "nowhere", "format": "csv" });
    assert_eq!(server.send(Method::POST, "/v1/exports", &nowhere).await.problem(), (404, "org_not_found"));
    assert!(server.recorded("acme", "audit_export.requested").await.is_empty());
}
