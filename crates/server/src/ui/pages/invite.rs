//! `/invite/{token}`: accepting an invitation, with a new account or with the one that is signed in.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};
use serde_json::{Value, json};
use tallystick_auth::{NewAccount, PeopleError};
use tallystick_catalog::{Accepted, CatalogError, Conflict, Link, LinkKind};

use super::{alert, field, forget_former, form::Form, go_on, gone, new_password, page, shown, zone_field};
use crate::{
    admin_events::{self, Act, Who},
    error::ApiError,
    http::caller::{Authenticated, client, user_agent},
    people_events::{
        self, AccountAct, USER_CREATED, USER_INVITATION_ACCEPTED, USER_ROLE_ASSIGNED, USER_SIGNED_IN, on_user,
    },
    state::AppState,
};

/// `GET`
pub async fn show(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let Some(link) = state.auth.open_link(LinkKind::Invite, &token).await? else { return Ok(gone()) };
    let (parts, _) = request.into_parts();
    let org = name_of(&state, &link).await?;
    let content = match Authenticated::of_session(&parts, &state).await? {
        Some(caller) => accept(&caller, &org),
        None => join(&token, &link, &org, sso_of(&state, &link).await?, None, ["", "UTC"]),
    };
    Ok(page(StatusCode::OK, "Invitation", &content))
}

/// `POST`
pub async fn send(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let form = Form::read(request, &state).await?;
    let Some(link) = state.auth.open_link(LinkKind::Invite, &token).await? else { return Ok(gone()) };
    admin_events::require_recordable(&state)?;
    if let Some(caller) = Authenticated::of_session(&form.parts, &state).await? {
        return match state.auth.accept_invitation(&token, &caller.caller).await {
            Ok(accepted) => {
                record(&state, &Who::from(&caller), &accepted).await;
                Ok(go_on(&state, "/", None))
            }
            Err(PeopleError::Refused(_)) => Ok(gone()),
            Err(error) => Err(error.into()),
        };
    }
    let (name, zone) = (form.text("name"), form.text("time_zone"));
    let org = name_of(&state, &link).await?;
    let sso = sso_of(&state, &link).await?;
    let again = |message: &str| {
        let content = join(&token, &link, &org, sso, Some(message), [name, zone]);
        Ok(page(StatusCode::BAD_REQUEST, "Invitation", &content))
    };
    if let Err(error) = tallystick_query::zone(zone) {
        return again(&error.to_string());
    }
    let account = NewAccount {
        email: String::new(),
        name: name.to_owned(),
        time_zone: zone.to_owned(),
        password: form.secret("password"),
    };
    let accepted = match state.auth.redeem_invitation(&token, account).await {
        Ok(accepted) => accepted,
        Err(PeopleError::Refused(_)) => return Ok(gone()),
        Err(PeopleError::Invalid { field, why }) => return again(&format!("The {field}: {why}.")),
        Err(PeopleError::Catalog(CatalogError::Invalid { what, why })) => {
            return again(&format!("The {what}: {why}."));
        }
        Err(error) if error.conflict() == Some(&Conflict::EmailTaken) => {
            return again("There is an account with this e-mail address. Sign in, then open the link again.");
        }
        Err(error) => return Err(error.into()),
    };
    let (from, agent) = (client(&form.parts, &state), user_agent(&form.parts.headers));
    forget_former(&state, &form.parts.headers).await?;
    let (session, token) = state.auth.open_session(&accepted.user, from, agent.clone()).await?;
    let who = Who::user(&accepted.user, Some(&session.id), from, agent);
    record(&state, &who, &accepted).await;
    let signed_in = AccountAct::done(USER_SIGNED_IN, json!({ "method": "invitation" }));
    people_events::record(&state, &who, &accepted.user, signed_in).await;
    Ok(go_on(&state, "/", Some(&token)))
}

async fn name_of(state: &AppState, link: &Link) -> Result<String, ApiError> {
    let org = link.org.as_ref().ok_or_else(|| ApiError::internal("an invitation into no organization"))?;
    Ok(state.engine.catalog().organization(org).await?.name)
}

/// How the organization takes single sign-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sso {
    /// Not at all.
    None,
    /// Passwords as well.
    Offered,
    /// Nothing else.
    Enforced,
}

async fn sso_of(state: &AppState, link: &Link) -> Result<Sso, ApiError> {
    let Some(org) = &link.org else { return Ok(Sso::None) };
    Ok(match state.engine.catalog().sso_connection(org).await? {
        None => Sso::None,
        Some(connection) if connection.enforced => Sso::Enforced,
        Some(_) => Sso::Offered,
    })
}

async fn record(state: &Arc<AppState>, who: &Who, accepted: &Accepted) {
    let (user, org) = (&accepted.user, Some(&accepted.membership.org));
    if accepted.is_new {
        let created =
            on_user(USER_CREATED, org, user, Vec::new(), json!({ "email": user.email, "by": "invitation" }));
        admin_events::record_of(state, who, created, None).await;
    }
    let act = Act {
        action: USER_INVITATION_ACCEPTED,
        org: org.cloned(),
        target_type: "invitation",
        target_id: accepted.link.id.to_string(),
        target_name: accepted.link.email.clone().unwrap_or_default(),
        changes: vec![("/status", json!("open"), json!("accepted"))],
        metadata: json!({ "invited_by": accepted.link.created_by }),
    };
    admin_events::record_of(state, who, act, None).await;
    let changes = vec![("/role", Value::Null, json!(accepted.membership.role))];
    let assigned = on_user(USER_ROLE_ASSIGNED, org, user, changes, json!({}));
    admin_events::record_of(state, who, assigned, None).await;
}

fn accept(caller: &Authenticated, org: &str) -> Markup {
    html! {
        h1 { "Join " bdi { (shown(org)) } }
        p { "You are signed in as " strong { bdi { (shown(&caller.caller.name)) } } "." }
        form method="post" {
            p { button type="submit" { "Accept" } }
        }
    }
}

fn join(
    token: &str,
    link: &Link,
    org: &str,
    sso: Sso,
    message: Option<&str>,
    [name, zone]: [&str; 2],
) -> Markup {
    let email = link.email.as_deref().unwrap_or_default();
    let through_provider = html! {
        form method="post" action="/sign-in/sso" {
            input type="hidden" name="invitation" value=(token);
            p { button type="submit" { "Join with single sign-on" } }
        }
    };
    if sso == Sso::Enforced {
        return html! {
            h1 { "Join " bdi { (shown(org)) } }
            p {
                bdi { (shown(org)) } " takes single sign-on only. Sign in there as "
                strong { bdi { (shown(email)) } } "."
            }
            (through_provider)
            p class="note" {
                "You have an account with a password? "
                a href={ "/sign-in?next=/invite/" (token) } { "Sign in" } " to accept with it first."
            }
        };
    }
    html! {
        h1 { "Join " bdi { (shown(org)) } }
        @if sso == Sso::Offered {
            p { "Sign in at your organization as " strong { bdi { (shown(email)) } } "." }
            (through_provider)
            p class="or" { "or" }
        }
        p { "Make an account for " strong { bdi { (shown(email)) } } "." }
        (alert(message))
        form method="post" {
            (field("Your name", "name", "text", "name", name, None))
            (new_password())
            (zone_field(if zone.is_empty() { "UTC" } else { zone }))
            p { button type="submit" { "Join" } }
        }
        p class="note" {
            "You have an account? " a href={ "/sign-in?next=/invite/" (token) } { "Sign in" } " to accept with it."
        }
    }
}
