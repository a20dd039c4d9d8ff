//! `GET /v1/sessions`: who is signed in from where.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::UserId;
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// Sessions that work, seen last first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// At most 50 a person.
    sessions: Vec<SessionView>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// `ses_` and 20 characters.
    id: String,
    /// Whose it is.
    user: String,
    /// The address it was opened from.
    ip: Option<String>,
    /// The program it was opened with.
    user_agent: Option<String>,
    /// The organization through whose provider it was opened; null: with a password.
    single_sign_on: Option<String>,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339, within a minute or so.
    seen_at: String,
    /// RFC 3339; it ends then at the latest.
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// List sessions
///
/// One's own; with `user` those of a member of an organization whose members one manages.
#[utoipa::path(
    get,
    path = "/v1/sessions",
    tag = "people",
    operation_id = "list_sessions",
    params(("user" = Option<String>, Query, description = "`usr_` and 20 characters")),
    responses(
        (status = 200, description = "The sessions", body = SessionList),
        (status = 404, description = "There is no such member",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<SessionList>, ApiError> {
    let user = params.parse::<UserId>("user", "the id of a user (usr_ and 20 characters)")?;
    let operation = if user.is_some() { Operation::ListMemberSessions } else { Operation::ListSessions };
    let _reach = caller.may(operation, None)?;
    params.end()?;
    let own = caller.caller.person().map(|person| person.session.clone());
    let sessions = state.auth.list_sessions(&caller.caller, user.as_ref()).await?;
    let view = |session: tallystick_catalog::Session| SessionView {
        current: own.as_ref() == Some(&session.id),
        id: session.id.to_string(),
        user: session.user.to_string(),
        ip: session.ip,
        user_agent: session.user_agent,
        single_sign_on: session.sso_org.map(|org| org.to_string()),
        created_at: format_ms(session.created_ms),
        seen_at: format_ms(session.seen_ms),
        expires_at: format_ms(session.expires_ms),
    };
    Ok(Json(SessionList { sessions: sessions.into_iter().map(view).collect() }))
}
