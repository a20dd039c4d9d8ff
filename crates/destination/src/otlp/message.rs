//! The messages of OTLP that logs take (opentelemetry-proto 1.x, `collector/logs/v1`, `logs/v1`, `resource/v1`,
//! `common/v1`), in protobuf and in its JSON encoding: names in lowerCamelCase, 64-bit numbers as texts, ids of traces
//! in hexadecimal, enumerations as numbers. Only fields that are written or read are here; numbers must not change.

use prost::{Message, Oneof};
use serde::{Serialize, Serializer};

/// `ExportLogsServiceRequest`.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    #[prost(message, repeated, tag = "1")]
    pub(super) resource_logs: Vec<ResourceLogs>,
}

/// `ResourceLogs`: what one source says.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceLogs {
    #[prost(message, optional, tag = "1")]
    pub(super) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(super) scope_logs: Vec<ScopeLogs>,
}

/// `Resource`: who says it.
#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub(super) attributes: Vec<KeyValue>,
}

/// `ScopeLogs`.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScopeLogs {
    #[prost(message, optional, tag = "1")]
    pub(super) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    pub(super) log_records: Vec<LogRecord>,
}

/// `InstrumentationScope`: which part of the source says it.
#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct Scope {
    #[prost(string, tag = "1")]
    pub(super) name: String,
}

/// `LogRecord`.
#[derive(Clone, PartialEq, Message, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogRecord {
    #[prost(fixed64, tag = "1")]
    #[serde(serialize_with = "as_text")]
    pub(super) time_unix_nano: u64,
    #[prost(fixed64, tag = "11")]
    #[serde(serialize_with = "as_text")]
    pub(super) observed_time_unix_nano: u64,
    #[prost(int32, tag = "2")]
    pub(super) severity_number: i32,
    #[prost(string, tag = "3")]
    pub(super) severity_text: String,
    #[prost(message, optional, tag = "5")]
    pub(super) body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    pub(super) attributes: Vec<KeyValue>,
    /// 16 bytes, or none.
    #[prost(bytes = "vec", tag = "9")]
    #[serde(serialize_with = "as_hex", skip_serializing_if = "Vec::is_empty")]
    pub(super) trace_id: Vec<u8>,
    #[prost(string, tag = "12")]
    pub(super) event_name: String,
}

/// `KeyValue`.
#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(message, optional, tag = "2")]
    pub(super) value: Option<AnyValue>,
}

/// `AnyValue`.
#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct AnyValue {
    #[prost(oneof = "Any", tags = "1, 3, 5, 6")]
    #[serde(flatten)]
    pub(super) value: Option<Any>,
}

/// What an [`AnyValue`] is.
#[derive(Clone, PartialEq, Oneof, Serialize)]
pub(super) enum Any {
    #[prost(string, tag = "1")]
    #[serde(rename = "stringValue")]
    Text(String),
    #[prost(int64, tag = "3")]
    #[serde(rename = "intValue", serialize_with = "as_text")]
    Int(i64),
    #[prost(message, tag = "5")]
    #[serde(rename = "arrayValue")]
    List(List),
    #[prost(message, tag = "6")]
    #[serde(rename = "kvlistValue")]
    Map(Pairs),
}

/// `ArrayValue`.
#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct List {
    #[prost(message, repeated, tag = "1")]
    pub(super) values: Vec<AnyValue>,
}

/// `KeyValueList`.
#[derive(Clone, PartialEq, Message, Serialize)]
pub(super) struct Pairs {
    #[prost(message, repeated, tag = "1")]
    pub(super) values: Vec<KeyValue>,
}

/// `ExportLogsServiceResponse`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Response {
    #[prost(message, optional, tag = "1")]
    pub(super) partial_success: Option<PartialSuccess>,
}

/// `ExportLogsPartialSuccess`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct PartialSuccess {
    #[prost(int64, tag = "1")]
    pub(super) rejected_log_records: i64,
    #[prost(string, tag = "2")]
    pub(super) error_message: String,
}

/// `google.rpc.Status`, which the body of an error is.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Status {
    #[prost(string, tag = "2")]
    pub(super) message: String,
}

impl From<&str> for AnyValue {
    fn from(text: &str) -> Self {
        Any::Text(text.to_owned()).into()
    }
}

impl From<Any> for AnyValue {
    fn from(value: Any) -> Self {
        Self { value: Some(value) }
    }
}

/// A pair.
pub(super) fn pair(key: &str, value: impl Into<AnyValue>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value.into()) }
}

fn as_text<S: Serializer>(number: &impl ToString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.to_string())
}

fn as_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> LogRecord {
        LogRecord {
            time_unix_nano: 1,
            observed_time_unix_nano: 2,
            severity_number: 9,
            severity_text: "INFO".to_owned(),
            body: Some("b".into()),
            attributes: vec![
                pair("n", Any::Int(-1)),
                pair(
                    "l",
                    Any::List(List { values: vec![Any::Map(Pairs { values: vec![pair("k", "v")] }).into()] }),
                ),
            ],
            trace_id: vec![0xab; 16],
            event_name: "e".to_owned(),
        }
    }

    /// Written down by hand from the numbers and types in the definition of the protocol.
    #[test]
    fn the_bytes_of_protobuf_are_those_of_the_definition() {
        let mut expected = vec![0x09, 1, 0, 0, 0, 0, 0, 0, 0]; // 1: fixed64
        expected.extend([0x10, 9]); // 2: enum
        expected.extend(b"\x1a\x04INFO"); // 3: string
        expected.extend(b"\x2a\x03\x0a\x01b"); // 5: AnyValue { 1: string }
        expected.extend(b"\x32\x10\x0a\x01n\x12\x0b\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"); // 6: { 3: int64 }
        expected.extend(b"\x32\x15\x0a\x01l\x12\x10\x2a\x0e\x0a\x0c\x32\x0a"); // 6: { 5: [ { 6: … } ] }
        expected.extend(b"\x0a\x08\x0a\x01k\x12\x03\x0a\x01v");
        expected.extend(b"\x4a\x10");
        expected.extend([0xab; 16]); // 9: bytes
        expected.extend([0x59, 2, 0, 0, 0, 0, 0, 0, 0]); // 11: fixed64
        expected.extend(b"\x62\x01e"); // 12: string
        let written = record().encode_to_vec();
        assert_eq!(hex::encode(written), hex::encode(expected));
    }

    #[test]
    fn json_is_as_the_protocol_wants_it() {
        let request = Request {
            resource_logs: vec![ResourceLogs {
                resource: Some(Resource { attributes: vec![pair("service.name", "s")] }),
                scope_logs: vec![ScopeLogs {
                    scope: Some(Scope { name: "scope".to_owned() }),
                    log_records: vec![record()],
                }],
            }],
        };
        let expected = serde_json::json!({"resourceLogs": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]},
            "scopeLogs": [{"scope": {"name": "scope"}, "logRecords": [{
                "timeUnixNano": "1", "observedTimeUnixNano": "2", "severityNumber": 9, "severityText": "INFO",
                "body": {"stringValue": "b"},
                "attributes": [
                    {"key": "n", "value": {"intValue": "-1"}},
                    {"key": "l", "value": {"arrayValue": {"values": [
                        {"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}]}}},
                ],
                "traceId": "abababababababababababababababab", "eventName": "e",
            }]}],
        }]});
        assert_eq!(serde_json::to_value(&request).unwrap(), expected);
    }

    #[test]
    fn answers_are_read() {
        let response = Response::decode(&b"\x0a\x06\x08\x02\x12\x02no"[..]).unwrap();
        let partial = response.partial_success.unwrap();
        assert_eq!((partial.rejected_log_records, partial.error_message.as_str()), (2, "no"));
        assert_eq!(Status::decode(&b"\x08\x03\x12\x03bad"[..]).unwrap().message, "bad");
    }
}
