//! `/setup/{token}`: the first start. Makes an operator, and the first organization with them as its owner.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};
use serde_json::{Value, json};
use tallystick_auth::{NewAccount, PeopleError};
use tallystick_catalog::{
    CatalogError, Conflict, LinkKind, NewOrganization, OWNER, Organization, User, check_name,
};
use tallystick_event::OrgId;

use super::{alert, field, forget_former, form::Form, go_on, gone, new_password, page, zone_field};
use crate::{
    admin_events::{self, Act, ORGANIZATION_CREATED, Who},
    error::ApiError,
    http::caller::{client, user_agent},
    people_events::{self, AccountAct, USER_CREATED, USER_ROLE_ASSIGNED, USER_SIGNED_IN, on_user},
    state::AppState,
};

/// `GET`
pub async fn show(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    if state.auth.open_link(LinkKind::Setup, &token).await?.is_none() {
        return Ok(gone());
    }
    let is_first = is_empty(&state).await?;
    Ok(page(StatusCode::OK, "Set up", &content(None, is_first, ["", "", "", "UTC"])))
}

/// `POST`
pub async fn send(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let form = Form::read(request, &state).await?;
    let Some(link) = state.auth.open_link(LinkKind::Setup, &token).await? else { return Ok(gone()) };
    let is_first = is_empty(&state).await?;
    let [name, email, organization, zone] =
        ["name", "email", "organization", "time_zone"].map(|name| form.text(name));
    let again = |message: &str| {
        let content = content(Some(message), is_first, [name, email, organization, zone]);
        Ok(page(StatusCode::BAD_REQUEST, "Set up", &content))
    };
    if let Err(error) = tallystick_query::zone(zone) {
        return again(&error.to_string());
    }
    if is_first && organization.is_empty() {
        return again("Name your organization.");
    }
    // Before the link is used up: what is wrong with the name can be put right only now.
    if !organization.is_empty()
        && let Err(CatalogError::Invalid { why, .. }) = check_name(organization)
    {
        return again(&format!("The organization: {why}."));
    }
    admin_events::require_recordable(&state)?;
    let account = NewAccount {
        email: email.to_owned(),
        name: name.to_owned(),
        time_zone: zone.to_owned(),
        password: form.secret("password"),
    };
    let user = match state.auth.redeem_setup(&token, account).await {
        Ok(user) => user,
        Err(PeopleError::Refused(_)) => return Ok(gone()),
        Err(PeopleError::Invalid { field, why }) => return again(&format!("The {field}: {why}.")),
        Err(PeopleError::Catalog(CatalogError::Invalid { what, why })) => {
            return again(&format!("The {what}: {why}."));
        }
        Err(error) if error.conflict() == Some(&Conflict::EmailTaken) => {
            return again("There is an account with this e-mail address.");
        }
        Err(error) => return Err(error.into()),
    };
    let (from, agent) = (client(&form.parts, &state), user_agent(&form.parts.headers));
    forget_former(&state, &form.parts.headers).await?;
    let (session, token) = state.auth.open_session(&user, from, agent.clone()).await?;
    let who = Who::user(&user, Some(&session.id), from, agent);
    let metadata = json!({ "email": user.email, "operator": true, "link_made_by": link.created_by });
    people_events::record(&state, &who, &user, AccountAct::done(USER_CREATED, metadata)).await;
    if !organization.is_empty() {
        let made = create(&state, organization).await?;
        appoint(&state, &who, &user, &made).await?;
    }
    let metadata = json!({ "method": "setup_link" });
    people_events::record(&state, &who, &user, AccountAct::done(USER_SIGNED_IN, metadata)).await;
    // Who has an organization now has something to send events to.
    let next = if organization.is_empty() { "/" } else { "/start" };
    Ok(go_on(&state, next, Some(&token)))
}

/// Whether there is no organization yet beside the instance's own.
async fn is_empty(state: &AppState) -> Result<bool, ApiError> {
    let found = state.engine.catalog().list_organizations(None, 2).await?;
    Ok(found.iter().all(|org| org.id.as_str() == tallystick_engine::INSTANCE_ORG))
}

/// An organization of this name, with an id made of the name if that is free.
async fn create(state: &AppState, name: &str) -> Result<Organization, ApiError> {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id: Option<OrgId> = words.collect::<Vec<_>>().join("-").parse().ok();
    let new = |id: Option<OrgId>| NewOrganization { id, name: Some(name.to_owned()) };
    match state.engine.create_organization(new(id)).await {
        Err(CatalogError::Conflict(_)) => Ok(state.engine.create_organization(new(None)).await?),
        made => Ok(made?),
    }
}

async fn appoint(state: &Arc<AppState>, who: &Who, user: &User, made: &Organization) -> Result<(), ApiError> {
    let act = Act {
        action: ORGANIZATION_CREATED,
        org: None,
        target_type: "organization",
        target_id: made.id.to_string(),
        target_name: made.name.clone(),
        changes: Vec::new(),
        metadata: json!({ "log_id": made.log_id.to_string() }),
    };
    admin_events::record_of(state, who, act, None).await;
    state.engine.catalog().add_member(&made.id, &user.id, OWNER).await?;
    let changes = vec![("/role", Value::Null, json!(OWNER))];
    let act = on_user(USER_ROLE_ASSIGNED, Some(&made.id), user, changes, json!({}));
    admin_events::record_of(state, who, act, None).await;
    Ok(())
}

fn content(message: Option<&str>, is_first: bool, [name, email, organization, zone]: [&str; 4]) -> Markup {
    let hint = "You will be its owner. Leave it empty to make none.";
    html! {
        h1 { "Set up Tallystick" }
        p { "You will run this installation: make organizations, appoint their owners, and keep it going." }
        (alert(message))
        form method="post" {
            (field("Your name", "name", "text", "name", name, None))
            (field("E-mail address", "email", "email", "username", email, None))
            (new_password())
            p class="field" {
                label for="organization" { "Organization" }
                input id="organization" name="organization" value=(organization) autocomplete="organization"
                    required[is_first] aria-describedby="organization-hint";
                small id="organization-hint" {
                    @if is_first { "Whose events are recorded. You will be its owner." } @else { (hint) }
                }
            }
            (zone_field(zone))
            p { button type="submit" { "Set up" } }
        }
    }
}
