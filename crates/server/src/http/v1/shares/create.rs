//! `POST /v1/events/{id}/shares`: a link to one event for somebody without an account.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tallystick_auth::{Operation, Reach, SHARE_MS, SHARE_MS_MAX};
use tallystick_engine::search::Scope;
use tallystick_event::{EventId, format_ms};
use utoipa::ToSchema;

use super::{AUDIT_SHARE_CREATED, ShareAnswer, act};
use crate::{
    admin_events,
    error::{ApiError, ErrorCode, Problem},
    http::{
        caller::Authenticated,
        confine,
        json::{Body, Members},
        params::{Params, invalid},
        path::Id,
    },
    state::AppState,
};

const HOUR_MS: i64 = 3_600_000;

/// What the link is to be.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShare {
    /// How long it works: 1 to 2,160 hours (90 days); 168, a week, if left out.
    #[serde(default)]
    expires_in_hours: Option<i64>,
    /// For whom or what; shown in the list of links, and to nobody outside.
    #[serde(default)]
    note: String,
}

impl Members for NewShare {
    const MEMBERS: &'static [&'static str] = &["expires_in_hours", "note"];
}

/// A link that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedShare {
    /// The link.
    #[serde(flatten)]
    share: ShareAnswer,
    /// What is opened in a browser. It is shown this once; only its hash is kept. Without a configured public address
    /// it is a path.
    url: String,
}

/// Share an event with somebody outside
///
/// Whoever has the link sees this one event with its proof, without an account, until it expires or is taken back.
/// Recorded as `audit_share.created`, and when it is opened as `audit_share.opened`.
#[utoipa::path(
    post,
    path = "/v1/events/{id}/shares",
    tag = "shares",
    operation_id = "create_share",
    params(("id" = String, Path, description = "`evt_` and 32 hexadecimal digits")),
    request_body = NewShare,
    responses(
        (status = 201, description = "Made", body = CreatedShare),
        (status = 404, description = "There is no such event that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<EventId>,
    params: Params,
    request: axum::extract::Request,
) -> Result<(StatusCode, Json<CreatedShare>), ApiError> {
    let scope = match caller.may(Operation::CreateShare, None)? {
        Reach::All => Scope::All,
        Reach::Org(org) => Scope::Orgs(vec![org]),
        Reach::Orgs(orgs) => Scope::Orgs(orgs),
    };
    params.end()?;
    let Body(new) = Body::<NewShare>::read(request, &state).await?;
    let hours = new.expires_in_hours.unwrap_or(SHARE_MS / HOUR_MS);
    if !(1..=SHARE_MS_MAX / HOUR_MS).contains(&hours) {
        let why = format!("{hours} is not a number of hours from 1 to {}", SHARE_MS_MAX / HOUR_MS);
        return Err(invalid("expires_in_hours", &why));
    }
    let confined = confine::of(&caller.caller, &scope, state.clock.now_ms() * 1_000)?;
    let found = state
        .read(move |engine| {
            let Some(event) = engine.get(&id, &scope)? else { return Ok(None) };
            Ok(confine::shows(confined.as_ref(), &event)?.then_some(event.org))
        })
        .await?;
    let org = found.ok_or_else(|| {
        ApiError::new(ErrorCode::EventNotFound, format!("there is no event {id} within reach of this caller"))
    })?;
    admin_events::require_recordable(&state)?;
    let made = state.auth.share_event(&caller.caller, &org, id, &new.note, hours * HOUR_MS).await?;
    let changes = vec![("/expires_at", Value::Null, json!(format_ms(made.share.expires_ms)))];
    admin_events::record(&state, &caller, act(AUDIT_SHARE_CREATED, &made.share, changes)).await;
    let base = state.options.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    let url = format!("{base}/share/{}", made.token.expose());
    Ok((StatusCode::CREATED, Json(CreatedShare { share: ShareAnswer::from(&made.share), url })))
}
