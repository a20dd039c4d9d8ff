//! A way between a service and a receiver that can be closed and made unreliable. It knows nothing of what passes.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle, sleep},
    time::Duration,
};

use crate::free_port;

/// How often a new connection is looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// What happens to what wants to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// It passes.
    Freely,
    /// What the receiver answers takes up to so many milliseconds more.
    Slowly(u64),
    /// Of every so many connections one is cut when the receiver answers for the n-th time, and the answer is lost.
    LosingAnswers {
        /// One of so many connections.
        one_of: usize,
        /// The first answers get through.
        answers: usize,
    },
}

#[derive(Debug)]
struct Shared {
    to: u16,
    passing: Mutex<Passing>,
    is_shut: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
    count: AtomicUsize,
    cuts: AtomicUsize,
}

/// A port that leads to another one.
#[derive(Debug)]
pub struct Gate {
    port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Gate {
    /// A gate of its own port that leads to this one, open.
    pub fn to(port: u16) -> Gate {
        Self::at(free_port(), port)
    }

    /// A gate that leads from one port to another one, open.
    pub fn at(port: u16, to: u16) -> Gate {
        let shared = Shared {
            to,
            passing: Mutex::new(Passing::Freely),
            is_shut: AtomicBool::new(true),
            connections: Mutex::default(),
            count: AtomicUsize::new(0),
            cuts: AtomicUsize::new(0),
        };
        let mut gate = Gate { port, shared: Arc::new(shared), accepting: None };
        gate.open();
        gate
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What happens from now on to what wants to pass.
    pub fn pass(&self, passing: Passing) {
        *self.shared.passing.lock().unwrap() = passing;
    }

    /// How many connections were made through it.
    pub fn connections(&self) -> usize {
        self.shared.count.load(Ordering::SeqCst)
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Cuts what passes, and nobody listens any more.
    pub fn shut(&mut self) {
        self.shared.is_shut.store(true, Ordering::SeqCst);
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
        for connection in self.shared.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Lets pass again.
    pub fn open(&mut self) {
        if !self.shared.is_shut.swap(false, Ordering::SeqCst) {
            return;
        }
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let shared = Arc::clone(&self.shared);
        self.accepting = Some(thread::spawn(move || {
            while !shared.is_shut.load(Ordering::SeqCst) {
                match listener.accept() {
                    Ok((client, _)) => shared.connect(client),
                    Err(_) => sleep(LOOK_INTERVAL),
                }
            }
        }));
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shut();
    }
}

impl Shared {
    fn connect(self: &Arc<Self>, client: TcpStream) {
        client.set_nonblocking(false).unwrap();
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.to)) else { return };
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let (answers_max, delay_ms_max) = match *self.passing.lock().unwrap() {
            Passing::LosingAnswers { one_of, answers } if number.is_multiple_of(one_of) => (Some(answers), 0),
            Passing::Slowly(delay_ms_max) => (None, delay_ms_max),
            _ => (None, 0),
        };
        {
            let mut connections = self.connections.lock().unwrap();
            connections.retain(|connection| connection.peer_addr().is_ok());
            connections.push(client.try_clone().unwrap());
            connections.push(server.try_clone().unwrap());
        }
        let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || carry(from_client, to_server, None, 0));
        let shared = Arc::clone(self);
        thread::spawn(move || {
            if carry(server, client, answers_max, delay_ms_max) {
                shared.cuts.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
}

/// Carries bytes until either side ends, or until so many pieces were carried; then both end, and it says so.
fn carry(mut from: TcpStream, mut to: TcpStream, pieces_max: Option<usize>, delay_ms_max: u64) -> bool {
    let mut buffer = vec![0; 65_536];
    let mut pieces = 0;
    loop {
        let read = from.read(&mut buffer);
        if delay_ms_max > 0 {
            sleep(Duration::from_millis(varying() % delay_ms_max));
        }
        let Ok(count @ 1..) = read else { break };
        if pieces_max.is_some_and(|most| pieces >= most) {
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
            return true;
        }
        pieces += 1;
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // The other direction may still have something: syslog's receivers close one side first.
    let _ = (from.shutdown(Shutdown::Read), to.shutdown(Shutdown::Write));
    false
}

/// A number that is another one each time.
fn varying() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed) >> 40
}
