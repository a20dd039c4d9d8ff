//! Viewer tokens: making them, finding who shows one, and revoking them. A token is a secret of 256 random bits whose
//! hash is looked up in the catalog for each request, so that a revocation holds at once, everywhere.

use std::net::IpAddr;
use std::sync::Arc;

use subtle::ConstantTimeEq;
use tallystick_catalog::{CatalogError, Changed, ViewerToken, ViewerTokenId};
use tallystick_event::OrgId;

use crate::attempts::network_of;
use crate::caller::Viewer;
use crate::{
    Auth, Caller, CallerId, Feature, FeatureSet, Operation, PeopleError, Permission, Rights, Secret,
    authorize, token,
};

/// How long a viewer token works at most, and if its maker does not say, ms: 15 minutes.
pub const VIEWER_TOKEN_MS_MAX: i64 = 900_000;
/// Origins of one viewer token at most.
pub const ORIGINS_MAX: usize = 20;
/// Bytes of one origin at most: `https://`, a name as long as names can be, and a port.
const ORIGIN_BYTES_MAX: usize = 8 + 253 + 6;

/// A viewer token to be made. The filter is checked by whoever knows the query language, the actor by whoever knows
/// events.
#[derive(Debug, Clone)]
pub struct CreateViewerToken {
    /// Who will look, as the product that shows the log knows them.
    pub actor_id: String,
    /// Their name.
    pub actor_name: Option<String>,
    /// Query that every event they see matches; empty: all.
    pub filter: String,
    /// What they may beside reading.
    pub features: FeatureSet,
    /// Origins of the pages that may show it, as in `https://app.example.com`.
    pub origins: Vec<String>,
    /// Whether what they look at is recorded.
    pub record_views: bool,
    /// How long it works, ms, up to [`VIEWER_TOKEN_MS_MAX`]; not longer than the key that makes it.
    pub good_for_ms: i64,
}

/// A viewer token that was just made: the only time that it is seen.
#[derive(Debug, Clone)]
pub struct MadeViewerToken {
    /// What is stored of it.
    pub stored: ViewerToken,
    /// The token.
    pub token: Secret,
}

/// Why a viewer token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ViewerError {
    /// It is mistyped or cut, was never given out, has expired or was revoked. Which of them is nobody's business.
    #[error("the viewer token is unknown, revoked or expired")]
    Refused,
    /// The address has shown too many that never were.
    #[error("too many failed authentications from this address")]
    TooManyFailures {
        /// How long to wait.
        retry_after_ms: i64,
    },
    /// The catalog's reason.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Auth {
    /// Makes a viewer token. Nobody makes one that shows more than they see themselves.
    pub async fn create_viewer_token(
        &self,
        caller: &Caller,
        org: &OrgId,
        create: CreateViewerToken,
    ) -> Result<MadeViewerToken, PeopleError> {
        let _reach = authorize(caller, Operation::CreateViewerToken, Some(org))?;
        check(&create)?;
        let needed = needed(create.features);
        if !needed.iter().all(|need| caller.holds(*need, Some(org))) || caller.filter(org).is_some() {
            return Err(PeopleError::Beyond { what: "the viewer token".to_owned() });
        }
        let expires_ms = self.now_ms() + create.good_for_ms;
        let token = token::generate_as(token::VIEWER_PREFIX, self.random());
        let new = ViewerToken {
            id: ViewerTokenId::generate(self.random()),
            org: org.clone(),
            token_sha256: token::hash(token.expose()),
            actor_id: create.actor_id,
            actor_name: create.actor_name,
            filter: create.filter.trim().to_owned(),
            features: create.features.iter().map(|feature| feature.to_string()).collect(),
            origins: create.origins,
            record_views: create.record_views,
            created_ms: 0,
            created_by: caller.id.to_string(),
            expires_ms: caller.expires_ms.map_or(expires_ms, |makers| makers.min(expires_ms)),
            revoked_ms: None,
        };
        Ok(MadeViewerToken { stored: self.catalog().create_viewer_token(new).await?, token })
    }

    /// The tokens of an organization that are good, in order of their ids.
    pub async fn list_viewer_tokens(
        &self,
        caller: &Caller,
        org: &OrgId,
        after: Option<&ViewerTokenId>,
        limit: u32,
    ) -> Result<Vec<ViewerToken>, PeopleError> {
        let _reach = authorize(caller, Operation::ListViewerTokens, Some(org))?;
        self.catalog().organization(org).await?;
        Ok(self.catalog().list_viewer_tokens(org, after, limit).await?)
    }

    /// Makes a token unusable at once. One out of the caller's reach is as unknown as one that does not exist.
    pub async fn revoke_viewer_token(
        &self,
        caller: &Caller,
        id: &ViewerTokenId,
    ) -> Result<Changed<ViewerToken>, PeopleError> {
        let reach = authorize(caller, Operation::RevokeViewerToken, None)?;
        let found = self.catalog().viewer_token(id).await?;
        if !reach.covers(Some(&found.org)) {
            return Err(CatalogError::NotFound { kind: "viewer token", id: id.to_string() }.into());
        }
        Ok(self.catalog().revoke_viewer_token(id).await?)
    }

    /// Makes all tokens of an organization unusable at once; how many there were.
    pub async fn revoke_viewer_tokens(&self, caller: &Caller, org: &OrgId) -> Result<u64, PeopleError> {
        let _reach = authorize(caller, Operation::RevokeViewerTokens, Some(org))?;
        Ok(self.catalog().revoke_viewer_tokens(org).await?)
    }

    /// Whether a text is meant to be a viewer token, whatever it is worth.
    pub fn is_viewer_token(token: &Secret) -> bool {
        token.expose().starts_with(token::VIEWER_PREFIX)
    }

    /// Who looks through this token. `from` is the client's address, if it is known.
    pub async fn authenticate_viewer(
        &self,
        token: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Arc<Caller>, ViewerError> {
        let now_ms = self.now_ms();
        let hash = token::hash(token.expose());
        let is_possible = token::is_well_formed_as(token::VIEWER_PREFIX, token.expose());
        let found = if is_possible { self.catalog().viewer_token_by_hash(&hash).await? } else { None };
        // The database has compared the hashes; this makes it true whatever the database does.
        let Some(found) = found.filter(|found| bool::from(found.token_sha256.ct_eq(&hash))) else {
            return Err(match from.map(|from| self.failures().take(network_of(from), now_ms)) {
                Some(Err(retry_after_ms)) => ViewerError::TooManyFailures { retry_after_ms },
                _ => ViewerError::Refused,
            });
        };
        // Pages ask with tokens that ended a moment ago: that is no guessing.
        if found.is_live(now_ms) { Ok(Arc::new(caller(found))) } else { Err(ViewerError::Refused) }
    }
}

fn caller(token: ViewerToken) -> Caller {
    let viewer = Viewer {
        org: token.org,
        actor: token.actor_id.clone(),
        filter: Some(token.filter).filter(|filter| !filter.is_empty()),
        features: FeatureSet::of_stored(&token.features),
        origins: token.origins,
        record_views: token.record_views,
    };
    Caller {
        id: CallerId::Viewer(token.id),
        name: token.actor_name.unwrap_or(token.actor_id),
        rights: Rights::Viewer(viewer),
        expires_ms: Some(token.expires_ms),
    }
}

/// What its maker must be able to do themselves.
fn needed(features: FeatureSet) -> Vec<Permission> {
    let mut needed = vec![Permission::AuditLogsRead];
    needed.extend(features.has(Feature::Raw).then_some(Permission::IntegrityRead));
    needed.extend(features.has(Feature::Export).then_some(Permission::AuditLogsExport));
    needed
}

fn check(create: &CreateViewerToken) -> Result<(), PeopleError> {
    let invalid = |field: &'static str, why: String| Err(PeopleError::Invalid { field, why });
    if create.good_for_ms < 1_000 || create.good_for_ms > VIEWER_TOKEN_MS_MAX {
        return invalid("expires_in", format!("1 to {} seconds", VIEWER_TOKEN_MS_MAX / 1_000));
    }
    if create.features.has(Feature::Export) && !create.features.has(Feature::Raw) {
        return invalid(
            "features",
            "export shows events as they are stored, so it is given together with raw".into(),
        );
    }
    if create.origins.is_empty() || create.origins.len() > ORIGINS_MAX {
        return invalid("origins", format!("1 to {ORIGINS_MAX} origins of the pages that show the log"));
    }
    match create.origins.iter().find(|origin| !is_origin(origin)) {
        Some(bad) => invalid(
            "origins",
            format!(
                "{bad:?} is no origin as browsers send it: https://app.example.com, in lower case, without a path, \
                 with a port only where it is not the usual one"
            ),
        ),
        None => Ok(()),
    }
}

/// Whether it is an origin exactly as browsers write it: they are compared byte by byte, and stand in a policy.
fn is_origin(text: &str) -> bool {
    let (rest, usual_port) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, 443),
        (None, Some(rest)) => (rest, 80),
        (None, None) => return false,
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let is_port = port.is_none_or(|port| {
        port.parse::<u16>()
            .is_ok_and(|number| number != usual_port && number > 0 && number.to_string() == port)
    });
    let is_name = !host.is_empty()
        && !host.starts_with(['.', '-'])
        && host.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'));
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_v6 = v6.is_some_and(|v6| v6.parse::<std::net::Ipv6Addr>().is_ok_and(|ip| ip.to_string() == v6));
    text.len() <= ORIGIN_BYTES_MAX && is_port && (is_name || is_v6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_browsers_send_is_an_origin() {
        for good in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:3000",
            "http://127.0.0.1:8000",
            "http://[::1]:8000",
            "https://[2001:db8::1]",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "null",
            "*",
            "https://*.example.com",
            "https://app.example.com/",
            "https://App.example.com",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://app.example.com:0443",
            "https://app.example.com:99999",
            "https://app.example.com:",
            "https://a@b.example",
            "https://a b",
            "https://a; script-src *",
            "https://",
            "https://münchen.example",
            "//app.example.com",
            "file://",
            "https://[::1",
            "https://[nonsense]",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
        assert!(!is_origin(&format!("https://{}.example", "a".repeat(300))));
    }
}
