//! Syslog against rsyslog, syslog-ng and Tenzir.

use serde_json::{Value, json};
use tallystick_destination::{Outcome, Settings, Surroundings, kind};
use tallystick_receivers::{Authority, Receiver as _, SyslogReceiver, Tenzir, free_port};

use crate::batches::{ORG, batch, batch_with};
use crate::components::{eventually, open, surroundings};

/// The lines that a receiver has written, when there are so many.
async fn lines(receiver: &SyslogReceiver, count: usize) -> Vec<String> {
    eventually("the messages", async || Some(receiver.lines()).filter(|lines| lines.len() >= count)).await
}

async fn everything_arrives(receiver: &SyslogReceiver) {
    let destination = open("syslog", receiver.settings());
    let checked = destination.check().await.unwrap();
    assert_eq!(checked.outcome, Outcome::Delivered, "{checked:?}");
    // Several batches, one with large events and with what receivers take for their own.
    let metadata = |seq: u64| match seq {
        301 => json!({"text": "]\"\\ \u{e4} <13>1 - \n ".repeat(500)}),
        _ => Value::Null,
    };
    let batches = [batch(300), batch_with(300, 5, metadata)];
    for batch in &batches {
        let answer = destination.send(batch).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{answer:?}");
        assert!(answer.sent_bytes > batch.byte_count() as u64);
    }
    let lines = lines(receiver, 305).await;
    assert_eq!(lines.len(), 305);
    let records: Vec<_> = batches.iter().flat_map(|batch| &batch.records).collect();
    for (line, record) in lines.iter().zip(records) {
        let priority = if record.is_failure { "108" } else { "110" };
        let parts: Vec<&str> = line.splitn(6, '|').collect();
        assert_eq!(parts[..4], [priority, "audit.example.com", "tallystick", "user.created"], "{line}");
        let leaf = hex::encode(record.leaf_hash);
        for part in [
            format!("org=\"{ORG}\""),
            format!("seq=\"{}\"", record.seq),
            format!("event_id=\"{}\"", record.event_id),
            format!("leaf=\"{leaf}\""),
        ] {
            assert!(parts[4].starts_with("[tallystick@32473 ") && parts[4].contains(&part), "{line}");
        }
        assert_eq!(parts[5].as_bytes(), &record.bytes[..], "the body is the event's bytes");
    }
}

/// Without a certificate, and with one that it does not know.
async fn strangers_are_told(receiver: &SyslogReceiver) {
    let mut settings = receiver.settings();
    settings["client_cert_pem"] = Value::Null;
    settings["client_key_pem"] = Value::Null;
    let answer = open("syslog", settings).send(&batch(2_000)).await;
    assert_ne!(answer.outcome, Outcome::Delivered, "{answer:?}");
    let stranger = Authority::new();
    let mut settings = receiver.settings();
    settings["ca_pem"] = Value::from(stranger.ca_pem.as_str());
    let answer = open("syslog", settings).check().await.unwrap();
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{answer:?}");
    assert!(answer.detail.contains("certificate"), "{answer:?}");
    let mut settings = receiver.settings();
    settings["client_cert_pem"] = Value::from(stranger.client.cert_pem.as_str());
    settings["client_key_pem"] = Value::from(stranger.client.key_pem.as_str());
    let answer = open("syslog", settings).check().await.unwrap();
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{answer:?}");
}

#[tokio::test]
async fn rsyslog_gets_every_event_over_tls() {
    let receiver = SyslogReceiver::rsyslog();
    everything_arrives(&receiver).await;
    strangers_are_told(&receiver).await;
}

#[tokio::test]
async fn syslog_ng_gets_every_event_over_tls() {
    let receiver = SyslogReceiver::syslog_ng();
    everything_arrives(&receiver).await;
    strangers_are_told(&receiver).await;
}

#[tokio::test]
async fn a_receiver_that_stops_and_comes_back_loses_nothing() {
    let mut receiver = SyslogReceiver::rsyslog();
    let destination = open("syslog", receiver.settings());
    assert_eq!(destination.send(&batch(1)).await.outcome, Outcome::Delivered);
    // It is killed: what it has read and not yet written would be lost, and nobody could know.
    lines(&receiver, 1).await;
    receiver.kill();
    let answer = destination.send(&batch(2)).await;
    assert_eq!(answer.outcome, Outcome::Retry { after: None }, "{answer:?}");
    receiver.start();
    assert_eq!(destination.send(&batch(2)).await.outcome, Outcome::Delivered);
    assert_eq!(lines(&receiver, 3).await.len(), 3);
}

#[tokio::test]
async fn tenzir_counts_octets_as_we_do() {
    let tenzir = Tenzir::syslog();
    let answer = open("syslog", tenzir.settings()).send(&batch(20)).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{answer:?}");
    let look = async || Some(tenzir.lines()).filter(|lines| lines.len() >= 20);
    let messages = eventually("the messages", look).await;
    for (seq, message) in messages.iter().enumerate() {
        assert_eq!(message["facility"], 13, "{message}");
        assert_eq!(message["message_id"], "user.created", "{message}");
        let read = &message["structured_data"]["tallystick@32473"]["seq"];
        assert!(*read == json!(seq) || *read == json!(seq.to_string()), "{message}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_rejected_and_the_rest_arrives() {
    let receiver = SyslogReceiver::rsyslog();
    let mut settings = receiver.settings();
    settings["message_bytes_max"] = json!(8_192);
    let large = |seq: u64| if seq == 1 { json!({"text": "x".repeat(9_000)}) } else { Value::Null };
    let destination = open("syslog", settings);
    let answer = destination.send(&batch_with(0, 3, large)).await;
    let Outcome::Partial { rejected, again } = answer.outcome else { panic!("{answer:?}") };
    assert_eq!((rejected.len(), rejected[0].index, again.len()), (1, 1, 0));
    assert!(rejected[0].reason.contains("message_bytes_max"), "{rejected:?}");
    let lines = lines(&receiver, 2).await;
    assert!(lines[0].contains("seq=\"0\"") && lines[1].contains("seq=\"2\""));
    // One that is nothing else needs no connection.
    let answer = destination.send(&batch_with(1, 1, large)).await;
    assert!(matches!(answer.outcome, Outcome::Partial { .. }), "{answer:?}");
}

#[tokio::test]
async fn what_is_not_permitted_is_not_asked() {
    let tls_only =
        Surroundings { outbound: tallystick_outbound::OutboundOptions::default(), ..surroundings() };
    let kind = kind("syslog").unwrap();
    let answer = |settings: Value, world: Surroundings| async move {
        let settings = Settings::new(kind.fields, settings.as_object().unwrap().clone()).unwrap();
        (kind.open)(&settings, &world).unwrap().send(&batch(1)).await
    };
    for settings in [
        json!({"server": "127.0.0.1:514", "transport": "tcp"}),
        json!({"server": "127.0.0.1:514"}),
        json!({"server": "169.254.169.254:80"}),
    ] {
        let answer = answer(settings.clone(), tls_only.clone()).await;
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{settings}: {answer:?}");
    }
    let down = json!({"server": format!("127.0.0.1:{}", free_port()), "transport": "tcp"});
    assert_eq!(answer(down, surroundings()).await.outcome, Outcome::Retry { after: None });
}
