//! Kafka against Tansu, a broker of its protocol; what is stored is read back with librdkafka.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tallystick_destination::Outcome;
use tallystick_receivers::{Authority, Receiver as _, Tansu, free_port};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::batches::{batch, batch_from};
use crate::certificates::acceptor;
use crate::components::open;
use crate::fakes::broker::{self, frame};

const PASSWORD: &str = "correct-horse-battery";

#[tokio::test]
async fn every_event_arrives_in_order_in_the_partition_of_its_organization() {
    let broker = Tansu::start(&[]);
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
    let stored = broker.read("audit");
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
    let broker = Tansu::start(&[]);
    broker.make_topic("audit.acme");
    let mut settings = broker.settings();
    settings["topic"] = json!("audit.{org}");
    let destination = open("kafka", settings);
    assert_eq!(destination.check().await.unwrap().outcome, Outcome::Delivered);
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
    assert_eq!(broker.read("audit.acme").len(), 3);
}

#[tokio::test]
async fn a_topic_that_is_missing_is_for_people() {
    let broker = Tansu::start(&[]);
    let destination = open("kafka", broker.settings());
    for answer in [destination.send(&batch(3)).await, destination.check().await.unwrap()] {
        assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(3)), "{}", answer.detail);
    }
    broker.make_topic("audit");
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
}

#[tokio::test]
async fn a_broker_that_is_down_is_asked_again_and_another_one_instead() {
    let mut broker = Tansu::start(&[]);
    broker.make_topic("audit");
    let mut settings = broker.settings();
    settings["brokers"] = json!(format!("127.0.0.1:{}, 127.0.0.1:{}", free_port(), broker.port()));
    let destination = open("kafka", settings);
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
    broker.stop();
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
    let broker = Tansu::start(&["--authentication"]);
    let mut settings = broker.settings();
    let login = json!({"sasl": "scram_sha_512", "user": "nobody", "password": PASSWORD});
    settings.as_object_mut().unwrap().extend(login.as_object().unwrap().clone());
    let answer = open("kafka", settings).check().await.unwrap();
    assert_ne!(answer.outcome, Outcome::Delivered, "{answer:?}");
}

#[tokio::test]
async fn tls_trusts_the_authority_that_it_is_told() {
    let (authority, outside) = (Authority::new(), free_port());
    let broker = Tansu::advertising(&format!("tcp://localhost:{outside}"));
    tokio::spawn(in_tls(
        TcpListener::bind(("127.0.0.1", outside)).await.unwrap(),
        broker.inside(),
        acceptor(&authority),
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

// What is read back comes through the proxy, and reading blocks.
#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_that_is_lost_doubles_nothing() {
    let outside = free_port();
    let broker = Tansu::advertising(&format!("tcp://127.0.0.1:{outside}"));
    let cuts = Arc::new(AtomicBool::new(false));
    let proxy = TcpListener::bind(("127.0.0.1", outside)).await.unwrap();
    tokio::spawn(pass_on(proxy, broker.inside(), Arc::clone(&cuts)));
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
        broker.read("audit").iter().map(|m| m["headers"]["tallystick_seq"].to_string()).collect();
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
