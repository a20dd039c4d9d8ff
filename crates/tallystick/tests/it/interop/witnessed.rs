//! PyPI's `aics-witness` as the witness of a service: it cosigns growth, and stops a service whose data was put back or
//! forked.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tallystick_merkle::VerifierKey;

use super::{
    cases::{Case, checkpoint, consistency, forged_checkpoints, size_of},
    oracle::{Oracle, python_program, run},
};
use crate::server::{Server, text};

const NAME: &str = "witness.example/py1";
/// What takes longer does not happen.
const TIME_MAX: Duration = Duration::from_mins(1);

/// The witness: its folder, its key, and its process while it runs.
struct Witness {
    program: PathBuf,
    folder: tempfile::TempDir,
    listen: String,
    key: VerifierKey,
    process: Option<Child>,
}

impl Witness {
    fn new() -> Option<Self> {
        let program = python_program("aics-witness")?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (folder, listen) = (tempfile::tempdir().unwrap(), format!("127.0.0.1:{port}"));
        let (is_good, told) =
            run(&mut command(&program, folder.path(), &["init", "--name", NAME, "--listen", &listen]));
        assert!(is_good, "{told}");
        let key = told.split_whitespace().find_map(|word| word.parse().ok()).expect(&told);
        Some(Self { program, folder, listen, key, process: None })
    }

    fn run(&self, words: &[&str]) -> String {
        let (is_good, told) = run(&mut command(&self.program, self.folder.path(), words));
        assert!(is_good, "{words:?}: {told}");
        told
    }

    fn start(&mut self) {
        let mut serve = command(&self.program, self.folder.path(), &["serve"]);
        self.process = Some(serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        until("the witness listens", || std::net::TcpStream::connect(&self.listen).is_ok());
    }

    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// A service that asks it.
    fn service(&self, dir: &Path) -> Server {
        let witness = format!("{} http://{}/", self.key, self.listen);
        let variables = [
            ("TALLYSTICK_INTEGRITY__DIRECTORY_INTERVAL_S", "5"),
            ("TALLYSTICK_INTEGRITY__WITNESSES", witness.as_str()),
            ("TALLYSTICK_INTEGRITY__WITNESS_ALLOW_PRIVATE", "true"),
        ];
        Server::try_start(dir, &variables).unwrap()
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.stop();
    }
}

fn command(program: &Path, folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words).arg("-c").arg(folder.join("witness.json")).current_dir(folder).stdin(Stdio::null());
    command
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIME_MAX;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_witness_cosigns_growth_and_stops_what_was_put_back_or_forked() {
    let Some(mut witness) = Witness::new() else { return };
    let [dir, older, forked, scratch] = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let server = Server::start(dir.path());
    server.api.make_org("acme");
    let keys = directory_key(&server);
    let directory: VerifierKey = keys["keys"][0]["vkey"].as_str().unwrap().parse().unwrap();
    server.stop();
    witness.run(&["add-log", "--origin", directory.name(), "--vkey", &directory.to_string()]);
    witness.start();

    let server = witness.service(dir.path());
    send(&server, "first", 3);
    let first = cosigned(&server, 0);
    server.stop();
    crate::tampering::copy_folder(dir.path(), older.path());
    let server = witness.service(dir.path());
    send(&server, "second", 4);
    let second = cosigned(&server, size_of(&first));
    others_agree(&server, scratch.path(), &[directory, witness.key.clone()], &first, &second);
    proof_is_witnessed(&server, &witness.key);
    server.stop();

    // Put back, without the guard that would have told. The witness remembers.
    std::fs::remove_file(older.path().join("guard")).unwrap();
    crate::tampering::copy_folder(older.path(), forked.path());
    let server = witness.service(older.path());
    let told = format!("ROLLED BACK: the directory log was signed with {} entries", size_of(&second));
    is_stopped(&server, &told);
    server.stop();

    // Put back, and gone on with while nobody could reach the witness.
    witness.stop();
    let server = witness.service(forked.path());
    for _ in 0..3 {
        send(&server, "other", 1);
        let size = directory_checkpoint(&server).map_or(0, |note| size_of(&note));
        until("the fork grows", || directory_checkpoint(&server).is_some_and(|note| size_of(&note) > size));
    }
    assert!(
        size_of(&directory_checkpoint(&server).unwrap()) > size_of(&second),
        "larger than what is cosigned"
    );
    witness.start();
    is_stopped(&server, &format!("FORKED: the first {} of the", size_of(&second)));
    server.stop();
    let evidence = witness.run(&["evidence"]);
    assert!(evidence.contains("does not verify"), "the witness keeps what proves the fork: {evidence}");
}

fn directory_key(server: &Server) -> Value {
    server.api.get("/.well-known/tallystick-keys.json").body
}

fn send(server: &Server, what: &str, events: usize) {
    let event = json!({"org": "acme", "action": what, "actor": {"type": "user", "id": "u_1"}});
    let answer = server.api.post("/v1/events", &Value::from(vec![event; events]));
    assert_eq!(answer.status, 201, "{answer:?}");
}

fn directory_checkpoint(server: &Server) -> Option<String> {
    let (status, note) = server.api.bytes("/v1/directory/checkpoint", "*/*");
    (status == 200).then(|| String::from_utf8(note).unwrap())
}

/// Waits for a checkpoint of more than a size that the witness has cosigned.
fn cosigned(server: &Server, more_than: u64) -> String {
    let mut found = None;
    until("a cosigned checkpoint", || {
        let line = format!("\n\u{2014} {NAME} ");
        found = directory_checkpoint(server).filter(|note| note.contains(&line) && size_of(note) > more_than);
        found.is_some()
    });
    let anchors = server.api.get("/v1/logs/acme/anchors").body;
    assert_eq!(anchors["anchors"][0]["name"], NAME, "{anchors}");
    let integrity = server.api.get("/v1/logs/acme/integrity").body;
    assert_eq!(integrity["directory"]["witnessed_size"], size_of(found.as_ref().unwrap()), "{integrity}");
    found.unwrap()
}

/// Go accepts the cosigned checkpoints and that one continues the other, and refuses forgeries.
fn others_agree(server: &Server, folder: &Path, keys: &[VerifierKey], first: &str, second: &str) {
    let Some(mut go) = Oracle::go(folder) else { return };
    let path = format!("/v1/directory/consistency?from={}&to={}", size_of(first), size_of(second));
    let (status, proof) = server.api.bytes(&path, "*/*");
    assert_eq!(status, 200);
    let proof: Vec<String> = String::from_utf8(proof).unwrap().lines().map(str::to_owned).collect();
    let good: Case = checkpoint("cosigned directory", keys, second);
    for case in forged_checkpoints(&good) {
        go.judge(&case);
    }
    go.judge(&good);
    go.judge(&checkpoint("cosigned directory before", keys, first));
    go.judge(&consistency(keys, first, second, &proof));
    let tiles = |token: &str| {
        json!({
            "op": "tiles", "note": second, "from": format!("{}/v1/directory", server.api.base), "token": token,
            "keys": keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    };
    go.judge(&Case::good("all bundles of the directory", tiles(server.api.key())));
    go.judge(&Case::forged("all bundles of the directory, without a key", tiles("")));
    go.report();
}

/// The proof of an event leads to a checkpoint that the witness has cosigned.
fn proof_is_witnessed(server: &Server, witness: &VerifierKey) {
    let id = server.api.get("/v1/events?org=acme&limit=1").body["events"][0]["id"].clone();
    let path = format!("/v1/events/{}/proof", id.as_str().unwrap());
    let proof = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(proof.path(), server.api.bytes(&path, "application/json").1).unwrap();
    let log = server.api.log_key("acme");
    let directory = directory_key(server)["keys"][0]["vkey"].as_str().unwrap().to_owned();
    let stranger = tallystick_merkle::CosigningKey::new(NAME, &[9; 32]).unwrap();
    for (witness, status) in [(witness, 0), (stranger.verifier_key(), 3)] {
        let witness = witness.to_string();
        let words = ["verify", "event", proof.path().to_str().unwrap(), "--key", &log, "--key", &directory];
        let output = crate::server::run(&[&words[..], &["--key", &witness]].concat());
        assert_eq!(output.status.code(), Some(status), "{}", text(&output.stdout));
    }
}

/// The service says why, signs nothing, and takes nothing.
fn is_stopped(server: &Server, told: &str) {
    let rolled_back = || server.api.get("/v1/logs/acme/integrity").body["rolled_back"].to_string();
    until(told, || rolled_back().contains(told));
    assert!(rolled_back().contains(NAME), "{}", rolled_back());
    let event = json!({"org": "acme", "action": "late", "actor": {"type": "user", "id": "u_1"}});
    assert!(server.api.post("/v1/events", &event).status >= 500);
    assert_ne!(server.api.bytes("/v1/logs/acme/checkpoint", "*/*").0, 200);
}
