//! `/sign-in/sso/callback`: where providers send browsers back to.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header, request::Parts},
    response::Response,
};
use maud::html;
use tallystick_auth::Operation;

use super::{
    super::{go_on, page},
    result,
};
use crate::{
    admin_events::{self, Who},
    error::ApiError,
    http::{
        caller::{Authenticated, client, user_agent},
        cookie, request_id,
    },
    sso::{self, Attempt, Back, Failed, Purpose, Vouching},
    state::AppState,
};

/// `GET`
pub async fn show(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let wait_ms = state.auth.sso_wait_ms(client(&parts, &state));
    if wait_ms > 0 {
        return Ok(wait(wait_ms));
    }
    admin_events::require_recordable(&state)?;
    let back = sso::come_back(&state, &parts.headers, &parts.uri).await?;
    // A cookie of ours is used up only by what it was given for: somebody else's link must not end a sign-in.
    let is_over = !matches!(&back.result, Err(failed) if failed.org.is_none());
    let mut response = answer(&state, &parts, back).await?;
    if is_over {
        response.headers_mut().append(header::SET_COOKIE, cookie::clear_attempt(&state));
    }
    Ok(response)
}

async fn answer(state: &Arc<AppState>, parts: &Parts, back: Back) -> Result<Response, ApiError> {
    match (back.attempt, back.result) {
        (Some(attempt), result) if matches!(attempt.purpose, Purpose::Test { .. }) => {
            test(state, parts, &attempt, result).await
        }
        (Some(attempt), Ok(vouching)) => sign_in(state, parts, attempt, &vouching).await,
        (_, Err(failed)) => fail(state, parts, &failed, None).await,
        (None, Ok(_)) => Err(ApiError::internal("an answer to nothing was believed")),
    }
}

async fn sign_in(
    state: &Arc<AppState>,
    parts: &Parts,
    attempt: Attempt,
    vouching: &Vouching,
) -> Result<Response, ApiError> {
    let connection = &vouching.connection;
    let (next, invitation) = match attempt.purpose {
        Purpose::SignIn { next } => (next, None),
        Purpose::Invitation { token } => ("/".to_owned(), Some(token)),
        Purpose::Test { .. } => return Err(ApiError::internal("a test must not let anybody in")),
    };
    let beside = Authenticated::of_session(parts, state).await?.map(|beside| beside.caller);
    let admitted = state
        .auth
        .admit_sso(connection, &vouching.vouched, invitation.as_deref(), beside.as_deref(), false)
        .await?;
    let admitted = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let detail = result::meaning(refusal).to_owned();
            let failed = Failed { reason: refusal.reason(), detail, org: Some(connection.org.clone()) };
            return fail(state, parts, &failed, Some(vouching)).await;
        }
    };
    if let Some(before) = cookie::session(&parts.headers, state) {
        state.auth.forget(&before).await?;
    }
    let (from, agent) = (client(parts, state), user_agent(&parts.headers));
    let opened = state.auth.open_sso_session(connection, &admitted.user, from, agent.clone()).await?;
    let (session, token) = opened;
    let mut who = Who::user(&admitted.user, Some(&session.id), from, agent);
    who.within = Some(connection.org.clone());
    sso::record_sign_in(state, &who, connection, &vouching.vouched.subject, &admitted).await;
    Ok(go_on(state, &next, Some(&token)))
}

async fn test(
    state: &Arc<AppState>,
    parts: &Parts,
    attempt: &Attempt,
    result: Result<Box<Vouching>, Failed>,
) -> Result<Response, ApiError> {
    let Purpose::Test { session } = &attempt.purpose else {
        return Err(ApiError::internal("not a test"));
    };
    let org = attempt.org().ok_or_else(|| ApiError::internal("a test of no organization"))?;
    // What a provider says is shown only to whoever asked, and only while they may.
    let caller = Authenticated::of_session(parts, state).await?;
    let is_theirs = |caller: &Authenticated| {
        let person = caller.caller.person();
        person.is_some_and(|person| person.session.to_string() == *session)
            && caller.may(Operation::TestSso, Some(&org)).is_ok()
    };
    let Some(caller) = caller.filter(is_theirs) else {
        let detail = "a test came back to somebody else".to_owned();
        let failed = Failed { reason: "other_session", detail, org: Some(org) };
        return fail(state, parts, &failed, None).await;
    };
    let vouching = match result {
        Ok(vouching) => vouching,
        Err(failed) => {
            state.auth.sso_failed(caller.ip);
            if let Some(connection) = state.engine.catalog().sso_connection(&org).await? {
                sso::record_test(state, &Who::from(&caller), &connection, Some(failed.reason)).await;
            }
            return Ok(page(StatusCode::OK, result::TITLE, &result::failed(&failed)));
        }
    };
    let connection = &vouching.connection;
    let admitted =
        state.auth.admit_sso(connection, &vouching.vouched, None, Some(&*caller.caller), true).await?;
    let failure = admitted.as_ref().err().map(|refusal| refusal.reason());
    if failure.is_none() {
        let by = caller.caller.id.to_string();
        state.engine.catalog().sso_tested(&org, attempt.revision, &by).await?;
    }
    sso::record_test(state, &Who::from(&caller), connection, failure).await;
    Ok(page(StatusCode::OK, result::TITLE, &result::of(&vouching, &admitted)))
}

async fn fail(
    state: &Arc<AppState>,
    parts: &Parts,
    failed: &Failed,
    vouching: Option<&Vouching>,
) -> Result<Response, ApiError> {
    let from = client(parts, state);
    state.auth.sso_failed(from);
    let who = Who::anonymous(from, user_agent(&parts.headers));
    sso::record_failure(state, &who, failed, vouching).await;
    Ok(refused(failed.reason))
}

/// The page for somebody who did not get in: what they can do about it, and nothing of how it works inside.
pub(super) fn refused(reason: &str) -> Response {
    let why = match reason {
        "no_attempt" | "wrong_state" | "replayed" | "attempt_expired" | "connection_changed"
        | "other_session" => {
            "This sign-in was not begun in this browser, was used already, or took too long. Begin again."
        }
        "provider_refused" => {
            "Your organization's sign-in service did not let you in, or you stopped. Try again."
        }
        "email_missing" | "email_not_verified" => {
            "Your organization's sign-in service does not confirm your e-mail address. Ask whoever runs it."
        }
        "domain_not_allowed" => {
            "Your e-mail address is not of a domain that the organization lets in. Ask an owner of it."
        }
        "no_role" => "You have no role in the organization. Ask an owner of it.",
        "invitation_over" => "The invitation is over, or for another e-mail address. Ask for a new one.",
        "password_needed" => {
            "There is an account with your e-mail address that has a password. Sign in with it once, then with single \
             sign-on in the same browser; from then on that is enough. If it is not your account, tell an owner."
        }
        "suspended" => "Your account is suspended. Ask an owner of the organization.",
        "address_has_changed_hands" => {
            "The account with your e-mail address belongs to somebody else at your sign-in service. Ask an owner of \
             the organization to remove the former member."
        }
        "provider_unreachable" => {
            "Your organization's sign-in service does not answer. Try again in a while."
        }
        _ => {
            "What your organization's sign-in service says cannot be believed. An owner of the organization finds the \
             reason in the audit log."
        }
    };
    let content = html! {
        h1 { "You are not signed in" }
        p role="alert" class="alert" { (why) }
        p class="note" { "Request " code { (request_id::current()) } }
        p {
            a href="/sign-in/sso" { "Begin again" } " · "
            a href="/sign-in?next=/sign-in/sso" { "Sign in with a password" }
        }
    };
    page(StatusCode::FORBIDDEN, "Not signed in", &content)
}

/// The page for somebody who has to wait.
pub(super) fn wait(wait_ms: i64) -> Response {
    let seconds = wait_ms.max(0) / 1_000 + 1;
    let content = html! {
        h1 { "Too many attempts" }
        p role="alert" class="alert" { "Too many sign-ins from your address failed. Wait " (seconds) " s." }
        p { a href="/sign-in/sso" { "Begin again" } }
    };
    let mut response = page(StatusCode::TOO_MANY_REQUESTS, "Too many attempts", &content);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}
