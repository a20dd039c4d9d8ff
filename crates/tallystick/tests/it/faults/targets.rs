//! Receivers that streams send to in these tests, and what is promised of each.

use std::{path::Path, process::Command, thread};

use serde_json::{Value, json};
use tallystick_receivers::{
    Azurite, ClickHouse, Event, FakeGcs, Gate, Nats, Osmem, Receiver, Seaweed, SyslogReceiver, Tansu, Tenzir,
    installed, run,
};

use crate::receiver::Receiver as WebhookReceiver;

/// Longest event that the stores with a limit take, bytes.
pub(crate) const MESSAGE_BYTES_MAX: u32 = 8_192;

/// Makes a receiver; some lie in the folder of the service.
type Make = fn(&Path) -> Box<dyn Receiver>;

/// A receiver: what it is called here, whether an event is there once whatever happens, and how it is made.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) is_once: bool,
    make: Make,
}

const fn candidate(name: &'static str, is_once: bool, make: Make) -> Candidate {
    Candidate { name, is_once, make }
}

/// All of them.
pub(crate) const ALL: &[Candidate] = &[
    candidate("webhook", false, |_| Box::new(Webhook::new())),
    candidate("splunk_hec/tenzir", false, |_| Box::new(Tenzir::splunk())),
    candidate("elasticsearch/tenzir", false, |_| Box::new(Tenzir::bulk())),
    candidate("elasticsearch/osmem", true, |_| Box::new(Osmem::with_index(None))),
    candidate("otlp/tenzir", false, |_| Box::new(Tenzir::otlp())),
    candidate("clickhouse/chdb", true, |_| Box::new(ClickHouse::start())),
    candidate("s3/seaweedfs", true, |_| Box::new(Seaweed::start())),
    candidate("gcs/fake-gcs-server", true, |_| Box::new(FakeGcs::start())),
    candidate("azure_blob/azurite", true, |_| Box::new(Azurite::start())),
    candidate("lake/folder", true, |folder| Box::new(LakeFolder::new(folder))),
    // A new connection has another identity, by which brokers tell repetitions.
    candidate("kafka/tansu", false, |_| Box::new(Tansu::with_topic())),
    // Within the time in which JetStream remembers ids, which is longer here than it takes.
    candidate("nats/nats-server", true, |_| Box::new(Nats::with_stream(MESSAGE_BYTES_MAX))),
    candidate("syslog/rsyslog", false, |_| Box::new(SyslogReceiver::rsyslog())),
    candidate("syslog/syslog-ng", false, |_| Box::new(SyslogReceiver::syslog_ng())),
];

/// A receiver and the stream to it.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) is_once: bool,
    pub(crate) receiver: Box<dyn Receiver>,
    pub(crate) settings: Value,
    /// The stream's id, once there is one.
    pub(crate) stream: String,
}

/// Starts those whose name is wanted, all at the same time: most take seconds.
pub(crate) fn start(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Vec<Target> {
    let wanted = ALL.iter().filter(|candidate| is_wanted(candidate.name));
    let target = |candidate: &'static Candidate| {
        let receiver = (candidate.make)(folder);
        let settings = quick(receiver.settings(), receiver.kind());
        let (name, is_once) = (candidate.name, candidate.is_once);
        Target { name, is_once, receiver, settings, stream: String::new() }
    };
    thread::scope(|scope| {
        let starting: Vec<_> = wanted.map(|candidate| scope.spawn(move || target(candidate))).collect();
        starting.into_iter().map(|starting| starting.join().unwrap()).collect()
    })
}

/// Settings with which nothing waits for company longer than it has to: tests have no minutes for it.
pub(crate) fn quick(mut settings: Value, kind: &str) -> Value {
    if ["s3", "gcs", "azure_blob", "lake"].contains(&kind) {
        settings["linger_s"] = json!(1);
    }
    settings
}

/// The scripted receiver of webhooks, behind a gate.
struct Webhook {
    gate: Gate,
    receiver: WebhookReceiver,
}

impl Webhook {
    fn new() -> Self {
        let receiver = WebhookReceiver::start();
        Self { gate: Gate::to(receiver.port()), receiver }
    }
}

impl Receiver for Webhook {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn settings(&self) -> Value {
        json!({ "url": format!("http://127.0.0.1:{}/hook", self.gate.port()) })
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

    fn events(&self) -> Vec<Event> {
        let calls = self.receiver.calls();
        calls.iter().flat_map(|call| call.events()).map(|(seq, id)| Event { seq, id }).collect()
    }
}

/// A lake in the folder that the operator has set aside, read by Apache Arrow.
struct LakeFolder(std::path::PathBuf);

/// Prints seq and id of every row, file by file in the order of their names.
const READ_LAKE: &str = r"
import glob, sys
import pyarrow.parquet as pq
for path in sorted(glob.glob(sys.argv[1] + '/org=*/dt=*/hour=*/*.parquet')):
    table = pq.ParquetFile(path).read(columns=['seq', 'id'])
    for seq, id in zip(table['seq'].to_pylist(), table['id'].to_pylist()):
        print(seq, id)
";

impl LakeFolder {
    fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(lakes(folder)).unwrap();
        Self(lakes(folder).join("org-acme").join("audit"))
    }
}

/// The folder for lakes below the one of a test.
pub(crate) fn lakes(folder: &Path) -> std::path::PathBuf {
    folder.join("lakes")
}

impl Receiver for LakeFolder {
    fn kind(&self) -> &'static str {
        "lake"
    }

    fn settings(&self) -> Value {
        json!({ "place": "folder", "path": "audit" })
    }

    fn port(&self) -> u16 {
        panic!("a folder has none")
    }

    fn stop(&mut self) {
        panic!("a folder is not stopped")
    }

    fn start(&mut self) {
        panic!("a folder is not started")
    }

    fn events(&self) -> Vec<Event> {
        let rows = run(Command::new(installed("bin/python")).args(["-c", READ_LAKE]).arg(&self.0));
        let row = |line: &str| {
            let (seq, id) = line.split_once(' ').unwrap();
            Event { seq: seq.parse().unwrap(), id: id.to_owned() }
        };
        rows.lines().map(row).collect()
    }
}
