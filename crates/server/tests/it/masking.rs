//! What is masked, and trying it without storing anything.

use reqwest::Method;
use serde_json::json;

use crate::{
    harness::{Server, event},
    people::Person,
};

async fn owner(server: &Server) -> Person {
    server.org("acme").await;
    server.person("acme", "ana@acme.example", "owner").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_masked_without_being_stored() {
    let server = Server::start().await;
    let ana = owner(&server).await;
    let before = server.count("acme").await;
    let mut sent = event("acme", 1);
    sent["metadata"] =
        json!({ "password": "open sesame", "note": "card 4111 1111 1111 1111", "token_count": 7 });
    let path = "/v1/masking/check?org=acme";
    let shown = server.send_of(&ana, Method::POST, path, &sent).await.ok();
    assert_eq!(
        shown["metadata"],
        json!({ "password": "[masked]", "note": "card [masked]", "token_count": 7 })
    );
    assert_eq!((&shown["action"], shown.get("id"), shown.get("seq")), (&sent["action"], None, None));
    assert_eq!(server.count("acme").await, before, "nothing is stored");
    // What is shown is what is stored.
    let stored = server.send(Method::POST, "/v1/events", &sent).await.ok();
    let id = stored["events"][0]["id"].as_str().unwrap();
    assert_eq!(server.get(&format!("/v1/events/{id}")).await.ok()["metadata"], shown["metadata"]);

    let wrong = server.send_of(&ana, Method::POST, path, &json!({ "action": "x" })).await;
    assert_eq!(wrong.problem(), (422, "invalid_event"));
    let other = server.send_of(&ana, Method::POST, path, &event("other", 1)).await;
    assert_eq!(other.problem(), (403, "wrong_org"));
    let large = json!({ "action": "x".repeat(300_000) });
    assert_eq!(server.send_of(&ana, Method::POST, path, &large).await.status, 413);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rules_in_force_are_shown_to_those_who_run_the_organization() {
    let server = Server::start().await;
    let ana = owner(&server).await;
    let rules = server.get_of(&ana, "/v1/masking").await.ok();
    let patterns = ["cards", "bearer_tokens", "private_keys", "vendor_tokens"];
    assert_eq!(rules, json!({ "enabled": true, "extra_keys": [], "exempt_keys": [], "patterns": patterns }));
    let bob = server.person("acme", "bob@acme.example", "member").await;
    assert_eq!(server.get_of(&bob, "/v1/masking").await.problem(), (403, "forbidden"));
}
