//! Providers as they describe themselves: the discovery document and the keys, remembered for a while.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use openidconnect::core::CoreJsonWebKeySet;
use parking_lot::Mutex;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tallystick_event::Clock;
use tallystick_outbound::{Outbound, OutboundError, Url};

use crate::Fault;
use crate::limits::{ANSWER_BYTES_MAX, DOCUMENT_AGE_MS_MAX, KEYS_PAUSE_MS, PROVIDERS_MAX};

/// Where the discovery document is, after the issuer (OpenID Connect Discovery 4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// What a provider says of itself, as far as it is needed.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Where browsers go.
    pub authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    jwks_uri: Url,
    /// The client shows its secret in the body, because the provider takes no other way.
    pub(crate) secret_in_body: bool,
    /// An answer without `iss` is not of this provider (RFC 9207).
    pub(crate) says_who_answers: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The client. It remembers what providers say of themselves.
pub struct Oidc {
    pub(crate) outbound: Outbound,
    pub(crate) clock: Arc<dyn Clock>,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    provider: Arc<Provider>,
    fetched_ms: i64,
    keys: Option<(Arc<CoreJsonWebKeySet>, i64)>,
    /// When newer keys were last asked for than those that were remembered, Unix ms.
    looked_again_ms: Option<i64>,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc").field("outbound", &self.outbound).finish_non_exhaustive()
    }
}

impl Oidc {
    /// A client that asks whom `outbound` may ask.
    pub fn new(outbound: Outbound, clock: Arc<dyn Clock>) -> Self {
        Self { outbound, clock, known: Mutex::default() }
    }

    /// What the provider says of itself; asked at most once an hour.
    ///
    /// # Errors
    /// If it gives no answer that can be used.
    pub async fn provider(&self, issuer: &str) -> Result<Arc<Provider>, Fault> {
        let now = self.clock.now_ms();
        if let Some(known) = self.known.lock().get(issuer).filter(|known| is_fresh(known.fetched_ms, now)) {
            return Ok(Arc::clone(&known.provider));
        }
        self.discover(issuer).await
    }

    /// The same, asked now.
    ///
    /// # Errors
    /// If it gives no answer that can be used.
    pub async fn discover(&self, issuer: &str) -> Result<Arc<Provider>, Fault> {
        let asked: Url = format!("{}{WELL_KNOWN}", issuer.trim_end_matches('/'))
            .parse()
            .map_err(|_| Fault::Unreachable(OutboundError::Url { url: issuer.to_owned() }))?;
        if asked.query().is_some() || asked.fragment().is_some() {
            return Err(Fault::Unreachable(OutboundError::Url { url: issuer.to_owned() }));
        }
        let document: Document = self.fetch(asked, "its discovery document").await?;
        if document.issuer != issuer {
            return Err(Fault::OtherIssuer { found: document.issuer });
        }
        let methods = document.token_endpoint_auth_methods_supported.unwrap_or_default();
        let has = |method: &str| methods.iter().any(|one| one == method);
        let provider = Arc::new(Provider {
            authorization_endpoint: self
                .endpoint("authorization_endpoint", &document.authorization_endpoint)?,
            token_endpoint: self.endpoint("token_endpoint", &document.token_endpoint)?,
            jwks_uri: self.endpoint("jwks_uri", &document.jwks_uri)?,
            secret_in_body: has("client_secret_post") && !has("client_secret_basic"),
            says_who_answers: document.authorization_response_iss_parameter_supported,
        });
        let mut known = self.known.lock();
        if known.len() >= PROVIDERS_MAX {
            known.clear();
        }
        let before = known.remove(issuer);
        let looked_again_ms = before.as_ref().and_then(|known| known.looked_again_ms);
        let keys = before.and_then(|known| known.keys);
        let now =
            Known { provider: Arc::clone(&provider), fetched_ms: self.clock.now_ms(), keys, looked_again_ms };
        known.insert(issuer.to_owned(), now);
        Ok(provider)
    }

    /// The provider's keys. With `again` newer ones than those that are remembered, unless such were just asked for.
    pub(crate) async fn keys(&self, issuer: &str, again: bool) -> Result<Arc<CoreJsonWebKeySet>, Fault> {
        let provider = self.provider(issuer).await?;
        let now = self.clock.now_ms();
        if let Some(known) = self.known.lock().get_mut(issuer)
            && let Some((keys, fetched_ms)) = &known.keys
        {
            let is_held = known.looked_again_ms.is_some_and(|at| (0..KEYS_PAUSE_MS).contains(&(now - at)));
            if is_fresh(*fetched_ms, now) && (!again || is_held) {
                return Ok(Arc::clone(keys));
            }
            if again {
                known.looked_again_ms = Some(now);
            }
        }
        let keys: CoreJsonWebKeySet = self.fetch(provider.jwks_uri.clone(), "its keys").await?;
        let keys = Arc::new(keys);
        if let Some(known) = self.known.lock().get_mut(issuer) {
            known.keys = Some((Arc::clone(&keys), self.clock.now_ms()));
        }
        Ok(keys)
    }

    async fn fetch<T: DeserializeOwned>(&self, url: Url, what: &str) -> Result<T, Fault> {
        let request = http::Request::get(url.as_str())
            .header(http::header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|_| Fault::Misconfigured(format!("{what} has no address that can be asked")))?;
        let answer = self.outbound.send(request, ANSWER_BYTES_MAX).await?;
        if answer.status != 200 {
            return Err(Fault::Misconfigured(format!("it answers with status {} for {what}", answer.status)));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| Fault::Misconfigured(format!("{what} cannot be read")))
    }

    /// An address of the document, if it is one that may be asked.
    fn endpoint(&self, name: &str, text: &str) -> Result<Url, Fault> {
        let url: Url =
            text.parse().map_err(|_| Fault::Misconfigured(format!("its {name} is not an address")))?;
        self.outbound.check(&url)?;
        Ok(url)
    }
}

fn is_fresh(fetched_ms: i64, now_ms: i64) -> bool {
    (0..DOCUMENT_AGE_MS_MAX).contains(&(now_ms - fetched_ms))
}

#[cfg(test)]
impl Provider {
    pub(crate) fn for_tests(authorization_endpoint: &str) -> Self {
        let url: Url = authorization_endpoint.parse().expect("an address");
        Self {
            authorization_endpoint: url.clone(),
            token_endpoint: url.clone(),
            jwks_uri: url,
            secret_in_body: false,
            says_who_answers: false,
        }
    }
}
