//! `PUT /v1/sso/enforcement`: whether passwords count for an organization, and whose do in any case.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::{Operation, PeopleError};
use tallystick_catalog::{BREAK_GLASS_MAX, SsoConnection, UserId};
use utoipa::ToSchema;

use super::get::SsoState;
use crate::{
    admin_events::{self, Act},
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
    },
    people_events::{SSO_ENFORCEMENT_DISABLED, SSO_ENFORCEMENT_ENABLED},
    state::AppState,
};

/// Whether passwords count.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enforcement {
    /// Passwords do not count for the organization.
    enforced: bool,
    /// Owners with a password, whose passwords count all the same; at least one while it is enforced.
    #[serde(default)]
    break_glass: Vec<String>,
}

impl Members for Enforcement {
    const MEMBERS: &'static [&'static str] = &["enforced", "break_glass"];
}

/// Enforce single sign-on
///
/// From then on sessions that were opened with a password give no rights in the organization, those that are open as
/// well, except of those in `break_glass`. It takes a test that succeeded with the connection as it is. Recorded as
/// `sso_enforcement.enabled` or `sso_enforcement.disabled`.
#[utoipa::path(
    put,
    path = "/v1/sso/enforcement",
    tag = "people",
    operation_id = "enforce_sso",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    request_body = Enforcement,
    responses(
        (status = 200, description = "The connection as it is now", body = SsoState),
        (status = 409, description = "It was not tested, or nobody could get in if it fails",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["admin"])),
)]
pub async fn enforce(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    request: Request,
) -> Result<Json<SsoState>, ApiError> {
    let org = caller.one_org(Operation::EnforceSso, &mut params)?;
    params.end()?;
    let headers = request.headers().clone();
    let Body(body) = Body::<Enforcement>::read(request, &state).await?;
    let users = users(&body.break_glass)?;
    admin_events::require_recordable(&state)?;
    let changed = state.auth.enforce_sso(&caller.caller, &org, body.enforced, &users).await?;
    if changed.before != changed.after {
        admin_events::record(&state, &caller, act(&changed.before, &changed.after)).await;
    }
    Ok(Json(SsoState::of(&state, &headers, Some(&changed.after))))
}

fn users(ids: &[String]) -> Result<Vec<UserId>, PeopleError> {
    let invalid = |why: String| PeopleError::Invalid { field: "break_glass", why };
    if ids.len() > BREAK_GLASS_MAX {
        return Err(invalid(format!("at most {BREAK_GLASS_MAX}")));
    }
    ids.iter().map(|id| id.parse().map_err(|_| invalid(format!("{id:?} is not the id of a user")))).collect()
}

fn act(before: &SsoConnection, after: &SsoConnection) -> Act {
    let exempt = |of: &SsoConnection| json!(of.break_glass.iter().map(UserId::as_str).collect::<Vec<_>>());
    let changes = vec![
        ("/sso_required", json!(before.enforced), json!(after.enforced)),
        ("/exempt_users", exempt(before), exempt(after)),
    ];
    Act {
        action: if after.enforced { SSO_ENFORCEMENT_ENABLED } else { SSO_ENFORCEMENT_DISABLED },
        org: Some(after.org.clone()),
        target_type: "organization",
        target_id: after.org.to_string(),
        target_name: after.org.to_string(),
        changes: changes.into_iter().filter(|(_, before, after)| before != after).collect(),
        metadata: json!({ "sso_connection": after.id.as_str() }),
    }
}
