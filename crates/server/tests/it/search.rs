//! Finding events: pages, counts, buckets, values, explanations.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Server, event};

fn numbers(page: &Value) -> Vec<u64> {
    let events = page["events"].as_array().expect("a list of events");
    events.iter().map(|event| event["metadata"]["number"].as_u64().expect("a number")).collect()
}

async fn filled(events: u64) -> Server {
    let server = Server::start().await;
    server.org("acme").await;
    server.fill("acme", 0, events).await;
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_give_what_matches_newest_first_or_oldest_first() {
    let server = filled(60).await;
    for (query, expected) in [
        ("limit=3", vec![59, 58, 57]),
        ("limit=3&order=asc", vec![0, 1, 2]),
        ("q=outcome:failure", vec![50, 40, 30, 20, 10, 0]),
        ("q=action:user.login%20actor:u_4&order=asc", vec![4, 14, 24, 34, 44, 54]),
        ("q=metadata.number:%3E57", vec![59, 58]),
        ("q=ana%20ruiz&limit=1", vec![59]),
        ("from=2026-11-20T08:00:58Z", vec![59, 58]),
        ("to=2026-11-20T08:00:02Z", vec![1, 0]),
        ("from=2026-11-20T09:00:58&to=2026-11-20T09:00:59&tz=Europe/Madrid", vec![58]),
        ("q=nothing", vec![]),
    ] {
        let page = server.get(&format!("/v1/events?org=acme&{query}")).await.ok();
        assert_eq!(numbers(&page), expected, "{query}");
        assert_eq!((&page["searched_until"], page["took_ms"].is_u64()), (&Value::Null, true), "{query}");
    }
    let twice = server.get("/v1/events?org=acme&q=created:2026-11-20&from=2026-11-20&limit=1").await.ok();
    assert_eq!(twice["warnings"][0]["code"], "time_twice", "{twice}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_join_without_loss_or_repetition_while_events_arrive() {
    let server = filled(100).await;
    for order in ["desc", "asc"] {
        let before = server.count("acme").await;
        let mut seen = Vec::new();
        let mut cursor = String::new();
        for arriving in 0.. {
            let page = server.get(&format!("/v1/events?org=acme&order={order}&limit=7{cursor}")).await.ok();
            seen.extend(
                page["events"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()),
            );
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
            // Later than everything else: in front of the one order, at the end of the other.
            if arriving < 5 {
                server.fill("acme", 1_000 + before + arriving, 1).await;
            }
        }
        let distinct: BTreeSet<_> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "{order}: something came twice");
        assert!((0..before).all(|seq| distinct.contains(&seq)), "{order}: something is missing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_belongs_to_its_order() {
    let server = filled(10).await;
    let page = server.get("/v1/events?limit=2").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    let answer = server.get(&format!("/v1/events?order=asc&cursor={cursor}")).await;
    assert_eq!(answer.problem(), (400, "invalid_cursor"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_buckets_and_values() {
    let server = filled(120).await;
    assert_eq!(
        server.get("/v1/count?org=acme&q=outcome:failure").await.ok(),
        json!({ "count": 12, "exact": true })
    );
    let path = "/v1/histogram?org=acme&from=2026-11-20T08:00Z&to=2026-11-20T08:02Z&buckets=4&by=status";
    let histogram = server.get(path).await.ok();
    assert_eq!(histogram["interval"], "1m", "{histogram}");
    assert_eq!(histogram["series"], json!(["success", "failure"]));
    let first =
        json!({ "start": "2026-11-20T08:00:00Z", "count": 60, "by": { "success": 54, "failure": 6 } });
    assert_eq!(histogram["buckets"][0], first);
    let whole = server.get("/v1/histogram?org=acme").await.ok();
    let total: u64 = whole["buckets"].as_array().unwrap().iter().map(|b| b["count"].as_u64().unwrap()).sum();
    assert_eq!((total, whole["buckets"][0].get("by")), (120, None));

    // The facet's own terms do not count, the others do.
    let path = "/v1/facets?org=acme&field=status&q=outcome:failure%20action:user.login";
    let outcomes = server.get(path).await.ok();
    let expected = json!([
        { "value": "success", "label": "success", "count": 48 },
        { "value": "failure", "label": "failure", "count": 12 },
    ]);
    assert_eq!((&outcomes["field"], &outcomes["values"]), (&json!("outcome"), &expected));
    assert_eq!((&outcomes["distinct"], &outcomes["exact"]), (&json!(2), &json!(true)));
    let actors = server.get("/v1/facets?org=acme&field=user&limit=2").await.ok();
    assert_eq!((&actors["distinct"], actors["values"].as_array().unwrap().len()), (&json!(5), 2));
    assert_eq!(actors["values"][0]["label"], "Ana Ruiz");
    let found = server.get("/v1/facets?org=acme&field=action&contains=INVOICE").await.ok();
    assert_eq!(
        found["values"],
        json!([{ "value": "invoice.updated", "label": "invoice.updated", "count": 60 }])
    );
    let numbers = server.get("/v1/facets?org=acme&field=metadata.number&limit=3").await.ok();
    assert_eq!(numbers["distinct"], 120, "{numbers}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_are_bounded_to_the_organizations_asked_for() {
    let server = filled(5).await;
    server.org("beta").await;
    server.send(reqwest::Method::POST, "/v1/events", &event("beta", 100)).await.ok();
    let bound = server.key(Some("beta"), &["events:read"]).await;
    // The key's own making is the second event of the log.
    assert_eq!(server.get_as(&bound, "/v1/count").await.ok()["count"], 2);
    assert_eq!(server.get_as(&bound, "/v1/count?org=beta").await.ok()["count"], 2);
    assert_eq!(server.get_as(&bound, "/v1/count?org=acme").await.problem(), (403, "wrong_org"));
    assert_eq!(server.get_as(&bound, "/v1/count?org=beta,acme").await.problem(), (403, "wrong_org"));
    assert_eq!(server.get("/v1/count?org=acme,beta").await.ok()["count"], 7);
    let foreign = server.get("/v1/events?org=acme&limit=1").await.ok()["events"][0]["id"].clone();
    let path = format!("/v1/events/{}", foreign.as_str().unwrap());
    assert_eq!(server.get_as(&bound, &path).await.problem(), (404, "event_not_found"));
    assert_eq!(server.get(&path).await.ok()["id"], foreign);
    let unknown = format!("/v1/events/evt_{}", "0".repeat(32));
    assert_eq!(server.get(&unknown).await.problem(), (404, "event_not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_is_explained_right_or_wrong() {
    let server = filled(20).await;
    let good = server.get("/v1/query/explain?org=acme&q=status:failure%20user:u_0").await.ok();
    assert_eq!(good["canonical"], "outcome:failure actor:u_0", "{good}");
    assert_eq!((&good["plan"]["count"], &good["plan"]["exact"]), (&json!(2), &json!(true)));
    let parts = good["plan"]["root"]["parts"].as_array().unwrap();
    let parts: Vec<_> =
        parts.iter().map(|part| (part["query"].as_str().unwrap(), part["count"].as_u64())).collect();
    assert_eq!(parts, [("outcome:failure", Some(2)), ("actor:u_0", Some(4))]);
    let bad = server.get("/v1/query/explain?q=outcom:failure").await.ok();
    assert_eq!((&bad["canonical"], &bad["plan"]), (&Value::Null, &Value::Null));
    assert_eq!(bad["diagnostics"][0]["code"], "unknown_field");
    let odd = server.get("/v1/query/explain?org=acme&q=action:user.logni").await.ok();
    assert_eq!(odd["diagnostics"][0]["code"], "unknown_action", "{odd}");
    let empty = server.get("/v1/query/explain?org=acme").await.ok();
    assert_eq!((&empty["canonical"], &empty["plan"]["count"]), (&json!(""), &json!(20)));
    let timed = server.get("/v1/query/explain?q=created:2026-11-20&tz=Europe/Madrid").await.ok();
    assert_eq!(timed["plan"]["from"], "2026-11-19T23:00:00Z", "{timed}");
}
