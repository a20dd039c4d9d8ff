//! The one way out: a client that asks only whom it is meant to ask, and does not wait or read without end.

mod address;
mod resolve;

use std::net::IpAddr;
use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response, Url, redirect};
use rustls::{ClientConfig, RootCertStore};

use self::address::Guard;
use self::resolve::{GuardedResolver, Refused};
use crate::limits::CALL_TIME_MAX;

/// Whom may be asked without TLS. What is fetched here is signed, so that TLS hides it and proves nothing more; but
/// credentials of a store would be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Plain {
    /// Nobody.
    #[default]
    Never,
    /// What has a private or loopback address, if [`OutboundOptions::allow_private`] is set.
    Private,
    /// These hosts, by the name in the URL. Many timestamp authorities are reached in no other way.
    Hosts(Vec<String>),
}

/// Whom a client may ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboundOptions {
    /// Private and loopback addresses are fine: the operator means a service on a network of his own. Link-local
    /// addresses, among them the metadata services of clouds, never are.
    pub allow_private: bool,
    /// Whom it may ask without TLS.
    pub plain: Plain,
}

impl OutboundOptions {
    /// Whether a URL could be asked, as far as can be told without looking its name up.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, url: &Url) -> Result<(), OutboundError> {
        let bad = || OutboundError::Url { url: shown(url) };
        let host = url.host_str().ok_or_else(bad)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad());
        }
        let guard = match url.scheme() {
            "https" => self.with_tls(),
            "http" => {
                let is_allowed = match &self.plain {
                    Plain::Never => false,
                    Plain::Private => self.allow_private,
                    Plain::Hosts(hosts) => hosts.iter().any(|known| known.eq_ignore_ascii_case(host)),
                };
                if !is_allowed {
                    return Err(OutboundError::Plain { host: host.to_owned() });
                }
                self.without_tls()
            }
            _ => return Err(bad()),
        };
        // An address in the URL is never looked up, so the resolver does not see it.
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if literal.is_ok_and(|address| !guard.permits(address)) {
            return Err(OutboundError::Address { host: host.to_owned() });
        }
        Ok(())
    }

    fn with_tls(&self) -> Guard {
        Guard { public: true, private: self.allow_private }
    }

    /// Without a name that was allowed, only what is private.
    fn without_tls(&self) -> Guard {
        Guard { public: matches!(self.plain, Plain::Hosts(_)), private: self.allow_private }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The URL is none that can be asked: no host, another scheme than http and https, or with a user name or password.
    #[error("{url} is not an https URL with a host and without a password")]
    Url {
        /// The URL without its query and password.
        url: String,
    },
    /// It is http where TLS is needed.
    #[error("{host} may be asked over https only")]
    Plain {
        /// The host.
        host: String,
    },
    /// The host has no address that may be asked.
    #[error("{host} has no address that may be asked: private ones have to be allowed")]
    Address {
        /// The host.
        host: String,
    },
    /// There was no answer, or it ended early, or it took longer than 5 seconds. It may be there the next time.
    #[error("{host} gives no answer")]
    Unreachable {
        /// The host.
        host: String,
        /// Why, without the URL.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is longer than any good one.
    #[error("{host} answers with more than {limit} bytes")]
    TooLong {
        /// The host.
        host: String,
        /// The limit, bytes.
        limit: usize,
    },
    /// The client could not be made.
    #[error("no client for outgoing calls can be made")]
    Setup {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An answer, whatever its status. Redirects are answers.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The head.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header as text; none if it is missing or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The guarded client. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Outbound {
    options: Arc<OutboundOptions>,
    tls: Client,
    plain: Client,
}

impl Outbound {
    /// A client that asks whom the options permit. Trusts the root certificates of the system, or Mozilla's
    /// where there are none.
    ///
    /// # Errors
    /// If there is no cryptography for it.
    pub fn new(options: OutboundOptions) -> Result<Outbound, OutboundError> {
        let tls = client(options.with_tls())?;
        let plain = client(options.without_tls())?;
        Ok(Outbound { options: Arc::new(options), tls, plain })
    }

    /// [`OutboundOptions::check`] of this client's options.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, url: &Url) -> Result<(), OutboundError> {
        self.options.check(url)
    }

    /// Sends a request that was made elsewhere and reads an answer of at most `limit` bytes.
    ///
    /// # Errors
    /// If it may not be asked, or gives no answer that fits.
    pub async fn send(&self, request: http::Request<Vec<u8>>, limit: usize) -> Result<Answer, OutboundError> {
        let (head, body) = request.into_parts();
        let text = head.uri.to_string();
        let url: Url = text.parse().map_err(|_| OutboundError::Url { url: text })?;
        self.call(head.method, url, limit, |call| call.headers(head.headers).body(body)).await
    }

    /// Makes a call and reads an answer of at most `limit` bytes. `fill` adds head and body.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: Url,
        limit: usize,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder + Send,
    ) -> Result<Answer, OutboundError> {
        self.check(&url)?;
        let client = if url.scheme() == "https" { &self.tls } else { &self.plain };
        let host = url.host_str().unwrap_or_default().to_owned();
        let failed = |error: reqwest::Error| failure(&host, error);
        let mut response: Response = fill(client.request(method, url)).send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > limit {
                return Err(OutboundError::TooLong { host, limit });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }
}

/// The URL as far as it may stand in a log: signatures of stores are in the query.
fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

fn failure(host: &str, error: reqwest::Error) -> OutboundError {
    let host = host.to_owned();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if error.is::<Refused>() {
            return OutboundError::Address { host };
        }
        cause = error.source();
    }
    OutboundError::Unreachable { host, source: Box::new(error.without_url()) }
}

fn client(guard: Guard) -> Result<Client, OutboundError> {
    let setup = |source: Box<dyn std::error::Error + Send + Sync>| OutboundError::Setup { source };
    Client::builder()
        .tls_backend_preconfigured(tls().map_err(setup)?)
        .dns_resolver(Arc::new(GuardedResolver(guard)))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .no_gzip()
        .timeout(CALL_TIME_MAX)
        .connect_timeout(CALL_TIME_MAX)
        .user_agent(concat!("tallystick/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| setup(Box::new(error)))
}

/// With the cryptography named here, so that it does not matter who else in the process has chosen which.
fn tls() -> Result<ClientConfig, Box<dyn std::error::Error + Send + Sync>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let system = rustls_platform_verifier::Verifier::new(Arc::clone(&provider));
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    if let Ok(verifier) = system {
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        return Ok(builder.with_no_client_auth());
    }
    // A container without certificates.
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbound(allow_private: bool, plain: Plain) -> Outbound {
        Outbound::new(OutboundOptions { allow_private, plain }).unwrap()
    }

    fn check(outbound: &Outbound, url: &str) -> Result<(), OutboundError> {
        outbound.check(&url.parse().unwrap())
    }

    #[test]
    fn addresses_in_urls_are_looked_at_too() {
        let strict = outbound(false, Plain::Never);
        check(&strict, "https://witness.example/x").unwrap();
        check(&strict, "https://1.1.1.1/").unwrap();
        for url in [
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
        ] {
            let refused = check(&strict, url);
            assert!(matches!(refused, Err(OutboundError::Address { .. })), "{url}: {refused:?}");
            check(&outbound(true, Plain::Never), url).unwrap();
        }
        let metadata = check(&outbound(true, Plain::Private), "http://169.254.169.254/latest");
        assert!(matches!(metadata, Err(OutboundError::Address { .. })));
    }

    #[test]
    fn tls_is_needed_unless_it_was_waived() {
        let plain = |outbound: &Outbound, url: &str| match check(outbound, url) {
            Ok(()) => "fine",
            Err(OutboundError::Plain { .. }) => "plain",
            Err(OutboundError::Address { .. }) => "address",
            Err(_) => "other",
        };
        assert_eq!(plain(&outbound(true, Plain::Never), "http://127.0.0.1/"), "plain");
        assert_eq!(plain(&outbound(false, Plain::Private), "http://127.0.0.1/"), "plain");
        let private = outbound(true, Plain::Private);
        assert_eq!(plain(&private, "http://127.0.0.1/"), "fine");
        assert_eq!(plain(&private, "http://1.1.1.1/"), "address");
        let named = outbound(false, Plain::Hosts(vec!["tsa.example".to_owned()]));
        assert_eq!(plain(&named, "http://TSA.example/"), "fine");
        assert_eq!(plain(&named, "http://tsa.example.com/"), "plain");
        for url in ["ftp://tsa.example/", "https://user:secret@tsa.example/"] {
            let error = check(&named, url).unwrap_err();
            assert!(matches!(error, OutboundError::Url { .. }) && !error.to_string().contains("secret"));
        }
    }
}
