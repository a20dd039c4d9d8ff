//! Live tails: what arrives is shown once, in order, also across a break.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{Answer, PATIENCE, ROOT, Server};

/// A tail that is being read.
pub(crate) struct Tail {
    response: Response,
    buffer: String,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) event: String,
    id: Option<u64>,
    pub(crate) data: Value,
}

impl Tail {
    pub(crate) async fn open(server: &Server, token: &str, path: &str, last: Option<u64>) -> Self {
        let mut request = server.request(Method::GET, path, token);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: String::new() }
    }

    /// The next message, heartbeats left out; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            while let Some(end) = self.buffer.find("\n\n") {
                let block: String = self.buffer.drain(..end + 2).collect();
                let field = |name: &str| {
                    block.lines().find_map(|line| line.strip_prefix(name)).map(|text| text.trim().to_owned())
                };
                let Some(event) = field("event:").filter(|event| event != "heartbeat") else { continue };
                let id = field("id:").map(|id| id.parse().expect("a seq"));
                let data = serde_json::from_str(&field("data:").expect("data")).expect("JSON");
                return Some(Message { event, id, data });
            }
            let chunk =
                tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("in time").ok()??;
            self.buffer.push_str(std::str::from_utf8(&chunk).expect("UTF-8, not cut within a character"));
        }
    }

    async fn seqs(&mut self, n: usize) -> Vec<u64> {
        let mut seqs = Vec::with_capacity(n);
        for _ in 0..n {
            let message = self.next().await.expect("not the end yet");
            assert_eq!(message.event, "event", "{message:?}");
            assert_eq!(message.data["seq"].as_u64(), message.id);
            seqs.push(message.id.expect("an id"));
        }
        seqs
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_begins_now_and_shows_what_matches() {
    let server = Server::start().await;
    server.org("acme").await;
    server.org("other").await;
    server.fill("acme", 0, 10).await;
    let mut all = Tail::open(&server, ROOT, "/v1/tail?org=acme", None).await;
    let mut some = Tail::open(&server, ROOT, "/v1/tail?org=acme&q=outcome:failure", None).await;
    server.fill("other", 0, 5).await;
    server.fill("acme", 10, 11).await;
    assert_eq!(all.seqs(11).await, (10..21).collect::<Vec<_>>());
    assert_eq!(some.seqs(2).await, [10, 20]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let server = Server::start().await;
    server.org("acme").await;
    server.fill("acme", 0, 3).await;
    let mut seen = Vec::new();
    let mut last = None;
    let writing = async {
        for call in 0..40 {
            server.fill("acme", 3 + call * 10, 10).await;
        }
    };
    let reading = async {
        for _ in 0..8 {
            let path = if last.is_none() { "/v1/tail?org=acme&after=2" } else { "/v1/tail?org=acme" };
            let mut tail = Tail::open(&server, ROOT, path, last).await;
            seen.extend(tail.seqs(50).await);
            last = seen.last().copied();
        }
    };
    tokio::join!(writing, reading);
    assert_eq!(seen, (3..403).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coming_back_after_long_leaves_nothing_out() {
    let server = Server::start().await;
    server.org("acme").await;
    for call in 0..3 {
        server.fill("acme", call * 5_000, 5_000).await;
    }
    let mut tail = Tail::open(&server, ROOT, "/v1/tail?org=acme&after=0&q=metadata.number:14999", None).await;
    assert_eq!(tail.seqs(1).await, [14_999]);
    let mut whole = Tail::open(&server, ROOT, "/v1/tail?org=acme&after=99", Some(0)).await;
    assert_eq!(whole.seqs(14_999).await, (1..15_000).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_falls_far_behind_is_told_what_it_missed() {
    let server = Server::start().await;
    server.org("acme").await;
    let mut tail = Tail::open(&server, ROOT, "/v1/tail?org=acme", None).await;
    // Nobody reads, so the connection's buffers fill up and the log runs ahead by far more than is allowed.
    let text = "x".repeat(2_000);
    for call in 0..8 {
        let event = |n: u64| {
            json!({ "org": "acme", "action": "a.b", "actor": { "type": "user", "id": "u" },
            "metadata": { "number": call * 4_000 + n, "text": text } })
        };
        let events: Vec<Value> = (0..4_000).map(event).collect();
        server.send(Method::POST, "/v1/events", &json!(events)).await.ok();
    }
    let mut expected = 0;
    let mut gaps = 0;
    while expected < 32_000 {
        let message = tail.next().await.expect("not the end yet");
        if message.event == "gap" {
            let member = |name: &str| message.data[name].as_u64().expect("a number");
            let (from, to) = (member("from_seq"), member("to_seq"));
            assert_eq!((from, member("count")), (expected, to - from + 1));
            assert_eq!(message.id, Some(to));
            expected = to + 1;
            gaps += 1;
        } else {
            assert_eq!(message.id, Some(expected));
            expected += 1;
        }
    }
    assert!(gaps > 0, "nothing was skipped, so nothing was tested");
    let metrics = server.get("/metrics").await.text;
    assert!(metrics.contains(&format!("tallystick_tail_gaps_total {gaps}")), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_when_the_server_stops() {
    let mut server = Server::start().await;
    server.org("acme").await;
    let mut tail = Tail::open(&server, ROOT, "/v1/tail?org=acme", None).await;
    server.fill("acme", 0, 1).await;
    assert_eq!(tail.seqs(1).await, [0]);
    let (end, ()) = tokio::join!(tail.next(), server.stop());
    assert!(end.is_none(), "{end:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_when_its_key_is_revoked() {
    let server = Server::start().await;
    server.org("acme").await;
    let made = json!({ "name": "tail", "org": "acme", "scopes": ["events:read"] });
    let made = server.send(Method::POST, "/v1/keys", &made).await.ok();
    let mut tail = Tail::open(&server, made["token"].as_str().unwrap(), "/v1/tail", None).await;
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    Answer::of(server.request(Method::DELETE, &path, ROOT).send().await.unwrap()).await.ok();
    let ended = async { while tail.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_mins(1), ended).await.expect("within a minute");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_shows_what_the_role_allows_and_ends_when_that_changes() {
    let server = Server::start().await;
    server.org("acme").await;
    let role = json!({ "name": "Desk", "permissions": ["audit_logs.read"], "filter": "action:invoice.*" });
    let role = server.send(Method::POST, "/v1/roles?org=acme", &role).await.ok();
    let id = role["id"].as_str().unwrap();
    let desk = server.person("acme", "desk@acme.example", id).await;
    let response = server.request_of(&desk, Method::GET, "/v1/tail").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut tail = Tail { response, buffer: String::new() };
    server.fill("acme", 0, 4).await;
    for _ in 0..2 {
        let message = tail.next().await.expect("not the end yet");
        assert_eq!(message.data["action"], "invoice.updated");
    }
    assert_eq!(server.recorded("acme", "audit_log.tailed").await.len(), 1);
    let change = json!({ "filter": "action:user.login" });
    server.send(Method::PATCH, &format!("/v1/roles/{id}"), &change).await.ok();
    assert!(tail.next().await.is_none(), "it does not go on with the filter of before");
}
