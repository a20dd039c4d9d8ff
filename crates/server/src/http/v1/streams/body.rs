//! What calls about streams give: the members of their bodies, checked.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use tallystick_destination::{Kind, kind, kinds};
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::formats_of;
use crate::{
    error::{ApiError, ErrorCode, ErrorDetail},
    http::json::nearest,
};

/// What a stream hides of events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamMask {
    /// Fields as the query language names them.
    #[schema(example = json!(["actor.email", "context.ip"]))]
    pub fields: Vec<String>,
    /// `drop`: nothing is left; `mask`: a fixed text; `hash`: the same text for the same value, keyed for each
    /// organization.
    #[schema(example = "hash")]
    pub method: String,
}

/// Where a stream begins, or goes on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is there for the document: values are read by hand, so that mistakes have a place")]
pub enum StreamPlace {
    /// `now`, `beginning`, or a time in RFC 3339: what was taken in from then on.
    Text(String),
    /// A place in the log.
    Seq {
        /// The first event.
        seq: u64,
    },
}

/// A member of the body is not right.
pub fn bad(path: &str, why: impl Into<String>) -> ApiError {
    let why = why.into();
    let name = path.trim_start_matches('/').replace('/', ".");
    ApiError::new(ErrorCode::InvalidBody, format!("{name}: {why}"))
        .with_errors(vec![ErrorDetail::new(path, "invalid", why)])
}

/// The kind of a name.
pub fn known_kind(name: &str) -> Result<&'static Kind, ApiError> {
    kind(name).ok_or_else(|| {
        let names = || kinds().iter().map(|kind| kind.name);
        let hint = match nearest(name, names()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
        };
        bad("/kind", format!("there is no kind \"{name}\"; {hint}"))
    })
}

/// The format that was asked for, or the best that the kind takes.
pub fn format_for(kind: &'static Kind, asked: Option<&str>) -> Result<&'static str, ApiError> {
    let formats = formats_of(kind);
    match asked {
        None => Ok(formats[0]),
        Some(asked) => formats.iter().copied().find(|name| *name == asked).ok_or_else(|| {
            let why = format!("\"{asked}\" is no format that {} takes, which are {}", kind.title, formats.join(", "));
            bad("/format", why)
        }),
    }
}

/// The settings, which are an object.
pub fn settings_of(given: Option<Value>) -> Result<Map<String, Value>, ApiError> {
    match given {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(settings)) => Ok(settings),
        Some(_) => Err(bad("/settings", "is an object with the settings of the destination")),
    }
}

/// A member that may be left out, null, or a text.
pub fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The organization that is named, if it is.
pub fn org_of(named: Option<Option<String>>) -> Result<Option<Option<OrgId>>, ApiError> {
    let Some(named) = named else { return Ok(None) };
    let org = named.map(|id| id.parse::<OrgId>()).transpose();
    org.map(Some).map_err(|error| bad("/organization_id", error.to_string()))
}
