//! Organizations and keys, and the events that record what was done to them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, ROOT, Server, event};

async fn delete(server: &Server, path: &str) -> Answer {
    Answer::of(server.request(Method::DELETE, path, ROOT).send().await.unwrap()).await
}

/// The newest event of a log.
async fn last_event(server: &Server, org: &str) -> Value {
    let page = server.get(&format!("/v1/events?org={org}&limit=1000")).await.ok();
    let events = page["events"].as_array().unwrap();
    events.iter().max_by_key(|event| event["seq"].as_u64()).expect("an event").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_life_of_an_organization() {
    let server = Server::start().await;
    let body = json!({ "id": "acme", "name": "Acme" });
    let made = server.send(Method::POST, "/v1/orgs", &body).await;
    assert_eq!((made.status, made.header("location")), (201, "/v1/orgs/acme"));
    let made = made.ok();
    assert_eq!(made["log_id"].as_str().map(str::len), Some(36), "{made}");
    for (member, value) in [("id", "acme"), ("name", "Acme"), ("state", "active")] {
        assert_eq!(made[member], value);
    }
    assert_eq!((&made["events"], &made["created_at"]), (&json!(0), &json!("2026-11-20T10:00:00.000Z")));
    let recorded = last_event(&server, "instance").await;
    assert_eq!(
        (&recorded["action"], &recorded["targets"][0]["id"]),
        (&json!("organization.created"), &json!("acme"))
    );
    assert_eq!(recorded["actor"], json!({ "id": "root", "name": "root key", "type": "system" }));
    assert_eq!(recorded["context"]["ip"], "127.0.0.1");
    assert!(recorded["context"]["request_id"].as_str().unwrap().starts_with("req_"), "{recorded}");

    let again = server.send(Method::POST, "/v1/orgs", &json!({ "id": "ACME" })).await;
    assert_eq!(again.problem(), (409, "org_exists"));
    let unnamed = server.send(Method::POST, "/v1/orgs", &json!({})).await.ok();
    assert!(unnamed["id"].as_str().unwrap().starts_with("org_"));

    server.clock.advance(1_000);
    let renamed = server.send(Method::PATCH, "/v1/orgs/acme", &json!({ "name": "Acme Inc" })).await.ok();
    assert_eq!(
        (&renamed["name"], &renamed["updated_at"]),
        (&json!("Acme Inc"), &json!("2026-11-20T10:00:01.000Z"))
    );
    let recorded = last_event(&server, "acme").await;
    assert_eq!(recorded["action"], "organization.settings_updated");
    let change = json!([{ "path": "/name", "op": "replace", "old": "Acme", "new": "Acme Inc" }]);
    assert_eq!(recorded["changes"], change);
    // Nothing changed, so there is nothing to record.
    server.send(Method::PATCH, "/v1/orgs/acme", &json!({ "name": "Acme Inc" })).await.ok();
    assert_eq!(server.count("acme").await, 1);

    let archived = server.send(Method::PATCH, "/v1/orgs/acme", &json!({ "state": "archived" })).await.ok();
    assert_eq!(archived["state"], "archived");
    assert_eq!(last_event(&server, "instance").await["changes"][0]["new"], "archived");
    let refused = server.send(Method::POST, "/v1/events", &event("acme", 1)).await;
    assert_eq!(refused.problem(), (409, "org_archived"));
    server.send(Method::PATCH, "/v1/orgs/acme", &json!({ "state": "active" })).await.ok();
    server.send(Method::POST, "/v1/events", &event("acme", 1)).await.ok();

    assert_eq!(delete(&server, "/v1/orgs/acme").await.problem(), (409, "org_not_empty"));
    let id = unnamed["id"].as_str().unwrap();
    assert_eq!(delete(&server, &format!("/v1/orgs/{id}")).await.status, 204);
    assert_eq!(last_event(&server, "instance").await["action"], "organization.deleted");
    assert_eq!(server.get(&format!("/v1/orgs/{id}")).await.problem(), (404, "org_not_found"));
    assert_eq!(delete(&server, &format!("/v1/orgs/{id}")).await.problem(), (404, "org_not_found"));
    assert_eq!(delete(&server, "/v1/orgs/instance").await.problem(), (403, "org_reserved"));
    let renamed = server.send(Method::PATCH, "/v1/orgs/instance", &json!({ "name": "x" })).await;
    assert_eq!(renamed.problem(), (403, "org_reserved"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organizations_are_listed_in_pages_with_their_sizes() {
    let server = Server::start().await;
    for id in ["c", "a", "b"] {
        server.org(id).await;
    }
    server.fill("b", 0, 7).await;
    let first = server.get("/v1/orgs?limit=2").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.get(&format!("/v1/orgs?limit=3&cursor={cursor}")).await.ok();
    assert_eq!(second["next_cursor"], Value::Null);
    let listed =
        [first["orgs"].as_array().unwrap().clone(), second["orgs"].as_array().unwrap().clone()].concat();
    let listed: Vec<_> =
        listed.iter().map(|org| (org["id"].as_str().unwrap(), org["events"].as_u64())).collect();
    assert_eq!(listed, [("a", Some(0)), ("b", Some(7)), ("c", Some(0)), ("instance", Some(3))]);
    assert_eq!(server.get("/v1/orgs/b").await.ok()["events"], 7);
    let bound = server.key(Some("b"), &["orgs:read"]).await;
    let own = server.get_as(&bound, "/v1/orgs").await.ok();
    assert_eq!((own["orgs"].as_array().unwrap().len(), &own["orgs"][0]["id"]), (1, &json!("b")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_life_of_a_key() {
    let server = Server::start().await;
    server.org("acme").await;
    let expires = "2027-01-01T00:00:00Z";
    let body = json!({ "name": "writer", "org": "acme", "scopes": ["events:write"], "expires_at": expires });
    let made = server.send(Method::POST, "/v1/keys", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.ok();
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    assert!(token.starts_with("tsk_") && token.starts_with(made["token_prefix"].as_str().unwrap()));
    assert_eq!(made["expires_at"], "2027-01-01T00:00:00.000Z");
    let recorded = last_event(&server, "acme").await;
    assert_eq!((&recorded["action"], &recorded["targets"][0]["id"]), (&json!("api_key.created"), &json!(id)));
    assert!(!recorded.to_string().contains(token), "the token is in the log");

    server.send_as(token, Method::POST, "/v1/events", &event("acme", 1)).await.ok();
    let path = format!("/v1/keys/{id}");
    let read = server.get(&path).await;
    assert!(!read.text.contains("\"token\""), "{}", read.text);
    assert_eq!(read.ok()["created_by"], "root");
    let listed = server.get("/v1/keys?org=acme").await.ok();
    assert_eq!((listed["keys"].as_array().unwrap().len(), &listed["keys"][0]["id"]), (1, &json!(id)));
    assert_eq!(server.get("/v1/keys?org=nobody").await.problem(), (404, "org_not_found"));

    let revoked = delete(&server, &path).await.ok();
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    assert_eq!(last_event(&server, "acme").await["action"], "api_key.revoked");
    let size = server.count("acme").await;
    assert_eq!(delete(&server, &path).await.ok()["revoked_at"], revoked["revoked_at"]);
    assert_eq!(server.count("acme").await, size, "revoking twice is recorded once");
    let refused = server.send_as(token, Method::POST, "/v1/events", &event("acme", 1)).await;
    assert_eq!(refused.problem(), (401, "unauthenticated"));
    assert_eq!(server.get("/v1/keys/ak_00000000000000000000").await.problem(), (404, "key_not_found"));
    let stranger = json!({ "name": "x", "org": "nobody", "scopes": ["admin"] });
    assert_eq!(server.send(Method::POST, "/v1/keys", &stranger).await.problem(), (404, "org_not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_gives_only_what_it_has() {
    let server = Server::start().await;
    server.org("acme").await;
    server.org("other").await;
    let maker = server.key(Some("acme"), &["keys:write", "events:read"]).await;
    let make = |body: Value| {
        let (server, maker) = (&server, &maker);
        async move { server.send_as(maker, Method::POST, "/v1/keys", &body).await }
    };
    let own = make(json!({ "name": "a", "scopes": ["events:read"] })).await.ok();
    assert_eq!(own["org"], "acme");
    assert_eq!(make(json!({ "name": "a", "scopes": ["events:write"] })).await.problem(), (403, "forbidden"));
    let elsewhere = make(json!({ "name": "a", "scopes": ["events:read"], "org": "other" })).await;
    assert_eq!(elsewhere.problem(), (403, "wrong_org"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_an_organization_revokes_its_keys() {
    let server = Server::start().await;
    server.org("brief").await;
    let key = server.key(Some("brief"), &["events:read"]).await;
    // The key's making is an event of the log, so the log is not empty any more.
    assert_eq!(server.get_as(&key, "/v1/count").await.ok()["count"], 1);
    assert_eq!(delete(&server, "/v1/orgs/brief").await.problem(), (409, "org_not_empty"));
    assert_eq!(server.get_as(&key, "/v1/count").await.ok()["count"], 1);
}
