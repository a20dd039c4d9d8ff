//! `POST /v1/session`: signs somebody in. The page at `/sign-in` does the same through [`attempt`].

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tallystick_auth::{Factor, Secret, SignIn, SignInError, SignedIn};
use tallystick_catalog::User;
use utoipa::ToSchema;

use super::SessionUser;
use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{
        caller::{client, user_agent},
        cookie,
        json::{Body, Members},
        request_id, same_site,
    },
    people_events::{
        self, AccountAct, SESSION_ELEVATED, USER_LOCKED_OUT, USER_SIGN_IN_FAILED, USER_SIGNED_IN, on_user,
    },
    state::AppState,
};

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// E-mail address, in any case.
    #[schema(example = "ana@acme.example")]
    email: String,
    /// Password.
    #[schema(example = "three tall ticks in a row")]
    password: String,
    /// Code of the authenticator, or a recovery code; after `second_factor_needed`.
    code: Option<String>,
}

impl Members for Credentials {
    const MEMBERS: &'static [&'static str] = &["email", "password", "code"];
}

/// Who signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedInAnswer {
    /// The person.
    user: SessionUser,
}

/// Sign in
///
/// The answer sets the session's cookie. A wrong password, an unknown address and a wrong code get the same answer,
/// after the same time. Who fails often has to wait: the address, and the address on this account; nobody else.
/// Where single sign-on is enforced it gives no rights, and if that is everywhere `sso_required`. Recorded as
/// `user.signed_in`, `user.sign_in_failed`, `user.locked_out`, and as `session.elevated` if an owner uses their
/// password although single sign-on is enforced.
#[utoipa::path(
    post,
    path = "/v1/session",
    tag = "people",
    operation_id = "sign_in",
    request_body = Credentials,
    responses(
        (status = 200, description = "Signed in", body = SignedInAnswer),
        (status = 401, description = "Refused, or a code is needed",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many failures", body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
pub async fn sign_in(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    // A page of another site must not sign somebody in to an account of its own. Programs say nothing of sites.
    if parts.headers.contains_key("sec-fetch-site") || parts.headers.contains_key(header::ORIGIN) {
        same_site::check_api(&parts)?;
    }
    let asked = parts.clone();
    let Body(sent) = Body::<Credentials>::read(Request::from_parts(parts, body), &state).await?;
    let (email, password) = (sent.email, Secret::from(sent.password));
    let signed_in = attempt(&state, &asked, email, password, sent.code.map(Secret::from)).await?;
    let answer = Json(SignedInAnswer { user: SessionUser::from(&signed_in.user) });
    Ok(([(header::SET_COOKIE, cookie::set(&state, &signed_in.token))], answer).into_response())
}

/// Tries to sign somebody in and records how it went. A session that the browser had ends, so that nobody goes on with
/// one that was known to somebody before.
pub async fn attempt(
    state: &Arc<AppState>,
    parts: &Parts,
    email: String,
    password: Secret,
    code: Option<Secret>,
) -> Result<SignedIn, SignInError> {
    let (from, user_agent) = (client(parts, state), user_agent(&parts.headers));
    let sent = SignIn { email: email.clone(), password, code, from, user_agent: user_agent.clone() };
    let outcome = state.auth.sign_in(sent).await;
    match &outcome {
        Ok(signed_in) => {
            if let Some(before) = cookie::session(&parts.headers, state) {
                state.auth.forget(&before).await?;
            }
            let who = Who::user(&signed_in.user, Some(&signed_in.session.id), from, user_agent);
            let metadata = json!({
                "method": "password",
                "second_factor": match signed_in.factor {
                    Factor::None => None,
                    Factor::Totp => Some("totp"),
                    Factor::RecoveryCode => Some("recovery_code"),
                },
                "new_address": signed_in.is_new_address,
            });
            people_events::record(state, &who, &signed_in.user, AccountAct::done(USER_SIGNED_IN, metadata))
                .await;
            for org in &signed_in.break_glass {
                let metadata = json!({ "reason": "break-glass", "instead_of": "single sign-on" });
                let act = on_user(SESSION_ELEVATED, Some(org), &signed_in.user, Vec::new(), metadata);
                admin_events::record_of(state, &who, act, None).await;
            }
        }
        // On its own: how long recording takes must not tell whether there is an account.
        Err(SignInError::Refused { user, was_code, locked_out }) => {
            let who = Who::anonymous(from, user_agent);
            let failed = Failed { email, user: user.clone(), was_code: *was_code, locked_out: *locked_out };
            tokio::spawn(request_id::carried(failed.record(Arc::clone(state), who)));
        }
        Err(SignInError::SsoRequired { user }) => {
            let who = Who::anonymous(from, user_agent);
            let metadata = json!({ "method": "password" });
            let failure = Some("single sign-on is enforced");
            let failed = AccountAct { failure, ..AccountAct::done(USER_SIGN_IN_FAILED, metadata) };
            people_events::record(state, &who, user, failed).await;
        }
        Err(_) => {}
    }
    outcome
}

/// An attempt that was refused.
struct Failed {
    email: String,
    user: Option<Box<User>>,
    was_code: bool,
    locked_out: bool,
}

impl Failed {
    async fn record(self, state: Arc<AppState>, who: Who) {
        let Some(user) = self.user else {
            return people_events::unknown_account(&state, &who, &self.email).await;
        };
        let why = match (user.suspended_ms, self.was_code) {
            (Some(_), _) => "suspended account",
            (None, true) => "wrong code",
            (None, false) => "wrong password",
        };
        let failed = AccountAct::failed(USER_SIGN_IN_FAILED, why, json!({ "method": "password" }));
        people_events::record(&state, &who, &user, failed).await;
        if self.locked_out {
            let metadata = json!({ "for": "this address" });
            let held = AccountAct::failed(USER_LOCKED_OUT, "too many failures", metadata);
            people_events::record(&state, &who, &user, held).await;
        }
    }
}
