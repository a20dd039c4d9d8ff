//! `POST /v1/session`: signs somebody in. The page at `/sign-in` does the same through [`attempt`].

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
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
    pub(super) user: SessionUser,
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
    same_site::check_api_if_browser(&parts)?;
    let asked = parts.clone();
    let Body(sent) = Body::<Credentials>::read(Request::from_parts(parts, body), &state).await?;
    let (email, password) = (sent.email, Secret::from(sent.password));
    let signed_in = attempt(&state, &asked, email, password, sent.code.map(Secret::from)).await?;
    let answer = Json(SignedInAnswer { user: SessionUser::from(&signed_in.user) });
    Ok(([(header::SET_COOKIE, cookie::set(&state, &signed_in.token))], answer).into_response())
}

/// Tries to sign somebody in and records how it went.
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
            let metadata = json!({
                "method": "password",
                "second_factor": match signed_in.factor {
                    Factor::None => None,
                    Factor::Totp => Some("totp"),
                    Factor::RecoveryCode => Some("recovery_code"),
                    Factor::UserVerification => Some("user_verification"),
                },
                "new_address": signed_in.is_new_address,
            });
            welcome(state, parts, signed_in, metadata).await?;
        }
        // On its own: how long recording takes must not tell whether there is an account.
        Err(SignInError::Refused { user, was_code, locked_out }) => {
            let who = Who::anonymous(from, user_agent);
            let state = Arc::clone(state);
            if let Some(user) = user.as_deref().cloned() {
                let why = match (user.suspended_ms, was_code) {
                    (Some(_), _) => "suspended account",
                    (None, true) => "wrong code",
                    (None, false) => "wrong password",
                };
                let metadata = json!({ "method": "password" });
                let refused = Refused { user, why, metadata, locked_out: *locked_out };
                tokio::spawn(request_id::carried(refused.record(state, who)));
            } else {
                tokio::spawn(request_id::carried(async move {
                    people_events::unknown_account(&state, &who, &email).await;
                }));
            }
        }
        Err(SignInError::SsoRequired { user }) => {
            shut_out(state, &Who::anonymous(from, user_agent), user, "password").await;
        }
        Err(_) => {}
    }
    outcome
}

/// Records that somebody signed in. A session that the browser had ends, so that nobody goes on with one that was known
/// to somebody before.
pub(super) async fn welcome(
    state: &Arc<AppState>,
    parts: &Parts,
    signed_in: &SignedIn,
    metadata: Value,
) -> Result<(), SignInError> {
    if let Some(before) = cookie::session(&parts.headers, state) {
        state.auth.forget(&before).await?;
    }
    let (from, user_agent) = (client(parts, state), user_agent(&parts.headers));
    let who = Who::user(&signed_in.user, Some(&signed_in.session.id), from, user_agent);
    let act = AccountAct::done(USER_SIGNED_IN, metadata);
    people_events::record(state, &who, &signed_in.user, act).await;
    for org in &signed_in.break_glass {
        let metadata = json!({ "reason": "break-glass", "instead_of": "single sign-on" });
        let act = on_user(SESSION_ELEVATED, Some(org), &signed_in.user, Vec::new(), metadata);
        admin_events::record_of(state, &who, act, None).await;
    }
    Ok(())
}

/// Records that somebody was right and did not get in, because their organizations take single sign-on only.
pub(super) async fn shut_out(state: &Arc<AppState>, who: &Who, user: &User, method: &str) {
    let why = "single sign-on is enforced";
    let failed = AccountAct::failed(USER_SIGN_IN_FAILED, why, json!({ "method": method }));
    people_events::record(state, who, user, failed).await;
}

/// An attempt on an account that was refused.
pub(super) struct Refused {
    pub(super) user: User,
    pub(super) why: &'static str,
    pub(super) metadata: Value,
    pub(super) locked_out: bool,
}

impl Refused {
    pub(super) async fn record(self, state: Arc<AppState>, who: Who) {
        let failed = AccountAct::failed(USER_SIGN_IN_FAILED, self.why, self.metadata);
        people_events::record(&state, &who, &self.user, failed).await;
        if self.locked_out {
            let metadata = json!({ "for": "this address" });
            let held = AccountAct::failed(USER_LOCKED_OUT, "too many failures", metadata);
            people_events::record(&state, &who, &self.user, held).await;
        }
    }
}
