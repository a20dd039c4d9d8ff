//! Viewer tokens over HTTP: every operation, every way around the filter, every page that may not ask.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value, json};
use tallystick_auth::Operation;

use crate::{
    authorization::Doors,
    harness::{Answer, ROOT, Server},
    tail::Tail,
};

const APP: &str = "https://app.example.com";
const FEATURES: [&str; 4] = ["search", "raw", "live", "export"];

impl Server {
    /// A new viewer token of `acme`: its id, and itself.
    async fn viewer(&self, query: &str, features: &[&str]) -> (String, String) {
        self.viewer_of(json!({ "query": query, "features": features })).await
    }

    async fn viewer_of(&self, more: Value) -> (String, String) {
        let mut body =
            json!({ "org": "acme", "actor": { "id": "u_7", "name": "Ana Ruiz" }, "origins": [APP] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.send(Method::POST, "/v1/viewer-tokens", &body).await.ok();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    }

    /// `GET` from a page of this origin.
    async fn get_from(&self, origin: &str, token: &str, path: &str) -> Answer {
        let request = self.request(Method::GET, path, token).header("origin", origin);
        Answer::of(request.send().await.unwrap()).await
    }
}

/// The reviewed table: for each operation, the cell of each feature, that without any first.
fn reviewed() -> HashMap<&'static str, Vec<&'static str>> {
    let text = include_str!("../../../auth/testdata/viewers.txt");
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let rows = rows.skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.map(|row| (row[0], row[1..].to_vec())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_feature_opens_what_the_table_says() {
    let doors = Doors::open().await;
    let server = &doors.server;
    let (table, before) = (reviewed(), server.count("acme").await);
    let made = [
        server.viewer("", &[]).await.1,
        server.viewer("", &["search"]).await.1,
        server.viewer("", &["raw"]).await.1,
        server.viewer("-action:audit_log.*,organization.*", &["live"]).await.1,
        server.viewer("", &["raw", "export"]).await.1,
    ];
    for operation in Operation::ALL {
        let name = operation.rule().name;
        let cells = table.get(name).unwrap_or_else(|| panic!("{name} is not in the table"));
        for (index, (token, cell)) in made.iter().zip(cells).enumerate() {
            // Export comes only together with raw.
            let opens = *cell == "own" || (index == 4 && cells[2] == "own");
            if *operation == Operation::TailEvents && opens {
                continue; // It would never end; it has a test of its own.
            }
            let (method, path, body) = doors.filled(*operation, None).await;
            let answer = server.send_as(token, method, &path, &body).await;
            if opens {
                assert!(answer.status < 300, "{name} {index}: {} {}", answer.status, answer.text);
                continue;
            }
            let code = answer.problem();
            let is_own_session = code == (404, "session_not_found");
            let is_refused = code == (403, "forbidden") || code == (403, "feature_off") || is_own_session;
            assert!(is_refused, "{name} {index}: {code:?} {}", answer.text);
        }
    }
    let done = ["organization.settings_updated", "role.deleted", "api_key.revoked"];
    for action in done {
        assert!(server.recorded("acme", action).await.is_empty(), "{action}");
    }
    assert!(server.count("acme").await >= before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fixed_filter_holds_whatever_is_asked() {
    let doors = Doors::open().await;
    let server = &doors.server;
    server.fill("acme", 0, 10).await;
    server.fill("other", 0, 10).await;
    server.publish("acme").await;
    let (_, token) = server.viewer("action:invoice.*", &FEATURES).await;
    let get = async |path: String| server.get_as(&token, &path).await;
    for query in [
        "",
        "&q=action:*",
        "&q=action:user.login OR action:*",
        "&q=-action:invoice.updated OR action:*",
        "&q=(action:invoice.*) OR (actor:*)",
        "&q=NOT action:invoice.* OR actor:*",
        "&q=org:other OR org:acme OR action:*",
        "&org=acme",
        "&tz=Asia/Tokyo",
        "&from=2000-01-01",
        "&order=asc",
    ] {
        let found = get(format!("/v1/events?limit=100{query}")).await.ok();
        let found = found["events"].as_array().unwrap();
        assert_eq!(found.len(), 5, "{query}");
        assert!(
            found.iter().all(|one| one["action"] == "invoice.updated" && one["org"] == "acme"),
            "{query}"
        );
    }
    assert_eq!(get("/v1/events?q=action:user.login".into()).await.ok()["events"], json!([]));
    for query in [") OR (action:*", "action:x) OR (actor:*", "%22", "action:("] {
        let answer = get(format!("/v1/events?q={query}")).await;
        assert_eq!(answer.problem(), (400, "invalid_query"), "{query}");
    }
    assert_eq!(get("/v1/count".into()).await.ok()["count"], 5);
    let histogram = get("/v1/histogram?by=action".into()).await.ok();
    assert_eq!(histogram["series"], json!(["invoice.updated"]));
    for more in ["", "&q=action:user.login", "&contains=login", "&q=-action:*"] {
        let facets = get(format!("/v1/facets?field=action{more}")).await.ok();
        assert!(!facets.to_string().contains("user.login"), "{more}: {facets}");
    }
    let explained = get("/v1/query/explain?q=action:user.login OR actor:*".into()).await.ok();
    assert_eq!(explained["plan"]["count"], 5);
    assert_eq!(explained["plan"]["root"]["parts"][0]["count"], 0);

    let hidden = server.get("/v1/events?org=acme&q=action:user.login&limit=1").await.ok();
    let foreign = server.get("/v1/events?org=other&limit=1").await.ok();
    for event in [&hidden, &foreign] {
        let id = event["events"][0]["id"].as_str().unwrap();
        for path in [format!("/v1/events/{id}"), format!("/v1/events/{id}/proof")] {
            assert_eq!(get(path.clone()).await.problem(), (404, "event_not_found"), "{path}");
        }
    }
    for path in [
        "/v1/events?org=other",
        "/v1/count?org=acme,other",
        "/v1/facets?field=action&org=other",
        "/v1/tail?org=other",
    ] {
        assert_eq!(get(path.into()).await.problem(), (403, "wrong_org"), "{path}");
    }
    // A pack is of what the filter leaves, never of the whole log.
    let pack = server.request(Method::GET, "/v1/evidence", &token).send().await.unwrap();
    assert_eq!(pack.status(), 200);
    drop(pack.bytes().await.unwrap());
    let taken = &server.recorded("acme", "audit_export.downloaded").await[0];
    assert!(taken["metadata"]["what"].as_str().unwrap().starts_with("5 events"), "{taken}");
    assert_eq!(taken["actor"]["id"], "u_7");
    assert_eq!(get("/v1/evidence?first_seq=0".into()).await.problem(), (400, "invalid_parameter"));
    // Nor does a tail that starts at the beginning show more.
    let mut tail = Tail::open(server, &token, "/v1/tail", Some(0)).await;
    for _ in 0..5 {
        assert_eq!(tail.next().await.unwrap().data["action"], "invoice.updated");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_features_nothing_is_asked_and_only_what_happened_is_shown() {
    let server = Server::start().await;
    server.org("acme").await;
    let event = json!({
        "org": "acme", "action": "invoice.updated",
        "actor": { "type": "user", "id": "u_1", "metadata": { "plan": "gold" } },
        "metadata": { "plan": "gold" },
        "context": { "ip": "203.0.113.9", "request_id": "req_gold", "user_agent": "gold" },
    });
    let stored = server.send(Method::POST, "/v1/events", &event).await.ok();
    let id = stored["events"][0]["id"].as_str().unwrap();
    let (_, plain) = server.viewer("-action:audit_log.*,organization.*", &["live"]).await;
    for path in ["/v1/events", &format!("/v1/events/{id}")] {
        let answer = server.get_as(&plain, path).await;
        assert!(
            answer.text.contains("203.0.113.9") && !answer.text.contains("gold"),
            "{path}: {}",
            answer.text
        );
    }
    let mut tail = Tail::open(&server, &plain, "/v1/tail", None).await;
    server.send(Method::POST, "/v1/events", &event).await.ok();
    let shown = tail.next().await.unwrap().data;
    assert!(shown["action"] == "invoice.updated" && !shown.to_string().contains("gold"), "{shown}");
    for path in [
        "/v1/events?q=actor:u_1",
        "/v1/events?from=2000-01-01",
        "/v1/events?to=now",
        "/v1/tail?q=actor:u_1",
        "/v1/count",
    ] {
        let refused = server.get_as(&plain, path).await;
        assert_eq!(refused.problem(), (403, "feature_off"), "{path}");
    }
    // What is not shown cannot be asked about by name either.
    let (_, searching) = server.viewer("", &["search"]).await;
    for path in [
        "/v1/events?q=metadata.plan:gold",
        "/v1/events?q=-(actor:(metadata.plan:gold OR u_1))",
        "/v1/count?q=request:req_gold",
        "/v1/histogram?by=metadata.plan",
        "/v1/facets?field=metadata.plan",
        "/v1/facets?field=source",
        "/v1/facets?field=action&q=ua:gold",
        "/v1/query/explain?q=actor.metadata.plan:gold",
    ] {
        assert_eq!(server.get_as(&searching, path).await.problem(), (403, "feature_off"), "{path}");
    }
    assert_eq!(server.get_as(&searching, "/v1/count?q=actor:u_1").await.ok()["count"], 2);
    let (_, raw) = server.viewer("", &["search", "raw"]).await;
    assert_eq!(server.get_as(&raw, "/v1/count?q=metadata.plan:gold").await.ok()["count"], 2);
    assert!(server.get_as(&raw, "/v1/events").await.text.contains("req_gold"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_pages_of_its_origins_use_a_token() {
    let server = Server::start().await;
    server.org("acme").await;
    let (id, token) = server.viewer("", &[]).await;
    let good = server.get_from(APP, &token, "/v1/events").await;
    assert_eq!((good.status, good.header("access-control-allow-origin")), (200, APP));
    assert!(good.header("vary").to_lowercase().contains("origin"));
    assert_eq!(good.header("access-control-allow-credentials"), "");
    for origin in
        ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com"]
    {
        let refused = server.get_from(origin, &token, "/v1/events").await;
        assert_eq!(refused.problem(), (403, "origin_not_allowed"), "{origin}");
        assert_eq!(refused.header("access-control-allow-origin"), "", "{origin}");
    }
    // A key is for no page: what it opens, no other page can read.
    let keyed = server.get_from(APP, ROOT, "/v1/events").await;
    assert_eq!((keyed.status, keyed.header("access-control-allow-origin")), (200, ""));

    // The question before is answered the same for all, whatever they will show.
    let ask = async |origin: &str, path: &str| {
        let request = server.http.request(Method::OPTIONS, format!("{}{path}", server.base));
        let request = request.header("origin", origin).header("access-control-request-method", "GET");
        Answer::of(request.send().await.unwrap()).await
    };
    let (ours, other) = (ask(APP, "/v1/events").await, ask("https://evil.example", "/v1/nothing").await);
    for (answer, origin) in [(&ours, APP), (&other, "https://evil.example")] {
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, origin));
        assert_eq!(answer.header("access-control-allow-methods"), "GET");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    // A token that never was, one that has ended and one that was revoked are told alike.
    server.send(Method::DELETE, &format!("/v1/viewer-tokens/{id}"), &Value::Null).await.ok();
    let unknown = format!("tsv_{}", "0".repeat(49));
    let (_, expired) = server.viewer_of(json!({ "expires_in": 10 })).await;
    server.clock.advance(10_000);
    let mut details = Vec::new();
    for ended in [&token, &unknown, &expired] {
        let refused = server.get_from(APP, ended, "/v1/events").await;
        assert_eq!(refused.problem(), (401, "viewer_token_ended"));
        assert_eq!(refused.header("access-control-allow-origin"), APP, "the page has to know");
        details.push(refused.json["detail"].clone());
    }
    details.dedup();
    assert_eq!(details.len(), 1);
    // Never in an address.
    let (_, token) = server.viewer("", &[]).await;
    for name in ["token", "access_token", "viewer_token"] {
        let answer =
            server.http.get(format!("{}/v1/events?{name}={token}", server.base)).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_is_refused_at_once_and_its_tail_shows_nothing_more() {
    let server = Server::start().await;
    server.org("acme").await;
    server.org("other").await;
    let (id, token) = server.viewer("-action:audit_log.*,organization.*", &["live"]).await;
    let mut tail = Tail::open(&server, &token, "/v1/tail", None).await;
    server.fill("acme", 0, 1).await;
    assert_eq!(tail.next().await.unwrap().event, "event");
    let key = server.key(Some("other"), &["viewers:write"]).await;
    let foreign =
        server.send_as(&key, Method::DELETE, &format!("/v1/viewer-tokens/{id}"), &Value::Null).await;
    assert_eq!(foreign.problem(), (404, "viewer_token_not_found"));
    server.send(Method::DELETE, &format!("/v1/viewer-tokens/{id}"), &Value::Null).await.ok();
    assert_eq!(server.get_as(&token, "/v1/events").await.problem(), (401, "viewer_token_ended"));
    server.fill("acme", 1, 1).await;
    assert!(tail.next().await.is_none());

    let (_, one) = server.viewer("", &[]).await;
    let (_, two) = server.viewer("", &[]).await;
    let listed = server.get("/v1/viewer-tokens?org=acme").await.ok();
    assert_eq!(listed["viewer_tokens"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("tsv_"));
    let all = server.send(Method::DELETE, "/v1/viewer-tokens", &Value::Null).await;
    assert_eq!(all.problem(), (400, "org_required"));
    let all = server.send(Method::DELETE, "/v1/viewer-tokens?org=acme", &Value::Null).await.ok();
    assert_eq!(all["revoked"], 2);
    for token in [one, two] {
        assert_eq!(server.get_as(&token, "/v1/events").await.status, 401);
    }
    let revoked = server.recorded("acme", "audit_viewer_token.revoked").await;
    assert_eq!(revoked.len(), 2);
    let issued = server.recorded("acme", "audit_viewer_token.issued").await;
    assert_eq!((issued.len(), &issued[0]["targets"][0]["type"]), (3, &json!("viewer_token")));
    assert!(!json!([issued, revoked]).to_string().contains("tsv_"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_is_recorded_as_whoever_looks() {
    let server = Server::start().await;
    server.org("acme").await;
    server.fill("acme", 0, 3).await;
    let (id, token) = server.viewer("", &["search"]).await;
    for _ in 0..3 {
        server.get_as(&token, "/v1/events?q=actor:u_1").await.ok();
        server.get_as(&token, "/v1/count?q=actor:u_1").await.ok();
    }
    // The next token of the same person goes on with the same search.
    let (_, next) = server.viewer("", &["search"]).await;
    server.get_as(&next, "/v1/events?q=actor:u_1").await.ok();
    let searched = server.recorded("acme", "audit_log.searched").await;
    assert_eq!(searched.len(), 1);
    assert_eq!(searched[0]["actor"], json!({ "type": "user", "id": "u_7", "name": "Ana Ruiz" }));
    assert_eq!(
        (&searched[0]["metadata"]["query"], &searched[0]["context"]["session_id"]),
        (&json!("actor:u_1"), &json!(id))
    );
    let (_, own) = server.viewer("actor:@me", &[]).await;
    let events = server.get_as(&own, "/v1/events").await.ok();
    let events = events["events"].as_array().unwrap();
    assert!(!events.is_empty() && events.iter().all(|event| event["actor"]["id"] == "u_7"), "{events:?}");
    let before = server.recorded("acme", "audit_log.searched").await.len();
    let (_, quiet) = server.viewer_of(json!({ "actor": { "id": "u_8" }, "record_views": false })).await;
    server.get_as(&quiet, "/v1/events").await.ok();
    assert_eq!(server.recorded("acme", "audit_log.searched").await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_frame_is_for_pages_of_the_tokens_origins() {
    let server = Server::start().await;
    server.org("acme").await;
    let (id, _) = server.viewer_of(json!({ "origins": [APP, "http://localhost:3000"] })).await;
    let frame = async |id: &str| {
        let request = server.http.get(format!("{}/embed/v1/frame/{id}", server.base));
        Answer::of(request.send().await.unwrap()).await
    };
    let page = frame(&id).await;
    let policy = page.header("content-security-policy");
    assert!(policy.ends_with(&format!("frame-ancestors {APP} http://localhost:3000")), "{policy}");
    assert_eq!((page.status, page.header("x-frame-options")), (200, ""));
    assert!(!page.text.contains("tsv_"));
    server.send(Method::DELETE, &format!("/v1/viewer-tokens/{id}"), &Value::Null).await.ok();
    for id in [id.as_str(), "vt_00000000000000000000", "nonsense", "%27;script-src%20*"] {
        let gone = frame(id).await;
        assert_eq!((gone.status, gone.header("x-frame-options")), (404, "DENY"), "{id}");
        assert!(gone.header("content-security-policy").contains("frame-ancestors 'none'"), "{id}");
    }
    let module = server.http.get(format!("{}/embed/v1/viewer.js", server.base)).send().await.unwrap();
    assert_eq!(module.headers()["access-control-allow-origin"], "*");
    let text = module.text().await.unwrap();
    let first = text.split('"').nth(1).unwrap();
    let asset = server.http.get(format!("{}{first}", server.base)).send().await.unwrap();
    assert_eq!(
        (asset.status().as_u16(), &asset.headers()["access-control-allow-origin"]),
        (200, &"*".parse().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_tokens_are_not_made() {
    let server = Server::start().await;
    server.org("acme").await;
    let base = json!({ "org": "acme", "actor": { "id": "u_7" }, "origins": [APP] });
    for (more, status, path) in [
        (json!({ "origins": ["*"] }), 400, "/origins"),
        (json!({ "origins": [] }), 400, "/origins"),
        (json!({ "expires_in": 901 }), 400, "/expires_in"),
        (json!({ "expires_in": 0 }), 400, "/expires_in"),
        (json!({ "features": ["export"] }), 400, "/features"),
        (json!({ "features": ["serach"] }), 400, "/features/0"),
        (json!({ "actor": { "id": "" } }), 400, "/actor/id"),
        (json!({ "actor": { "id": "a\u{0}b" } }), 400, "/actor/id"),
        (json!({ "actor": { "id": "u", "name": "" } }), 400, "/actor/name"),
        (json!({ "query": "action:(" }), 400, "/query"),
        (json!({ "organization": "acme" }), 400, "/organization"),
    ] {
        let mut body = base.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = server.send(Method::POST, "/v1/viewer-tokens", &body).await;
        assert_eq!(
            (refused.status, &refused.json["errors"][0]["path"]),
            (status, &json!(path)),
            "{}",
            refused.text
        );
    }
    let key = server.key(Some("acme"), &["viewers:write"]).await;
    let refused = server.send_as(&key, Method::POST, "/v1/viewer-tokens", &base).await;
    assert_eq!(refused.problem(), (403, "forbidden"), "who does not read shows nothing");
    let key = server.key(Some("acme"), &["viewers:write", "events:read"]).await;
    let made = server.send_as(&key, Method::POST, "/v1/viewer-tokens", &base).await.ok();
    let shown = server.get_as(made["token"].as_str().unwrap(), "/v1/viewer").await.ok();
    assert_eq!((&shown["organization"]["id"], &shown["features"]), (&json!("acme"), &json!([])));
    assert_eq!(shown["expires_in_ms"], 900_000);
}
