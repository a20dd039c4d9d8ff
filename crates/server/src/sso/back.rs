//! A browser that comes back from a provider: everything that is checked before anybody is let in.

use axum::http::{HeaderMap, Uri};
use tallystick_auth::Vouched;
use tallystick_catalog::SsoConnection;
use tallystick_event::OrgId;
use tallystick_oidc::{Claims, Fault, limits::TOKEN_BYTES_MAX};

use super::{Attempt, registration};
use crate::{error::ApiError, state::AppState};

/// Somebody for whom a provider vouches.
#[derive(Debug)]
pub struct Vouching {
    /// The connection.
    pub connection: SsoConnection,
    /// What the provider says.
    pub claims: Claims,
    /// The same as it is judged.
    pub vouched: Vouched,
}

/// A browser that came back.
#[derive(Debug)]
pub struct Back {
    /// What it set out with; none: not from here, or too long ago for its cookie.
    pub attempt: Option<Attempt>,
    /// What it brought.
    pub result: Result<Box<Vouching>, Failed>,
}

/// Why what it brought is not believed.
#[derive(Debug)]
pub struct Failed {
    /// Stable word for the audit log.
    pub reason: &'static str,
    /// For whoever set the connection up.
    pub detail: String,
    /// The organization, once it is sure which one.
    pub org: Option<OrgId>,
}

/// What a provider may say instead of a code (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6).
const REFUSALS: [&str; 12] = [
    "access_denied",
    "invalid_request",
    "unauthorized_client",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
    "registration_not_supported",
];

/// Takes what a browser brings from a provider.
pub async fn come_back(state: &AppState, headers: &HeaderMap, uri: &Uri) -> Result<Back, ApiError> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
    let attempt = Attempt::of(headers, state);
    let result = match &attempt {
        None => Err(failed("no_attempt", "this browser has not begun a sign-in", None)),
        Some(attempt) => take(state, attempt, &Brought(&pairs)).await?,
    };
    Ok(Back { attempt, result })
}

/// The parameters of the address that a provider sent a browser to.
struct Brought<'a>(&'a [(String, String)]);

impl Brought<'_> {
    /// A parameter that is there once and not endless.
    fn text(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = found.next().filter(|value| !value.is_empty() && value.len() <= TOKEN_BYTES_MAX)?;
        found.next().is_none().then_some(first)
    }
}

async fn take(
    state: &AppState,
    attempt: &Attempt,
    brought: &Brought<'_>,
) -> Result<Result<Box<Vouching>, Failed>, ApiError> {
    // Until the state is the right one, a link of somebody else may have led here.
    let is_same = brought.text("state").is_some_and(|state| same(state, &attempt.flow.state));
    if !is_same {
        return Ok(Err(failed("wrong_state", "the answer is not for what this browser began", None)));
    }
    let Some(org) = attempt.org() else {
        return Ok(Err(failed("no_attempt", "there is no such organization", None)));
    };
    let at = |reason, detail: &str| Ok(Err(failed(reason, detail, Some(&org))));
    if state.clock.now_ms() >= attempt.expires_ms {
        return at("attempt_expired", "it took longer than ten minutes");
    }
    if !state.auth.use_sso_state(&attempt.flow.state, attempt.expires_ms).await? {
        return at("replayed", "the same answer came before");
    }
    let connection = state.engine.catalog().sso_connection(&org).await?;
    let Some(connection) = connection.filter(|connection| connection.revision == attempt.revision) else {
        return at("connection_changed", "the connection was changed meanwhile");
    };
    if let Some(error) = brought.text("error") {
        let known = REFUSALS.iter().find(|known| **known == error);
        let known = known.copied().unwrap_or("for a reason of its own");
        return at("provider_refused", &format!("the provider refused: {known}"));
    }
    let Some(code) = brought.text("code") else {
        return at("malformed_answer", "the provider sent neither a code nor an error");
    };
    let secret = state.auth.sso_secret(&connection)?;
    let registration = registration(&connection, secret.as_ref(), &attempt.redirect_uri);
    match state.oidc.redeem(&registration, &attempt.flow, code, brought.text("iss")).await {
        Ok(claims) => {
            let vouched = vouched(&claims, &connection.groups_claim);
            Ok(Ok(Box::new(Vouching { connection, claims, vouched })))
        }
        Err(fault) => {
            tracing::warn!(%org, reason = fault.reason(), %fault, "single sign-on failed");
            Ok(Err(of_fault(&fault, &org)))
        }
    }
}

/// In a time that does not depend on where they differ.
fn same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

fn failed(reason: &'static str, detail: &str, org: Option<&OrgId>) -> Failed {
    Failed { reason, detail: detail.to_owned(), org: org.cloned() }
}

/// The failure that a fault of the provider comes to.
pub(super) fn of_fault(fault: &Fault, org: &OrgId) -> Failed {
    failed(fault.reason(), &fault.to_string(), Some(org))
}

fn vouched(claims: &Claims, groups_claim: &str) -> Vouched {
    Vouched {
        subject: claims.subject.clone(),
        email: claims.email().map(str::to_owned),
        is_email_verified: claims.is_email_verified(),
        name: claims.name().map(str::to_owned),
        groups: claims.groups(groups_claim),
    }
}
