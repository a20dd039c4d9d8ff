//! Copies in real stores: SeaweedFS, which checks signatures, and a server of OpenSearch's interface.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{drained, make_stream, service, until};
use crate::server::{Server, text};

/// A start that takes longer has hung.
const START_TIME_MAX: Duration = Duration::from_mins(2);
const KEY: &str = "AKIATESTADMIN";
const SECRET: &str = "a-secret-of-an-admin/+";

struct Process(Child);

impl Process {
    fn start(command: &mut Command, port: u16) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut process = Self(child);
        process.until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        process
    }

    fn until(&mut self, mut is_ready: impl FnMut() -> bool) {
        let deadline = Instant::now() + START_TIME_MAX;
        while !is_ready() {
            assert!(self.0.try_wait().unwrap().is_none(), "it ended by itself");
            assert!(Instant::now() < deadline, "not ready after {START_TIME_MAX:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A file of the Python environment that `cargo xtask streams-setup` makes, by its path in it.
fn installed(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let venv = std::env::var_os("TALLYSTICK_STREAMS_VENV")
        .map_or_else(|| root.join("target/streams-venv"), PathBuf::from);
    let versions = std::fs::read_dir(venv.join("lib")).into_iter().flatten().flatten();
    let places = versions.map(|version| version.path().join("site-packages").join(path));
    let found = places.chain([venv.join(path)]).find(|place| place.exists());
    found.unwrap_or_else(|| panic!("{path} is not there: run `cargo xtask streams-setup`"))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn ask(method: &str, url: &str, body: String) -> (u16, Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let call = reqwest::Client::new().request(method.parse().unwrap(), url);
        let answer = call.header("content-type", "application/json").body(body).send().await;
        let Ok(answer) = answer else { return (0, Value::Null) };
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap_or_default()).unwrap_or_default())
    })
}

/// A store in which whoever signs must sign right, and whoever does not may do all the same what damages a copy.
fn store(dir: &Path) -> (Process, String) {
    let identity = |name: &str, credentials: Value| {
        json!({ "name": name, "credentials": credentials,
        "actions": ["Admin", "Read", "Write", "List"] })
    };
    let identities = [
        identity("admin", json!([{ "accessKey": KEY, "secretKey": SECRET }])),
        identity("anonymous", json!([])),
    ];
    std::fs::write(dir.join("s3.json"), json!({ "identities": identities }).to_string()).unwrap();
    std::fs::create_dir(dir.join("data")).unwrap();
    let mut command = Command::new(installed("bin/weed"));
    command.current_dir(dir);
    command.args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=data", "-s3", "-s3.config=s3.json"]);
    command.args([
        "-volume.max=20",
        "-master.volumeSizeLimitMB=100",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]);
    let port = free_port();
    let ports = [("s3", port), ("master", free_port()), ("volume", free_port()), ("filer", free_port())];
    for (name, port) in ports {
        command.arg(format!("-{name}.port={port}"));
    }
    let mut process = Process::start(&mut command, port);
    let endpoint = format!("http://127.0.0.1:{port}");
    process.until(|| matches!(ask("PUT", &format!("{endpoint}/audit"), String::new()).0, 200 | 409));
    (process, endpoint)
}

fn in_bucket(server: &Server, endpoint: &str, secret: &str, more: &[&str]) -> (i32, Value, String) {
    let arguments = ["reconcile", "--output", "json", "--s3", "s3://audit/copies/a", "--endpoint", endpoint];
    let mut command = server.command(&[&arguments, more].concat());
    command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", secret);
    let output = command.output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap(), report, text(&output.stderr))
}

#[test]
fn a_copy_in_a_bucket() {
    let dir = tempfile::tempdir().unwrap();
    let (_process, endpoint) = store(dir.path());
    let server = service(&dir.path().join("service"), 0);
    // Objects go out when they are full, or after minutes: these are full.
    let note = "0123456789abcdef".repeat(8_192);
    for part in 0..30 {
        let event = |number: usize| {
            json!({ "org": "acme", "action": "x.y", "actor": { "type": "u", "id": "u" },
            "metadata": { "n": number, "note": note } })
        };
        let batch: Vec<Value> = (part * 10..part * 10 + 10).map(event).collect();
        assert!(server.api.post("/v1/events", &json!(batch)).status < 300);
    }
    let settings = json!({ "bucket": "audit", "endpoint": endpoint, "prefix": "copies/a",
        "access_key_id": KEY, "secret_access_key": SECRET });
    let id = make_stream(&server, &json!({ "kind": "s3", "settings": settings, "format": "native" }));
    let now = until(&server, &id, |now| now["cursors"][0]["next_seq"].as_u64().unwrap_or(0) >= 150);
    let sent = now["cursors"][0]["next_seq"].as_u64().unwrap();
    let (code, report, said) = in_bucket(&server, &endpoint, SECRET, &["--stream", &id]);
    assert_eq!((code, &report["equal"]), (0, &json!(true)), "{said} {report:#}");
    assert!(report["records"].as_u64().unwrap() >= sent, "{report:#}");
    let pieces = report["pieces"].as_u64().unwrap();
    assert!(pieces >= 2, "{report:#}");
    assert_eq!(report["pieces_left_alone"], 0, "manifests lie elsewhere");
    // Who signs wrongly is not shown anything.
    let (code, _, said) = in_bucket(&server, &endpoint, "another", &[]);
    assert!(code == 4 && said.contains("SignatureDoesNotMatch"), "{code}: {said}");
    // The second object goes, and the first is another one.
    damage(&endpoint, &server, &id);
    let (code, report, _) = in_bucket(&server, &endpoint, SECRET, &["--stream", &id]);
    let log = &report["logs"][0];
    assert_eq!(code, 5);
    assert!(log["missing"]["count"].as_u64().unwrap() > 10, "{log:#}");
    assert_eq!(report["broken"]["count"], 1, "{report:#}");
    server.stop();
}

/// Cuts the end off the first object, and takes the second away.
fn damage(endpoint: &str, server: &Server, id: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let attempts = server.api.get(&format!("/v1/streams/{id}/attempts")).body;
    assert!(attempts["data"].as_array().unwrap().len() >= 2, "{attempts}");
    runtime.block_on(async {
        let http = reqwest::Client::new();
        let url = format!("{endpoint}/audit?list-type=2&prefix=copies/a/v1/");
        let listed = http.get(url).send().await.unwrap().text().await.unwrap();
        let keys: Vec<String> = listed
            .split("<Key>")
            .skip(1)
            .map(|rest| rest.split_once("</Key>").unwrap().0.replace("&#34;", "\""))
            .collect();
        let url = |key: &str| format!("{endpoint}/audit/{key}");
        let whole = http.get(url(&keys[0])).send().await.unwrap().bytes().await.unwrap();
        let put = http.put(url(&keys[0])).body(whole.slice(..whole.len() / 2)).send().await.unwrap();
        assert!(put.status().is_success(), "{put:?}");
        let gone = http.delete(url(&keys[1])).send().await.unwrap();
        assert!(gone.status().is_success(), "{gone:?}");
    });
}

#[test]
fn a_copy_in_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new(installed("osmem_server/bin/osmem-server"));
    command.args(["--addr", &format!("127.0.0.1:{port}"), "--no-stdin-watch"]);
    let _process = Process::start(&mut command, port);
    let url = format!("http://127.0.0.1:{port}");
    let server = service(&dir.path().join("service"), 2_500);
    for format in ["ecs", "native", "ocsf_1_9", "cloudevents"] {
        let index = format!("copy-{}", format.replace('_', "-"));
        let settings = json!({ "url": url, "index": index });
        let id =
            make_stream(&server, &json!({ "kind": "elasticsearch", "settings": settings, "format": format }));
        drained(&server, &id);
        ask("POST", &format!("{url}/{index}/_refresh"), String::new());
        let arguments = ["--stream", &id, "--from-seq", "0", "--elasticsearch", &url, "--index", &index];
        let (code, report) = super::reconcile(&server, &arguments);
        assert_eq!((code, &report["formats"][format]), (0, &report["records"]), "{format}: {report:#}");
        assert!(report["records"].as_u64().unwrap() >= 2_500, "{report:#}");
        // One document goes, one is another one, one is of somebody else.
        let (_, found) = ask("GET", &format!("{url}/{index}/_search?size=3"), String::new());
        let hits = found["hits"]["hits"].as_array().unwrap();
        let document = |at: usize| format!("{url}/{index}/_doc/{}", hits[at]["_id"].as_str().unwrap());
        assert_eq!(ask("DELETE", &document(0), String::new()).0, 200);
        let bad = hits[1]["_source"].to_string().replacen("zoe@acme.example", "eve@acme.example", 1);
        assert_eq!(ask("PUT", &document(1), bad).0, 200);
        let (status, _) =
            ask("POST", &format!("{url}/{index}/_doc"), json!({ "hello": "world" }).to_string());
        assert_eq!(status, 201);
        ask("POST", &format!("{url}/{index}/_refresh"), String::new());
        let (code, report) = super::reconcile(&server, &arguments);
        let log = &report["logs"][0];
        let found = [&log["missing"]["count"], &log["changed"]["count"], &report["unreadable"]["count"]];
        assert_eq!((code, found), (5, [&json!(1); 3]), "{format}: {report:#}");
        let at = log["changed"]["list"][0]["at"].as_str().unwrap();
        assert!(at.starts_with(&format!("{index}/{}", hits[1]["_id"].as_str().unwrap())), "{at}");
        // Those that a query finds.
        let query = json!({ "match_all": {} }).to_string();
        let (_, again) = super::reconcile(&server, &[&arguments[..], &["--query", &query]].concat());
        assert_eq!(again["records"], report["records"]);
        server.api.try_call("DELETE", &format!("/v1/streams/{id}"), None).unwrap();
    }
    let (code, said) =
        super::shown(&server.cli(&["reconcile", "--elasticsearch", &url, "--index", "nothing"]));
    assert!(code == 4 && said.contains("404"), "{code} {said}");
    server.stop();
}
