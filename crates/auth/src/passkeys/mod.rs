//! Passkeys: credentials that a device keeps and uses after it has verified its person, so that one is both factors.
//! WebAuthn itself (<https://www.w3.org/TR/webauthn-3/>) is the library's; what is stored, counted and allowed is ours.

mod add;
mod challenge;
mod refusal;
mod sign_in;
mod site;

use sha2::{Digest, Sha256};
use tallystick_catalog::UserId;
use webauthn_rs::prelude::Uuid;

pub use self::add::NewPasskeyAnswer;
pub use self::refusal::PasskeyRefusal;
pub use self::sign_in::{PasskeySignIn, PasskeySignInError, SignedInByPasskey};
pub use self::site::{NoPasskeys, PasskeySite};
use crate::Secret;

/// A challenge has to be answered within so long, ms.
pub const CHALLENGE_MS: i64 = 300_000;

/// A challenge for an authenticator.
#[derive(Debug, Clone)]
pub struct PasskeyChallenge {
    /// What the browser hands to the authenticator: `{"publicKey": ...}`, bytes in base64url.
    pub options: serde_json::Value,
    /// What the browser keeps until it answers, and a page's script must not see.
    pub token: Secret,
}

/// By what authenticators know an account. It says nothing of the person.
fn user_handle(user: &UserId) -> Uuid {
    let digest = Sha256::digest(format!("tallystick/passkey/v1\n{user}"));
    let (handle, _) = digest.split_first_chunk().expect("32 bytes");
    Uuid::from_bytes(*handle)
}
