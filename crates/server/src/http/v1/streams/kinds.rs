//! `GET /v1/stream_kinds`: what streams can send to, and what each kind has to be told. Forms are made of it.

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use tallystick_auth::Operation;
use tallystick_destination::{Field, FieldKind, Kind, Once, kinds as all_kinds};
use utoipa::ToSchema;

use super::{Manages, formats_of};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
};

/// What streams can send to.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamKindList {
    /// `list`.
    object: &'static str,
    /// In the order in which they are offered.
    data: Vec<StreamKind>,
}

/// A kind of destination.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamKind {
    /// Its name, for `kind` of a stream.
    #[schema(example = "splunk_hec")]
    kind: &'static str,
    /// For people.
    title: &'static str,
    /// One sentence.
    summary: &'static str,
    /// Where it is explained, a path of this service.
    #[schema(example = "/docs/streams/splunk-hec")]
    docs: String,
    /// What `settings` of a stream of this kind has, in the order of a form.
    fields: Vec<StreamKindField>,
    /// Names of formats that it takes, the best first.
    formats: Vec<&'static str>,
    /// `exactly`: an event arrives once, as the other side tells repetitions; `at_least`: it may be there twice when an
    /// answer was lost, with the same id.
    once: &'static str,
    /// What a batch may be.
    limits: StreamKindLimits,
}

/// Something that a destination has to be told.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamKindField {
    /// Its name in `settings`.
    name: &'static str,
    /// For people.
    title: &'static str,
    /// What it is for and where to find it.
    help: &'static str,
    /// `text`, `url`, `secret`, `lines` (text of several lines), `choice`, `switch`, `number`, or `secret_map` (an object
    /// of texts). Secrets are written and never read back.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Of a choice: the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<&'static str>>,
    /// Of a number: the smallest.
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<u64>,
    /// Of a number: the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<u64>,
    /// Whether it has to be given.
    required: bool,
    /// What holds if it is not given; null: nothing.
    default: Value,
    /// An example; empty: none.
    example: &'static str,
}

/// What a batch of a kind may be.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamKindLimits {
    /// Events of one batch.
    events_max: u64,
    /// Bytes of their records, before compression.
    bytes_max: u64,
    /// How long the first event of a batch waits for others, milliseconds.
    linger_ms: u64,
}

impl From<&'static Kind> for StreamKind {
    fn from(kind: &'static Kind) -> Self {
        Self {
            kind: kind.name,
            title: kind.title,
            summary: kind.summary,
            docs: format!("/docs/streams/{}", kind.name.replace('_', "-")),
            fields: kind.fields.iter().map(StreamKindField::from).collect(),
            formats: formats_of(kind),
            once: match kind.once {
                Once::Exactly => "exactly",
                Once::AtLeast => "at_least",
            },
            limits: StreamKindLimits {
                events_max: kind.shape.events_max as u64,
                bytes_max: kind.shape.bytes_max as u64,
                linger_ms: kind.shape.linger.as_millis() as u64,
            },
        }
    }
}

impl From<&'static Field> for StreamKindField {
    fn from(field: &'static Field) -> Self {
        let (kind, choices, bounds) = match field.kind {
            FieldKind::Text => ("text", None, None),
            FieldKind::Url => ("url", None, None),
            FieldKind::Secret => ("secret", None, None),
            FieldKind::Lines => ("lines", None, None),
            FieldKind::Choice(choices) => ("choice", Some(choices.to_vec()), None),
            FieldKind::Switch => ("switch", None, None),
            FieldKind::Number(min, max) => ("number", None, Some((min, max))),
            FieldKind::SecretMap => ("secret_map", None, None),
        };
        let default = match (field.kind, field.default) {
            (_, "") => Value::Null,
            (FieldKind::Switch | FieldKind::Number(..), text) => {
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }
            (_, text) => text.into(),
        };
        Self {
            name: field.name,
            title: field.title,
            help: field.help,
            kind,
            choices,
            min: bounds.map(|(min, _)| min),
            max: bounds.map(|(_, max)| max),
            required: field.is_required,
            default,
            example: field.example,
        }
    }
}

/// List kinds of destinations
///
/// What streams can send to, with what each has to be told.
#[utoipa::path(
    get,
    path = "/v1/stream_kinds",
    tag = "streams",
    operation_id = "list_stream_kinds",
    responses(
        (status = 200, description = "All kinds", body = StreamKindList),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn kinds(caller: Authenticated, params: Params) -> Result<Json<StreamKindList>, ApiError> {
    Manages::of(&caller, Operation::ListStreamKinds)?;
    params.end()?;
    Ok(Json(StreamKindList {
        object: "list",
        data: all_kinds().iter().copied().map(StreamKind::from).collect(),
    }))
}
