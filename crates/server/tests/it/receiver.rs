//! A receiver of webhooks on this machine: keeps what it gets and answers as it is told.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::harness::PATIENCE;

/// A call that it got.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Seqs of its events.
    pub(crate) fn seqs(&self) -> Vec<u64> {
        let events = self.body["data"].as_array().expect("events");
        events.iter().map(|event| event["seq"].as_u64().expect("a seq")).collect()
    }
}

#[derive(Debug, Default)]
struct Kept {
    calls: Mutex<Vec<Call>>,
    answers: Mutex<VecDeque<(u16, String)>>,
    lasting: Mutex<Option<(u16, String)>>,
}

/// A receiver of webhooks.
#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    kept: Arc<Kept>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let kept = Arc::<Kept>::default();
        let router = Router::new().fallback(take).with_state(Arc::clone(&kept));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, kept }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Answers the next call so.
    pub(crate) fn answer_once(&self, status: u16, text: &str) {
        self.kept.answers.lock().push_back((status, text.to_owned()));
    }

    /// Answers all calls so from now on; none: takes them.
    pub(crate) fn answer(&self, answer: Option<(u16, &str)>) {
        *self.kept.lasting.lock() = answer.map(|(status, text)| (status, text.to_owned()));
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.kept.calls.lock().clone()
    }

    /// The calls once they are as they should be.
    pub(crate) async fn until(&self, done: impl Fn(&[Call]) -> bool) -> Vec<Call> {
        let started = Instant::now();
        loop {
            let calls = self.calls();
            if done(&calls) {
                return calls;
            }
            assert!(started.elapsed() < PATIENCE, "{} calls: {calls:?}", calls.len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn take(State(kept): State<Arc<Kept>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    kept.calls.lock().push(Call { headers, body });
    let answer = kept.answers.lock().pop_front().or_else(|| kept.lasting.lock().clone());
    let (status, text) = answer.unwrap_or((200, "thanks".to_owned()));
    (StatusCode::from_u16(status).unwrap(), text)
}
