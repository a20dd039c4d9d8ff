//! What the tests need besides ourselves: installed by `cargo xtask test`, and never missed in silence.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tallystick_outbound::{Outbound, OutboundOptions, Plain};

/// A start that takes longer has hung. Generous, because the machine may be busy.
const START_TIME_MAX: Duration = Duration::from_mins(2);

/// A program of the Python environment that `cargo xtask test` makes. None if it is missing and this is not CI.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    found(root.join("target/anchors-venv/bin").join(program), "cargo xtask anchors-setup")
}

/// `openssl` of the system. None if it is missing and this is not CI.
pub(crate) fn openssl() -> Option<PathBuf> {
    let runs = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    found(PathBuf::from(if runs { "openssl" } else { "openssl-is-missing" }), "apt-get install openssl")
}

fn found(path: PathBuf, install: &str) -> Option<PathBuf> {
    let is_there = path.exists() || path == Path::new("openssl");
    if is_there {
        return Some(path);
    }
    let told = format!("{} is not there; install it with: {install}", path.display());
    assert!(std::env::var_os("CI").is_none_or(|value| value.is_empty()), "{told}");
    println!("NOT TESTED: {told}");
    None
}

/// Runs a program to its end, which must be good. Gives standard output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Ports given out by this process.
static TAKEN: AtomicU16 = AtomicU16::new(0);

/// A port of loopback that nothing listens on now, from a range in which 10,000 more is a port too.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let mut held = Vec::new();
    let mut ports = [0; N];
    // Where to begin differs between processes, and no two tests of one get the same: what is free now is taken later.
    let begin = 20_000 + (std::process::id() % 2_500) as u16 * 10;
    for port in &mut ports {
        *port = loop {
            let next = begin + TAKEN.fetch_add(1, Ordering::SeqCst);
            let both =
                (TcpListener::bind(("127.0.0.1", next)), TcpListener::bind(("127.0.0.1", next + 10_000)));
            if let (Ok(low), Ok(high)) = both {
                held.push((low, high));
                break next;
            }
        };
    }
    ports
}

/// A server that is ended when this is dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Process {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Process(child.unwrap())
    }

    /// Waits until something answers `is_ready`.
    pub(crate) async fn until(&mut self, mut is_ready: impl AsyncFnMut() -> bool) {
        let deadline = Instant::now() + START_TIME_MAX;
        while !is_ready().await {
            assert!(self.0.try_wait().unwrap().is_none(), "it ended by itself");
            assert!(Instant::now() < deadline, "not ready after {START_TIME_MAX:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The way out to servers on this machine.
pub(crate) fn to_loopback() -> Outbound {
    Outbound::new(OutboundOptions {
        allow_private: true,
        plain: Plain::Private,
        ..OutboundOptions::default()
    })
    .unwrap()
}

/// Now, Unix seconds: the servers have the real clock.
#[expect(clippy::disallowed_methods, reason = "the other side has no clock to be set")]
pub(crate) fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
