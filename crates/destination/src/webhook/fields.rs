//! What a webhook has to be told.

use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::body::Form;
use crate::http::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM};
use crate::{BadSettings, Field, FieldKind, Settings};

/// Headers that are ours to set.
const OURS: [HeaderName; 10] = [
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    EXPECT,
    HOST,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];
/// How the headers begin that say what is signed.
const SIGNED_PREFIX: &str = "webhook-";

pub(super) static FIELDS: &[Field] = &[
    Field {
        name: "url",
        title: "URL",
        help: "What is called, with POST. It is shown to everybody who sees this stream: keep secrets out of it.",
        kind: FieldKind::Url,
        is_required: true,
        default: "",
        example: "https://audit.example.com/hooks/tallystick",
    },
    Field {
        name: "secret",
        title: "Signing secret",
        help: "whsec_ and 24 to 64 random bytes in base64, or whsk_ and an Ed25519 key. The receiver checks with it \
               that a call comes from here; without it calls are not signed.",
        kind: FieldKind::Secret,
        is_required: false,
        default: "",
        example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    },
    Field {
        name: "previous_secret",
        title: "Previous signing secret",
        help: "While receivers are given a new secret: calls are signed with both. Take it away afterwards.",
        kind: FieldKind::Secret,
        is_required: false,
        default: "",
        example: "",
    },
    Field {
        name: "bearer_token",
        title: "Bearer token",
        help: "Sent as Authorization: Bearer, if the receiver wants one.",
        kind: FieldKind::Secret,
        is_required: false,
        default: "",
        example: "",
    },
    Field {
        name: "headers",
        title: "Headers",
        help: "More headers for every call. Their values are kept secret.",
        kind: FieldKind::SecretMap,
        is_required: false,
        default: "",
        example: "",
    },
    Field {
        name: "body",
        title: "Body",
        help: "batch: an object with the events in data. json_array: the events alone. ndjson: one event a line. \
               cloudevents: a JSON batch of CloudEvents, with the format cloudevents.",
        kind: FieldKind::Choice(Form::NAMES),
        is_required: false,
        default: "batch",
        example: "",
    },
    CA_PEM,
    CLIENT_CERT_PEM,
    CLIENT_KEY_PEM,
];

/// The headers that were given.
///
/// # Errors
/// If one is ours to set, or none at all.
pub(super) fn headers(settings: &Settings) -> Result<HeaderMap, BadSettings> {
    let bad = |why: String| BadSettings::new("headers", why);
    let mut headers = HeaderMap::new();
    for (name, value) in settings.map("headers") {
        let header =
            HeaderName::try_from(&name).map_err(|_| bad(format!("{name} is not the name of a header")))?;
        if OURS.contains(&header) || header.as_str().starts_with(SIGNED_PREFIX) {
            return Err(bad(format!("{name} is set by the service itself")));
        }
        let value = HeaderValue::try_from(value);
        let mut value =
            value.map_err(|_| bad(format!("the value of {name} has characters that no header takes")))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}
