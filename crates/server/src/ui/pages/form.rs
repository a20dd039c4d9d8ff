//! A submitted form: checked to come from our own page, then read field by field.

use std::collections::HashMap;

use axum::{
    extract::Request,
    http::{header, request::Parts},
};
use tallystick_auth::Secret;

use crate::{
    error::{ApiError, ErrorCode},
    http::{body, json::media_type, same_site},
    state::AppState,
};

/// Bytes of a form at most.
const FORM_BYTES_MAX: usize = 16 << 10;

/// The fields, and the request they came in.
pub(super) struct Form {
    pub(super) parts: Parts,
    fields: HashMap<String, String>,
}

impl Form {
    pub(super) async fn read(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        same_site::check(&parts.headers)?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.map(media_type).as_deref() != Some("application/x-www-form-urlencoded") {
            return Err(ApiError::new(
                ErrorCode::UnsupportedMediaType,
                "this address takes its own form only",
            ));
        }
        let bytes = body::read(state, &parts.headers, body, FORM_BYTES_MAX).await?;
        let fields = serde_urlencoded::from_bytes(&bytes).map_err(|error| {
            ApiError::new(ErrorCode::InvalidBody, format!("the form is malformed: {error}"))
        })?;
        Ok(Self { parts, fields })
    }

    /// A field without the white space around it; empty if it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.trim())
    }

    /// A field exactly as it was typed.
    pub(super) fn secret(&self, name: &str) -> Secret {
        Secret::from(self.fields.get(name).map_or("", String::as_str))
    }
}
