//! `PUT /v1/sso`: connects an organization to a provider, or changes the connection.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use serde::Deserialize;
use tallystick_auth::{Operation, Secret, SecretChange, SsoSettings};
use tallystick_catalog::{GroupRole, SsoConnection};
use tallystick_oidc::Fault;
use utoipa::ToSchema;

use super::{GroupRoleBody, act, get::SsoState};
use crate::{
    admin_events,
    error::{ApiError, ErrorCode, ErrorDetail, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        v1::orgs::refuse_instance,
    },
    people_events::{SSO_CONNECTION_CREATED, SSO_CONNECTION_UPDATED},
    state::AppState,
};

/// A connection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SsoBody {
    /// The provider, exactly as it calls itself. It is asked at once.
    #[schema(example = "https://login.acme.example/realms/acme")]
    issuer: String,
    /// What the provider knows this service as.
    #[schema(example = "tallystick")]
    client_id: String,
    /// The client's secret; empty: none; left out: as it is. Another issuer needs it again.
    client_secret: Option<String>,
    /// Scopes to ask for beside `openid`, `email` and `profile`.
    #[serde(default)]
    scopes: Vec<String>,
    /// Domains of e-mail addresses that the provider may speak for, each written out.
    #[schema(example = json!(["acme.example"]))]
    domains: Vec<String>,
    /// The claim with a person's groups; `/a/b` is claim b within claim a.
    #[serde(default = "groups")]
    #[schema(default = "groups")]
    groups_claim: String,
    /// The first that fits counts. Where there are any, they decide at every sign-in; none that one does not have.
    #[serde(default)]
    group_roles: Vec<GroupRoleBody>,
    /// The role of those whom no group gives one; null: they do not get in.
    default_role: Option<String>,
}

fn groups() -> String {
    "groups".to_owned()
}

impl Members for SsoBody {
    const MEMBERS: &'static [&'static str] = &[
        "issuer",
        "client_id",
        "client_secret",
        "scopes",
        "domains",
        "groups_claim",
        "group_roles",
        "default_role",
    ];
}

/// Set up single sign-on
///
/// The provider's discovery document is fetched at once, and what is wrong with it is an error at `/issuer`. People of
/// the domains can sign in from then on. A change has to be tested again before it can be enforced; another issuer or
/// client ends the sessions that were opened through it. Recorded as `sso_connection.created` or
/// `sso_connection.updated`.
#[utoipa::path(
    put,
    path = "/v1/sso",
    tag = "people",
    operation_id = "put_sso",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    request_body = SsoBody,
    responses(
        (status = 200, description = "The connection as it is now", body = SsoState),
        (status = 400, description = "A value is not valid, or the provider cannot be used",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["admin"])),
)]
pub async fn put(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    request: Request,
) -> Result<Json<SsoState>, ApiError> {
    let org = caller.one_org(Operation::PutSso, &mut params)?;
    params.end()?;
    refuse_instance(&org)?;
    let headers = request.headers().clone();
    let Body(body) = Body::<SsoBody>::read(request, &state).await?;
    state.engine.catalog().organization(&org).await?;
    admin_events::require_recordable(&state)?;
    state.oidc.discover(body.issuer.trim()).await.map_err(|fault| unusable(&fault))?;
    let (before, after) = state.auth.put_sso(&caller.caller, &org, settings(body)).await?;
    if before.as_ref() != Some(&after) {
        record(&state, &caller, before.as_ref(), &after).await;
    }
    Ok(Json(SsoState::of(&state, &headers, Some(&after))))
}

fn settings(body: SsoBody) -> SsoSettings {
    let client_secret = match body.client_secret {
        None => SecretChange::Keep,
        Some(secret) if secret.is_empty() => SecretChange::Remove,
        Some(secret) => SecretChange::Set(Secret::from(secret)),
    };
    let roles = body.group_roles.into_iter();
    SsoSettings {
        issuer: body.issuer,
        client_id: body.client_id,
        client_secret,
        scopes: body.scopes,
        domains: body.domains,
        groups_claim: body.groups_claim,
        group_roles: roles.map(|one| GroupRole { group: one.group, role: one.role }).collect(),
        default_role: body.default_role,
    }
}

/// Records a change; in the instance's log as well if the provider speaks for other domains now, which those who run
/// the installation may want to know: nobody checks whose a domain is.
async fn record(
    state: &Arc<AppState>,
    caller: &Authenticated,
    before: Option<&SsoConnection>,
    after: &SsoConnection,
) {
    let action = if before.is_some() { SSO_CONNECTION_UPDATED } else { SSO_CONNECTION_CREATED };
    admin_events::record(state, caller, act(action, before, Some(after))).await;
    if before.is_none_or(|before| before.domains != after.domains) {
        let mut claimed = act(action, before, Some(after));
        claimed.org = None;
        claimed.changes.retain(|(path, ..)| *path == "/domains");
        claimed.metadata = serde_json::json!({ "organization": after.org.as_str() });
        admin_events::record(state, caller, claimed).await;
    }
}

/// The provider cannot be used: said at its address.
pub(super) fn unusable(fault: &Fault) -> ApiError {
    let mut why = fault.to_string();
    if why.contains("private ones have to be allowed") || why.contains("over https only") {
        why.push_str(" ([accounts] sso_allow_private)");
    }
    ApiError::new(ErrorCode::InvalidBody, why.clone()).with_errors(vec![ErrorDetail::new(
        "/issuer",
        fault.reason(),
        why,
    )])
}
