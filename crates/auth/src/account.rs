//! A person's own account: password, authenticator, name, sessions. What could lock the owner out, or a thief in, takes
//! the password again.

use tallystick_catalog::{CatalogError, Changed, Session, SessionId, User, UserId};
use tallystick_event::OrgId;

use crate::{Auth, Caller, Denied, Operation, PeopleError, Reach, Secret, authorize, totp};

/// An authenticator that is to be confirmed: the only time that its secret is seen.
#[derive(Debug, Clone)]
pub struct BegunTotp {
    /// As it is typed into an authenticator: base 32.
    pub secret: Secret,
    /// As it is read from a QR code: `otpauth://…`.
    pub address: Secret,
}

/// A session that was ended by hand.
#[derive(Debug, Clone)]
pub struct RevokedSession {
    /// The session, as it was.
    pub session: Session,
    /// Whose it was.
    pub user: User,
    /// In which organization the caller may that, if it was another's; operators may it anywhere.
    pub org: Option<OrgId>,
    /// Nothing was changed: it had ended before.
    pub had_ended: bool,
}

impl Auth {
    /// The account of the caller.
    pub async fn own_account(&self, caller: &Caller, operation: Operation) -> Result<User, PeopleError> {
        let _reach = authorize(caller, operation, None)?;
        let name = operation.rule().name;
        let id = caller.user().ok_or(Denied::PersonOnly { operation: name })?;
        Ok(self.catalog().user(id).await?)
    }

    /// The same, if the caller has shown what the account itself is protected by. A provider speaks for one
    /// organization, and an account can be in several.
    pub(crate) async fn whole_account(
        &self,
        caller: &Caller,
        operation: Operation,
    ) -> Result<User, PeopleError> {
        if caller.sso_org().is_some() {
            return Err(Denied::Confined { operation: operation.rule().name }.into());
        }
        self.own_account(caller, operation).await
    }

    /// Changes the password, and ends all other sessions; how many they were. Links to choose one stop working.
    pub async fn change_password(
        &self,
        caller: &Caller,
        present: &Secret,
        new: &Secret,
    ) -> Result<u64, PeopleError> {
        let user = self.whole_account(caller, Operation::ChangePassword).await?;
        self.require_password(&user, present).await?;
        let hash = self.checked_hash(new, &user.name, &user.email).await?;
        let session = caller.person().map(|person| &person.session);
        Ok(self.catalog().change_password(&user.id, &hash, session).await?)
    }

    /// Changes name and time zone.
    pub async fn update_account(
        &self,
        caller: &Caller,
        name: Option<&str>,
        time_zone: Option<&str>,
    ) -> Result<Changed<User>, PeopleError> {
        let user = self.own_account(caller, Operation::UpdateAccount).await?;
        if let Some(org) = caller.sso_org() {
            let memberships = self.catalog().memberships(&user.id).await?;
            if user.is_operator || memberships.iter().any(|one| one.org != *org) {
                return Err(Denied::Confined { operation: Operation::UpdateAccount.rule().name }.into());
            }
        }
        Ok(self.catalog().update_user(&user.id, name, time_zone).await?)
    }

    /// Changes the address that one signs in with.
    pub async fn change_email(
        &self,
        caller: &Caller,
        password: &Secret,
        email: &str,
    ) -> Result<Changed<User>, PeopleError> {
        let user = self.whole_account(caller, Operation::ChangeEmail).await?;
        self.require_password(&user, password).await?;
        Ok(self.catalog().set_email(&user.id, email).await?)
    }

    /// Begins with an authenticator: it is in use once a code of it has come back.
    pub async fn begin_totp(&self, caller: &Caller, password: &Secret) -> Result<BegunTotp, PeopleError> {
        let user = self.whole_account(caller, Operation::BeginTotp).await?;
        self.require_password(&user, password).await?;
        let secret = totp::new_secret(self.random());
        let sealed = self.seal_totp(&user.id, &secret);
        if !self.catalog().begin_totp(&user.id, &sealed).await? {
            let why = "an authenticator is in use; remove it first";
            return Err(PeopleError::Refused(why));
        }
        let address = Self::totp_address(&secret, &user.email);
        Ok(BegunTotp { secret: totp::base32(&secret).into(), address: address.into() })
    }

    /// Puts the authenticator in use. The answer is the recovery codes, which are seen this once.
    pub async fn confirm_totp(&self, caller: &Caller, code: &Secret) -> Result<Vec<String>, PeopleError> {
        let user = self.whole_account(caller, Operation::ConfirmTotp).await?;
        let wrong = PeopleError::Refused("the code is wrong, or there is no authenticator to confirm");
        let factor = self.catalog().totp(&user.id).await?.filter(|factor| factor.confirmed_ms.is_none());
        let Some(factor) = factor else { return Err(wrong) };
        let secret = self.open_totp(&user.id, &factor.sealed)?;
        let code: String = code.expose().chars().filter(|c| !c.is_whitespace()).collect();
        let Some(step) = totp::matching_step(&secret, &code, self.now_ms()) else { return Err(wrong) };
        let codes = totp::new_recovery_codes(self.random());
        let hashes: Vec<[u8; 32]> = codes.iter().map(|code| totp::recovery_hash(code)).collect();
        if !self.catalog().confirm_totp(&user.id, step, &hashes).await? {
            return Err(wrong);
        }
        Ok(codes)
    }

    /// Removes the authenticator and the recovery codes; false if there was none.
    pub async fn remove_totp(&self, caller: &Caller, password: &Secret) -> Result<bool, PeopleError> {
        let user = self.whole_account(caller, Operation::RemoveTotp).await?;
        self.require_password(&user, password).await?;
        Ok(self.catalog().remove_totp(&user.id).await?)
    }

    /// Whether an authenticator is in use, and how many recovery codes are left.
    pub async fn second_factor(&self, user: &UserId) -> Result<(bool, u64), CatalogError> {
        let factor = self.catalog().totp(user).await?.filter(|factor| factor.confirmed_ms.is_some());
        Ok((factor.is_some(), self.catalog().recovery_codes_left(user).await?))
    }

    /// Sessions that work: the caller's own, or those of `user`, who must be a member of an organization whose members
    /// the caller manages.
    pub async fn list_sessions(
        &self,
        caller: &Caller,
        user: Option<&UserId>,
    ) -> Result<Vec<Session>, PeopleError> {
        let id = match user {
            None => self.own_account(caller, Operation::ListSessions).await?.id,
            Some(user) => {
                self.managed_org(caller, Operation::ListMemberSessions, user).await?;
                user.clone()
            }
        };
        let (now, idle) = (self.now_ms(), self.people().options.session_idle_ms);
        let mut sessions = self.catalog().list_sessions(&id).await?;
        for session in &mut sessions {
            let noted = self.session_uses().noted(&session.token_sha256);
            session.seen_ms = session.seen_ms.max(noted.unwrap_or(i64::MIN));
        }
        let is_seen = |session: &Session| match user {
            None => is_own_way(caller, session),
            Some(_) => reaches(caller, Operation::ListMemberSessions, session),
        };
        sessions.retain(|session| session.is_live(now, idle) && is_seen(session));
        Ok(sessions)
    }

    /// Ends a session of one's own, or of a member who has no more than the caller. A session out of reach is as
    /// unknown as one that does not exist.
    pub async fn revoke_session(
        &self,
        caller: &Caller,
        id: &SessionId,
    ) -> Result<RevokedSession, PeopleError> {
        let unknown = || CatalogError::NotFound { kind: "session", id: id.to_string() };
        let own = authorize(caller, Operation::RevokeSession, None).is_ok();
        if !own {
            let _reach = authorize(caller, Operation::RevokeMemberSession, None)?;
        }
        let session = self.catalog().session(id).await?;
        let mut org = None;
        let is_theirs = own && caller.user() == Some(&session.user);
        let is_within = if is_theirs {
            is_own_way(caller, &session)
        } else {
            reaches(caller, Operation::RevokeMemberSession, &session)
        };
        if !is_within {
            return Err(unknown().into());
        }
        if !own || caller.user() != Some(&session.user) {
            let managed = self.managed_org(caller, Operation::RevokeMemberSession, &session.user).await;
            org = managed.map_err(|error| match error {
                PeopleError::Denied(_) | PeopleError::Catalog(CatalogError::NotFound { .. }) => {
                    unknown().into()
                }
                error => error,
            })?;
        }
        let user = self.catalog().user(&session.user).await?;
        if org.is_some() {
            self.outranks(caller, Operation::RevokeMemberSession, &user).await?;
        }
        let had_ended = !self.catalog().revoke_session(id).await?;
        Ok(RevokedSession { session, user, org, had_ended })
    }

    /// Ends the session of the caller.
    pub async fn sign_out(&self, caller: &Caller) -> Result<SessionId, PeopleError> {
        let _reach = authorize(caller, Operation::EndSession, None)?;
        let name = Operation::EndSession.rule().name;
        let person = caller.person().ok_or(Denied::PersonOnly { operation: name })?;
        self.catalog().end_session(&person.session).await?;
        Ok(person.session.clone())
    }

    /// Another token for the caller's session: what the browser had before is good for nothing any more. Done whenever
    /// what the person signs in with changes, so that whoever has got hold of the session loses it then.
    pub async fn renew_session(&self, caller: &Caller) -> Result<Secret, PeopleError> {
        let gone = PeopleError::Refused("the session has ended");
        let Some(person) = caller.person() else { return Err(gone) };
        let token = self.new_token();
        let hash = crate::token::hash(token.expose());
        if self.catalog().renew_session(&person.session, &hash).await? { Ok(token) } else { Err(gone) }
    }

    /// Ends a session by what the browser has; nothing happens if there is none.
    pub async fn forget(&self, token: &Secret) -> Result<(), CatalogError> {
        if let Some((session, _)) =
            self.catalog().session_by_hash(&crate::token::hash(token.expose())).await?
        {
            self.catalog().end_session(&session.id).await?;
        }
        Ok(())
    }

    /// An organization in which the caller may do this to `user`; none for operators.
    async fn managed_org(
        &self,
        caller: &Caller,
        operation: Operation,
        user: &UserId,
    ) -> Result<Option<OrgId>, PeopleError> {
        if authorize(caller, operation, None)? == Reach::All {
            self.catalog().user(user).await?;
            return Ok(None);
        }
        let memberships = self.catalog().memberships(user).await?;
        let shared = memberships.into_iter().find(|one| authorize(caller, operation, Some(&one.org)).is_ok());
        let unknown = CatalogError::NotFound { kind: "member", id: user.to_string() };
        shared.map(|membership| Some(membership.org)).ok_or(unknown.into())
    }

    pub(crate) async fn require_password(&self, user: &User, password: &Secret) -> Result<(), PeopleError> {
        let Some(counted) = self.people().take_own_password(&user.id, self.now_ms()) else {
            return Err(PeopleError::Refused("too many wrong passwords; wait a few minutes"));
        };
        let fits = self.people().hasher.verify(password, user.password_hash.as_deref()).await;
        if matches!(fits, Ok(false)) {
            return Err(PeopleError::Refused("the present password is wrong"));
        }
        counted.give_back();
        fits?;
        Ok(())
    }
}

/// Whether somebody's own session is one that the caller's may know of: a provider learns of no other than its own.
fn is_own_way(caller: &Caller, session: &Session) -> bool {
    caller.sso_org().is_none_or(|org| session.sso_org.as_ref() == Some(org))
}

/// Whether a session of somebody else is not one of an organization that is none of the caller's business.
fn reaches(caller: &Caller, operation: Operation, session: &Session) -> bool {
    session.sso_org.as_ref().is_none_or(|org| authorize(caller, operation, Some(org)).is_ok())
}
