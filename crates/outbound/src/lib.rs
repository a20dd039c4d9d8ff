//! The one way out: HTTP calls, sockets and TLS that reach only whom the operator means, and do not wait or read
//! without end.
//!
//! [`Outbound`] makes HTTP calls. [`connect`], [`connect_plain`], [`connect_tls`] and [`start_tls`] open sockets for
//! protocols that are not HTTP. Both look at every address before they connect to it, and connect to the address that
//! was looked at. Whether a certificate is good is always checked: there is no way to turn that off, only
//! [`Tls::ca_pem`] for authorities of one's own.

#![forbid(unsafe_code)]

mod address;
mod client;
mod error;
pub mod limits;
mod options;
mod resolve;
mod socket;
mod tls;

pub use client::{Answer, Outbound};
pub use error::OutboundError;
pub use options::{OutboundOptions, Plain};
pub use socket::{TlsStream, connect, connect_plain, connect_tls, start_tls};
pub use tls::{Tls, tls_client_config};

/// What [`Outbound`] is called with.
pub use http::{HeaderMap, HeaderName, HeaderValue, Method};
/// An address of somebody else's service: `https`, or `http` where [`Plain`] permits it.
pub use reqwest::Url;
/// What [`connect_tls`] is called with.
pub use rustls::ClientConfig;
