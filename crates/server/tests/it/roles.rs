//! Every cell of the reviewed table of roles, on the real router: each role carries out each operation, or is refused.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value, json};
use tallystick_auth::{Bound, Operation};

use crate::{
    authorization::{Doors, route},
    harness::Answer,
    people::Person,
};

const ROLES: [&str; 5] = ["owner", "admin", "auditor", "member", "operator"];

/// The reviewed table: for each operation, the cell of each role.
fn reviewed() -> HashMap<&'static str, Vec<&'static str>> {
    let text = include_str!("../../../auth/testdata/roles.txt");
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let mut rows = rows.map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(rows.next().unwrap()[..ROLES.len()], ROLES);
    rows.map(|row| (row[0], row[1..=ROLES.len()].to_vec())).collect()
}

async fn somebody(doors: &Doors, role: &str, org: &str, number: usize) -> Person {
    let email = format!("{role}{number}@{org}.example");
    match role {
        "operator" => doors.server.operator(&email).await,
        role => doors.server.person(org, &email, role).await,
    }
}

async fn knock(doors: &Doors, person: &Person, operation: Operation) -> Answer {
    let (method, path, body) = doors.filled(operation, Some(person)).await;
    let mut request = doors.server.request_of(person, method, &path);
    if !body.is_null() {
        request = request.json(&body);
    }
    Answer::of(request.send().await.unwrap()).await
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == 403 && matches!(answer.json["code"].as_str(), Some("forbidden" | "wrong_org"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_may_what_the_table_says() {
    let doors = Doors::open().await;
    let table = reviewed();
    let mut number = 0;
    for operation in Operation::ALL {
        let name = operation.rule().name;
        let cells = table.get(name).unwrap_or_else(|| panic!("{name} is not in the table"));
        for (role, cell) in ROLES.iter().zip(cells) {
            if *operation == Operation::TailEvents && *cell != "." && *cell != "ops" {
                continue; // It would never end; the tail's own tests open it.
            }
            number += 1;
            let person = somebody(&doors, role, "acme", number).await;
            let answer = knock(&doors, &person, *operation).await;
            // An operator reads the instance's log and nobody else's; the calls here are about acme.
            let opens = match *cell {
                "all" | "own" | "me" => true,
                // What streams can send to is the same for all logs.
                "ops" if *operation == Operation::ListStreamKinds => true,
                "ops" => !route(*operation).1.contains("org") && route(*operation).1.contains("{id}"),
                "." => false,
                other => panic!("{name}: {other}"),
            };
            assert_ne!(answer.status, 401, "{role} {name}: {}", answer.text);
            // One call ends one's own sessions and those of others; what it may not, it does not know.
            let hides = [Operation::RevokeMemberSession, Operation::ManageInstanceStreams];
            let is_unknown = hides.contains(operation) && answer.status == 404;
            let is_open = !is_refused(&answer) && !is_unknown;
            assert_eq!(is_open, opens, "{role} {name}: {} {}", answer.status, answer.text);
            assert!(answer.status < 500, "{role} {name}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_of_another_organization_gets_nowhere() {
    let doors = Doors::open().await;
    let before = doors.server.count("acme").await;
    for (number, operation) in Operation::ALL.iter().enumerate() {
        if operation.rule().bound == Bound::Person {
            continue;
        }
        let owner = somebody(&doors, "owner", "other", number).await;
        let answer = knock(&doors, &owner, *operation).await;
        match answer.status {
            200 => assert!(!answer.text.contains("acme"), "{operation:?}: {}", answer.text),
            status => assert!(matches!(status, 403 | 404), "{operation:?}: {status} {}", answer.text),
        }
    }
    // Only what the fixtures themselves did is new: nothing was written, renamed or read.
    let acts = [
        "organization.settings_updated",
        "audit_log.searched",
        "audit_export.downloaded",
        "user.role_removed",
    ];
    for action in acts {
        assert!(doors.server.recorded("acme", action).await.is_empty(), "{action}");
    }
    assert!(doors.server.count("acme").await >= before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_holds_for_every_read() {
    let doors = Doors::open().await;
    let server = &doors.server;
    server.fill("acme", 0, 10).await;
    let role = json!({ "name": "Desk", "permissions": ["audit_logs.read"], "filter": "action:invoice.*" });
    let role = server.send(Method::POST, "/v1/roles?org=acme", &role).await.ok();
    let desk = server.person("acme", "desk@acme.example", role["id"].as_str().unwrap()).await;
    let boot = server.get_of(&desk, "/v1/ui/boot").await.ok();
    assert_eq!((&boot["filter"], &boot["role_name"]), (&json!("action:invoice.*"), &json!("Desk")));
    assert_eq!(boot["permissions"], json!(["organization.read", "audit_logs.read"]));

    for query in ["", "&q=action:*", "&q=-action:invoice.updated OR action:*", "&org=acme", "&tz=Asia/Tokyo"]
    {
        let found = server.get_of(&desk, &format!("/v1/events?limit=100{query}")).await.ok();
        let found = found["events"].as_array().unwrap();
        assert_eq!(found.len(), 5, "{query}");
        assert!(found.iter().all(|event| event["action"] == "invoice.updated"), "{query}");
    }
    let none = server.get_of(&desk, "/v1/events?q=action:user.login").await.ok();
    assert_eq!(none["events"], json!([]));
    assert_eq!(server.get_of(&desk, "/v1/count").await.ok()["count"], 5);
    let facets = server.get_of(&desk, "/v1/facets?field=action").await.ok();
    assert_eq!(facets["distinct"], 1, "leaving the field out of the query leaves the filter in");
    let explained = server.get_of(&desk, "/v1/query/explain?q=action:user.login").await.ok();
    assert_eq!(explained["plan"]["count"], 0);
    let seen: Vec<Value> = server.get("/v1/events?org=acme&q=action:user.login&limit=1").await.ok()["events"]
        .as_array()
        .unwrap()
        .clone();
    let hidden = seen[0]["id"].as_str().unwrap();
    for path in [format!("/v1/events/{hidden}"), format!("/v1/events/{hidden}/proof")] {
        assert_eq!(server.get_of(&desk, &path).await.problem(), (404, "event_not_found"), "{path}");
    }
    for path in ["/v1/evidence?org=acme", "/v1/logs/acme/range?from=0"] {
        assert_eq!(server.get_of(&desk, path).await.problem(), (403, "forbidden"), "{path}");
    }
    // A wider role does not get around it: the filter goes with the role, at once.
    let id = role["id"].as_str().unwrap();
    let around = json!({ "permissions": ["audit_logs.read", "keys.manage"] });
    let refused = server.send(Method::PATCH, &format!("/v1/roles/{id}"), &around).await;
    assert_eq!(refused.problem(), (400, "invalid_body"));
    let bad = server.send(Method::PATCH, &format!("/v1/roles/{id}"), &json!({ "filter": "action:(" })).await;
    assert_eq!(bad.problem(), (400, "invalid_query"));
    server.send(Method::PATCH, &format!("/v1/roles/{id}"), &json!({ "filter": "" })).await.ok();
    assert!(server.get_of(&desk, "/v1/count").await.ok()["count"].as_u64().unwrap() > 10);
    let changed = server.recorded("acme", "role.updated").await;
    assert_eq!(changed[0]["changes"][0]["path"], "/filter");
    assert_eq!(changed[0]["changes"][0]["old"], "action:invoice.*");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn me_is_whoever_is_signed_in_in_queries_and_in_filters() {
    let doors = Doors::open().await;
    let server = &doors.server;
    let role = json!({ "name": "Own", "permissions": ["audit_logs.read"], "filter": "actor:@me" });
    let role = server.send(Method::POST, "/v1/roles?org=acme", &role).await.ok();
    let own = server.person("acme", "own@acme.example", role["id"].as_str().unwrap()).await;
    let id = server.get_of(&own, "/v1/session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let ada = server.person("acme", "ada@acme.example", "owner").await;
    for query in ["", "&q=actor:@me"] {
        let found = server.get_of(&own, &format!("/v1/events?limit=100{query}")).await.ok();
        let found = found["events"].as_array().unwrap();
        assert!(!found.is_empty() && found.iter().all(|event| event["actor"]["id"] == id), "{query}");
    }
    let of_ada = server.get_of(&ada, "/v1/count?q=actor:@me").await.ok()["count"].as_u64().unwrap();
    assert!(of_ada > 0 && of_ada < server.get_of(&ada, "/v1/count").await.ok()["count"].as_u64().unwrap());
    let explained = server.get_of(&ada, "/v1/query/explain?q=actor:@me").await.ok();
    assert!(explained["plan"]["count"].as_u64().unwrap() >= of_ada, "{explained}");
    let key = server.get("/v1/events?org=acme&q=actor:@me").await;
    assert_eq!(key.problem(), (400, "invalid_query"), "a key is nobody");
}
