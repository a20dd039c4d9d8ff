//! Signing in with a passkey. No address is typed: the authenticator says which account it has a passkey of. Failures
//! count to the same budgets as wrong passwords.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tallystick_catalog::{CatalogError, Passkey, User};
use webauthn_rs::prelude::{DiscoverableAuthentication, PublicKeyCredential, WebauthnError};

use super::challenge::{Purpose, Unanswerable};
use super::{PasskeyChallenge, PasskeyRefusal, PasskeySite, user_handle};
use crate::attempts::network_of;
use crate::{Auth, Factor, Secret, SignInError, SignedIn};

/// An attempt to sign in with a passkey.
#[derive(Debug, Clone)]
pub struct PasskeySignIn {
    /// What the browser kept of the challenge.
    pub token: Option<Secret>,
    /// The credential as browsers write it in JSON.
    pub credential: Value,
    /// The client's address, if it is known.
    pub from: Option<IpAddr>,
    /// The client's program.
    pub user_agent: Option<String>,
}

/// Somebody signed in with a passkey.
#[derive(Debug, Clone)]
pub struct SignedInByPasskey {
    /// Who, and their session.
    pub signed_in: SignedIn,
    /// The passkey, as it is now.
    pub passkey: Passkey,
}

/// Why somebody was not signed in with a passkey. Who it was and why is for the audit log, not for them.
#[derive(Debug, thiserror::Error)]
pub enum PasskeySignInError {
    /// The passkey was not accepted.
    #[error("the passkey was not accepted")]
    Refused {
        /// The account and its passkey, if there is one of this id.
        known: Option<Box<(User, Passkey)>>,
        /// The id at the authenticator, in base64url, as it was sent.
        credential_id: String,
        /// Why.
        why: PasskeyRefusal,
        /// Further attempts from this address on this account have to wait from now on.
        locked_out: bool,
    },
    /// What was sent is no credential.
    #[error("credential: {0}")]
    Malformed(String),
    /// The same as for passwords.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

impl From<CatalogError> for PasskeySignInError {
    fn from(error: CatalogError) -> Self {
        Self::SignIn(error.into())
    }
}

impl Auth {
    /// A challenge for whoever wants to sign in. It says nothing of any account.
    pub fn begin_passkey_sign_in(&self, site: &PasskeySite) -> Result<PasskeyChallenge, PasskeyRefusal> {
        let begun = site.webauthn().start_discoverable_authentication();
        let (challenge, state) = begun.map_err(|error| PasskeyRefusal::from(&error))?;
        let public_key = serde_json::to_value(challenge.public_key).expect("options are plain data");
        let token = self.seal_challenge(Purpose::SignIn(site.origin()), state);
        Ok(PasskeyChallenge { options: serde_json::json!({ "publicKey": public_key }), token })
    }

    /// Signs somebody in with a passkey, with a new session whatever session they had.
    pub async fn sign_in_with_passkey(
        &self,
        site: &PasskeySite,
        attempt: PasskeySignIn,
    ) -> Result<SignedInByPasskey, PasskeySignInError> {
        let credential: PublicKeyCredential = serde_json::from_value(attempt.credential)
            .map_err(|error| PasskeySignInError::Malformed(error.to_string()))?;
        let network = attempt.from.map(network_of);
        let passkey = self.catalog().passkey_by_credential(&credential.raw_id).await?;
        let known = match passkey {
            Some(passkey) => Some((self.catalog().user(&passkey.user).await?, passkey)),
            None => None,
        };
        let credential_id = URL_SAFE_NO_PAD.encode(&credential.raw_id);
        let account =
            known.as_ref().map_or(credential_id.clone(), |(user, _)| user.email.to_ascii_lowercase());
        let at_home = self.at_home(known.as_ref().map(|(user, _)| user), network).await?;
        let counted = self.people().take(&account, at_home.as_ref(), network, self.now_ms())?;
        let checked = self.check_passkey(site, attempt.token.as_ref(), &credential, known.as_ref()).await;
        match (checked, known) {
            (Ok(Ok(passkey)), Some((user, _))) => {
                counted.forgive(&user.id);
                let (factor, is_new_address) = (Factor::UserVerification, at_home.is_none());
                let signed_in =
                    self.admit(user, factor, is_new_address, attempt.from, attempt.user_agent).await?;
                Ok(SignedInByPasskey { signed_in, passkey })
            }
            (Ok(outcome), known) => Err(PasskeySignInError::Refused {
                known: known.map(Box::new),
                credential_id,
                why: outcome.err().unwrap_or(PasskeyRefusal::Unknown),
                locked_out: counted.is_last,
            }),
            (Err(error), _) => {
                counted.give_back();
                Err(error.into())
            }
        }
    }

    /// Uses the challenge up, checks the answer to it, and records that the passkey was used.
    async fn check_passkey(
        &self,
        site: &PasskeySite,
        token: Option<&Secret>,
        credential: &PublicKeyCredential,
        known: Option<&(User, Passkey)>,
    ) -> Result<Result<Passkey, PasskeyRefusal>, CatalogError> {
        let state: Result<DiscoverableAuthentication, Unanswerable> =
            self.take_challenge(Purpose::SignIn(site.origin()), token).await?;
        let state = match state {
            Ok(state) => state,
            Err(why) => return Ok(Err(why.into())),
        };
        let Some((user, stored)) = known else { return Ok(Err(PasskeyRefusal::Unknown)) };
        if user.suspended_ms.is_some() {
            return Ok(Err(PasskeyRefusal::Suspended));
        }
        let used = match check(site, state, credential, user, stored) {
            Ok(used) => used,
            Err(why) => return Ok(Err(why)),
        };
        // Refused if another sign-in got ahead with the same counter, and if it was removed in the meantime.
        let is_used = self.catalog().use_passkey(&used).await?;
        Ok(if is_used { Ok(used) } else { Err(PasskeyRefusal::CounterWentBack) })
    }
}

/// Checks an answer, and what is to be stored of the passkey from now on.
fn check(
    site: &PasskeySite,
    state: DiscoverableAuthentication,
    credential: &PublicKeyCredential,
    user: &User,
    stored: &Passkey,
) -> Result<Passkey, PasskeyRefusal> {
    let of = |error: WebauthnError| PasskeyRefusal::from(&error);
    let (handle, _) = site.webauthn().identify_discoverable_authentication(credential).map_err(of)?;
    if handle != user_handle(&user.id) {
        return Err(PasskeyRefusal::OtherAccount);
    }
    let parsed = serde_json::from_str::<webauthn_rs::prelude::Passkey>(&stored.credential);
    let mut passkey = parsed.map_err(|_| PasskeyRefusal::Invalid)?;
    let finish = site.webauthn().finish_discoverable_authentication_v2(credential, state, &passkey);
    let result = finish.map_err(of)?;
    if !result.user_verified() {
        return Err(PasskeyRefusal::NotVerified);
    }
    passkey.update_credential(&result);
    Ok(Passkey {
        credential: serde_json::to_string(&passkey).expect("a passkey is plain data"),
        sign_count: result.counter(),
        is_synced: result.backup_state(),
        ..stored.clone()
    })
}
