//! Ports of loopback for servers that want to be told theirs.

use std::{
    fs::File,
    net::TcpListener,
    sync::{
        Mutex,
        atomic::{AtomicU16, Ordering},
    },
};

/// Ports that are given out: below those that systems give to connections, so that a server that is down for a while
/// finds its port free again.
const FIRST: u16 = 10_000;
const COUNT: u16 = 10_000;
/// Servers that take a second port take the one so far above; no test gets that one as its first.
const SECOND: u16 = 10_000;

/// Ports of this process. Other test processes see by these locks that they are taken, also while nobody listens.
static CLAIMS: Mutex<Vec<File>> = Mutex::new(Vec::new());
static TAKEN: AtomicU16 = AtomicU16::new(0);

/// A port of loopback that is for this process as long as it lives; 10,000 more is a port for it too.
pub fn free_port() -> u16 {
    let folder = std::env::temp_dir().join("tallystick-ports");
    std::fs::create_dir_all(&folder).unwrap();
    // Processes begin in different places, so that they rarely look at the same.
    let begin = (std::process::id() % 500) as u16 * 20;
    loop {
        let port = FIRST + (begin + TAKEN.fetch_add(1, Ordering::SeqCst)) % COUNT;
        let claim = File::create(folder.join(port.to_string())).unwrap();
        if claim.try_lock().is_err() {
            continue;
        }
        let both = (TcpListener::bind(("127.0.0.1", port)), TcpListener::bind(("127.0.0.1", port + SECOND)));
        if both.0.is_ok() && both.1.is_ok() {
            CLAIMS.lock().unwrap().push(claim);
            return port;
        }
    }
}
