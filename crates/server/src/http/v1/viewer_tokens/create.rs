//! `POST /v1/viewer-tokens`: makes a viewer token.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use tallystick_auth::{CreateViewerToken, Feature, Operation, VIEWER_TOKEN_MS_MAX};
use tallystick_event::{OrgId, limits};
use utoipa::ToSchema;

use super::{ViewerActor, ViewerTokenAnswer, act};
use crate::{
    admin_events::{self, AUDIT_VIEWER_TOKEN_ISSUED},
    error::{ApiError, ErrorCode, ErrorDetail, Problem},
    http::{
        caller::Authenticated,
        confine,
        json::{Body, Members, nearest},
        params::Params,
    },
    state::AppState,
};

/// A new viewer token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewViewerToken {
    /// Whose log it shows; may be left out by who is good for one organization only.
    #[schema(example = "acme")]
    org: Option<String>,
    /// Who will look.
    actor: ViewerActor,
    /// Query that every event they see matches; all events, if it is left out.
    #[schema(example = "target:service/*")]
    #[serde(default)]
    query: String,
    /// What they may beside reading: `search`, `raw`, `live`, `export` (only with `raw`).
    #[schema(example = json!(["search"]))]
    #[serde(default)]
    features: Vec<String>,
    /// Origins of the pages that may show it, exactly as browsers send them.
    #[schema(example = json!(["https://app.example.com"]))]
    origins: Vec<String>,
    /// How long it works, seconds: up to 900, which is the default.
    #[schema(example = 900)]
    expires_in: Option<u32>,
    /// Whether what they look at is recorded, as theirs; true, if it is left out.
    record_views: Option<bool>,
}

impl Members for NewViewerToken {
    const MEMBERS: &'static [&'static str] =
        &["org", "actor", "query", "features", "origins", "expires_in", "record_views"];
}

/// A viewer token that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedViewerToken {
    /// What it shows.
    #[serde(flatten)]
    shown: ViewerTokenAnswer,
    /// For the page: it is shown this once; only its hash is kept. It never stands in an address.
    token: String,
}

/// Create a viewer token
///
/// With it the pages of a product show a part of an organization's log to one of its users: for up to 15 minutes, only
/// events that match `query`, only in pages of `origins`. Nobody makes one that shows more than they may read
/// themselves. Recorded as `audit_viewer_token.issued`.
#[utoipa::path(
    post,
    path = "/v1/viewer-tokens",
    tag = "viewers",
    operation_id = "create_viewer_token",
    request_body = NewViewerToken,
    responses(
        (status = 201, description = "Created", body = CreatedViewerToken),
        (status = "4XX", description = "Not created", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["viewers:write", "events:read"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<(StatusCode, Json<CreatedViewerToken>), ApiError> {
    let _reach = caller.may(Operation::CreateViewerToken, None)?;
    params.end()?;
    let Body(new) = Body::<NewViewerToken>::read(request, &state).await?;
    let org = new.org.as_deref().map(str::parse::<OrgId>).transpose();
    let org = org.map_err(|error| wrong("/org", "bad_org_id", error.to_string()))?;
    let org = caller.one_of_orgs(Operation::CreateViewerToken, org.as_ref())?;
    let create = checked(new)?;
    admin_events::require_recordable(&state)?;
    let made = state.auth.create_viewer_token(&caller.caller, &org, create).await?;
    admin_events::record(&state, &caller, act(AUDIT_VIEWER_TOKEN_ISSUED, &made.stored)).await;
    let answer = CreatedViewerToken {
        shown: ViewerTokenAnswer::from(&made.stored),
        token: made.token.expose().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

fn wrong(path: &str, code: &str, why: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidBody, format!("{}: {why}", &path[1..]))
        .with_errors(vec![ErrorDetail::new(path, code, why)])
}

fn checked(new: NewViewerToken) -> Result<CreateViewerToken, ApiError> {
    confine::check_filter("/query", &new.query)?;
    check_text("/actor/id", &new.actor.id, limits::ID_BYTES_MAX)?;
    if let Some(name) = &new.actor.name {
        check_text("/actor/name", name, limits::NAME_BYTES_MAX)?;
    }
    let mut features = Vec::with_capacity(new.features.len());
    for (index, word) in new.features.iter().enumerate() {
        features.push(word.parse::<Feature>().map_err(|error| {
            let known: Vec<&str> = Feature::ALL.iter().map(|feature| feature.as_str()).collect();
            let hint = match nearest(word, known.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("known are {}", known.join(", ")),
            };
            wrong(&format!("/features/{index}"), "bad_enum", format!("{error}; {hint}"))
        })?);
    }
    Ok(CreateViewerToken {
        actor_id: new.actor.id,
        actor_name: new.actor.name,
        filter: new.query,
        features: features.into_iter().collect(),
        origins: new.origins,
        record_views: new.record_views.unwrap_or(true),
        good_for_ms: new.expires_in.map_or(VIEWER_TOKEN_MS_MAX, |seconds| i64::from(seconds) * 1_000),
    })
}

/// What is recorded as an event's actor must be able to be one.
fn check_text(path: &'static str, text: &str, bytes_max: usize) -> Result<(), ApiError> {
    if !text.is_empty() && text.len() <= bytes_max && !text.contains(char::is_control) {
        return Ok(());
    }
    Err(wrong(path, "invalid", format!("1 to {bytes_max} bytes without control characters")))
}
