//! `POST /v1/exports/{id}/url`: a link to the file that works for minutes.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tallystick_auth::Operation;
use tallystick_catalog::{ExportId, ExportState};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::{
    download::not_there,
    link::{ExportLink, LINK_MINUTES_DEFAULT, LINK_MINUTES_MAX},
    reached,
};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    exports::{AUDIT_EXPORT_LINK_CREATED, act},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::{Params, invalid},
        path::Id,
    },
    state::AppState,
};

/// What the link is to be.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportUrlRequest {
    /// How long it works: 1 to 60 minutes; 10 if left out.
    #[serde(default)]
    expires_in_minutes: Option<u32>,
}

impl Members for ExportUrlRequest {
    const MEMBERS: &'static [&'static str] = &["expires_in_minutes"];
}

/// A link to a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportUrl {
    /// Whoever has it can take the file. Without a configured public address it is a path.
    url: String,
    /// It works until then, RFC 3339.
    expires_at: String,
}

/// Make a link to an export's file
///
/// It works without a key or an account, for minutes, and only for as long as whoever made it may have the file
/// themselves. Recorded as `audit_export.link_created`; each use is as `audit_export.downloaded`.
#[utoipa::path(
    post,
    path = "/v1/exports/{id}/url",
    tag = "exports",
    operation_id = "create_export_url",
    params(("id" = String, Path, description = "`exp_` and 20 characters")),
    request_body = ExportUrlRequest,
    responses(
        (status = 201, description = "Made", body = ExportUrl),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not completed",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ExportId>,
    params: Params,
    request: axum::extract::Request,
) -> Result<(StatusCode, Json<ExportUrl>), ApiError> {
    params.end()?;
    let export = reached(&state, &caller, Operation::CreateExportUrl, &id).await?;
    let Body(new) = Body::<ExportUrlRequest>::read(request, &state).await?;
    let minutes = new.expires_in_minutes.unwrap_or(LINK_MINUTES_DEFAULT);
    if !(1..=LINK_MINUTES_MAX).contains(&minutes) {
        let why = format!("{minutes} is not a number of minutes from 1 to {LINK_MINUTES_MAX}");
        return Err(invalid("expires_in_minutes", &why));
    }
    if export.state != ExportState::Completed {
        return Err(not_there(&export));
    }
    admin_events::require_recordable(&state)?;
    let mut id = [0; 8];
    state.random().fill(&mut id);
    let link = ExportLink {
        id: format!("url_{}", hex::encode(id)),
        by: caller.caller.id.to_string(),
        by_name: caller.caller.name.clone(),
        by_sso: caller.caller.sso_org().is_some(),
        attempt: export.attempt,
        expires_ms: state.clock.now_ms() + i64::from(minutes) * 60_000,
    };
    let token = link.seal(&state, &export)?;
    let expires_at = format_ms(link.expires_ms);
    let changes = vec![("/expires_at", Value::Null, json!(expires_at))];
    let act = act(AUDIT_EXPORT_LINK_CREATED, &export, changes, json!({ "url_id": link.id }));
    admin_events::record(&state, &caller, act).await;
    let base = state.options.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    let url = format!("{base}/v1/exports/{}/download?token={token}", export.id);
    Ok((StatusCode::CREATED, Json(ExportUrl { url, expires_at })))
}
