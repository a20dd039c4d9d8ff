//! A server process of the real binary, and a client for its API.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::Value;

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_tallystick");
/// A start that takes longer has hung. Generous, because the machine may be busy.
const START_TIME_MAX: Duration = Duration::from_mins(2);
/// A connection that was idle for longer is not used again: the service ends such, perhaps at that moment.
const IDLE_TIME_MAX: Duration = Duration::from_secs(20);

/// The command with nothing of this process's environment that it would take for its own.
pub(crate) fn tallystick() -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TALLYSTICK_") {
            command.env_remove(name);
        }
    }
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs the command to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    tallystick().args(arguments).output().unwrap()
}

/// Standard output or standard error as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A test cannot run here. In CI everything is there, so it fails.
pub(crate) fn not_tested(what: &str, install: &str) {
    let told = format!("{what} is not there; install it with: {install}");
    assert!(std::env::var_os("CI").is_none_or(|value| value.is_empty()), "{told}");
    println!("NOT TESTED: {told}");
}

/// A running service.
pub(crate) struct Server {
    child: Child,
    pub(crate) api: Api,
    /// What it printed before it was ready.
    pub(crate) greeting: Vec<String>,
    key_file: PathBuf,
}

impl Server {
    /// Starts one on a directory.
    pub(crate) fn start(dir: &Path) -> Self {
        Self::try_start(dir, &[]).unwrap_or_else(|output| panic!("no start: {output}"))
    }

    /// Starts one where another one was.
    pub(crate) fn start_at(dir: &Path, listen: &str) -> Self {
        Self::launch(dir, listen, &[]).unwrap_or_else(|output| panic!("no start: {output}"))
    }

    /// Starts one with variables of the environment; the error is what it wrote before it ended.
    pub(crate) fn try_start(dir: &Path, variables: &[(&str, &str)]) -> Result<Self, String> {
        Self::launch(dir, "127.0.0.1:0", variables)
    }

    fn launch(dir: &Path, listen: &str, variables: &[(&str, &str)]) -> Result<Self, String> {
        let mut command = tallystick();
        command.args(["serve", "--listen", listen, "--data-dir"]).arg(dir);
        command.env("TALLYSTICK_TELEMETRY__LEVEL", "warn").envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let errors = lines_of(child.stderr.take().unwrap());
        let deadline = Instant::now() + START_TIME_MAX;
        let mut greeting = Vec::new();
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let address = line.strip_prefix("listening on ").map(str::to_owned);
                    greeting.push(line);
                    if let Some(base) = address {
                        let key_file = dir.join("keys").join("root.key");
                        let key = std::fs::read_to_string(&key_file).unwrap().trim().to_owned();
                        return Ok(Self { child, api: Api::new(&base, &key), greeting, key_file });
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    let status = child.wait().unwrap();
                    return Err(format!("{status}\n{}", errors.iter().collect::<Vec<_>>().join("\n")));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    child.kill().unwrap();
                    panic!("not ready after {START_TIME_MAX:?}: {greeting:?}");
                }
            }
        }
    }

    /// Runs a client command against it, with the root key.
    pub(crate) fn cli(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A client command to be run against it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tallystick();
        command
            .args(arguments)
            .env("TALLYSTICK_SERVER", &self.api.base)
            .env("TALLYSTICK_KEY_FILE", &self.key_file);
        command
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As by `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for a process that is to die by itself.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Ends it in order, as a supervisor does.
    pub(crate) fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "a stop in order ends with {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a panic the process must not outlive its test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines as they come, so that the process never waits for a full pipe.
fn lines_of(pipe: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (lines, received) = mpsc::channel();
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            // Nobody listens any more once the server is up; the pipe is drained all the same.
            let _ = lines.send(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    });
    received
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The code of the error, or nothing.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// The API of a server, for one thread.
pub(crate) struct Api {
    pub(crate) base: String,
    key: String,
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
}

impl Api {
    pub(crate) fn new(base: &str, key: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_mins(1));
        let http = http.pool_idle_timeout(IDLE_TIME_MAX).build().unwrap();
        Self { base: base.to_owned(), key: key.to_owned(), runtime, http }
    }

    /// The same for another thread.
    pub(crate) fn again(&self) -> Self {
        Self::new(&self.base, &self.key)
    }

    /// A call; an error if there was no answer.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Result<Answer, reqwest::Error> {
        self.runtime.block_on(async {
            let url = format!("{}{path}", self.base);
            let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(&self.key);
            if let Some(body) = body {
                request = request.body(body);
            }
            let response = request.send().await?;
            let status = response.status().as_u16();
            let bytes = response.bytes().await?;
            Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() })
        })
    }

    /// Status and bytes of what is no JSON.
    pub(crate) fn bytes(&self, path: &str, accept: &str) -> (u16, Vec<u8>) {
        self.runtime.block_on(async {
            let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.key);
            let response = request.header("accept", accept).send().await.unwrap();
            (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
        })
    }

    /// The key that it calls with.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.try_call("GET", path, None).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_call("POST", path, Some(body.to_string())).unwrap()
    }

    /// The key that an organization's present log is signed with.
    pub(crate) fn log_key(&self, org: &str) -> String {
        let log = self.get(&format!("/v1/logs/{org}/integrity")).body["log"].clone();
        let path = format!("/.well-known/tallystick-keys.json?log={}", log.as_str().unwrap());
        self.get(&path).body["keys"][0]["vkey"].as_str().unwrap().to_owned()
    }

    /// Makes an organization.
    pub(crate) fn make_org(&self, id: &str) {
        let answer = self.post("/v1/orgs", &serde_json::json!({"id": id}));
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// All events of an organization, oldest first, by following the pages.
    pub(crate) fn all_events(&self, org: &str) -> Vec<Value> {
        let mut events = Vec::new();
        let mut cursor = String::new();
        loop {
            let answer = self.get(&format!("/v1/events?org={org}&order=asc&limit=1000{cursor}"));
            assert_eq!(answer.status, 200, "{answer:?}");
            events.extend(answer.body["events"].as_array().unwrap().iter().cloned());
            match answer.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return events,
            }
        }
    }
}
