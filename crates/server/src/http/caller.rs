//! Who is asking: the extractor that every authenticated handler starts with. A key comes in `Authorization`, a
//! signed-in person by their session's cookie, a viewer token in `Authorization` too, where [`super::cross_origin`] has
//! already looked at it. Browsers add cookies to requests that other sites make, so with a cookie
//! nothing is changed unless the browser says that our own page asked.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use tallystick_auth::{Auth, Caller, Feature, Operation, Reach, Secret, authorize};
use tallystick_event::OrgId;

use super::{cookie, params::Params, same_site};
use crate::{
    error::{ApiError, ErrorCode},
    state::AppState,
};

/// An authenticated caller with what is known of the connection.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// The key, the person or the viewer.
    pub caller: Arc<Caller>,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// What it showed, to ask again later.
    credential: Credential,
}

/// What a caller shows.
#[derive(Debug, Clone)]
enum Credential {
    Key(Secret),
    Session(Secret),
    Viewer(Secret),
}

/// A viewer whose token was accepted for the page that asks: put into the request by [`super::cross_origin`].
#[derive(Debug, Clone)]
pub struct AcceptedViewer(pub Arc<Caller>);

impl Authenticated {
    /// Asks the authorization table.
    pub fn may(&self, operation: Operation, org: Option<&OrgId>) -> Result<Reach, ApiError> {
        Ok(authorize(&self.caller, operation, org)?)
    }

    /// Refuses a viewer whose token is without the feature that a part of the operation needs. Nobody else has
    /// features.
    pub fn needs(&self, operation: Operation, feature: Feature) -> Result<(), ApiError> {
        Ok(self.caller.viewer().map_or(Ok(()), |viewer| viewer.require(operation, feature))?)
    }

    /// The organization that the call is about: the one it names as `org`, or else the only one that the caller may
    /// touch.
    pub fn one_org(&self, operation: Operation, params: &mut Params) -> Result<OrgId, ApiError> {
        let named = params.parse::<OrgId>("org", "an organization id")?;
        self.one_of_orgs(operation, named.as_ref())
    }

    /// The same for a call that names it elsewhere.
    pub fn one_of_orgs(&self, operation: Operation, named: Option<&OrgId>) -> Result<OrgId, ApiError> {
        match self.may(operation, named)? {
            Reach::Org(org) => Ok(org),
            Reach::All | Reach::Orgs(_) => Err(org_required()),
        }
    }

    /// Whether the caller may still do this and sees as much as before, for answers that go on for long.
    pub async fn still_may(&self, state: &AppState, operation: Operation, org: &OrgId) -> bool {
        match &self.credential {
            Credential::Key(token) => state.auth.authenticate(token, self.ip).await.is_ok(),
            Credential::Viewer(token) => state.auth.authenticate_viewer(token, self.ip).await.is_ok(),
            Credential::Session(token) => {
                let now = state.auth.glance_at_session(token).await;
                now.ok().flatten().is_some_and(|now| {
                    let may = authorize(&now, operation, Some(org)).is_ok();
                    may && now.filter(org) == self.caller.filter(org)
                })
            }
        }
    }

    /// Whoever has a session in this request, if there is one; for pages, which ask nobody without.
    pub async fn of_session(parts: &Parts, state: &AppState) -> Result<Option<Self>, ApiError> {
        let Some(token) = cookie::session(&parts.headers, state) else { return Ok(None) };
        let Some(caller) = state.auth.authenticate_session(&token).await? else { return Ok(None) };
        let (ip, user_agent) = (client(parts, state), user_agent(&parts.headers));
        Ok(Some(Self { caller, ip, user_agent, credential: Credential::Session(token) }))
    }
}

/// The call has to name an organization.
pub fn org_required() -> ApiError {
    ApiError::new(
        ErrorCode::OrgRequired,
        "the caller is good for several organizations, so the call has to name one: org=<id>",
    )
}

impl FromRequestParts<Arc<AppState>> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        if !parts.headers.contains_key(header::AUTHORIZATION)
            && cookie::session(&parts.headers, state).is_some()
        {
            same_site::check_api(parts)?;
            let found = Self::of_session(parts, state).await?;
            return found.ok_or_else(|| {
                ApiError::new(ErrorCode::Unauthenticated, "the session has ended; sign in again")
            });
        }
        let ip = client(parts, state);
        let token = bearer(&parts.headers)?;
        let user_agent = user_agent(&parts.headers);
        if Auth::is_viewer_token(&token) {
            let accepted = parts.extensions.get::<AcceptedViewer>();
            let caller =
                accepted.ok_or_else(|| ApiError::internal("a viewer token that nobody looked at"))?;
            return Ok(Self {
                caller: Arc::clone(&caller.0),
                ip,
                user_agent,
                credential: Credential::Viewer(token),
            });
        }
        let caller = state.auth.authenticate(&token, ip).await?;
        Ok(Self { caller, ip, user_agent, credential: Credential::Key(token) })
    }
}

/// What the request says of the program that made it, within what an event may hold.
pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok())?;
    let cut = text.floor_char_boundary(tallystick_event::limits::USER_AGENT_BYTES_MAX);
    Some(text[..cut].to_owned())
}

/// The client's address: that of the connection, or what a trusted proxy says whom it speaks for.
pub fn client(parts: &Parts, state: &AppState) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>().map(|info| info.0.ip())?;
    Some(forwarded(peer, &parts.headers, |address| {
        let address = address.to_canonical();
        state.options.trusted_proxies.iter().any(|network| network.contains(&address))
    }))
}

/// The last address in `X-Forwarded-For` that was not added by, or is not, a trusted proxy.
fn forwarded(peer: IpAddr, headers: &HeaderMap, is_trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(client) {
            break;
        }
        let Ok(address) = hop.trim().parse() else { break };
        client = address;
    }
    client
}

/// The token in `Authorization`.
pub fn bearer(headers: &HeaderMap) -> Result<Secret, ApiError> {
    let missing = |why: &str| {
        ApiError::new(ErrorCode::Unauthenticated, format!("{why}; send Authorization: Bearer tsk_…"))
    };
    let value =
        headers.get(header::AUTHORIZATION).ok_or_else(|| missing("there is no API key in the request"))?;
    let text = value.to_str().map_err(|_| missing("the Authorization header is not text"))?;
    let (scheme, token) =
        text.split_once(' ').ok_or_else(|| missing("the Authorization header has no token"))?;
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(missing("the Authorization header is not a Bearer token"));
    }
    Ok(Secret::from(token.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_say_whom_they_speak_for() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = [ip("10.0.0.1"), ip("10.0.0.2")];
        let trusted = |address: IpAddr| proxies.contains(&address);
        for (peer, chain, client) in [
            ("203.0.113.9", "", "203.0.113.9"),
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            if !chain.is_empty() {
                headers.insert("x-forwarded-for", chain.parse().unwrap());
            }
            assert_eq!(forwarded(ip(peer), &headers, trusted), ip(client), "{peer} {chain}");
        }
    }
}
