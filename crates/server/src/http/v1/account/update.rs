//! `PATCH /v1/account`: one's own name and time zone.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use crate::{
    admin_events::{self, Who},
    error::{ApiError, ErrorCode, ErrorDetail, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        v1::session::SessionUser,
    },
    people_events::{self, AccountAct, USER_UPDATED},
    state::AppState,
};

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    /// For people.
    name: Option<String>,
    /// As in `Europe/Madrid`.
    time_zone: Option<String>,
}

impl Members for AccountChange {
    const MEMBERS: &'static [&'static str] = &["name", "time_zone"];
}

/// Change one's account
///
/// Recorded as `user.updated`.
#[utoipa::path(
    patch,
    path = "/v1/account",
    tag = "people",
    operation_id = "update_account",
    request_body = AccountChange,
    responses(
        (status = 200, description = "The person", body = SessionUser),
        (status = "4XX", description = "Not changed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn update(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<Json<SessionUser>, ApiError> {
    let _reach = caller.may(Operation::UpdateAccount, None)?;
    params.end()?;
    let Body(change) = Body::<AccountChange>::read(request, &state).await?;
    if let Some(name) = &change.time_zone {
        tallystick_query::zone(name).map_err(|error| {
            ApiError::new(ErrorCode::InvalidBody, format!("time_zone: {error}"))
                .with_errors(vec![ErrorDetail::new("/time_zone", "unknown_zone", error.to_string())])
        })?;
    }
    admin_events::require_recordable(&state)?;
    let (name, zone) = (change.name.as_deref(), change.time_zone.as_deref());
    let changed = state.auth.update_account(&caller.caller, name, zone).await?;
    if changed.before != changed.after {
        let of = |user: &tallystick_catalog::User| json!({ "name": user.name, "time_zone": user.time_zone });
        let metadata = json!({ "before": of(&changed.before), "after": of(&changed.after) });
        let act = AccountAct::done(USER_UPDATED, metadata);
        people_events::record(&state, &Who::from(&caller), &changed.after, act).await;
    }
    Ok(Json(SessionUser::from(&changed.after)))
}
