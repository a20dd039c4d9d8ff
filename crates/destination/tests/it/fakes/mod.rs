//! Servers of our own for services that cannot be had: each holds a client to what the vendor documents, and a test
//! fails when the client does not keep to it. Answers can be scripted, to see what a client makes of trouble.

pub(crate) mod broker;

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;

/// Longest body that a fake reads; each checks its own limit, which is smaller.
const BODY_BYTES_MAX: usize = 256 << 20;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// As it came over the wire.
    pub(crate) raw: Bytes,
    /// Without its compression.
    pub(crate) body: Vec<u8>,
}

impl Seen {
    /// A header as text; empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What to answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// How a service answers. What violates its documents is an `Err`, which fails the test.
pub(crate) type Rules = dyn Fn(&Seen) -> Result<Reply, String> + Send + Sync;

struct Shared {
    rules: Box<Rules>,
    script: Mutex<VecDeque<Reply>>,
    seen: Mutex<Vec<Seen>>,
    violations: Mutex<Vec<String>>,
}

/// A server of our own. Dropping it fails the test if the client did something that the service does not take.
pub(crate) struct Fake {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Fake {
    /// A server that answers by these rules.
    pub(crate) async fn start(
        rules: impl Fn(&Seen) -> Result<Reply, String> + Send + Sync + 'static,
    ) -> Fake {
        let shared = Arc::new(Shared {
            rules: Box::new(rules),
            script: Mutex::default(),
            seen: Mutex::default(),
            violations: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Fake { url, shared, task }
    }

    /// The next request is checked as all are, and answered so, whatever the rules would say; the one after it with the
    /// next one that was given, and so on.
    pub(crate) fn next(&self, reply: Reply) {
        self.shared.script.lock().unwrap().push_back(reply);
    }

    /// All requests until now.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
        let violations = self.shared.violations.lock().unwrap();
        if !std::thread::panicking() {
            assert!(violations.is_empty(), "the client does what the service does not take: {violations:?}");
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let raw = to_bytes(body, BODY_BYTES_MAX).await.unwrap();
    let mut body = raw.to_vec();
    if head.headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
        body.clear();
        flate2::read::GzDecoder::new(&raw[..]).read_to_end(&mut body).unwrap();
    }
    let seen = Seen { method: head.method, uri: head.uri, headers: head.headers, raw, body };
    let ruled = (shared.rules)(&seen);
    shared.seen.lock().unwrap().push(seen);
    let scripted = shared.script.lock().unwrap().pop_front();
    let reply = ruled.unwrap_or_else(|violation| {
        shared.violations.lock().unwrap().push(violation.clone());
        Reply::new(400, violation)
    });
    let reply = scripted.unwrap_or(reply);
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
    for (name, value) in reply.headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
    }
    response
}
