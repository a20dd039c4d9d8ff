//! `GET /v1/masking`: the masking rules in force.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// The rules, as `[masking]` in the configuration has them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Masking {
    /// False: everything is stored as it comes.
    enabled: bool,
    /// Further names whose texts are masked.
    extra_keys: Vec<String>,
    /// Names that are not masked although they look secret.
    exempt_keys: Vec<String>,
    /// Which secrets are recognised by their looks: `cards`, `bearer_tokens`, `private_keys`, `vendor_tokens`.
    patterns: Vec<&'static str>,
}

/// Masking rules
///
/// The same for all organizations, set in the configuration of the service.
#[utoipa::path(
    get,
    path = "/v1/masking",
    tag = "service",
    operation_id = "get_masking",
    responses(
        (status = 200, description = "The rules", body = Masking),
        (status = "4XX", description = "Not for the caller", body = Problem,
            content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["orgs:write"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
) -> Result<Json<Masking>, ApiError> {
    let _reach = caller.may(Operation::GetMasking, None)?;
    params.end()?;
    let rules = state.preparer.mask_rules();
    let patterns = [
        ("cards", rules.patterns.cards),
        ("bearer_tokens", rules.patterns.bearer_tokens),
        ("private_keys", rules.patterns.private_keys),
        ("vendor_tokens", rules.patterns.vendor_tokens),
    ];
    Ok(Json(Masking {
        enabled: rules.enabled,
        extra_keys: rules.extra_keys.clone(),
        exempt_keys: rules.exempt_keys.clone(),
        patterns: patterns.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name).collect(),
    }))
}
