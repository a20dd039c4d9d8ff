//! NATS with JetStream: its own server.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::Command,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Event, Process, Receiver, free_port, installed, wait_for};

/// Who may do everything at a server with users.
const ADMIN: &str = r#"{"user":"admin","pass":"a","headers":true}"#;
/// How long a stream for events remembers their ids, ns: longer than any test, however busy the machine is.
const DUPLICATE_WINDOW_NS: u64 = 900_000_000_000;
/// A server that takes longer to answer has hung.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// A server.
pub struct Nats {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
    password: String,
}

impl Nats {
    /// With a configuration, and no stream.
    pub fn with(conf: &str) -> Nats {
        let mut nats = Nats {
            process: None,
            folder: TempDir::new().unwrap(),
            port: free_port(),
            password: String::new(),
        };
        nats.configure(conf);
        Receiver::start(&mut nats);
        nats
    }

    /// With a stream for events of at most so many bytes each, and a user who may put events into it.
    pub fn with_stream(message_bytes_max: u32) -> Nats {
        let mut nats = Self::with("");
        nats.change_secret("correct-horse-battery");
        nats.make_stream(
            ADMIN,
            &json!({ "max_msg_size": message_bytes_max, "duplicate_window": DUPLICATE_WINDOW_NS }),
        );
        nats
    }

    fn configure(&self, conf: &str) {
        std::fs::write(self.folder.path().join("conf"), conf).unwrap();
    }

    fn dial(&self, connect: &str) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(ANSWER_TIME_MAX)).unwrap();
        let mut stream = BufReader::new(stream);
        stream.get_mut().write_all(format!("CONNECT {connect}\r\n").as_bytes()).unwrap();
        stream
    }

    /// Asks the API of JetStream, as somebody who may.
    pub fn api(&self, connect: &str, subject: &str, body: &Value) -> Value {
        let mut stream = self.dial(connect);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let count = body.len();
        let text = format!("SUB answer 1\r\nPUB $JS.API.{subject} answer {count}\r\n{body}\r\nPING\r\n");
        stream.get_mut().write_all(text.as_bytes()).unwrap();
        serde_json::from_slice(&message(&mut stream).1).unwrap()
    }

    /// Makes the stream `AUDIT`, with more in its configuration.
    pub fn make_stream(&self, connect: &str, more: &Value) {
        let mut config =
            json!({"name": "AUDIT", "subjects": ["audit.>"], "storage": "file", "num_replicas": 1});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.api(connect, "STREAM.CREATE.AUDIT", &config);
        assert!(made.get("error").is_none(), "{made}");
    }

    /// How many events are stored.
    pub fn stored(&self, connect: &str) -> u64 {
        let info = self.api(connect, "STREAM.INFO.AUDIT", &Value::Null);
        info["state"]["messages"].as_u64().unwrap_or_else(|| panic!("{info}"))
    }

    /// One message: subject, headers, body.
    pub fn message(&self, seq: u64) -> (String, String, Vec<u8>) {
        let decode = |text: &Value| BASE64.decode(text.as_str().unwrap()).unwrap();
        let answer = self.api("{}", "STREAM.MSG.GET.AUDIT", &json!({"seq": seq}));
        let message = &answer["message"];
        let headers = String::from_utf8(decode(&message["hdrs"])).unwrap();
        (message["subject"].as_str().unwrap().to_owned(), headers, decode(&message["data"]))
    }

    /// The bodies of all messages, in their order.
    fn bodies(&self, connect: &str) -> Vec<Vec<u8>> {
        let count = self.stored(connect);
        let mut stream = self.dial(connect);
        let config = json!({ "stream_name": "AUDIT", "config": {
            "deliver_subject": "all", "deliver_policy": "all", "ack_policy": "none", "replay_policy": "instant" } });
        let config = config.to_string();
        let text =
            format!("SUB all 1\r\nPUB $JS.API.CONSUMER.CREATE.AUDIT answer {}\r\n{config}\r\n", config.len());
        stream.get_mut().write_all(text.as_bytes()).unwrap();
        (0..count).map(|_| message(&mut stream).1).collect()
    }
}

/// The next message, headers and body; `PING` is answered.
fn message(stream: &mut BufReader<TcpStream>) -> (Vec<u8>, Vec<u8>) {
    loop {
        let mut line = String::new();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0, "the server hangs up");
        assert!(!line.starts_with("-ERR"), "{line}");
        let words: Vec<&str> = line.split_whitespace().collect();
        let length = |from_end: usize| words[words.len() - from_end].parse::<usize>().unwrap();
        let (head, all) = match words[0] {
            "PING" => {
                stream.get_mut().write_all(b"PONG\r\n").unwrap();
                continue;
            }
            "MSG" => (0, length(1)),
            "HMSG" => (length(2), length(1)),
            _ => continue,
        };
        let mut bytes = vec![0; all + 2];
        stream.read_exact(&mut bytes).unwrap();
        bytes.truncate(all);
        let body = bytes.split_off(head);
        return (bytes, body);
    }
}

impl Receiver for Nats {
    fn kind(&self) -> &'static str {
        "nats"
    }

    fn settings(&self) -> Value {
        let mut settings = json!({"servers": format!("127.0.0.1:{}", self.port), "tls": "off"});
        if !self.password.is_empty() {
            settings["user"] = json!("t");
            settings["password"] = json!(self.password);
        }
        settings
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
        let mut command = Command::new(installed("bin/nats-server"));
        command.args(["-a", "127.0.0.1", "-p", &self.port.to_string(), "-js", "-sd"]).arg(self.folder.path());
        command.arg("-c").arg(self.folder.path().join("conf"));
        let mut process = Process::start(&mut command);
        process.until_listening(self.port);
        self.process = Some(process);
    }

    fn change_secret(&mut self, password: &str) {
        self.stop();
        password.clone_into(&mut self.password);
        self.configure(&format!(
            r#"authorization {{ users: [
                {{ user: "admin", password: "a" }}
                {{ user: "t", password: "{password}", permissions: {{ publish: "audit.>", subscribe: "_INBOX.>" }} }}
            ] }}"#
        ));
        self.start();
    }

    fn events(&self) -> Vec<Event> {
        // After a start it takes a moment until the stream has its leader.
        wait_for("the stream", || {
            self.api(ADMIN, "STREAM.INFO.AUDIT", &Value::Null).get("state").is_some().then_some(())
        });
        let bodies = self.bodies(ADMIN);
        bodies.iter().map(|body| Event::of_native(&serde_json::from_slice(body).unwrap())).collect()
    }
}
