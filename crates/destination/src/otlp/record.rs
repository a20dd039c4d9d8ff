//! Events as records of logs: what OpenTelemetry has a name for stands under that name, everything else under
//! `tallystick.`; the body is the event in the stream's format.

use serde_json::Value;

use super::message::{
    Any, AnyValue, KeyValue, List, LogRecord, Pairs, Request, Resource, ResourceLogs, Scope, ScopeLogs, pair,
};
use crate::native::Native;
use crate::{Batch, Record};

/// The scope of all records, by which receivers tell them from other logs.
const SCOPE: &str = "tallystick.audit";

/// Severities of OpenTelemetry's model of logs.
const INFO: (i32, &str) = (9, "INFO");
const WARN: (i32, &str) = (13, "WARN");

/// Texts of an event, and the attributes that they become.
const TEXTS: [(&str, &str, &str); 11] = [
    ("actor", "type", "tallystick.actor.type"),
    ("actor", "id", "tallystick.actor.id"),
    ("actor", "name", "tallystick.actor.name"),
    ("actor", "email", "tallystick.actor.email"),
    ("context", "ip", "client.address"),
    ("context", "user_agent", "user_agent.original"),
    ("context", "session_id", "session.id"),
    ("context", "country", "geo.country.iso_code"),
    ("context", "request_id", "tallystick.request.id"),
    ("context", "origin", "tallystick.origin"),
    ("context", "trace_id", "tallystick.trace.id"),
];

/// What an actor that is a person is called, too.
const USER_TEXTS: [(&str, &str); 3] =
    [("id", "user.id"), ("name", "user.full_name"), ("email", "user.email")];

/// A batch as one request.
pub(super) fn request(batch: &Batch, service: &str, namespace: Option<&str>) -> Request {
    let mut attributes = vec![pair("service.name", service)];
    attributes.extend(namespace.map(|namespace| pair("service.namespace", namespace)));
    attributes.push(pair("tallystick.org.id", batch.org.as_str()));
    attributes.push(pair("tallystick.log", batch.log.as_str()));
    attributes.push(pair("tallystick.stream.id", batch.stream.as_str()));
    let log_records = batch.records.iter().map(log_record).collect();
    let scope_logs = vec![ScopeLogs { scope: Some(Scope { name: SCOPE.to_owned() }), log_records }];
    Request { resource_logs: vec![ResourceLogs { resource: Some(Resource { attributes }), scope_logs }] }
}

fn log_record(record: &Record) -> LogRecord {
    let native = Native::read(&record.native);
    let (severity_number, severity_text) = if record.is_failure { WARN } else { INFO };
    LogRecord {
        time_unix_nano: nanoseconds(record.occurred_ms),
        observed_time_unix_nano: nanoseconds(record.received_ms),
        severity_number,
        severity_text: severity_text.to_owned(),
        body: Some(String::from_utf8_lossy(&record.bytes).as_ref().into()),
        attributes: attributes(record, &native),
        trace_id: native.text("context", "trace_id").and_then(trace_id).unwrap_or_default(),
        event_name: record.action.clone(),
    }
}

fn attributes(record: &Record, native: &Native) -> Vec<KeyValue> {
    let mut pairs = vec![
        pair("log.record.uid", record.event_id.as_str()),
        pair("tallystick.seq", Any::Int(i64::try_from(record.seq).unwrap_or(i64::MAX))),
        pair("tallystick.leaf_hash", hex::encode(record.leaf_hash).as_str()),
    ];
    pairs.extend(
        ["outcome", "reason"]
            .iter()
            .filter_map(|name| native.own(name).map(|text| pair(&format!("tallystick.{name}"), text))),
    );
    if native.text("actor", "type") == Some("user") {
        let texts = USER_TEXTS.iter().filter_map(|(name, key)| Some(pair(key, native.text("actor", name)?)));
        pairs.extend(texts);
    }
    pairs.extend(TEXTS.iter().filter_map(|(part, name, key)| Some(pair(key, native.text(part, name)?))));
    let targets: Vec<AnyValue> = native.targets().iter().map(target).collect();
    if !targets.is_empty() {
        pairs.push(pair("tallystick.targets", Any::List(List { values: targets })));
    }
    pairs
}

fn target(target: &Value) -> AnyValue {
    let texts =
        ["type", "id", "name"].iter().filter_map(|name| Some(pair(name, target.get(name)?.as_str()?)));
    Any::Map(Pairs { values: texts.collect() }).into()
}

/// Unix nanoseconds of Unix ms. The protocol has none before 1970, and neither have events.
fn nanoseconds(unix_ms: i64) -> u64 {
    u64::try_from(unix_ms).unwrap_or(0).saturating_mul(1_000_000)
}

/// An id of W3C Trace Context: 32 hexadecimal digits that are not all zero.
fn trace_id(text: &str) -> Option<Vec<u8>> {
    let id = hex::decode(text).ok()?;
    (id.len() == 16 && id.iter().any(|byte| *byte != 0)).then_some(id)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn record(native: &'static str) -> LogRecord {
        log_record(&Record {
            seq: 7,
            event_id: "evt_1".to_owned(),
            leaf_hash: [0xab; 32],
            occurred_ms: 1_700_000_000_123,
            received_ms: 1_700_000_000_456,
            action: "user.login".to_owned(),
            is_failure: true,
            bytes: Bytes::from_static(b"CEF:1|x"),
            native: Bytes::from_static(native.as_bytes()),
        })
    }

    fn keys(record: &LogRecord) -> Vec<&str> {
        record.attributes.iter().map(|pair| pair.key.as_str()).collect()
    }

    #[test]
    fn a_person_is_a_user_and_a_trace_is_one() {
        let record = record(
            r#"{"outcome":"denied","actor":{"type":"user","id":"u_1","name":"Ana"},"targets":[{"type":"doc","id":"d"}],
                "context":{"ip":"192.0.2.1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}}"#,
        );
        assert_eq!(record.time_unix_nano, 1_700_000_000_123_000_000);
        assert_eq!((record.severity_number, record.event_name.as_str()), (13, "user.login"));
        assert_eq!(record.body, Some("CEF:1|x".into()));
        assert_eq!(record.trace_id.len(), 16);
        let expected = [
            "log.record.uid",
            "tallystick.seq",
            "tallystick.leaf_hash",
            "tallystick.outcome",
            "user.id",
            "user.full_name",
            "tallystick.actor.type",
            "tallystick.actor.id",
            "tallystick.actor.name",
            "client.address",
            "tallystick.trace.id",
            "tallystick.targets",
        ];
        assert_eq!(keys(&record), expected);
    }

    #[test]
    fn a_program_is_no_user_and_what_is_no_trace_stays_text() {
        let record = record(r#"{"actor":{"type":"api_key","id":"ak_1"},"context":{"trace_id":"abc"}}"#);
        assert!(!keys(&record).contains(&"user.id"));
        assert!(record.trace_id.is_empty() && keys(&record).contains(&"tallystick.trace.id"));
        assert_eq!(trace_id("00000000000000000000000000000000"), None);
        assert_eq!(nanoseconds(-1), 0);
    }
}
