//! NATS against its own server.

use std::path::Path;

use serde_json::{Value, json};
use tallystick_destination::Outcome;
use tallystick_receivers::{Authority, Nats, Receiver as _, free_port};
use tempfile::TempDir;

use crate::batches::{batch, batch_from, batch_with};
use crate::components::open;

/// The secrets of the tests.
const PASSWORD: &str = "correct-horse-battery";
const SEED: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
const PUBLIC: &str = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

#[tokio::test]
async fn every_event_arrives_once_and_in_order() {
    let mut server = Nats::with("");
    server.make_stream("{}", &json!({}));
    let destination = open("nats", server.settings());
    assert_eq!(destination.check().await.unwrap().outcome, Outcome::Delivered);
    let batch = batch(700);
    // The second time is a repetition after an acknowledgement that was lost, the third one after a restart.
    for _ in 0..2 {
        let answer = destination.send(&batch).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{answer:?}");
        assert_eq!(server.stored("{}"), 700);
    }
    server.stop();
    server.start();
    assert_eq!(destination.send(&batch).await.outcome, Outcome::Delivered);
    assert_eq!(server.stored("{}"), 700);
    for (index, record) in batch.records.iter().enumerate().step_by(97) {
        let (subject, headers, body) = server.message(index as u64 + 1);
        assert_eq!(subject, "audit.acme.user.created");
        assert_eq!(body, &record.bytes[..]);
        assert!(headers.contains(&format!("Tallystick-Seq: {}\r\n", record.seq)), "{headers}");
        assert!(headers.contains(&format!("/{}\r\n", record.event_id)), "{headers}");
    }
}

#[tokio::test]
async fn a_stream_that_is_missing_or_another_one_is_for_people() {
    let server = Nats::with("");
    let answer = open("nats", server.settings()).send(&batch(3)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(503)), "{}", answer.detail);
    server.make_stream("{}", &json!({}));
    let mut settings = server.settings();
    settings["jetstream"] = json!("OTHER");
    let answer = open("nats", settings.clone()).send(&batch(3)).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{}", answer.detail);
    assert!(answer.detail.contains("10060"), "{}", answer.detail);
    assert_eq!(server.stored("{}"), 0);
    settings["jetstream"] = json!("AUDIT");
    assert_eq!(open("nats", settings).send(&batch(3)).await.outcome, Outcome::Delivered);
}

#[tokio::test]
async fn what_is_too_large_is_rejected_and_the_rest_is_stored() {
    let server = Nats::with("max_payload: 4096");
    server.make_stream("{}", &json!({"max_msg_size": 2_048}));
    let large = |seq: u64| match seq {
        2 => json!({"text": "x".repeat(5_000)}),
        5 => json!({"text": "x".repeat(2_000)}),
        _ => Value::Null,
    };
    let answer = open("nats", server.settings()).send(&batch_with(0, 8, large)).await;
    let Outcome::Partial { rejected, again } = answer.outcome else { panic!("{answer:?}") };
    let places: Vec<usize> = rejected.iter().map(|rejection| rejection.index).collect();
    assert_eq!((places, again.len()), (vec![2, 5], 0), "{rejected:?}");
    assert!(rejected[0].reason.contains("4096") && rejected[1].reason.contains("10054"), "{rejected:?}");
    assert_eq!(server.stored("{}"), 6);
}

#[tokio::test]
async fn a_full_stream_holds_what_it_cannot_take() {
    let server = Nats::with("");
    server.make_stream("{}", &json!({"max_msgs": 5, "discard": "new"}));
    let destination = open("nats", server.settings());
    let answer = destination.send(&batch(8)).await;
    let Outcome::Partial { rejected, again } = answer.outcome else { panic!("{answer:?}") };
    assert_eq!((rejected.len(), again), (0, vec![5, 6, 7]), "{}", answer.detail);
    let answer = destination.send(&batch_from(8, 2)).await;
    assert_eq!(answer.outcome, Outcome::Retry { after: None }, "{}", answer.detail);
}

#[tokio::test]
async fn whoever_is_not_let_in_learns_it_and_shows_no_secret() {
    let conf = format!(
        r#"authorization {{ users: [
            {{ user: "admin", password: "a" }}
            {{ user: "t", password: "{PASSWORD}", permissions: {{ publish: "audit.>", subscribe: "_INBOX.>" }} }}
            {{ nkey: "{PUBLIC}", permissions: {{ publish: "elsewhere.>", subscribe: "_INBOX.>" }} }}
        ] }}"#
    );
    let server = Nats::with(&conf);
    let admin = r#"{"user":"admin","pass":"a"}"#;
    server.make_stream(admin, &json!({}));
    let with = |more: Value| {
        let mut settings = server.settings();
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        open("nats", settings)
    };
    let good = with(json!({"user": "t", "password": PASSWORD})).send(&batch(3)).await;
    assert_eq!(good.outcome, Outcome::Delivered, "{good:?}");
    for bad in [
        json!({}),
        json!({"user": "t", "password": "another-wrong-word"}),
        json!({"user": "nobody", "password": PASSWORD}),
        json!({"token": "some-token-or-other"}),
        // It is let in, and may publish elsewhere only.
        json!({"nkey_seed": SEED}),
    ] {
        let answer = with(bad.clone()).send(&batch(3)).await;
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{bad}: {answer:?}");
        let shown = format!("{answer:?}");
        for secret in [PASSWORD, SEED, "another-wrong-word", "some-token-or-other"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    assert_eq!(with(json!({"nkey_seed": SEED})).check().await.unwrap().outcome, Outcome::Delivered);
    assert_eq!(server.stored(admin), 3);
}

#[tokio::test]
async fn tls_begins_after_the_introduction_or_before_it() {
    for (mode, more) in [("on", ""), ("first", "handshake_first: true")] {
        let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
        let server = Nats::with(&tls_conf(&authority, folder.path(), more));
        let mut settings = json!({
            "servers": format!("localhost:{}", server.port()),
            "tls": mode,
            "ca_pem": authority.ca_pem,
            "client_cert_pem": authority.client.cert_pem,
            "client_key_pem": authority.client.key_pem,
        });
        // Nothing stores it; but it is let in.
        let answer = open("nats", settings.clone()).send(&batch(2)).await;
        assert_eq!(
            (answer.outcome, answer.status),
            (Outcome::Misconfigured, Some(503)),
            "{mode}: {}",
            answer.detail
        );
        settings["ca_pem"] = Value::from(Authority::new().ca_pem);
        let answer = open("nats", settings.clone()).check().await.unwrap();
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{mode}: {answer:?}");
        assert!(answer.detail.contains("certificate"), "{answer:?}");
        settings["ca_pem"] = Value::from(authority.ca_pem.as_str());
        settings["client_cert_pem"] = Value::Null;
        settings["client_key_pem"] = Value::Null;
        let answer = open("nats", settings).check().await.unwrap();
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{mode}: {answer:?}");
    }
}

fn tls_conf(authority: &Authority, folder: &Path, more: &str) -> String {
    let [ca, cert, key] = authority.write(folder).map(|path| path.display().to_string());
    format!("tls {{ ca_file: \"{ca}\", cert_file: \"{cert}\", key_file: \"{key}\", verify: true, {more} }}")
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_again_and_another_one_instead() {
    let mut server = Nats::with("");
    server.make_stream("{}", &json!({}));
    let (down, settings) = (free_port(), server.settings());
    let both = format!("127.0.0.1:{down}, {}", settings["servers"].as_str().unwrap());
    let answer = open("nats", json!({"servers": both, "tls": "off"})).send(&batch(2)).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{answer:?}");
    server.stop();
    let answer = open("nats", settings).send(&batch(2)).await;
    assert_eq!(answer.outcome, Outcome::Retry { after: None }, "{answer:?}");
}
