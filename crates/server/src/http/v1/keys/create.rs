//! `POST /v1/keys`: makes an API key.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tallystick_auth::{CreateKey, Operation, Scope};
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::{ApiKey, act};
use crate::{
    admin_events,
    error::{ApiError, ErrorCode, ErrorDetail, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members, nearest},
        params::Params,
    },
    state::AppState,
};

/// A new API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// For people.
    #[schema(example = "billing service")]
    name: String,
    /// The only organization it may touch; all, if it is left out.
    #[schema(example = "acme")]
    org: Option<String>,
    /// `events:write`, `events:read`, `orgs:read`, `orgs:write`, `keys:read`, `keys:write`, `members:read`,
    /// `members:write`, `integrity:read`, `viewers:write`, `streams:write`, `metrics:read`, `admin`; nothing that whoever makes it may not.
    #[schema(example = json!(["events:write"]))]
    scopes: Vec<String>,
    /// RFC 3339; never, if it is left out. Not later than the key making it expires.
    expires_at: Option<String>,
}

impl Members for NewKey {
    const MEMBERS: &'static [&'static str] = &["name", "org", "scopes", "expires_at"];
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedApiKey {
    /// The key.
    #[serde(flatten)]
    key: ApiKey,
    /// Send it as `Authorization: Bearer <token>`. It is shown this once; only its hash is kept.
    token: String,
}

/// Create an API key
///
/// Recorded as `api_key.created`.
#[utoipa::path(
    post,
    path = "/v1/keys",
    tag = "keys",
    operation_id = "create_key",
    request_body = NewKey,
    responses(
        (status = 201, description = "Created", body = CreatedApiKey),
        (status = "4XX", description = "Not created", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["keys:write"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<Response, ApiError> {
    let _reach = caller.may(Operation::CreateKey, None)?;
    params.end()?;
    let Body(new) = Body::<NewKey>::read(request, &state).await?;
    let create = checked(new)?;
    admin_events::require_recordable(&state)?;
    let made = state.auth.create_key(&caller.caller, create).await?;
    admin_events::record(&state, &caller, act(admin_events::API_KEY_CREATED, &made.key)).await;
    let location = format!("/v1/keys/{}", made.key.id);
    let answer = CreatedApiKey { key: made.key.into(), token: made.token.expose().to_owned() };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(answer)).into_response())
}

fn checked(new: NewKey) -> Result<CreateKey, ApiError> {
    let bad = |path: String, code: &str, why: String| {
        ApiError::new(ErrorCode::InvalidBody, format!("{}: {why}", &path[1..]))
            .with_errors(vec![ErrorDetail::new(path, code, why)])
    };
    let org = new.org.as_deref().map(str::parse::<OrgId>).transpose();
    let org = org.map_err(|error| bad("/org".to_owned(), "bad_org_id", error.to_string()))?;
    let mut scopes = Vec::with_capacity(new.scopes.len());
    for (index, word) in new.scopes.iter().enumerate() {
        scopes.push(word.parse::<Scope>().map_err(|error| {
            let hint = match nearest(word, Scope::ALL.iter().map(|scope| scope.as_str())) {
                Some(near) => format!("; did you mean \"{near}\"?"),
                None => String::new(),
            };
            bad(format!("/scopes/{index}"), "bad_enum", format!("{error}{hint}"))
        })?);
    }
    let expires = new.expires_at.as_deref().map(str::parse::<jiff::Timestamp>).transpose();
    let expires =
        expires.map_err(|error| bad("/expires_at".to_owned(), "bad_timestamp", error.to_string()))?;
    let expires_ms = expires.map(jiff::Timestamp::as_millisecond);
    Ok(CreateKey { org, name: new.name, scopes, expires_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(json: &str) -> Result<CreateKey, ApiError> {
        checked(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn members_are_checked_and_named() {
        let good =
            new(r#"{"name":"a","scopes":["events:read"],"expires_at":"2030-01-01T00:00:00+02:00"}"#).unwrap();
        assert_eq!((good.scopes, good.expires_ms), (vec![Scope::EventsRead], Some(1_893_448_800_000)));
        for (json, path, part) in [
            (r#"{"name":"a","scopes":["events:raed"]}"#, "/scopes/0", "did you mean \"events:read\""),
            (r#"{"name":"a","scopes":[],"org":"a b"}"#, "/org", "organization id"),
            (r#"{"name":"a","scopes":[],"expires_at":"tomorrow"}"#, "/expires_at", ""),
        ] {
            let error = new(json).unwrap_err();
            assert_eq!(error.errors()[0].path, path, "{json}");
            assert!(error.detail().contains(part), "{json}: {}", error.detail());
        }
    }
}
