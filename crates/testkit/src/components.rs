//! What the tests of several crates need of others: a store that speaks S3, and the engines that read lakes. Installed
//! by `cargo xtask streams-setup`, and never missed in silence.

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// A start that takes longer has hung. Generous, because the machine may be busy.
const START_TIME_MAX: Duration = Duration::from_mins(2);
/// The program that asks the engines.
const LAKE_READERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../delivery/testdata/lake_readers.py");

/// Something that `streams-setup` has put into `target`, unless a variable says where it is.
fn placed(variable: &str, folder: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    std::env::var_os(variable).map_or_else(|| target.join(folder), PathBuf::from)
}

/// A program of the environment for Python.
fn installed(name: &str) -> PathBuf {
    let path = placed("TALLYSTICK_STREAMS_VENV", "streams-venv").join("bin").join(name);
    assert!(path.exists(), "{} is not there: run `cargo xtask streams-setup`", path.display());
    path
}

/// The Java that was unpacked because none was installed.
fn unpacked_java() -> Option<PathBuf> {
    let root = placed("TALLYSTICK_STREAMS_DEBIAN", "streams-debian").join("usr/lib/jvm");
    let homes = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    homes.filter(|home| home.join("bin/java").exists()).min()
}

/// A port of loopback that nothing listens on now, from a range in which 10,000 more is a port too.
fn free_port() -> u16 {
    // Where to begin differs between processes, and no two tests of one get the same: what is free now is taken later.
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let begin = 20_000 + (std::process::id() % 2_500) as u16 * 10;
    loop {
        let port = begin + TAKEN.fetch_add(1, Ordering::SeqCst);
        let both = (TcpListener::bind(("127.0.0.1", port)), TcpListener::bind(("127.0.0.1", port + 10_000)));
        if both.0.is_ok() && both.1.is_ok() {
            return port;
        }
    }
}

/// SeaweedFS, in a folder that `S3Store::start` is given. Ends when it is dropped.
#[derive(Debug)]
pub struct S3Store {
    process: Child,
    port: u16,
}

impl S3Store {
    /// Who may do everything there.
    pub const KEY: &str = "AKIATESTADMIN";
    /// The secret of the same.
    pub const SECRET: &str = "a-secret-of-an-admin";

    /// Starts it on an empty folder; it takes connections then, though perhaps no objects yet. A bucket is made when
    /// something is put into it.
    pub fn start(folder: &Path) -> Self {
        let admin = json!({ "name": "admin", "credentials": [{ "accessKey": Self::KEY, "secretKey": Self::SECRET }],
            "actions": ["Admin", "Read", "Write", "List"] });
        let identities = json!({ "identities": [admin] }).to_string();
        fs::write(folder.join("s3.json"), identities).expect("a folder of the test");
        fs::create_dir(folder.join("data")).expect("an empty folder");
        let mut command = Command::new(installed("weed"));
        command.current_dir(folder).args([
            "server",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-dir=data",
            "-s3",
        ]);
        command.args(["-volume.max=20", "-master.volumeSizeLimitMB=100", "-s3.config=s3.json"]);
        command.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
        let port = free_port();
        command.arg(format!("-s3.port={port}"));
        for name in ["master", "volume", "filer"] {
            command.arg(format!("-{name}.port={}", free_port()));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut store = Self { process: command.spawn().expect("it is a program"), port };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(store.is_running(), "it ended by itself");
            assert!(started.elapsed() < START_TIME_MAX, "it does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        store
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port of the same.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it has not ended by itself.
    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().is_ok_and(|status| status.is_none())
    }

    /// For [`LakeReaders::ask`]: what lies in a bucket below a prefix.
    pub fn lake(&self, bucket: &str, prefix: &str) -> Value {
        json!({ "s3": { "endpoint": self.endpoint(), "path": format!("{bucket}/{prefix}"), "key": Self::KEY,
            "secret": Self::SECRET } })
    }
}

impl Drop for S3Store {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// DuckDB, ClickHouse, Spark and Arrow in one process, so that Spark starts once.
#[derive(Debug)]
pub struct LakeReaders {
    process: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl LakeReaders {
    /// Starts the process. What the engines say beside their answers goes to the test's standard error.
    pub fn start() -> Self {
        let mut command = Command::new(installed("python"));
        command.arg(LAKE_READERS).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(home) = unpacked_java() {
            command.env("JAVA_HOME", home);
        }
        let mut process = command.spawn().expect("it is a program");
        let questions = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self { process, questions, answers }
    }

    /// What engines count in a lake: by the name of the engine, and that of the question. `place` is
    /// `{"folder": …}`, or of [`S3Store::lake`].
    pub fn ask(&mut self, engines: &[&str], place: &Value) -> Value {
        let mut question = place.clone();
        question["engines"] = json!(engines);
        writeln!(self.questions, "{question}").expect("it reads questions until it has failed");
        let answer = self.answers.next().expect("standard error says why it ended");
        serde_json::from_str(&answer.expect("text")).expect("answers are JSON")
    }
}

impl Drop for LakeReaders {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
