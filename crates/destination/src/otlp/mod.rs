//! Logs over OTLP/HTTP (opentelemetry.io, OTLP 1.x): to a collector, or to any service that takes OpenTelemetry.

mod headers;
mod meaning;
mod message;
mod record;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request};
use prost::Message;
use url::Url;

use self::headers::headers_of;
use crate::http::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM, HttpClient, gzip, url_of};
use crate::{
    Answer, BadSettings, Batch, Destination, Field, FieldKind, Kind, Once, Outcome, Settings, Shape,
    Surroundings,
};

/// Where logs are taken.
const PATH: &str = "v1/logs";

/// The kind.
pub(crate) static KIND: Kind = Kind {
    name: "otlp",
    title: "OpenTelemetry",
    summary: "Log records over OTLP/HTTP, to a collector or any service that takes OpenTelemetry.",
    fields: FIELDS,
    formats: &[],
    shape: Shape { events_max: 512, bytes_max: 1_000_000, linger: Duration::from_secs(1), is_by_hour: false },
    once: Once::AtLeast,
    open,
};

const FIELDS: &[Field] = &[
    Field {
        name: "endpoint",
        title: "Endpoint",
        help: "The receiver's address for OTLP over HTTP. /v1/logs is added unless it ends so.",
        kind: FieldKind::Url,
        is_required: true,
        default: "",
        example: "https://collector.example.com:4318",
    },
    Field {
        name: "headers",
        title: "Headers",
        help: "Sent with every request, such as Authorization or the key of a service.",
        kind: FieldKind::SecretMap,
        is_required: false,
        default: "",
        example: "",
    },
    Field {
        name: "service_name",
        title: "Service name",
        help: "service.name of the resource that the records belong to.",
        kind: FieldKind::Text,
        is_required: false,
        default: "tallystick",
        example: "",
    },
    Field {
        name: "service_namespace",
        title: "Service namespace",
        help: "service.namespace of the resource.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "security",
    },
    Field {
        name: "encoding",
        title: "Encoding",
        help: "protobuf, which every receiver takes, or its JSON form.",
        kind: FieldKind::Choice(&["protobuf", "json"]),
        is_required: false,
        default: "protobuf",
        example: "",
    },
    Field {
        name: "compression",
        title: "Compression",
        help: "gzip, or none for receivers that cannot unpack it.",
        kind: FieldKind::Choice(&["gzip", "none"]),
        is_required: false,
        default: "gzip",
        example: "",
    },
    CA_PEM,
    CLIENT_CERT_PEM,
    CLIENT_KEY_PEM,
];

struct Otlp {
    client: HttpClient,
    url: Url,
    headers: HeaderMap,
    service: String,
    namespace: Option<String>,
    is_json: bool,
    is_packed: bool,
}

fn open(settings: &Settings, surroundings: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let is_json = settings.required("encoding")? == "json";
    let is_packed = settings.required("compression")? == "gzip";
    let mut headers = headers_of(settings, "headers")?;
    let media = if is_json { "application/json" } else { "application/x-protobuf" };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    if is_packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(Box::new(Otlp {
        client: HttpClient::open(settings, surroundings)?,
        url: with_path(url_of(settings, "endpoint", surroundings)?),
        headers,
        service: settings.required("service_name")?.to_owned(),
        namespace: settings.text("service_namespace").map(str::to_owned),
        is_json,
        is_packed,
    }))
}

/// The address of logs below a base address.
fn with_path(mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with(&format!("/{PATH}")) {
        url.set_path(&format!("{path}/{PATH}"));
    }
    url
}

impl Otlp {
    async fn exchange(&self, message: &message::Request, count: usize, now_ms: Option<i64>) -> Answer {
        let body = if self.is_json {
            serde_json::to_vec(message).expect("messages have texts as keys")
        } else {
            message.encode_to_vec()
        };
        let body = Bytes::from(if self.is_packed { gzip(&body) } else { body });
        let sent_bytes = body.len() as u64;
        let mut request = Request::post(self.url.as_str()).body(body).expect("the URL was parsed");
        *request.headers_mut() = self.headers.clone();
        match self.client.call(request, now_ms).await {
            Ok(response) => {
                let outcome = meaning::meaning(&response, count);
                self.client.answer(self.cleaned(outcome), &meaning::readable(response), sent_bytes)
            }
            Err(answer) => answer,
        }
    }

    /// Reasons repeat what the other side says, as long as it says it.
    fn cleaned(&self, mut outcome: Outcome) -> Outcome {
        if let Outcome::Partial { rejected, .. } = &mut outcome {
            for rejection in rejected {
                rejection.reason = self.client.excerpt(rejection.reason.as_bytes());
            }
        }
        outcome
    }
}

#[async_trait]
impl Destination for Otlp {
    async fn send(&self, batch: &Batch) -> Answer {
        let message = record::request(batch, &self.service, self.namespace.as_deref());
        self.exchange(&message, batch.records.len(), Some(batch.now_ms)).await
    }

    /// The protocol wants a request without records answered with success.
    async fn check(&self) -> Option<Answer> {
        Some(self.exchange(&message::Request::default(), 0, None).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_added_once() {
        for (given, expected) in [
            ("https://c.example:4318", "https://c.example:4318/v1/logs"),
            ("https://c.example/", "https://c.example/v1/logs"),
            ("https://c.example/otlp/", "https://c.example/otlp/v1/logs"),
            ("https://c.example/otlp/v1/logs", "https://c.example/otlp/v1/logs"),
            ("https://c.example/v1/logs/?key=1", "https://c.example/v1/logs/?key=1"),
        ] {
            assert_eq!(with_path(given.parse().unwrap()).as_str(), expected);
        }
    }
}
