//! Somebody's own passkeys: adding, listing, renaming, removing. Adding and removing take the password again, so that a
//! session left open is good for neither.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tallystick_catalog::{
    CatalogError, Changed, Conflict, NewPasskey, PASSKEYS_MAX, Passkey, PasskeyId, SessionId, User,
    check_name,
};
use webauthn_rs::prelude::{Credential, PasskeyRegistration, RegisterPublicKeyCredential};

use super::challenge::{Purpose, Unanswerable};
use super::{PasskeyChallenge, PasskeyRefusal, PasskeySite, user_handle};
use crate::{Auth, Caller, Denied, Operation, PeopleError, Secret};

/// What an authenticator answered to a challenge to add a passkey.
#[derive(Debug, Clone)]
pub struct NewPasskeyAnswer {
    /// What the browser kept.
    pub token: Option<Secret>,
    /// What people call it.
    pub name: String,
    /// The credential as browsers write it in JSON.
    pub credential: Value,
}

impl Auth {
    /// The caller's passkeys, in the order in which they were added. A provider learns of none: a session that it
    /// opened sees an empty list.
    pub async fn list_passkeys(&self, caller: &Caller) -> Result<Vec<Passkey>, PeopleError> {
        let user = self.own_account(caller, Operation::ListPasskeys).await?;
        if caller.sso_org().is_some() {
            return Ok(Vec::new());
        }
        Ok(self.catalog().list_passkeys(&user.id).await?)
    }

    /// Begins with a passkey: it is added once an authenticator has answered the challenge.
    pub async fn begin_passkey(
        &self,
        caller: &Caller,
        site: &PasskeySite,
        password: &Secret,
    ) -> Result<PasskeyChallenge, PeopleError> {
        let user = self.whole_account(caller, Operation::BeginPasskey).await?;
        let session = session_of(caller, Operation::BeginPasskey)?;
        self.require_password(&user, password).await?;
        let present = self.catalog().list_passkeys(&user.id).await?;
        if present.len() as u64 >= PASSKEYS_MAX {
            let conflict = Conflict::TooMany { what: "passkeys", max: PASSKEYS_MAX };
            return Err(CatalogError::Conflict(conflict).into());
        }
        let handle = user_handle(&user.id);
        let begun = site.webauthn().start_passkey_registration(handle, &user.email, &user.name, None);
        let (challenge, state) = begun.map_err(|_| refused(PasskeyRefusal::Invalid))?;
        let mut options = serde_json::to_value(challenge).expect("options are plain data");
        // Found by the authenticator itself when somebody signs in, without being told whom.
        let chosen = &mut options["publicKey"]["authenticatorSelection"];
        chosen["residentKey"] = json!("required");
        chosen["requireResidentKey"] = json!(true);
        let exclude = present.iter().map(
            |passkey| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(&passkey.credential_id) }),
        );
        options["publicKey"]["excludeCredentials"] = exclude.collect();
        let token = self.seal_challenge(Purpose::Add(session.as_str()), state);
        Ok(PasskeyChallenge { options, token })
    }

    /// Adds a passkey.
    pub async fn add_passkey(
        &self,
        caller: &Caller,
        site: &PasskeySite,
        answer: NewPasskeyAnswer,
    ) -> Result<(User, Passkey), PeopleError> {
        let user = self.whole_account(caller, Operation::AddPasskey).await?;
        let session = session_of(caller, Operation::AddPasskey)?;
        check_name(&answer.name)?;
        let credential: RegisterPublicKeyCredential = serde_json::from_value(answer.credential)
            .map_err(|error| PeopleError::Invalid { field: "credential", why: error.to_string() })?;
        let purpose = Purpose::Add(session.as_str());
        let state: Result<PasskeyRegistration, Unanswerable> =
            self.take_challenge(purpose, answer.token.as_ref()).await?;
        let state = state.map_err(|why| refused(why.into()))?;
        let made = site.webauthn().finish_passkey_registration(&credential, &state);
        let passkey = made.map_err(|error| refused((&error).into()))?;
        let stored = serde_json::to_string(&passkey).expect("a passkey is plain data");
        let about = Credential::from(passkey);
        let new = NewPasskey {
            user: user.id.clone(),
            credential_id: about.cred_id.clone(),
            name: answer.name,
            credential: stored,
            sign_count: about.counter,
            is_synced: about.backup_state,
        };
        let passkey = self.catalog().create_passkey(new).await?;
        Ok((user, passkey))
    }

    /// Gives one of the caller's passkeys another name.
    pub async fn rename_passkey(
        &self,
        caller: &Caller,
        id: &PasskeyId,
        name: &str,
    ) -> Result<(User, Changed<Passkey>), PeopleError> {
        let user = self.whole_account(caller, Operation::RenamePasskey).await?;
        let changed = self.catalog().rename_passkey(&user.id, id, name).await?;
        Ok((user, changed))
    }

    /// Removes one of the caller's passkeys.
    pub async fn remove_passkey(
        &self,
        caller: &Caller,
        id: &PasskeyId,
        password: &Secret,
    ) -> Result<(User, Passkey), PeopleError> {
        let user = self.whole_account(caller, Operation::RemovePasskey).await?;
        self.require_password(&user, password).await?;
        let passkey = self.catalog().remove_passkey(&user.id, id).await?;
        Ok((user, passkey))
    }
}

fn session_of(caller: &Caller, operation: Operation) -> Result<&SessionId, Denied> {
    let name = operation.rule().name;
    let person = caller.person().ok_or(Denied::PersonOnly { operation: name })?;
    Ok(&person.session)
}

fn refused(why: PasskeyRefusal) -> PeopleError {
    PeopleError::Refused(match why {
        PasskeyRefusal::NotVerified => "the device did not verify you; set a PIN, fingerprint or face on it",
        PasskeyRefusal::WrongOrigin => {
            "the passkey was made at another address than the service's public one"
        }
        why if why.is_of_challenge() => "that took too long, or was answered before; begin again",
        _ => "the passkey was not accepted; another device or password manager may work",
    })
}
