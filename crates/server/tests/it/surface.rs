//! What is the same for all answers: unknown routes, methods, headers, request ids, pages, health, metrics, limits.

use reqwest::Method;
use tallystick_server::ServerOptions;

use crate::harness::{Answer, ROOT, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_routes_and_methods_are_problems() {
    let server = Server::start().await;
    for path in ["/v1/event", "/v2/events", "/v1/events/a/b", "/v1/events/"] {
        assert_eq!(server.get(path).await.problem(), (404, "not_found"), "{path}");
    }
    let put = server.request(Method::PUT, "/v1/events", ROOT).send().await.unwrap();
    let put = Answer::of(put).await;
    assert_eq!(put.problem(), (405, "method_not_allowed"));
    assert!(put.header("allow").contains("POST") && put.header("allow").contains("GET"), "{:?}", put.headers);
    let options = server.request(Method::OPTIONS, "/v1/orgs/acme", ROOT).send().await.unwrap();
    let options = Answer::of(options).await;
    assert_eq!((options.status, options.text.as_str()), (204, ""));
    assert!(options.header("allow").contains("PATCH"), "{:?}", options.headers);
    let head = server.request(Method::HEAD, "/v1/events", ROOT).send().await.unwrap();
    let head = Answer::of(head).await;
    assert_eq!((head.status, head.text.as_str(), head.header("content-type")), (200, "", "application/json"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_has_a_request_id_and_tells_browsers_to_keep_off() {
    let server = Server::start().await;
    for path in ["/v1/limits", "/nowhere", "/docs", "/healthz"] {
        let answer = server.get(path).await;
        assert!(answer.header("x-request-id").starts_with("req_"), "{path}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
    let request = |id: &str| server.request(Method::GET, "/nowhere", ROOT).header("x-request-id", id).send();
    let own = Answer::of(request("my-id/7").await.unwrap()).await;
    assert_eq!((own.header("x-request-id"), &own.json["request_id"]), ("my-id/7", &"my-id/7".into()));
    let odd = Answer::of(request(&"x".repeat(200)).await.unwrap()).await;
    assert!(odd.header("x-request-id").starts_with("req_"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_health_and_the_document_need_no_key() {
    let server = Server::start().await;
    for (path, kind, part) in [
        ("/sign-in", "text/html", "name=\"password\""),
        ("/docs", "text/html", "POST /v1/events"),
        ("/docs/errors", "text/html", "id=\"overloaded\""),
        ("/docs/style.css", "text/css", "prefers-color-scheme"),
        ("/openapi.json", "application/json", "\"openapi\""),
        ("/healthz", "text/plain", "ok"),
        ("/readyz", "application/json", "\"ready\":true"),
    ] {
        let answer =
            Answer::of(server.http.get(format!("{}{path}", server.base)).send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").starts_with(kind), "{path}: {}", answer.header("content-type"));
        assert!(answer.text.contains(part), "{path}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_published() {
    let server = Server::start().await;
    let limits = server.get("/v1/limits").await.ok();
    for (name, value) in [
        ("event_bytes_max", 262_144),
        ("batch_events_max", 10_000),
        ("batch_bytes_max", 16 << 20),
        ("search_page_events_max", 1_000),
        ("tails_max", 1_000),
        ("connections_max", 4_096),
    ] {
        assert_eq!(limits[name], value, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_and_are_public_only_if_told_so() {
    let server = Server::start().await;
    server.org("acme").await;
    server.fill("acme", 0, 3).await;
    server.get("/nowhere/at/all").await.problem();
    let text =
        Answer::of(server.http.get(format!("{}/metrics", server.base)).send().await.unwrap()).await.text;
    for line in [
        r#"tallystick_http_requests_total{method="POST",route="/v1/events",status="201"} 1"#,
        r#"tallystick_http_requests_total{method="GET",route="none",status="404"} 1"#,
        r#"tallystick_ingest_events_total{result="stored"} 3"#,
        "tallystick_log_events_total 4",
        "tallystick_halted 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let closed = Server::start_with(ServerOptions::default()).await;
    let answer = Answer::of(closed.http.get(format!("{}/metrics", closed.base)).send().await.unwrap()).await;
    assert_eq!(answer.problem(), (401, "unauthenticated"));
    let reader = closed.key(None, &["metrics:read"]).await;
    assert_eq!(closed.get_as(&reader, "/metrics").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_stop_nothing_is_answered_and_the_engine_still_runs() {
    let mut server = Server::start().await;
    server.org("acme").await;
    server.fill("acme", 0, 5).await;
    server.stop().await;
    assert!(server.http.get(format!("{}/healthz", server.base)).send().await.is_err());
    assert_eq!(server.state.engine.log_size(&"acme".parse().unwrap()).unwrap(), 5);
    assert!(!server.state.engine.status().halted);
}
