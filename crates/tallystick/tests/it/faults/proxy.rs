//! A proxy between a stream and a receiver over HTTP that answers in its stead when there is a storm: too busy, not
//! there, too large; or hangs up before or after the receiver has had its say.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tallystick::seeded::Rng;

/// How long it asks to be left alone when it says so. `Retry-After` has whole seconds.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Clocks are read in different places.
const TOLERANCE: Duration = Duration::from_millis(50);

/// What it says of what is too large.
pub(crate) const TOO_LARGE: &str = "the proxy takes nothing that long";

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Pass,
    TooLarge,
    TooMany { says_when: bool },
    Unavailable,
    LostBefore,
    LostAfter,
}

/// What it has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) too_many: usize,
    pub(crate) unavailable: usize,
    pub(crate) too_large: usize,
    pub(crate) lost_before: usize,
    pub(crate) lost_after: usize,
    /// Requests that came sooner than they were asked to.
    pub(crate) too_soon: usize,
}

impl Tally {
    /// Both together.
    pub(crate) fn plus(self, other: Tally) -> Tally {
        Tally {
            passed: self.passed + other.passed,
            too_many: self.too_many + other.too_many,
            unavailable: self.unavailable + other.unavailable,
            too_large: self.too_large + other.too_large,
            lost_before: self.lost_before + other.lost_before,
            lost_after: self.lost_after + other.lost_after,
            too_soon: self.too_soon + other.too_soon,
        }
    }
}

struct State {
    rng: Rng,
    is_stormy: bool,
    tally: Tally,
    quiet_until: Option<Instant>,
}

struct Shared {
    to: u16,
    body_bytes_max: usize,
    state: Mutex<State>,
}

/// The proxy.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    /// A proxy to a port of loopback, which lets no body pass that is longer than so many bytes.
    pub(crate) fn start(to: u16, body_bytes_max: usize, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state =
            State { rng: Rng::new(seed), is_stormy: false, tally: Tally::default(), quiet_until: None };
        let shared = Arc::new(Shared { to, body_bytes_max, state: Mutex::new(state) });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&accepting);
                // Whoever hangs up is nothing to it.
                thread::spawn(move || shared.serve(&client));
            }
        });
        Self { port, shared }
    }

    pub(crate) fn storm(&self, is_stormy: bool) {
        self.shared.state.lock().unwrap().is_stormy = is_stormy;
    }

    pub(crate) fn tally(&self) -> Tally {
        self.shared.state.lock().unwrap().tally
    }
}

impl Shared {
    /// All requests of a connection, one after the other.
    fn serve(&self, mut client: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(client.try_clone().ok()?);
        loop {
            let request = read_request(&mut reader)?;
            let answer = match self.fate(request.body.len() > self.body_bytes_max) {
                Fate::TooLarge => status("413 Content Too Large", "", TOO_LARGE),
                Fate::TooMany { says_when: false } => status("429 Too Many Requests", "", ""),
                Fate::TooMany { says_when: true } => {
                    let answer = status("429 Too Many Requests", "retry-after: 1\r\n", "");
                    self.state.lock().unwrap().quiet_until = Some(Instant::now() + RETRY_AFTER);
                    answer
                }
                Fate::Unavailable => status("503 Service Unavailable", "", ""),
                Fate::LostBefore => return None,
                Fate::LostAfter => {
                    self.pass_on(&request)?;
                    return None;
                }
                Fate::Pass => {
                    // The receiver ends the connection, and so do we.
                    let answer = self.pass_on(&request)?;
                    return client.write_all(&answer).ok();
                }
            };
            client.write_all(&answer).ok()?;
        }
    }

    fn fate(&self, is_too_large: bool) -> Fate {
        let mut state = self.state.lock().unwrap();
        let State { rng, is_stormy, tally, quiet_until } = &mut *state;
        if quiet_until.take().is_some_and(|until| Instant::now() + TOLERANCE < until) {
            tally.too_soon += 1;
        }
        let fate = match rng.below(100) {
            _ if is_too_large => Fate::TooLarge,
            _ if !*is_stormy => Fate::Pass,
            0..10 => Fate::TooMany { says_when: false },
            10..20 => Fate::TooMany { says_when: true },
            20..32 => Fate::Unavailable,
            32..40 => Fate::LostBefore,
            40..50 => Fate::LostAfter,
            _ => Fate::Pass,
        };
        *match fate {
            Fate::Pass => &mut tally.passed,
            Fate::TooLarge => &mut tally.too_large,
            Fate::TooMany { .. } => &mut tally.too_many,
            Fate::Unavailable => &mut tally.unavailable,
            Fate::LostBefore => &mut tally.lost_before,
            Fate::LostAfter => &mut tally.lost_after,
        } += 1;
        fate
    }

    /// Asks the receiver. Gives all that it says.
    fn pass_on(&self, request: &Request) -> Option<Vec<u8>> {
        let mut server = TcpStream::connect(("127.0.0.1", self.to)).ok()?;
        server.write_all(request.head.as_bytes()).ok()?;
        server.write_all(&request.body).ok()?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).ok()?;
        Some(answer)
    }
}

struct Request {
    /// As it is passed on: the connection ends after the answer.
    head: String,
    body: Vec<u8>,
}

/// One request, if it arrives as a whole.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.trim_end().split_once(':') {
            if name.eq_ignore_ascii_case("connection") {
                continue;
            }
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
        }
        head.push_str(&line);
    }
    head.push_str("connection: close\r\n\r\n");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body })
}

fn status(line: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
