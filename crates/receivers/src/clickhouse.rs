//! ClickHouse: its engine behind its HTTP interface (`testdata/clickhouse_server.py`).

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Event, Process, Receiver, call, free_port, installed};

/// The only user.
pub const USER: &str = "tallystick";
/// The page with the statement that makes the table.
const PAGE: &str = include_str!("../../../docs/streams/clickhouse.md");
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/clickhouse_server.py");

/// A server.
pub struct ClickHouse {
    process: Option<Process>,
    folder: TempDir,
    port: u16,
    password: String,
}

impl ClickHouse {
    /// With the table of the documentation.
    pub fn start() -> ClickHouse {
        let (folder, port) = (TempDir::new().unwrap(), free_port());
        let mut server = ClickHouse { process: None, folder, port, password: "correct horse".to_owned() };
        Receiver::start(&mut server);
        let statement = PAGE.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
        assert!(statement.starts_with("CREATE TABLE default.audit_events"));
        server.run(statement.trim_end().trim_end_matches(';'));
        server
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Runs a statement. Gives what it says.
    pub fn run(&self, statement: &str) -> String {
        let headers = [("x-clickhouse-user", USER), ("x-clickhouse-key", &self.password)];
        let (status, body) = call("POST", &self.url(), &headers, statement.as_bytes());
        let text = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(status, 200, "{statement}: {text}");
        text
    }
}

impl Receiver for ClickHouse {
    fn kind(&self) -> &'static str {
        "clickhouse"
    }

    fn settings(&self) -> Value {
        json!({ "url": self.url(), "user": USER, "password": self.password })
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
        let mut command = Command::new(installed("bin/python"));
        let data = self.folder.path().join("data");
        command.arg(SERVER).arg(self.port.to_string()).arg(data).args([USER, &self.password]);
        let mut process = Process::start(&mut command);
        process.until_listening(self.port);
        self.process = Some(process);
    }

    fn change_secret(&mut self, password: &str) {
        self.stop();
        password.clone_into(&mut self.password);
        self.start();
    }

    fn events(&self) -> Vec<Event> {
        let rows = self.run("SELECT seq, id FROM default.audit_events ORDER BY seq");
        let row = |line: &str| {
            let (seq, id) = line.split_once('\t').unwrap();
            Event { seq: seq.parse().unwrap(), id: id.to_owned() }
        };
        rows.lines().map(row).collect()
    }
}
