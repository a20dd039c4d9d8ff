//! What kinds over HTTP share: a guarded client made of the settings, one exchange, what statuses usually mean, and
//! what may be shown of an answer. A kind makes requests and says where its service means something else by a status.
//!
//! ```text
//! let client = HttpClient::open(settings, surroundings)?;
//! let answer = client.exchange(request, Some(batch.now_ms), |response| match response.status {
//!     409 => Outcome::Delivered,
//!     _ => usual(response),
//! }).await;
//! ```

mod cleaner;
mod client;
mod failure;
mod fields;
mod gzip;
mod meaning;
mod retry_after;

pub(crate) use self::cleaner::Cleaner;
pub(crate) use self::client::{HttpClient, Response, url_of};
pub(crate) use self::failure::misfortune;
pub(crate) use self::fields::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM, bad_tls, tls_of};
pub(crate) use self::gzip::gzip;
pub(crate) use self::meaning::usual;
