//! `POST /v1/members/{id}/password-reset`: a link by which a member chooses a new password.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use serde_json::json;
use tallystick_auth::{MadeLink, Operation};
use tallystick_catalog::UserId;
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    people_events::{PASSWORD_RESET_REQUESTED, on_user},
    state::AppState,
};

/// A link that works once.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneTimeLink {
    /// `lnk_` and 20 characters.
    pub id: String,
    /// What is opened in a browser. It is shown this once; only its hash is kept.
    pub url: String,
    /// RFC 3339; it works until then.
    pub expires_at: String,
}

impl OneTimeLink {
    /// The link as it is handed over; `page` is `invite` or `reset`.
    pub fn new(state: &AppState, page: &str, made: &MadeLink) -> Self {
        let base = state.options.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
        Self {
            id: made.link.id.to_string(),
            url: format!("{base}/{page}/{}", made.token.expose()),
            expires_at: format_ms(made.link.expires_ms),
        }
    }
}

/// Reset a member's password
///
/// The answer is a link to hand over, good for a day, by which they choose a new one; their sessions end then. The
/// present password goes on working until then. One has to have everything that they have, in each of their
/// organizations. Without a configured public address the link is a path. Recorded as `password.reset_requested`.
#[utoipa::path(
    post,
    path = "/v1/members/{id}/password-reset",
    tag = "people",
    operation_id = "reset_member_password",
    params(
        ("id" = String, Path, description = "`usr_` and 20 characters"),
        ("org" = Option<String>, Query, description = "The organization; needed if one is in several"),
    ),
    responses(
        (status = 201, description = "The link", body = OneTimeLink),
        (status = 403, description = "They have more than the caller",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn reset_password(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(user): Id<UserId>,
    mut params: Params,
) -> Result<(StatusCode, Json<OneTimeLink>), ApiError> {
    let org = caller.one_org(Operation::ResetMemberPassword, &mut params)?;
    params.end()?;
    admin_events::require_recordable(&state)?;
    let (user, made) = state.auth.reset_member(&caller.caller, &org, &user).await?;
    let metadata = json!({ "link": made.link.id.to_string(), "expires_at": format_ms(made.link.expires_ms) });
    let act = on_user(PASSWORD_RESET_REQUESTED, Some(&org), &user, Vec::new(), metadata);
    admin_events::record(&state, &caller, act).await;
    Ok((StatusCode::CREATED, Json(OneTimeLink::new(&state, "reset", &made))))
}
