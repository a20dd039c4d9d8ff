//! `GET /v1/ui/boot`: what the interface needs before it can show anything: who, where, and what they may.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::{CallerId, Operation, Permission, Reach};
use tallystick_catalog::LIST_MAX;
use tallystick_engine::INSTANCE_ORG;
use tallystick_event::OrgId;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, v1::limits},
    state::AppState,
};

/// What the interface begins with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Boot {
    /// The signed-in person; null with an API key.
    user: Option<BootUser>,
    /// The API key; null with a session.
    key: Option<Named>,
    /// Organizations that the caller may read or run, by id; at most 1,000.
    organizations: Vec<Named>,
    /// The organization that the rest is about: `org`, or the first that the caller may read; null: none.
    organization: Option<Named>,
    /// The role there: `owner`, `admin`, `auditor`, `member`, a custom role's id, or `operator`; null with a key.
    role: Option<String>,
    /// The role's name.
    role_name: Option<String>,
    /// What the caller may there, in words.
    permissions: Vec<&'static str>,
    /// The query that everything they see of it matches; null: they see all.
    filter: Option<String>,
    /// As in `Europe/Madrid`.
    time_zone: String,
    /// Of the service.
    version: &'static str,
    /// As at `/v1/limits`.
    limits: BTreeMap<&'static str, u64>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub struct BootUser {
    /// `usr_` and 20 characters.
    id: String,
    /// For people.
    name: String,
    /// What they sign in with.
    email: String,
    /// Whether they run the installation.
    operator: bool,
}

/// Something with a name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Named {
    /// Its id.
    id: String,
    /// For people.
    name: String,
}

/// What the interface begins with
#[utoipa::path(
    get,
    path = "/v1/ui/boot",
    tag = "people",
    operation_id = "get_boot",
    params(("org" = Option<String>, Query, description = "The organization to be about")),
    responses(
        (status = 200, description = "Who, where, and what they may", body = Boot),
        (status = 401, description = "Nobody", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = [])),
)]
pub async fn boot(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<Boot>, ApiError> {
    let asked = params.parse::<OrgId>("org", "an organization id")?;
    let reach = caller.may(Operation::GetBoot, asked.as_ref())?;
    params.end()?;
    Ok(Json(of(&state, &caller, asked.as_ref().and(reach.org())).await?))
}

/// The same for whoever puts it into a page.
pub async fn of(state: &AppState, caller: &Authenticated, asked: Option<&OrgId>) -> Result<Boot, ApiError> {
    let organizations = organizations(state, caller).await?;
    let who = &caller.caller;
    let reads = |one: &&Named| {
        let org: Option<OrgId> = one.id.parse().ok();
        org.is_some_and(|org| who.holds(Permission::AuditLogsRead, Some(&org)))
    };
    let organization = if let Some(org) = asked {
        organizations.iter().find(|one| one.id == org.as_str())
    } else {
        // One's own before what everybody who runs the installation sees.
        let mut others = organizations.iter().filter(|one| one.id != INSTANCE_ORG);
        others.find(reads).or_else(|| organizations.iter().find(reads)).or(organizations.first())
    };
    let organization = organization.cloned();
    let org: Option<OrgId> = organization.as_ref().and_then(|one| one.id.parse().ok());
    let person = who.person();
    let grant = person.zip(org.as_ref()).and_then(|(person, org)| person.grant(org));
    let runs = person.is_some_and(|person| person.is_operator).then(|| "operator".to_owned());
    let held = Permission::ALL.iter().filter(|permission| who.holds(**permission, org.as_ref()));
    let id = who.id.to_string();
    let key = match who.id {
        CallerId::User(_) | CallerId::Viewer(_) => None,
        CallerId::Root | CallerId::Key(_) => Some(Named { id: id.clone(), name: who.name.clone() }),
    };
    Ok(Boot {
        user: person.map(|person| BootUser {
            id,
            name: who.name.clone(),
            email: person.email.clone(),
            operator: person.is_operator,
        }),
        key,
        organizations,
        organization,
        role: grant.map(|grant| grant.role.clone()).or_else(|| runs.clone()),
        role_name: grant.map(|grant| grant.role_name.clone()).or(runs),
        permissions: held.map(|permission| permission.as_str()).collect(),
        filter: grant.and_then(|grant| grant.filter.clone()),
        time_zone: person.map_or("UTC", |person| &person.time_zone).to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        limits: limits::all(state),
    })
}

impl Named {
    /// Something called so.
    pub fn new(id: String, name: String) -> Self {
        Self { id, name }
    }
}

async fn organizations(state: &AppState, caller: &Authenticated) -> Result<Vec<Named>, ApiError> {
    let catalog = state.engine.catalog();
    let found = match caller.may(Operation::GetBoot, None)? {
        Reach::All => catalog.list_organizations(None, LIST_MAX).await?,
        Reach::Org(org) => super::orgs::organizations(catalog, &[org]).await?,
        Reach::Orgs(orgs) => super::orgs::organizations(catalog, &orgs).await?,
    };
    Ok(found.into_iter().map(|org| Named { id: org.id.to_string(), name: org.name }).collect())
}
