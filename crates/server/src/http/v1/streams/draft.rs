//! A stream as it is to be, checked against its kind: what making, changing and trying one have in common.

use serde_json::{Map, Value};
use tallystick_auth::Unsealable;
use tallystick_catalog::{Stream, StreamId};
use tallystick_delivery::streams::Mask;
use tallystick_destination::{Kind, Settings};
use tallystick_query::parse;
use zeroize::Zeroizing;

use super::body::{StreamMask, bad, format_for, known_kind, settings_of};
use crate::{
    error::{ApiError, convert::invalid_query},
    http::selection::lowered,
    state::AppState,
    streams::settings::{refused, settled},
};

/// What a call gives of a stream.
pub struct Given {
    /// The kind's name.
    pub kind: String,
    /// An object.
    pub settings: Option<Value>,
    /// The format's name.
    pub format: Option<String>,
    /// Which events.
    pub query: Option<String>,
    /// What is hidden of them.
    pub mask: Option<StreamMask>,
}

/// A stream as it is to be. Settings hold secrets.
pub struct Draft {
    /// Where to.
    pub kind: &'static Kind,
    /// With secrets.
    pub settings: Settings,
    /// One that the kind takes.
    pub format: &'static str,
    /// One that parses.
    pub query: String,
    /// As it is stored.
    pub mask: String,
}

impl Draft {
    /// Checks everything that can be checked without asking the destination; `kept` are settings that a stream has.
    pub fn of(
        state: &AppState,
        stream: &str,
        given: Given,
        kept: Option<&Map<String, Value>>,
    ) -> Result<Self, ApiError> {
        let kind = known_kind(&given.kind)?;
        let format = format_for(kind, given.format.as_deref())?;
        let query = given.query.unwrap_or_default();
        check_query(state, &query)?;
        let mask = mask_text(given.mask.as_ref())?;
        let settings = settled(kind, settings_of(given.settings)?, kept)?;
        (kind.open)(&settings, &state.streams.surroundings(stream)).map_err(|error| refused(&error))?;
        Ok(Self { kind, settings, format, query, mask })
    }

    /// The settings, sealed for a stream.
    pub fn sealed(&self, state: &AppState, id: &StreamId) -> Result<Vec<u8>, ApiError> {
        seal(state, id, &self.settings)
    }

    /// The settings without secrets, as they are stored.
    pub fn shown(&self) -> String {
        Value::Object(self.settings.shown()).to_string()
    }
}

/// Settings, sealed for a stream.
pub fn seal(state: &AppState, id: &StreamId, settings: &Settings) -> Result<Vec<u8>, ApiError> {
    let text = Zeroizing::new(serde_json::to_vec(settings.values()).map_err(ApiError::internal)?);
    Ok(state.auth.seal_stream(id.as_str(), &text))
}

/// The settings of a stream with secrets.
pub fn opened(state: &AppState, stream: &Stream) -> Result<Map<String, Value>, ApiError> {
    let opened = state.auth.open_stream(stream.id.as_str(), &stream.settings_sealed);
    let opened = opened.map_err(|Unsealable| ApiError::internal(format!("{}: {Unsealable}", stream.id)))?;
    serde_json::from_slice(&opened).map_err(|error| ApiError::internal(format!("{}: {error}", stream.id)))
}

/// Refuses a query that would not work. A stream is nobody, so `@me` means nothing in it.
pub fn check_query(state: &AppState, text: &str) -> Result<(), ApiError> {
    let (query, _) = parse(text).into_result().map_err(|errors| invalid_query("query", &errors))?;
    lowered(&query, state.clock.now_ms() * 1_000, &jiff::tz::TimeZone::UTC, None).map(drop)
}

/// A mask as it is stored; empty: nothing is hidden.
pub fn mask_text(mask: Option<&StreamMask>) -> Result<String, ApiError> {
    let Some(mask) = mask.filter(|mask| !mask.fields.is_empty()) else { return Ok(String::new()) };
    let checked = Mask::new(&mask.fields, &mask.method).map_err(|error| bad("/mask", error.to_string()))?;
    Ok(checked.to_text())
}

/// The mask of a stream; none: nothing is hidden.
pub fn stored_mask(stream: &Stream) -> Option<StreamMask> {
    serde_json::from_str(&stream.mask).ok()
}
