//! Tenzir's receivers: Splunk's collector, the bulk interface of Elasticsearch, OpenTelemetry, syslog. What they take
//! is written to a file. What is taken and not written yet would be lost with the process, so a gate is shut instead.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Event, Gate, Process, Receiver, event::number, free_port, installed};

/// What Splunk's collector lets in.
pub const TOKEN: &str = "6cf4f5b1-50c9-4d86-9ab5-0e2ee5d6a1e4";

/// A receiver, and the file into which it writes what it takes.
pub struct Tenzir {
    gate: Gate,
    process: Option<Process>,
    folder: TempDir,
    inside: u16,
    pipeline: String,
    kind: &'static str,
    settings: Value,
    read: fn(&Value) -> Option<Event>,
}

impl Tenzir {
    /// Splunk's HTTP Event Collector, which lets in [`TOKEN`].
    pub fn splunk() -> Tenzir {
        let inside = free_port();
        let mut tenzir = Self::with(inside, splunk_pipeline(inside, TOKEN), "splunk_hec", |line| {
            Event::of_whole(&line["event"])
        });
        tenzir.settings = json!({ "url": tenzir.url(), "token": TOKEN });
        tenzir
    }

    /// The bulk interface of Elasticsearch; it knows no ids, and keeps whatever comes.
    pub fn bulk() -> Tenzir {
        let inside = free_port();
        let pipeline = format!("accept_opensearch \"127.0.0.1:{inside}\"\nto_stdout {{ write_ndjson }}");
        let mut tenzir = Self::with(inside, pipeline, "elasticsearch", Event::of_whole);
        tenzir.settings = json!({ "url": tenzir.url() });
        tenzir
    }

    /// OpenTelemetry over HTTP.
    pub fn otlp() -> Tenzir {
        let inside = free_port();
        let pipeline = format!("accept_otlp \"127.0.0.1:{inside}\"\nto_stdout {{ write_ndjson }}");
        let mut tenzir = Self::with(inside, pipeline, "otlp", |line| {
            let body = line["body"]["string_value"].as_str().expect("the body is the event");
            Event::of_whole(&serde_json::from_str(body).ok()?)
        });
        tenzir.settings = json!({ "endpoint": tenzir.url() });
        tenzir
    }

    /// Syslog over TCP, with octets counted. It never closes its side, and so confirms nothing.
    pub fn syslog() -> Tenzir {
        let inside = free_port();
        let pipeline = format!(
            "accept_tcp \"127.0.0.1:{inside}\" {{ read_syslog octet_counting=true }}\nwrite_ndjson\nsave_stdout"
        );
        let mut tenzir = Self::with(inside, pipeline, "syslog", |line| {
            let data = &line["structured_data"]["tallystick@32473"];
            let id = data["event_id"].as_str().expect("there is an id").to_owned();
            Some(Event { seq: number(&data["seq"]), id })
        });
        let server = format!("127.0.0.1:{}", tenzir.port());
        tenzir.settings = json!({ "server": server, "transport": "tcp", "confirm": "none" });
        tenzir
    }

    fn with(inside: u16, pipeline: String, kind: &'static str, read: fn(&Value) -> Option<Event>) -> Tenzir {
        let folder = TempDir::new().unwrap();
        let process = None;
        let mut tenzir = Tenzir {
            gate: Gate::to(inside),
            process,
            folder,
            inside,
            pipeline,
            kind,
            settings: Value::Null,
            read,
        };
        tenzir.restart();
        tenzir
    }

    fn restart(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
        let at = |name: &str| self.folder.path().join(name);
        let mut command = Command::new(installed("bin/tenzir"));
        command.arg(&self.pipeline).current_dir(self.folder.path());
        command.env("TENZIR_CACHE_DIRECTORY", at("cache")).env("TENZIR_STATE_DIRECTORY", at("state"));
        let mut process = Process::start_into(&mut command, &self.out());
        process.until_listening(self.inside);
        self.process = Some(process);
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("taken")
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// What it has written until now, whole lines only.
    pub fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.out()).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn splunk_pipeline(port: u16, token: &str) -> String {
    format!("accept_splunk \"127.0.0.1:{port}\", hec_token=\"{token}\"\nto_stdout {{ write_ndjson }}")
}

impl Receiver for Tenzir {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn settings(&self) -> Value {
        self.settings.clone()
    }

    fn port(&self) -> u16 {
        self.gate.port()
    }

    fn gate(&self) -> Option<&Gate> {
        Some(&self.gate)
    }

    fn stop(&mut self) {
        self.gate.shut();
    }

    fn start(&mut self) {
        self.gate.open();
    }

    fn change_secret(&mut self, token: &str) {
        assert_eq!(self.kind, "splunk_hec", "nobody else has a token");
        self.pipeline = splunk_pipeline(self.inside, token);
        self.settings["token"] = json!(token);
        self.restart();
    }

    fn events(&self) -> Vec<Event> {
        self.lines().iter().filter_map(self.read).collect()
    }
}
