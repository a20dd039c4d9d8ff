//! Events that a receiver refuses become dead letters with its reason, and everything else arrives.

use std::time::Duration;

use serde_json::{Value, json};
use tallystick_receivers::{Azurite, ClickHouse, Nats, Osmem, Receiver, SyslogReceiver, Tenzir};

use super::{
    proxy::{Proxy, TOO_LARGE},
    targets::{MESSAGE_BYTES_MAX, Target},
    world::{ORG, Writer, check, dead_letters, make_streams, serve, settle},
};

/// Longest body that passes the proxy, bytes. The large event is longer however it is compressed.
const BODY_BYTES_MAX: usize = 12_000;
/// Bytes of the large event: 16 digits each that cannot be guessed.
const LARGE_PARTS: u64 = 3_000;

/// A receiver that refuses something: which events, as what, and a part of what it says.
struct Refusing {
    receiver: Box<dyn Receiver>,
    settings: Value,
    refuses_large: bool,
    refuses_text: bool,
    reason: &'static str,
    says: &'static str,
}

fn refusing() -> (Vec<(&'static str, Refusing)>, Vec<Proxy>) {
    let osmem = Osmem::with_index(Some(&json!({ "properties": { "number": { "type": "long" } } })));
    let clickhouse = ClickHouse::start();
    clickhouse.run(&format!(
        "ALTER TABLE default.audit_events ADD CONSTRAINT short CHECK length(event) < {MESSAGE_BYTES_MAX}"
    ));
    let one = |receiver: Box<dyn Receiver>, reason, says| Refusing {
        settings: receiver.settings(),
        receiver,
        refuses_large: true,
        refuses_text: false,
        reason,
        says,
    };
    let mut proxies = Vec::new();
    let mut by_proxy = |receiver: Box<dyn Receiver>| {
        let proxy = Proxy::start(receiver.port(), BODY_BYTES_MAX, 0);
        let settings = super::targets::quick(receiver.settings_by(proxy.port), receiver.kind());
        proxies.push(proxy);
        Refusing { settings, ..one(receiver, "too_large", TOO_LARGE) }
    };
    let (splunk, azure) = (by_proxy(Box::new(Tenzir::splunk())), by_proxy(Box::new(Azurite::start())));
    let osmem = one(Box::new(osmem), "refused", "mapper_parsing_exception");
    let mut rsyslog = one(Box::new(SyslogReceiver::rsyslog()), "refused", "message_bytes_max");
    rsyslog.settings["message_bytes_max"] = json!(MESSAGE_BYTES_MAX);
    let all = vec![
        ("elasticsearch/osmem", Refusing { refuses_large: false, refuses_text: true, ..osmem }),
        ("clickhouse/chdb", one(Box::new(clickhouse), "refused", "Code: 469.")),
        ("nats/nats-server", one(Box::new(Nats::with_stream(MESSAGE_BYTES_MAX)), "refused", "10054")),
        ("syslog/rsyslog", rsyslog),
        ("splunk_hec/tenzir", splunk),
        ("azure_blob/azurite", azure),
    ];
    (all, proxies)
}

#[test]
fn what_is_refused_is_kept_with_the_reason_and_the_rest_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let (refusing, _proxies) = refusing();
    let mut targets = Vec::new();
    let mut told = Vec::new();
    for (name, one) in refusing {
        let Refusing { receiver, settings, refuses_large, refuses_text, reason, says } = one;
        targets.push(Target { name, is_once: false, receiver, settings, stream: String::new() });
        told.push((name, refuses_large, refuses_text, reason, says));
    }
    let server = serve(dir.path());
    let api = &server.api;
    api.make_org(ORG);
    let writer = Writer::new(20, Duration::ZERO);
    let large: String =
        (0..LARGE_PARTS).map(|part| format!("{:016x}", tallystick::seeded::mix(part))).collect();
    for _ in 0..5 {
        writer.write(api).unwrap();
    }
    let large = writer.write_one(api, "large", json!(large));
    writer.write(api).unwrap();
    let text = writer.write_one(api, "number", json!("three"));
    writer.write(api).unwrap();
    make_streams(api, &mut targets);
    settle(api, &targets);
    let refused = |target: &Target| {
        let (_, refuses_large, refuses_text, ..) = told.iter().find(|told| told.0 == target.name).unwrap();
        let wanted = [(refuses_large, &large), (refuses_text, &text)];
        wanted.into_iter().filter(|(refuses, _)| **refuses).map(|(_, id)| id.clone()).collect()
    };
    check(api, &targets, refused);
    for (target, (name, _, _, reason, says)) in targets.iter().zip(&told) {
        for (_, given, excerpt) in dead_letters(api, target) {
            assert_eq!(given, *reason, "{name}: {excerpt}");
            assert!(excerpt.contains(says), "{name}: {excerpt}");
        }
    }
    server.stop();
}
