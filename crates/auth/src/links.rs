//! Links that work once: the first start, invitations, new passwords. Whoever has the link has what it gives, so it is
//! shown once and only its hash is kept.

use tallystick_catalog::{
    Accepted, CatalogError, Invited, Link, LinkId, LinkKind, NewLink, NewUser, Passkey, User, UserId,
};
use tallystick_event::OrgId;

use crate::{
    Auth, Caller, Denied, Operation, PeopleError, Secret, WeakPassword, authorize, check_password, token,
};

/// How long a link to set up works, ms: a day.
pub const SETUP_LINK_MS: i64 = 86_400_000;
/// How long an invitation works, ms: a week.
pub const INVITATION_MS: i64 = 7 * 86_400_000;
/// How long a link to choose a new password works, ms: a day.
pub const RESET_LINK_MS: i64 = 86_400_000;

/// A link that was just made: the only time that its token is seen.
#[derive(Debug, Clone)]
pub struct MadeLink {
    /// The link.
    pub link: Link,
    /// The last part of its address.
    pub token: Secret,
}

/// What somebody fills in to get an account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// For signing in. An invitation has its own, which counts.
    pub email: String,
    /// For people.
    pub name: String,
    /// As in `Europe/Madrid`.
    pub time_zone: String,
    /// The password, as it was typed.
    pub password: Secret,
}

impl Auth {
    /// A link to make the first operator, unless there is one.
    pub async fn first_setup_link(&self) -> Result<Option<MadeLink>, CatalogError> {
        if self.catalog().has_operator().await? {
            return Ok(None);
        }
        self.setup_link("start").await.map(Some)
    }

    /// A link to make an operator. It takes the place of the one before.
    pub async fn setup_link(&self, made_by: &str) -> Result<MadeLink, CatalogError> {
        self.link(LinkKind::Setup, SETUP_LINK_MS, made_by, |_| {}).await
    }

    /// A link to choose a new password, without asking who wants it: for the operator at the machine itself.
    pub async fn reset_link(&self, user: &UserId, made_by: &str) -> Result<MadeLink, CatalogError> {
        self.link(LinkKind::Reset, RESET_LINK_MS, made_by, |new| new.user = Some(user.clone())).await
    }

    /// A link by which a member chooses a new password. It takes the place of the one before.
    pub async fn reset_member(
        &self,
        caller: &Caller,
        org: &OrgId,
        user: &UserId,
    ) -> Result<(User, MadeLink), PeopleError> {
        let _reach = authorize(caller, Operation::ResetMemberPassword, Some(org))?;
        let member = self.catalog().member(org, user).await?.user;
        self.outranks(caller, Operation::ResetMemberPassword, &member).await?;
        let made = self.reset_link(user, &caller.id.to_string()).await?;
        Ok((member, made))
    }

    /// Invites somebody into an organization.
    pub async fn invite(
        &self,
        caller: &Caller,
        org: &OrgId,
        email: &str,
        role: &str,
    ) -> Result<MadeLink, PeopleError> {
        let _reach = authorize(caller, Operation::CreateInvitation, Some(org))?;
        self.giveable(caller, org, role).await?;
        let made_by = caller.id.to_string();
        let made = self.link(LinkKind::Invite, INVITATION_MS, &made_by, |new| {
            new.email = Some(email.trim().to_owned());
            new.org = Some(org.clone());
            new.role = Some(role.to_owned());
        });
        Ok(made.await?)
    }

    /// Open invitations of an organization.
    pub async fn list_invitations(&self, caller: &Caller, org: &OrgId) -> Result<Vec<Link>, PeopleError> {
        let _reach = authorize(caller, Operation::ListInvitations, Some(org))?;
        self.catalog().organization(org).await?;
        Ok(self.catalog().list_invitations(org).await?)
    }

    /// Takes an invitation back; none if it does not work any more. One out of the caller's reach is as unknown as one
    /// that does not exist.
    pub async fn revoke_invitation(&self, caller: &Caller, id: &LinkId) -> Result<Option<Link>, PeopleError> {
        let reach = authorize(caller, Operation::RevokeInvitation, None)?;
        let unknown = || CatalogError::NotFound { kind: "invitation", id: id.to_string() };
        let link = match self.catalog().link(id).await {
            Err(CatalogError::NotFound { .. }) => return Err(unknown().into()),
            link => link?,
        };
        if link.kind != LinkKind::Invite || !reach.covers(link.org.as_ref()) {
            return Err(unknown().into());
        }
        Ok(self.catalog().revoke_link(id).await?.then_some(link))
    }

    /// The link of this kind with this token, if it works.
    pub async fn open_link(&self, kind: LinkKind, token: &str) -> Result<Option<Link>, CatalogError> {
        let link = self.catalog().link_by_hash(&token::hash(token)).await?;
        Ok(link.filter(|link| link.kind == kind && link.is_live(self.now_ms())))
    }

    /// Uses a link to set up.
    pub async fn redeem_setup(&self, token: &str, account: NewAccount) -> Result<User, PeopleError> {
        // Before the costly hash: whoever has no link shall not keep the machine busy.
        self.require_link(LinkKind::Setup, token).await?;
        let new = self.new_user(account).await?;
        gone(self.catalog().redeem_setup(&token::hash(token), new).await)
    }

    /// Accepts an invitation with a new account.
    pub async fn redeem_invitation(&self, token: &str, account: NewAccount) -> Result<Accepted, PeopleError> {
        let link = self.require_link(LinkKind::Invite, token).await?;
        if let Some(org) = &link.org
            && self.catalog().sso_connection(org).await?.is_some_and(|connection| connection.enforced)
        {
            return Err(PeopleError::Refused("the organization takes single sign-on only"));
        }
        let account = NewAccount { email: link.email.unwrap_or_default(), ..account };
        let new = self.new_user(account).await?;
        gone(self.catalog().redeem_invitation(&token::hash(token), Invited::New(new)).await)
    }

    /// Accepts an invitation as somebody who has signed in. Who came through a provider is somebody in its organization
    /// only, and cannot bring the account into another.
    pub async fn accept_invitation(&self, token: &str, caller: &Caller) -> Result<Accepted, PeopleError> {
        let accept = "invitations.accept";
        let user = caller.user().ok_or(Denied::PersonOnly { operation: accept })?;
        let link = self.require_link(LinkKind::Invite, token).await?;
        if caller.sso_org().is_some() && caller.sso_org() != link.org.as_ref() {
            return Err(Denied::Confined { operation: accept }.into());
        }
        let hash = token::hash(token);
        gone(self.catalog().redeem_invitation(&hash, Invited::Existing(user.clone())).await)
    }

    /// Uses a link to choose a new password. All sessions of the account end, and its passkeys are removed: the second
    /// part of the answer.
    pub async fn redeem_reset(
        &self,
        token: &str,
        password: &Secret,
    ) -> Result<(User, Vec<Passkey>), PeopleError> {
        let link = self.require_link(LinkKind::Reset, token).await?;
        let user = link.user.ok_or(PeopleError::Refused("the link is of no account"))?;
        let user = self.catalog().user(&user).await?;
        let hash = self.checked_hash(password, &user.name, &user.email).await?;
        gone(self.catalog().redeem_reset(&token::hash(token), &hash).await)
    }

    async fn require_link(&self, kind: LinkKind, token: &str) -> Result<Link, PeopleError> {
        self.open_link(kind, token).await?.ok_or(PeopleError::Refused(GONE))
    }

    async fn new_user(&self, account: NewAccount) -> Result<NewUser, PeopleError> {
        let email = account.email.trim().to_owned();
        let hash = self.checked_hash(&account.password, &account.name, &email).await?;
        Ok(NewUser {
            id: UserId::generate(self.random()),
            email,
            name: account.name.trim().to_owned(),
            time_zone: account.time_zone,
            is_operator: false,
            password_hash: Some(hash),
        })
    }

    /// The hash of a password that is good enough.
    pub(crate) async fn checked_hash(
        &self,
        password: &Secret,
        name: &str,
        email: &str,
    ) -> Result<String, PeopleError> {
        check_password(password, name, email)?;
        Ok(self.people().hasher.hash(password, self.random()).await?)
    }

    async fn link(
        &self,
        kind: LinkKind,
        good_for_ms: i64,
        made_by: &str,
        fill: impl FnOnce(&mut NewLink),
    ) -> Result<MadeLink, CatalogError> {
        let token = self.new_token();
        let mut new = NewLink {
            kind,
            token_sha256: token::hash(token.expose()),
            user: None,
            email: None,
            org: None,
            role: None,
            created_by: made_by.to_owned(),
            expires_ms: self.now_ms() + good_for_ms,
        };
        fill(&mut new);
        Ok(MadeLink { link: self.catalog().create_link(new).await?, token })
    }
}

const GONE: &str = "the link was used, taken back or is too old; ask for a new one";

/// A link that another used in the meantime is like one that never was.
fn gone<T>(result: Result<T, CatalogError>) -> Result<T, PeopleError> {
    result.map_err(|error| match error {
        CatalogError::NotFound { kind: "link", .. } => PeopleError::Refused(GONE),
        error => error.into(),
    })
}

impl From<WeakPassword> for PeopleError {
    fn from(weak: WeakPassword) -> Self {
        Self::Invalid { field: "password", why: format!("{weak}; a sentence of a few words is good") }
    }
}
