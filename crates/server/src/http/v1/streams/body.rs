//! What calls about streams give: the members of their bodies, checked.

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use tallystick_delivery::streams::{Mask, MaskMethod, Start};
use tallystick_event::OrgId;
use tallystick_query::{Diagnostic, LowerOptions, lower, parse};
use utoipa::ToSchema;

use crate::{
    error::{ApiError, ErrorCode, ErrorDetail, convert::invalid_query},
    http::json::nearest,
    state::AppState,
};

/// What a stream hides of events.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamMask {
    /// Parts of an event by their path; `*` is any member. What a path leads to is hidden with all that is in it.
    #[schema(example = json!(["actor.email", "metadata.card"]))]
    fields: Vec<String>,
    /// `drop`: nothing is left; `mask`: `***` in its place; `hash`: the same text for the same value, keyed for each
    /// organization. `drop` if left out.
    #[serde(default = "drop_word")]
    #[schema(example = "hash", default = "drop")]
    method: String,
}

fn drop_word() -> String {
    method_name(MaskMethod::Drop).to_owned()
}

fn method_name(method: MaskMethod) -> &'static str {
    match method {
        MaskMethod::Drop => "drop",
        MaskMethod::Hash => "hash",
        MaskMethod::Mask => "mask",
    }
}

impl From<Mask> for StreamMask {
    fn from(mask: Mask) -> Self {
        Self { method: method_name(mask.method).to_owned(), fields: mask.fields }
    }
}

impl StreamMask {
    /// The mask that is meant.
    pub fn checked(self) -> Result<Mask, ApiError> {
        let methods = [MaskMethod::Drop, MaskMethod::Hash, MaskMethod::Mask];
        let method = methods.into_iter().find(|method| method_name(*method) == self.method);
        let method = method.ok_or_else(|| {
            let near = nearest(&self.method, methods.map(method_name));
            let hint = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
            bad("/mask/method", format!("\"{}\" is none of drop, hash, mask{hint}", self.method))
        })?;
        let mask = Mask { fields: self.fields, method };
        mask.check().map_err(|error| bad("/mask/fields", error.to_string()))?;
        Ok(mask)
    }
}

/// Where a stream begins, or goes on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum StreamPlace {
    /// `now`, `beginning`, or a time in RFC 3339: what was taken in from then on.
    Text(String),
    /// A place in the log.
    Seq {
        /// The first event.
        seq: u64,
    },
}

/// The place that is meant by a member of the body.
pub fn place(value: &Value, path: &str) -> Result<Start, ApiError> {
    Start::from_json(value).map_err(|error| bad(path, error.to_string()))
}

/// A member of the body is not right.
pub fn bad(path: &str, why: impl Into<String>) -> ApiError {
    let why = why.into();
    let name = path.trim_start_matches('/').replace('/', ".");
    ApiError::new(ErrorCode::InvalidBody, format!("{name}: {why}"))
        .with_errors(vec![ErrorDetail::new(path, "invalid", why)])
}

/// The settings, which are an object.
pub fn settings_of(given: Option<Value>) -> Result<Map<String, Value>, ApiError> {
    match given {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(settings)) => Ok(settings),
        Some(_) => Err(bad("/settings", "it is an object with the settings of the destination")),
    }
}

/// Refuses a query that would not work, with the place of each mistake. A stream is nobody, so `@me` means nothing.
pub fn check_query(state: &AppState, text: &str) -> Result<(), ApiError> {
    let told = |errors: &[Diagnostic]| invalid_query("/query", errors);
    let (query, _) = parse(text).into_result().map_err(|errors| told(&errors))?;
    if query.root.is_none() {
        return Ok(());
    }
    let options = LowerOptions { now_us: state.clock.now_ms() * 1_000, tz: &TimeZone::UTC, me: None };
    lower(&query, &options).map(drop).map_err(|error| told(&[error]))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn masks_are_read_as_they_are_shown() {
        for method in ["drop", "hash", "mask"] {
            let body = json!({ "fields": ["actor.email"], "method": method });
            let mask: StreamMask = serde_json::from_value(body.clone()).expect("a mask");
            let again = StreamMask::from(mask.checked().expect("a good one"));
            assert_eq!(serde_json::to_value(&again).expect("plain data"), body);
        }
        for (body, path) in [
            (json!({ "fields": ["actor.email"], "method": "hsh" }), "/mask/method"),
            (json!({ "fields": ["id"] }), "/mask/fields"),
        ] {
            let mask: StreamMask = serde_json::from_value(body).expect("a mask");
            assert_eq!(mask.checked().expect_err("a bad one").errors()[0].path, path);
        }
    }

    #[test]
    fn left_out_and_null_are_not_the_same() {
        #[derive(Deserialize)]
        struct Sample {
            #[serde(default, deserialize_with = "named")]
            #[expect(clippy::option_option, reason = "left out and null mean different things")]
            organization_id: Option<Option<String>>,
        }
        let read = |text: &str| serde_json::from_str::<Sample>(text).expect("a body").organization_id;
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"organization_id": null}"#), Some(None));
        assert_eq!(read(r#"{"organization_id": "acme"}"#), Some(Some("acme".to_owned())));
    }
}
