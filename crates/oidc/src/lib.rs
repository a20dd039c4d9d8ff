//! A client of OpenID Connect providers: discovery, the authorization code flow with PKCE, and ID tokens that are
//! believed only after every check of OpenID Connect Core 3.1.3.7.
//!
//! Whom a provider may speak for, and what that gives, is not decided here. All calls go through the guarded
//! [`Outbound`](tallystick_outbound::Outbound).

#![forbid(unsafe_code)]

mod authorize;
mod claims;
mod exchange;
mod fault;
pub mod limits;
mod provider;
mod verify;

pub use self::authorize::{Flow, authorize_url};
pub use self::claims::Claims;
pub use self::exchange::Registration;
pub use self::fault::Fault;
pub use self::provider::{Oidc, Provider};
