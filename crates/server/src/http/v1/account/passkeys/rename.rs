//! `PATCH /v1/account/passkeys/{id}`: another name for a passkey.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::PasskeyId;
use utoipa::ToSchema;

use super::PasskeyView;
use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        path::Id,
    },
    people_events::{self, AccountAct, PASSKEY_RENAMED, passkey_facts},
    state::AppState,
};

/// What changes about a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyChange {
    /// For people.
    name: String,
}

impl Members for PasskeyChange {
    const MEMBERS: &'static [&'static str] = &["name"];
}

/// Rename a passkey
///
/// Recorded as `passkey.renamed`.
#[utoipa::path(
    patch,
    path = "/v1/account/passkeys/{id}",
    tag = "people",
    operation_id = "rename_passkey",
    params(("id" = String, Path, description = "`pk_` and 20 characters")),
    request_body = PasskeyChange,
    responses(
        (status = 200, description = "The passkey", body = PasskeyView),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn rename(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<PasskeyId>,
    params: Params,
    request: axum::extract::Request,
) -> Result<Json<PasskeyView>, ApiError> {
    let _reach = caller.may(Operation::RenamePasskey, None)?;
    params.end()?;
    let Body(change) = Body::<PasskeyChange>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    let (user, changed) = state.auth.rename_passkey(&caller.caller, &id, change.name.trim()).await?;
    if changed.before.name != changed.after.name {
        let metadata =
            json!({ "passkey": passkey_facts(&changed.after), "before": { "name": changed.before.name } });
        let act = AccountAct::done(PASSKEY_RENAMED, metadata);
        people_events::record(&state, &Who::from(&caller), &user, act).await;
    }
    Ok(Json(PasskeyView::from(changed.after)))
}
