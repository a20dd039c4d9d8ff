//! Who is asking: the extractor that every authenticated handler starts with.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{header, request::Parts},
};
use tallystick_auth::{Caller, Operation, Reach, Secret, authorize};
use tallystick_event::OrgId;

use crate::{
    error::{ApiError, ErrorCode},
    state::AppState,
};

/// An authenticated caller with what is known of the connection.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// The key.
    pub caller: Arc<Caller>,
    /// The peer's address.
    pub ip: Option<IpAddr>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// What it showed, to ask again later.
    token: Secret,
}

impl Authenticated {
    /// Asks the authorization table.
    pub fn may(&self, operation: Operation, org: Option<&OrgId>) -> Result<Reach, ApiError> {
        Ok(authorize(&self.caller, operation, org)?)
    }

    /// The only organization that the caller may touch, or the one it names.
    pub fn one_org(&self, operation: Operation, named: Option<&OrgId>) -> Result<OrgId, ApiError> {
        match self.may(operation, named)? {
            Reach::Org(org) => Ok(org),
            Reach::All => Err(ApiError::new(
                ErrorCode::OrgRequired,
                "this key is good for every organization, so the call has to name one: org=<id>",
            )),
        }
    }

    /// Whether the key is still good, for answers that go on for long.
    pub async fn is_still_valid(&self, state: &AppState) -> bool {
        state.auth.authenticate(&self.token, self.ip).await.is_ok()
    }
}

impl FromRequestParts<Arc<AppState>> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let ip = peer(parts);
        let token = bearer(parts)?;
        let caller = state.auth.authenticate(&token, ip).await?;
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self { caller, ip, user_agent: user_agent.map(str::to_owned), token })
    }
}

/// The address the connection comes from.
pub fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>().map(|info| info.0.ip())
}

fn bearer(parts: &Parts) -> Result<Secret, ApiError> {
    let missing = |why: &str| {
        ApiError::new(ErrorCode::Unauthenticated, format!("{why}; send Authorization: Bearer tsk_…"))
    };
    let value = parts
        .headers
        .get(header::AUTHORIZATION)
        .ok_or_else(|| missing("there is no API key in the request"))?;
    let text = value.to_str().map_err(|_| missing("the Authorization header is not text"))?;
    let (scheme, token) =
        text.split_once(' ').ok_or_else(|| missing("the Authorization header has no token"))?;
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(missing("the Authorization header is not a Bearer token"));
    }
    Ok(Secret::from(token.trim().to_owned()))
}
