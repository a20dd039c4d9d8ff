//! HTTP calls that reach only whom they are meant to reach, follow nobody, and end.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::{Client, Url, redirect};
use rustls::ClientConfig;

use crate::address::Guard;
use crate::resolve::GuardedResolver;
use crate::{OutboundError, OutboundOptions, Tls, tls_client_config};

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

/// The guarded client of HTTP. Cheap to clone; clones share connections, which are used again.
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
        Self::with_tls(options, &Tls::default())
    }

    /// The same with root certificates beside the system's, or with a certificate of our own.
    ///
    /// # Errors
    /// [`OutboundError::Pem`] says which field cannot be used; else as [`Outbound::new`].
    pub fn with_tls(options: OutboundOptions, tls: &Tls) -> Result<Outbound, OutboundError> {
        let config = tls_client_config(tls)?;
        let tls = client(&options, options.with_tls(), config.clone())?;
        let plain = client(&options, options.without_tls(), config)?;
        Ok(Outbound { options: Arc::new(options), tls, plain })
    }

    /// [`OutboundOptions::check`] of this client's options.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, url: &Url) -> Result<(), OutboundError> {
        self.options.check(url)
    }

    /// Sends a request that was made elsewhere, as [`Outbound::call`] does.
    ///
    /// # Errors
    /// Those of [`Outbound::call`].
    pub async fn send(&self, request: http::Request<Bytes>, limit: usize) -> Result<Answer, OutboundError> {
        let (head, body) = request.into_parts();
        let text = head.uri.to_string();
        let url: Url = text.parse().map_err(|_| OutboundError::Url { url: text })?;
        self.call(head.method, url, head.headers, body, limit).await
    }

    /// Makes a call and reads an answer of at most `limit` bytes. The body is sent from where it is, without a copy.
    ///
    /// # Errors
    /// If it may not be asked, or gives no answer that fits. An answer with any status is none.
    pub async fn call(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
        limit: usize,
    ) -> Result<Answer, OutboundError> {
        self.check(&url)?;
        let client = if url.scheme() == "https" { &self.tls } else { &self.plain };
        let host = url.host_str().unwrap_or_default().to_owned();
        let failed = |error: reqwest::Error| OutboundError::of(&host, error.without_url());
        let mut call = client.request(method, url).headers(headers);
        if !body.is_empty() {
            call = call.body(body);
        }
        let mut response = call.send().await.map_err(failed)?;
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

fn client(options: &OutboundOptions, guard: Guard, tls: ClientConfig) -> Result<Client, OutboundError> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(GuardedResolver(guard)))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .no_gzip()
        .timeout(options.call_time)
        .connect_timeout(options.call_time)
        .user_agent(concat!("tallystick/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| OutboundError::Setup { source: error.into() })
}
