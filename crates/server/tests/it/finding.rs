//! What helps to find and to hand over: sentences, related events, searches that are kept, short links, shared events.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::{Answer, ROOT, Server, event},
    people::Person,
};

const HOSTILE: &str = "<img src=x onerror=alert(1)>\u{202e}\u{0}evil";

/// An event with everything, by somebody with a hostile name.
fn rich(org: &str, number: u64) -> Value {
    let mut one = event(org, number);
    one["action"] = json!("escalation_policy.updated");
    one["actor"]["name"] = json!(HOSTILE.replace('\0', ""));
    one["outcome"] = json!("denied");
    one["targets"] = json!([{ "type": "escalation_policy", "id": "ep \"1\"\\", "name": "Payments / P1" }]);
    one["context"] = json!({ "ip": "203.0.113.9", "request_id": "r-1", "session_id": "s\"1" });
    one["changes"] =
        json!([{ "path": "/<b>x", "op": "replace", "old": "<script>", "new": HOSTILE.replace('\0', "") }]);
    one
}

async fn started() -> (Server, String) {
    let server = Server::start().await;
    server.org("acme").await;
    server.org("other").await;
    server.fill("acme", 0, 5).await;
    let stored = server.send(Method::POST, "/v1/events", &rich("acme", 6)).await.ok();
    (server, stored["events"][0]["id"].as_str().unwrap().to_owned())
}

/// A custom role with a filter, and somebody who has it.
async fn confined(server: &Server, filter: &str, permissions: &[&str]) -> Person {
    let role = json!({ "name": format!("Only {filter}"), "permissions": permissions, "filter": filter });
    let role = server.send(Method::POST, "/v1/roles?org=acme", &role).await.ok();
    server.person("acme", &format!("{}@acme.example", filter.len()), role["id"].as_str().unwrap()).await
}

fn joined(event: &Value) -> String {
    let parts = event["sentence"].as_array().expect("a sentence");
    parts.iter().map(|part| part["text"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_come_with_their_sentence_where_it_is_asked_for() {
    let (server, id) = started().await;
    let one = server.get(&format!("/v1/events/{id}")).await.ok();
    let wanted =
        "<img src=x onerror=alert(1)>⟨U+202E⟩evil was not allowed to update escalation policy Payments / P1";
    assert_eq!(joined(&one), wanted);
    assert_eq!(one["sentence"][0]["id"], "u_1");
    assert_eq!(one["actor"]["name"], HOSTILE.replace('\0', ""), "the event itself is as it was");
    let page = server.get("/v1/events?org=acme&sentence=true&q=action:escalation_policy.updated").await.ok();
    assert_eq!(joined(&page["events"][0]), wanted);
    let plain = server.get("/v1/events?org=acme").await.ok();
    assert!(plain["events"][0].get("sentence").is_none());
    assert_eq!(server.get("/v1/events?sentence=yes").await.problem(), (400, "invalid_parameter"));
    // Beside the sentence, nothing is different.
    let mut without = page["events"][0].clone();
    without.as_object_mut().unwrap().remove("sentence");
    let same = server.get("/v1/events?org=acme&q=action:escalation_policy.updated").await.ok();
    assert_eq!(without, same["events"][0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn related_events_are_counted_within_what_one_sees() {
    let (server, id) = started().await;
    let path = format!("/v1/events/{id}/related");
    let answer = server.get(&path).await.ok();
    let related = answer["related"].as_array().unwrap();
    let of =
        |kind: &str| related.iter().find(|one| one["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    for (kind, count) in [
        ("request", 1),
        ("session", 1),
        ("actor", 2),
        ("target", 1),
        ("ip", 1),
        ("around", 6),
        ("neighbours", 7),
    ] {
        let one = of(kind);
        // The making of the organization is in the instance's log, the role's in none: 5 and 1 events are here.
        let found = one["count"].as_u64().unwrap();
        assert!(found == count || kind == "neighbours", "{kind}: {one}");
        // Each number is that of the search beside it.
        let url = reqwest::Url::parse_with_params(
            &format!("{}/v1/count?org=acme", server.base),
            ["q", "from", "to"]
                .iter()
                .zip(["query", "from", "to"])
                .filter_map(|(name, of)| one[of].as_str().map(|value| (*name, value.to_owned()))),
        );
        let counted = Answer::of(server.http.get(url.unwrap()).bearer_auth(ROOT).send().await.unwrap()).await;
        assert_eq!(counted.ok()["count"].as_u64().unwrap(), found, "{kind}: {one}");
    }
    // An event without a session has none of its session.
    let page = server.get("/v1/events?org=acme&q=action:user.login&limit=1").await.ok();
    let plain = page["events"][0]["id"].as_str().unwrap();
    let answer = server.get(&format!("/v1/events/{plain}/related")).await.ok();
    assert!(answer["related"].as_array().unwrap().iter().all(|one| one["kind"] != "session"));

    let some = confined(&server, "outcome:denied", &["audit_logs.read"]).await;
    let answer = server.get_of(&some, &path).await.ok();
    for one in answer["related"].as_array().unwrap() {
        assert_eq!(one["count"], 1, "only what the role shows: {one}");
    }
    assert_eq!(
        server.get_of(&some, &format!("/v1/events/{plain}/related")).await.problem(),
        (404, "event_not_found")
    );
    let key = server.key(Some("other"), &["events:read"]).await;
    assert_eq!(server.get_as(&key, &path).await.problem(), (404, "event_not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_are_kept_shared_and_managed() {
    let (server, _) = started().await;
    let ana = server.person("acme", "ana@acme.example", "member").await;
    let bob = server.person("acme", "bob@acme.example", "member").await;
    let owner = server.person("acme", "olga@acme.example", "owner").await;
    let out = server.person("other", "out@other.example", "owner").await;
    let view = json!({ "range": "30d", "columns": ["time", "metadata.x"], "group": "actor", "order": "asc" });
    let new = json!({ "name": "Ref<b>used\u{202e}", "query": "outcome:denied", "view": view });
    let path = "/v1/searches?org=acme";
    let made = server.send_of(&ana, Method::POST, path, &new).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        (&made.json["view"], &made.json["own"], &made.json["shared"]),
        (&view, &json!(true), &json!(false))
    );
    let one = format!("/v1/searches/{}", made.json["id"].as_str().unwrap());
    assert_eq!(server.send_of(&ana, Method::POST, path, &new).await.problem(), (409, "search_exists"));
    for person in [&bob, &owner, &out] {
        assert_eq!(server.get_of(person, &one).await.problem(), (404, "search_not_found"));
        let deleted = server.send_of(person, Method::DELETE, &one, &Value::Null).await;
        assert_eq!(deleted.problem(), (404, "search_not_found"));
    }
    let listed = server.get_of(&bob, path).await.ok();
    assert_eq!(listed["searches"], json!([]));
    server.send_of(&ana, Method::PATCH, &one, &json!({ "shared": true })).await.ok();
    let listed = server.get_of(&bob, path).await.ok();
    assert_eq!(listed["searches"][0]["owner"]["name"], "Ana Ruiz");
    assert_eq!(listed["searches"][0]["editable"], false);
    let change = json!({ "name": "Mine now" });
    assert_eq!(server.send_of(&bob, Method::PATCH, &one, &change).await.problem(), (403, "forbidden"));
    assert_eq!(server.get_of(&out, &one).await.problem(), (404, "search_not_found"));
    assert_eq!(server.send_of(&out, Method::PATCH, &one, &change).await.problem(), (404, "search_not_found"));
    let renamed = server.send_of(&owner, Method::PATCH, &one, &json!({ "name": "Refused" })).await.ok();
    assert_eq!((&renamed["name"], &renamed["editable"]), (&json!("Refused"), &json!(true)));
    server.send_of(&owner, Method::DELETE, &one, &Value::Null).await;
    assert_eq!(server.get_of(&ana, &one).await.status, 404);
    for (action, many) in
        [("audit_search.created", 1), ("audit_search.updated", 2), ("audit_search.deleted", 1)]
    {
        assert_eq!(server.recorded("acme", action).await.len(), many, "{action}");
    }
    let recorded = server.recorded("acme", "audit_search.created").await;
    assert!(recorded[0]["changes"].to_string().contains("outcome:denied"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_search_widens_nothing_and_has_to_make_sense() {
    let (server, id) = started().await;
    let ana = server.person("acme", "ana@acme.example", "member").await;
    let path = "/v1/searches?org=acme";
    let new = json!({ "name": "All", "query": "outcome:denied OR action:*", "shared": true });
    let made = server.send_of(&ana, Method::POST, path, &new).await.ok();
    let some = confined(&server, "action:user.login", &["audit_logs.read"]).await;
    let seen = server.get_of(&some, path).await.ok();
    assert_eq!(seen["searches"][0]["id"], made["id"]);
    let q = "outcome%3Adenied%20OR%20action%3A*";
    let found = server.get_of(&some, &format!("/v1/events?org=acme&q={q}&limit=100")).await.ok();
    let actions = found["events"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap());
    assert!(actions.clone().count() > 0 && actions.clone().all(|action| action == "user.login"), "{found}");
    assert_eq!(server.get_of(&some, &format!("/v1/events/{id}")).await.status, 404);
    for (body, code) in [
        (json!({ "name": "x", "query": "actr:y" }), "invalid_query"),
        (json!({ "name": "" }), "invalid_body"),
        (json!({ "name": "x".repeat(300) }), "invalid_body"),
        (json!({ "name": "x", "view": { "order": "up" } }), "invalid_parameter"),
        (json!({ "name": "x", "view": { "range": "7d", "from": "today" } }), "invalid_parameter"),
        (json!({ "name": "x", "view": { "columns": vec!["a"; 31] } }), "invalid_parameter"),
        (json!({ "name": "x", "view": { "colour": "red" } }), "invalid_body"),
        (json!({ "query": "x" }), "invalid_body"),
    ] {
        let refused = server.send_of(&ana, Method::POST, path, &body).await;
        assert_eq!(refused.problem(), (400, code), "{body}: {}", refused.text);
    }
    let key = server.key(Some("acme"), &["events:read"]).await;
    let own = server.send_as(&key, Method::POST, path, &json!({ "name": "A program's" })).await.ok();
    assert_eq!(own["own"], true);
    let seen = server.get_of(&ana, path).await.ok();
    assert_eq!(seen["searches"].as_array().unwrap().len(), 1, "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_links_lead_those_on_who_may_see_it() {
    let (server, _) = started().await;
    let ana = server.person("acme", "ana@acme.example", "member").await;
    let out = server.person("other", "out@other.example", "owner").await;
    let long = format!("/events?q={}&org=acme", "x".repeat(3_000));
    let made = server.send_of(&ana, Method::POST, "/v1/short-links?org=acme", &json!({ "path": long })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let (url, id) = (made.json["url"].as_str().unwrap(), made.json["id"].as_str().unwrap());
    let again =
        server.send_of(&ana, Method::POST, "/v1/short-links?org=acme", &json!({ "path": long })).await;
    assert_eq!((again.status, &again.json["id"]), (200, &made.json["id"]));
    let followed = server.page(url, &ana.cookie).await;
    assert_eq!((followed.status, followed.header("location")), (303, long.as_str()));
    let stranger = server.page(url, "").await;
    assert_eq!(stranger.status, 303);
    assert_eq!(stranger.header("location"), format!("/sign-in?next=%2Fs%2F{id}"));
    assert_eq!(server.page(url, &out.cookie).await.status, 404);
    assert_eq!(server.page("/s/nonsense", &ana.cookie).await.status, 404);
    assert_eq!(server.get_of(&ana, &format!("/v1/short-links/{id}")).await.ok()["path"], long);
    assert_eq!(server.get_of(&out, &format!("/v1/short-links/{id}")).await.problem(), (404, "not_found"));
    for bad in [
        "https://evil.example/events",
        "//evil.example/events",
        "/\\evil.example",
        "/events\\..",
        "/v1/events",
        "/sign-out",
        "/share/x",
        "/s/0000000000000000000a",
        "javascript:alert(1)",
        "/events?q=a\nb",
        "",
    ] {
        let refused =
            server.send_of(&ana, Method::POST, "/v1/short-links?org=acme", &json!({ "path": bad })).await;
        assert_eq!(refused.problem(), (400, "invalid_parameter"), "{bad:?}");
    }
}

async fn share(server: &Server, id: &str, body: &Value) -> Answer {
    server.send(Method::POST, &format!("/v1/events/{id}/shares"), body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_event_is_shown_with_its_proof_and_nothing_else() {
    let (server, id) = started().await;
    let made = share(&server, &id, &json!({ "note": "for the auditor" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let url = made.json["url"].as_str().unwrap();
    assert!(url.strip_prefix("/share/").is_some_and(|token| token.len() == 43), "{url}");
    server.publish("acme").await;
    let shown = server.page(url, "").await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    for part in [
        "⟨U+202E⟩evil</bdi> was not allowed to update escalation policy <bdi>Payments / P1</bdi>",
        "The log&#39;s proof holds",
        "203.0.113.9",
        "&lt;script&gt;",
        "noindex",
        &id,
    ] {
        let part = part.replace("&#39;", "'");
        assert!(shown.text.contains(&part), "{part} is not in {}", shown.text);
    }
    for part in ["<img", "<script", "\u{202e}", "for the auditor", "u_3", " style=", "onerror=\""] {
        assert!(!shown.text.contains(part), "{part}");
    }
    let policy = shown.header("content-security-policy");
    assert!(!policy.contains("script") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("form-action 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(shown.header("referrer-policy"), "no-referrer");
    assert_eq!(shown.header("cache-control"), "no-store");
    assert!(shown.header("x-robots-tag").contains("noindex"));
    // What is downloaded proves the event by the offline verifier's own rules, with keys from elsewhere.
    let proof = server.page(&format!("{url}/proof.json"), "").await;
    assert!(proof.header("content-disposition").contains(&id));
    let parsed = tallystick_verify::EventProof::parse(proof.text.as_bytes()).unwrap();
    let log = parsed.origin.rsplit('/').next().unwrap();
    let keys = server.get(&format!("/.well-known/tallystick-keys.json?log={log}")).await.ok();
    let policy = format!("log {}\nquorum none\n", keys["keys"][0]["vkey"].as_str().unwrap());
    let policy = tallystick_merkle::Policy::parse(policy.as_bytes()).unwrap();
    let report = parsed.verify(&policy, &tallystick_verify::Options::default()).unwrap();
    assert_eq!(report.exit_code, 0, "{report:?}");
    let text = server.page(&format!("{url}/proof.tlog-proof"), "").await;
    assert!(text.text.starts_with("c2sp.org/tlog-proof@v1\n"), "{}", text.text);
    for (action, many) in
        [("audit_share.created", 1), ("audit_share.opened", 1), ("audit_share.downloaded", 1)]
    {
        let recorded = server.recorded("acme", action).await;
        assert_eq!(recorded.len(), many, "{action}: {recorded:?}");
        assert!(!serde_json::to_string(&recorded).unwrap().contains(url.trim_start_matches("/share/")));
    }
    assert_eq!(server.recorded("acme", "audit_share.opened").await[0]["actor"]["type"], "anonymous");
    let listed = server.get("/v1/shares?org=acme").await.ok();
    assert_eq!(listed["shares"][0]["note"], "for the auditor");
    assert!(listed["shares"][0]["opened_at"].is_string() && listed["shares"][0].get("url").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_event_ends() {
    let (server, id) = started().await;
    let made = share(&server, &id, &json!({ "expires_in_hours": 1 })).await.ok();
    let url = made["url"].as_str().unwrap();
    assert_eq!(server.page(url, "").await.status, 200);
    server.clock.advance(3_600_000);
    let late = server.page(url, "").await;
    assert!(late.status == 404 && !late.text.contains("escalation"), "{}", late.text);
    assert_eq!(server.get("/v1/shares?org=acme").await.ok()["shares"], json!([]));
    let made = share(&server, &id, &json!({})).await.ok();
    let (url, share_id) = (made["url"].as_str().unwrap(), made["id"].as_str().unwrap());
    let revoke = format!("/v1/shares/{share_id}");
    assert_eq!(server.send(Method::DELETE, &revoke, &Value::Null).await.status, 204);
    assert_eq!(server.send(Method::DELETE, &revoke, &Value::Null).await.status, 204, "once more is no error");
    assert_eq!(server.page(url, "").await.status, 404);
    assert_eq!(server.page(&format!("{url}/proof.json"), "").await.status, 404);
    assert_eq!(server.recorded("acme", "audit_share.revoked").await.len(), 1);
    for hours in [0, -1, 2_161] {
        let refused = share(&server, &id, &json!({ "expires_in_hours": hours })).await;
        assert_eq!(refused.problem(), (400, "invalid_parameter"), "{hours}");
    }
    let control = share(&server, &id, &json!({ "note": "a\u{1b}b" })).await;
    assert_eq!(control.problem(), (400, "invalid_body"), "{}", control.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_may_take_events_out_shares_them_and_guessing_is_slowed_down() {
    let (server, id) = started().await;
    let path = format!("/v1/events/{id}/shares");
    let member = server.person("acme", "m@acme.example", "member").await;
    let auditor = server.person("acme", "a@acme.example", "auditor").await;
    let out = server.person("other", "o@other.example", "owner").await;
    assert_eq!(server.send_of(&member, Method::POST, &path, &json!({})).await.problem(), (403, "forbidden"));
    assert_eq!(
        server.send_of(&out, Method::POST, &path, &json!({})).await.problem(),
        (404, "event_not_found")
    );
    let made = server.send_of(&auditor, Method::POST, &path, &json!({})).await.ok();
    let revoke = format!("/v1/shares/{}", made["id"].as_str().unwrap());
    let revoked = server.send_of(&out, Method::DELETE, &revoke, &Value::Null).await;
    assert_eq!(revoked.problem(), (404, "share_not_found"));
    // A role with a filter cannot have what sharing takes.
    let role = json!({ "name": "F", "permissions": ["audit_logs.read", "audit_logs.export"], "filter": "crud:read" });
    assert_eq!(server.send(Method::POST, "/v1/roles?org=acme", &role).await.status, 400);
    let some = confined(&server, "action:user.login", &["audit_logs.read"]).await;
    assert_eq!(server.send_of(&some, Method::POST, &path, &json!({})).await.problem(), (403, "forbidden"));
    let url = made["url"].as_str().unwrap();
    let mut last = 0;
    for guess in 0..40 {
        last = server.page(&format!("/share/{guess}{}", "x".repeat(40)), "").await.status;
        if last == 429 {
            break;
        }
        assert_eq!(last, 404);
    }
    assert_eq!(last, 429);
    assert_eq!(server.page(url, "").await.status, 200, "a good link is never held up");
    assert_eq!(server.page(&format!("/share/{}", "x".repeat(5_000)), "").await.status, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_is_taken_apart_without_looking_at_events() {
    let server = Server::start().await;
    let key = server.key(None, &["orgs:read"]).await;
    let body = json!({ "q": "ACTOR:ana stat", "caret": 14 });
    let parsed = server.send_as(&key, Method::POST, "/v1/query/parse", &body).await.ok();
    assert_eq!(parsed["canonical"], "actor:ana stat");
    assert_eq!(parsed["tokens"][0], json!({ "kind": "field", "span": [0, 6] }));
    assert_eq!(
        parsed["completions"],
        json!([{ "kind": "field", "replace": [10, 14], "insert": "outcome:", "alias": "status" }])
    );
    let wrong = json!({ "q": "outcome:sucess" });
    let wrong = server.send(Method::POST, "/v1/query/parse", &wrong).await.ok();
    assert_eq!((&wrong["canonical"], &wrong["diagnostics"][0]["code"]), (&Value::Null, &json!("bad_enum")));
    assert_eq!(wrong["diagnostics"][0]["fix"]["with"], "success");
    let late = json!({ "q": "created:2026-11-20..2026-11-19", "tz": "Nowhere/Land" });
    assert_eq!(
        server.send(Method::POST, "/v1/query/parse", &late).await.problem(),
        (400, "invalid_parameter")
    );
    for q in ["(".repeat(5_000), "日😀\"".to_owned(), String::new()] {
        let odd = server
            .send(Method::POST, "/v1/query/parse", &json!({ "q": q, "caret": 4_000_000_000_u32 }))
            .await;
        assert_eq!(odd.status, 200, "{}", odd.text);
    }
}
