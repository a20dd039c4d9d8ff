//! What the tests need besides ourselves: installed by `cargo xtask test`, and never missed in silence.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;
use tallystick_destination::{BadSettings, Destination, Settings, Surroundings, kind};
use tallystick_outbound::{Outbound, OutboundOptions, Plain};

/// A start that takes longer has hung. Generous, because the machine may be busy.
const START_TIME_MAX: Duration = Duration::from_mins(2);

/// The Python environment that `cargo xtask streams-setup` makes.
pub(crate) fn venv() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("TALLYSTICK_STREAMS_VENV")
        .map_or_else(|| root.join("target/streams-venv"), PathBuf::from)
}

/// Something of the Python environment, by its path in it, such as `bin/python`.
pub(crate) fn installed(path: &str) -> PathBuf {
    found(venv().join(path))
}

/// A file inside an installed Python package, such as `osmem_server/bin/osmem-server`.
pub(crate) fn in_package(path: &str) -> PathBuf {
    let versions = std::fs::read_dir(venv().join("lib")).into_iter().flatten().flatten();
    let places = versions.map(|version| version.path().join("site-packages").join(path));
    found(places.into_iter().find(|place| place.exists()).unwrap_or_else(|| venv().join(path)))
}

/// A file inside an installed package for Node, such as `azurite/dist/src/blob/main.js`.
pub(crate) fn in_node_package(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = std::env::var_os("TALLYSTICK_STREAMS_NODE")
        .map_or_else(|| root.join("target/streams-node"), PathBuf::from);
    found(folder.join("node_modules").join(path))
}

fn found(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is not there: run `cargo xtask streams-setup`", path.display());
    path
}

/// Ports given out by this process.
static TAKEN: AtomicU16 = AtomicU16::new(0);

/// A port of loopback that nothing listens on now, from a range in which 10,000 more is a port too.
pub(crate) fn free_port() -> u16 {
    // Where to begin differs between processes, and no two tests of one get the same: what is free now is taken later.
    let begin = 20_000 + (std::process::id() % 2_500) as u16 * 10;
    loop {
        let port = begin + TAKEN.fetch_add(1, Ordering::SeqCst);
        let both = (TcpListener::bind(("127.0.0.1", port)), TcpListener::bind(("127.0.0.1", port + 10_000)));
        if both.0.is_ok() && both.1.is_ok() {
            return port;
        }
    }
}

/// A server that is ended when this is dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts it with everything it says thrown away, unless the command says otherwise before.
    pub(crate) fn start(command: &mut Command) -> Process {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Process(child.unwrap())
    }

    /// Starts it with standard output going to a file.
    pub(crate) fn start_into(command: &mut Command, out: &Path) -> Process {
        let file = std::fs::File::create(out).unwrap();
        let child = command.stdin(Stdio::null()).stdout(file).stderr(Stdio::null()).spawn();
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

    /// Waits until something listens on a port of loopback.
    pub(crate) async fn until_listening(&mut self, port: u16) {
        self.until(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something is there.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + START_TIME_MAX;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not there after {START_TIME_MAX:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Runs a program to its end, which must be good. Gives standard output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a destination on this machine may use of the world.
pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        outbound: OutboundOptions {
            allow_private: true,
            plain: Plain::Private,
            ..OutboundOptions::default()
        },
        agent: "Tallystick/0.0.0-test".to_owned(),
        stream: crate::batches::STREAM.to_owned(),
    }
}

/// A destination of a kind, which must take the settings.
pub(crate) fn open(name: &str, settings: Value) -> Box<dyn Destination> {
    try_open(name, settings).unwrap()
}

/// A destination of a kind, if it takes the settings.
pub(crate) fn try_open(name: &str, settings: Value) -> Result<Box<dyn Destination>, BadSettings> {
    let kind = kind(name).unwrap_or_else(|| panic!("there is no kind {name}"));
    let Value::Object(values) = settings else { panic!("settings are an object") };
    (kind.open)(&Settings::new(kind.fields, values)?, &surroundings())
}

/// Asks a server of a test. Gives the status and the body.
pub(crate) async fn ask(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Bytes::from(body.to_owned())).unwrap();
    let answer = Outbound::new(surroundings().outbound).unwrap().send(request, 64 << 20).await.unwrap();
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

/// Unix ms now: servers have the real clock.
#[expect(clippy::disallowed_methods, reason = "the other side has no clock to be set")]
pub(crate) fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}
