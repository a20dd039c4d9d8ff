//! A receiver of webhooks that keeps what it gets, and can hold an answer back for as long as a test wants.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use serde_json::Value;

/// A call that it got.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Of the batch.
    pub(crate) id: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Seqs and ids of its events.
    pub(crate) fn events(&self) -> Vec<(u64, String)> {
        let json = self.json();
        let events = json["data"].as_array().unwrap_or_else(|| panic!("{json}"));
        let one = |event: &Value| (event["seq"].as_u64().unwrap(), event["id"].as_str().unwrap().to_owned());
        events.iter().map(one).collect()
    }
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    /// Place among the calls of the one that waits for its answer.
    in_hand: Option<usize>,
    /// Calls get no answer while this is set.
    is_holding: bool,
    /// How long it takes to answer.
    delay: Duration,
}

/// A receiver of webhooks.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    address: SocketAddr,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Self { address: listener.local_addr().unwrap(), shared: Arc::default() };
        let accepting = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let receiver = accepting.clone();
                // A peer that was killed midway is nothing to it.
                std::thread::spawn(move || receiver.connection(&stream));
            }
        });
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.0.lock().unwrap().calls.clone()
    }

    /// Answers nobody any more: the call that waits for its answer, once there is one.
    pub(crate) fn hold(&self, patience: Duration) -> Call {
        let mut state = self.shared.0.lock().unwrap();
        state.is_holding = true;
        state = self.wait(state, patience, |state| state.in_hand.is_some());
        let place = state.in_hand.expect("it was waited for");
        state.calls[place].clone()
    }

    /// Answers everybody again.
    pub(crate) fn release(&self) {
        self.shared.0.lock().unwrap().is_holding = false;
        self.shared.1.notify_all();
    }

    pub(crate) fn answer_after(&self, delay: Duration) {
        self.shared.0.lock().unwrap().delay = delay;
    }

    /// Waits until there are more calls than so many: the first of them.
    pub(crate) fn call_after(&self, seen: usize, patience: Duration) -> Call {
        let state = self.shared.0.lock().unwrap();
        self.wait(state, patience, |state| state.calls.len() > seen).calls[seen].clone()
    }

    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        patience: Duration,
        done: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        let until = Instant::now() + patience;
        while !done(&state) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "nothing came in {patience:?}");
            state = self.shared.1.wait_timeout(state, left).unwrap().0;
        }
        state
    }

    fn connection(&self, mut stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        loop {
            let call = read_call(&mut reader)?;
            let is_last = call.headers.get("connection").is_some_and(|value| value == "close");
            let mut state = self.shared.0.lock().unwrap();
            let place = state.calls.len();
            state.calls.push(call);
            state.in_hand = Some(place);
            self.shared.1.notify_all();
            let delay = state.delay;
            drop(state);
            std::thread::sleep(delay);
            let mut state = self.shared.0.lock().unwrap();
            while state.is_holding {
                state = self.shared.1.wait(state).unwrap();
            }
            if state.in_hand == Some(place) {
                state.in_hand = None;
            }
            drop(state);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").ok()?;
            if is_last {
                return Some(());
            }
        }
    }
}

/// One request, if it arrives as a whole.
fn read_call(reader: &mut BufReader<TcpStream>) -> Option<Call> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length: usize = headers.get("content-length").expect("bodies have a length").parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Call { id: headers.get("webhook-id").cloned().unwrap_or_default(), headers, body })
}
