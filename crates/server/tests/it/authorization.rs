//! Every operation without a key, with a wrong one, without its scope, and with the key of another organization.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};
use tallystick_auth::{Bound, Operation, Scope};

use crate::harness::{Answer, ROOT, Server, event};

/// A call that carries out an operation on organization `acme`, and a body for it.
fn call(operation: Operation) -> (Method, &'static str, Value) {
    let event = event("acme", 1);
    match operation {
        Operation::WriteEvents => (Method::POST, "/v1/events", event),
        Operation::ReadEvents => (Method::GET, "/v1/events?org=acme", Value::Null),
        Operation::GetEvent => (Method::GET, "/v1/events/{event}", Value::Null),
        Operation::CountEvents => (Method::GET, "/v1/count?org=acme", Value::Null),
        Operation::HistogramEvents => (Method::GET, "/v1/histogram?org=acme", Value::Null),
        Operation::FacetEvents => (Method::GET, "/v1/facets?org=acme&field=action", Value::Null),
        Operation::TailEvents => (Method::GET, "/v1/tail?org=acme", Value::Null),
        Operation::ExplainQuery => (Method::GET, "/v1/query/explain?org=acme", Value::Null),
        Operation::CreateOrg => (Method::POST, "/v1/orgs", json!({})),
        Operation::ListOrgs => (Method::GET, "/v1/orgs", Value::Null),
        Operation::GetOrg => (Method::GET, "/v1/orgs/acme", Value::Null),
        Operation::UpdateOrg => (Method::PATCH, "/v1/orgs/acme", json!({ "name": "x" })),
        Operation::ArchiveOrg => (Method::PATCH, "/v1/orgs/acme", json!({ "state": "active" })),
        Operation::DeleteOrg => (Method::DELETE, "/v1/orgs/acme", Value::Null),
        Operation::CreateKey => {
            (Method::POST, "/v1/keys", json!({ "name": "x", "org": "acme", "scopes": ["events:read"] }))
        }
        Operation::ListKeys => (Method::GET, "/v1/keys?org=acme", Value::Null),
        Operation::GetKey => (Method::GET, "/v1/keys/{key}", Value::Null),
        Operation::RevokeKey => (Method::DELETE, "/v1/keys/{key}", Value::Null),
        Operation::GetCheckpoint => (Method::GET, "/v1/logs/acme/checkpoint", Value::Null),
        Operation::GetTile => (Method::GET, "/v1/logs/acme/tile/entries/000.p/1", Value::Null),
        Operation::GetConsistency => (Method::GET, "/v1/logs/acme/consistency?from=0", Value::Null),
        Operation::GetLogDirectory => (Method::GET, "/v1/logs/acme/directory", Value::Null),
        Operation::ListAnchors => (Method::GET, "/v1/logs/acme/anchors", Value::Null),
        Operation::ReadRange => (Method::GET, "/v1/logs/acme/range?from=0", Value::Null),
        Operation::ExportEvidence => (Method::GET, "/v1/evidence?org=acme", Value::Null),
        Operation::GetIntegrity => (Method::GET, "/v1/logs/acme/integrity", Value::Null),
        Operation::ProveEvent => (Method::GET, "/v1/events/{event}/proof", Value::Null),
        Operation::GetDirectoryCheckpoint => (Method::GET, "/v1/directory/checkpoint", Value::Null),
        Operation::GetDirectoryTile => (Method::GET, "/v1/directory/tile/0/000.p/1", Value::Null),
        Operation::GetDirectoryConsistency => (Method::GET, "/v1/directory/consistency?from=0", Value::Null),
        Operation::RotateLogKeys => (Method::POST, "/v1/log-keys/rotate", Value::Null),
        Operation::GetLimits => (Method::GET, "/v1/limits", Value::Null),
        Operation::GetMetrics => (Method::GET, "/metrics", Value::Null),
    }
}

struct Doors {
    server: Server,
    event: String,
    key: String,
}

impl Doors {
    async fn open() -> Self {
        let options = tallystick_server::ServerOptions { metrics_public: false, proofs_public: false };
        let server = Server::start_with(options).await;
        server.org("acme").await;
        server.org("other").await;
        let stored = server.send(Method::POST, "/v1/events", &event("acme", 0)).await.ok();
        server.publish("acme").await;
        let key = json!({ "name": "found by others", "org": "acme", "scopes": ["events:read"] });
        let key = server.send(Method::POST, "/v1/keys", &key).await.ok();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { event: text(&stored["events"][0]["id"]), key: text(&key["id"]), server }
    }

    async fn knock(&self, operation: Operation, token: Option<&str>) -> Answer {
        let (method, path, body) = call(operation);
        let path = path.replace("{event}", &self.event).replace("{key}", &self.key);
        let mut request = self.server.http.request(method, format!("{}{path}", self.server.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        Answer::of(request.send().await.unwrap()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_nothing_opens() {
    let doors = Doors::open().await;
    for operation in Operation::ALL {
        let answer = doors.knock(*operation, None).await;
        assert_eq!(answer.problem(), (401, "unauthenticated"), "{operation:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    for token in ["nonsense", &format!("tsk_{}", "0".repeat(40))] {
        let answer = doors.knock(Operation::ReadEvents, Some(token)).await;
        assert_eq!(answer.problem(), (401, "unauthenticated"), "{token}");
    }
    for header in ["", "Bearer", "Bearer ", "Basic cm9vdDpyb290"] {
        let request = doors.server.http.get(format!("{}/v1/events", doors.server.base));
        let answer = Answer::of(request.header("authorization", header).send().await.unwrap()).await;
        assert_eq!(answer.problem(), (401, "unauthenticated"), "{header:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_scope_it_does_not_open() {
    let doors = Doors::open().await;
    for operation in Operation::ALL {
        let Some(need) = operation.rule().scope else { continue };
        let others: Vec<&str> =
            Scope::ALL.iter().filter(|s| **s != need && **s != Scope::Admin).map(|s| s.as_str()).collect();
        let token = doors.server.key(None, &others).await;
        let answer = doors.knock(*operation, Some(&token)).await;
        assert_eq!(answer.problem(), (403, "forbidden"), "{operation:?}: {}", answer.text);
        assert!(
            answer.text.contains(need.as_str()),
            "{operation:?} does not name the scope: {}",
            answer.text
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_of_another_organization_does_not_open_it() {
    let doors = Doors::open().await;
    let before = doors.server.count("acme").await;
    let token = doors.server.key(Some("other"), &["admin"]).await;
    for operation in Operation::ALL {
        let answer = doors.knock(*operation, Some(&token)).await;
        let expected = match (operation, operation.rule().bound) {
            (_, Bound::Never) if *operation != Operation::ArchiveOrg => Some((403, "forbidden")),
            (Operation::GetEvent | Operation::ProveEvent, _) => Some((404, "event_not_found")),
            (Operation::GetKey | Operation::RevokeKey, _) => Some((404, "key_not_found")),
            // Answers with what is its own.
            (Operation::ListOrgs | Operation::GetLimits, _) => None,
            // By pseudonyms, the same for all.
            (
                Operation::GetDirectoryCheckpoint
                | Operation::GetDirectoryTile
                | Operation::GetDirectoryConsistency,
                _,
            ) => {
                assert_eq!(answer.status, 200, "{operation:?}: {}", answer.text);
                assert!(!answer.text.contains("acme"));
                continue;
            }
            _ => Some((403, "wrong_org")),
        };
        if let Some(expected) = expected {
            assert_eq!(answer.problem(), expected, "{operation:?}: {}", answer.text);
        } else {
            let text = answer.ok().to_string();
            assert!(!text.contains("acme"), "{operation:?}: {text}");
        }
    }
    assert_eq!(doors.server.count("acme").await, before);
    // A bound administrator may rename its own organization, but not stop its audit.
    let path = "/v1/orgs/other";
    doors.server.send_as(&token, Method::PATCH, path, &json!({ "name": "New" })).await.ok();
    let archive = doors.server.send_as(&token, Method::PATCH, path, &json!({ "state": "archived" })).await;
    assert_eq!(archive.problem(), (403, "forbidden"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_right_key_every_door_opens() {
    let doors = Doors::open().await;
    for operation in Operation::ALL {
        // It would never end; the tail's own tests open it. acme has events and cannot be deleted.
        if matches!(operation, Operation::TailEvents | Operation::DeleteOrg) {
            continue;
        }
        let answer = doors.knock(*operation, Some(ROOT)).await;
        assert!((200..300).contains(&answer.status), "{operation:?}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_slowed_down_and_good_keys_are_not() {
    let doors = Doors::open().await;
    let mut codes = HashSet::new();
    for guess in 0..40 {
        let answer = doors.knock(Operation::ReadEvents, Some(&format!("tsk_{guess}"))).await;
        codes.insert(answer.problem().0);
        if answer.status == 429 {
            assert_eq!(answer.json["code"], "too_many_failures");
            assert!(!answer.header("retry-after").is_empty());
        }
    }
    assert_eq!(codes, HashSet::from([401, 429]));
    assert_eq!(doors.knock(Operation::ReadEvents, Some(ROOT)).await.status, 200);
}

/// A route that the walk above does not know would be open without anybody having looked.
#[test]
fn the_walk_knows_every_route() {
    let (_, document) = tallystick_server::http::router::api();
    let document = serde_json::to_value(document).unwrap();
    let route =
        |path: &str| path.split('?').next().unwrap().replace("{event}", "{id}").replace("{key}", "{id}");
    let mut walked: HashSet<String> = Operation::ALL
        .iter()
        .map(|operation| {
            let (method, path, _) = call(*operation);
            let path = route(path).replace("/orgs/acme", "/orgs/{id}").replace("/logs/acme", "/logs/{log}");
            let path =
                path.split_once("/tile/").map_or(path.clone(), |(log, _)| format!("{log}/tile/{{*path}}"));
            format!("{} {path}", method.as_str().to_lowercase())
        })
        .collect();
    let open = ["get /healthz", "get /readyz", "get /.well-known/tallystick-keys.json"];
    walked.extend(open.map(str::to_owned));
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            assert!(walked.remove(&format!("{method} {path}")), "{method} {path} is not walked");
        }
    }
    assert!(walked.is_empty(), "not in the document: {walked:?}");
}
