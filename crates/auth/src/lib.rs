//! Who may do what: API keys, scopes and the authorization table.
//!
//! [`Auth::authenticate`] turns a token into a [`Caller`], [`authorize`] asks the one table in
//! [`operation`] whether the caller may, and for which organization. Nothing else decides.

#![forbid(unsafe_code)]

mod auth;
mod caller;
mod failures;
mod keyring;
mod keys;
mod operation;
mod root;
mod scope;
mod secret;
mod token;
mod uses;

pub use self::auth::{Auth, AuthenticateError};
pub use self::caller::{Caller, CallerId, Denied, Reach, authorize};
pub use self::keyring::FollowError;
pub use self::keys::{CreateKey, CreatedKey, KeyError, KeyView};
pub use self::operation::{Bound, Operation, Rule};
pub use self::root::{ROOT_KEY_CHARS_MIN, RootKey, RootKeyError};
pub use self::scope::{Scope, ScopeSet, UnknownScope};
pub use self::secret::Secret;
pub use self::token::{TOKEN_CHARS, TOKEN_PREFIX};
