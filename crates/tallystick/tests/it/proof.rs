//! Proof from end to end with the real programs: a service, its witness, an auditor; then a restored backup, and what
//! the operator does about it.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::server::{Server, copy_folder, run, tallystick, text};

const PATIENCE: Duration = Duration::from_mins(1);

/// A witness of its own, started and ended with the test.
struct Witness {
    child: Child,
    key: String,
    url: String,
}

impl Witness {
    fn start(dir: &Path) -> Self {
        let state = dir.to_str().unwrap();
        let made = run(&["witness", "init", "--name", "witness.example/w1", "--state-dir", state]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let key = text(&made.stdout).lines().next().unwrap().to_owned();
        let mut command = tallystick();
        command.args(["witness", "serve", "--listen", "127.0.0.1:0", "--state-dir", state]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned)).unwrap();
        Self { child, key, url }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Scene {
    dir: tempfile::TempDir,
    witness: Witness,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let witness = Witness::start(&dir.path().join("witness"));
        Self { dir, witness }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn start(&self) -> Server {
        let witnesses = format!("{} {}", self.witness.key, self.witness.url);
        let variables = [
            ("TALLYSTICK_INTEGRITY__ORIGIN", "audit.example.com"),
            ("TALLYSTICK_INTEGRITY__DIRECTORY_INTERVAL_S", "5"),
            ("TALLYSTICK_INTEGRITY__WITNESSES", witnesses.as_str()),
            ("TALLYSTICK_INTEGRITY__WITNESS_ALLOW_PRIVATE", "true"),
        ];
        Server::try_start(&self.dir.path().join("data"), &variables).unwrap()
    }

    /// The policy of an auditor who got the keys and trusts the witness.
    fn write_policy(&self, server: &Server) {
        let directory = get(server, "/.well-known/tallystick-keys.json");
        let directory = directory["keys"][0]["vkey"].as_str().unwrap();
        let added = run(&["witness", "add-log", directory, "--state-dir", &self.path("witness")]);
        assert!(added.status.success(), "{}", text(&added.stderr));
        let text = format!(
            "log {}\nlog {directory}\nwitness w1 {}\nquorum w1\n",
            server.api.log_key("acme"),
            self.witness.key
        );
        std::fs::write(self.path("policy"), text).unwrap();
    }

    /// Runs `tallystick verify` and returns its exit status and what it says.
    fn verify(&self, server: Option<&Server>, arguments: &[&str]) -> (i32, String) {
        let policy = self.path("policy");
        let mut all = vec!["verify"];
        all.extend(arguments);
        all.extend(["--policy", policy.as_str()]);
        let output = match server {
            Some(server) => {
                let key = self.path("data/keys/root.key");
                all.extend(["--bearer-file", key.as_str()]);
                server.cli(&all)
            }
            None => run(&all),
        };
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    }
}

fn get(server: &Server, path: &str) -> Value {
    let answer = server.api.try_call("GET", path, None).unwrap();
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

fn write(server: &Server, from: u64, count: u64) -> Value {
    let events: Vec<Value> = (from..from + count)
        .map(|n| {
            let actor = json!({ "type": "user", "id": format!("u_{}", n % 5), "email": "ana@acme.example" });
            json!({ "org": "acme", "action": "user.created", "actor": actor, "metadata": { "n": n } })
        })
        .collect();
    let answer = server.api.try_call("POST", "/v1/events", Some(json!(events).to_string())).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["events"][0].clone()
}

/// Waits until witnesses have confirmed the log with all its events.
fn wait_until_witnessed(server: &Server) {
    let started = Instant::now();
    loop {
        let size = get(server, "/v1/logs/acme/integrity")["size"].as_u64().unwrap();
        let (_, proof) = server.api.bytes("/v1/logs/acme/directory", "application/json");
        let proof: Value = serde_json::from_slice(&proof).unwrap();
        let covers =
            proof["checkpoint"].as_str().is_some_and(|note| note.lines().nth(1) == Some(&size.to_string()));
        if covers && proof["proof"].as_str().is_some_and(|proof| proof.contains("witness.example/w1")) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "not witnessed in time: {proof}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn an_auditor_believes_nobody_and_is_convinced() {
    let scene = Scene::new();
    let server = scene.start();
    let made = server.api.try_call("POST", "/v1/orgs", Some(json!({ "id": "acme" }).to_string())).unwrap();
    assert_eq!(made.status, 201);
    let first = write(&server, 0, 700);
    scene.write_policy(&server);
    wait_until_witnessed(&server);

    let event = format!("/v1/events/{}/proof", first["id"].as_str().unwrap());
    std::fs::write(scene.path("event.json"), server.api.bytes(&event, "application/json").1).unwrap();
    let (code, said) = scene.verify(None, &["event", &scene.path("event.json")]);
    assert!(code == 0 && said.contains("PROVEN") && said.contains("CONSISTENT"), "{code}: {said}");
    let (status, note) = server.api.bytes(&event, "text/plain");
    assert!(status == 200 && note.starts_with(b"c2sp.org/tlog-proof@v1\nindex 0\n"));

    let pack = scene.path("acme.tallystick-pack.tar");
    let export =
        server.cli(&["export", "--org", "acme", "--evidence", "--end-seq", "700", "--output", &pack]);
    assert!(export.status.success(), "{}", text(&export.stderr));
    let (code, said) = scene.verify(None, &["pack", &pack]);
    assert!(code == 0 && said.contains("complete, no event is missing"), "{code}: {said}");
    let mut bytes = std::fs::read(&pack).unwrap();
    let at = bytes.windows(8).position(|window| window == b"\"units\":").unwrap() + 40;
    bytes[at] ^= 1;
    std::fs::write(scene.path("forged.tar"), bytes).unwrap();
    let (code, said) = scene.verify(None, &["pack", &scene.path("forged.tar")]);
    assert!(code == 2 && said.contains("TAMPERED"), "{code}: {said}");

    let some = scene.path("some.tar");
    let query =
        ["export", "--org", "acme", "actor:u_3", "--evidence", "--redact", "actor", "--output", &some];
    assert!(server.cli(&query).status.success());
    let (code, said) = scene.verify(None, &["pack", &some]);
    assert!(code == 0 && said.contains("140 OK-REDACTED"), "{code}: {said}");
    assert!(!std::fs::read(&some).unwrap().windows(16).any(|part| part == b"ana@acme.example"));

    wait_until_witnessed(&server);
    let log = format!("{}/v1/logs/acme", server.api.base);
    let (code, said) = scene.verify(Some(&server), &["log", &log, "--state", &scene.path("state")]);
    assert!(code == 0 && said.contains("PROVEN"), "{code}: {said}");
    let (code, said) = scene.verify(Some(&server), &["range", &log, "--from", "250", "--to", "260"]);
    assert!(code == 0 && said.contains("10 (10 OK)"), "{code}: {said}");
    let old = server.api.bytes("/v1/logs/acme/checkpoint", "text/plain").1;
    std::fs::write(scene.path("old.checkpoint"), old).unwrap();
    write(&server, 700, 50);
    wait_until_witnessed(&server);
    let since = ["since", &scene.path("old.checkpoint"), "--log", &log];
    let (code, said) = scene.verify(Some(&server), &since);
    assert!(code == 0 && said.contains("continues the checkpoint"), "{code}: {said}");
}

#[test]
fn a_restored_backup_writes_nothing_until_the_operator_has_decided() {
    let scene = Scene::new();
    let server = scene.start();
    server.api.try_call("POST", "/v1/orgs", Some(json!({ "id": "acme" }).to_string())).unwrap();
    server.api.make_org("shut");
    let event = json!({ "org": "shut", "action": "a.b", "actor": { "type": "user", "id": "u" } });
    assert_eq!(server.api.post("/v1/events", &json!([event])).status, 201);
    let archived =
        server.api.try_call("PATCH", "/v1/orgs/shut", Some(json!({ "state": "archived" }).to_string()));
    assert_eq!(archived.unwrap().status, 200);
    write(&server, 0, 300);
    scene.write_policy(&server);
    wait_until_witnessed(&server);
    server.stop();
    let data = scene.dir.path().join("data");
    copy_folder(&data, &scene.dir.path().join("backup"));
    let server = scene.start();
    write(&server, 300, 20);
    wait_until_witnessed(&server);
    let log = format!("{}/v1/logs/acme", server.api.base);
    let (code, said) = scene.verify(Some(&server), &["log", &log, "--state", &scene.path("state")]);
    assert_eq!(code, 0, "{said}");
    server.stop();

    // All of the backup comes back, the guard too: only the witness remembers.
    copy_folder(&data, &scene.dir.path().join("newer"));
    std::fs::remove_dir_all(&data).unwrap();
    copy_folder(&scene.dir.path().join("backup"), &data);
    let server = scene.start();
    let refused = server.api.try_call(
        "POST",
        "/v1/events",
        Some(json!({ "org": "acme", "action": "a.b", "actor": { "type": "user", "id": "u" } }).to_string()),
    );
    let refused = refused.unwrap();
    assert_eq!((refused.status, refused.code()), (503, "log_rolled_back"), "{}", refused.body);
    assert_eq!(get(&server, "/v1/count?org=acme")["count"], 300, "reads go on");
    assert!(
        get(&server, "/v1/logs/acme/integrity")["rolled_back"][0].as_str().unwrap().contains("ROLLED BACK")
    );
    server.stop();

    // The guard was not part of the backup.
    std::fs::copy(scene.dir.path().join("newer/guard"), data.join("guard")).unwrap();
    let directory = data.to_str().unwrap();
    let looked = run(&["recover", "--data-dir", directory]);
    assert_eq!(looked.status.code(), Some(5), "{}", text(&looked.stderr));
    assert!(
        text(&looked.stdout)
            .contains("ROLLED BACK: the log of acme was signed with 320 entries, 300 are stored")
    );
    let deep = run(&["doctor", "--data-dir", directory, "--deep"]);
    assert!(
        deep.status.code() == Some(5) && text(&deep.stdout).contains("ROLLED BACK"),
        "{}",
        text(&deep.stdout)
    );
    let recovered = run(&["recover", "--data-dir", directory, "--new-log"]);
    assert_eq!(recovered.status.code(), Some(0), "{}", text(&recovered.stderr));
    let server = scene.start();
    write(&server, 300, 5);
    let found = get(&server, "/v1/events?org=acme&q=action:log.recovered");
    assert_eq!(found["events"][0]["seq"], 300, "{found}");
    assert_eq!(found["events"][0]["metadata"]["signed_size"], 320);
    let shut = get(&server, "/v1/events?org=shut&q=action:log.recovered");
    assert_eq!(shut["events"][0]["seq"], 1, "an archived organization is owed the leaf as well: {shut}");
    let log = format!("{}/v1/logs/acme", server.api.base);
    let (code, said) = scene.verify(Some(&server), &["log", &log, "--state", &scene.path("state")]);
    assert_eq!(code, 3, "another log is not the one whose keys were handed out: {said}");
    server.stop();
    let deep = run(&["doctor", "--data-dir", directory, "--deep"]);
    assert_eq!(deep.status.code(), Some(0), "{}", text(&deep.stdout));
}
