//! Whom a provider's people are here: finding or making the account, the membership and the role, in one transaction.
//!
//! A provider speaks for its organization and for nothing else. It gets an account that it made and one that nobody has
//! a password of. Addresses of accounts are what people typed, so an account with a password takes that password once:
//! or else whoever typed somebody else's address would share an account with them. Where single sign-on is enforced a
//! password is worth nothing, and members go without.

use tallystick_event::OrgId;

use crate::db::Tx;
use crate::links::{self, Link, LinkKind};
use crate::{
    Catalog, CatalogError, Conflict, Membership, NewUser, SsoConnection, User, UserId, memberships, sso,
    users,
};

/// Which role somebody gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleChoice {
    /// This one, at every sign-in: their groups decide.
    Always(String),
    /// This one if they are not in the organization yet; none: then they do not get in.
    ToJoin(Option<String>),
}

/// Somebody whom a provider vouches for.
#[derive(Debug, Clone)]
pub struct SsoAdmission {
    /// The organization whose provider it is.
    pub org: OrgId,
    /// The provider.
    pub issuer: String,
    /// What the provider knows this service as.
    pub client_id: String,
    /// Whom the provider means.
    pub subject: String,
    /// The account to be made, if there is none. Its address is the verified one.
    pub new: NewUser,
    /// Their role.
    pub role: RoleChoice,
    /// Who has a session with a password in the same browser.
    pub signed_in: Option<UserId>,
    /// SHA-256 of the invitation that they came by.
    pub invitation: Option<[u8; 32]>,
}

/// Somebody who is in.
#[derive(Debug, Clone)]
pub struct SsoAdmitted {
    /// Their account.
    pub user: User,
    /// It was made now.
    pub is_new: bool,
    /// It was not known before whom the provider means.
    pub is_linked: bool,
    /// Their role before; none: they were not in the organization.
    pub role_before: Option<String>,
    /// Their role now.
    pub role: String,
    /// They should have had another role, but the organization needs them as an owner.
    pub kept_as_owner: bool,
    /// The invitation that was accepted with it.
    pub invitation: Option<Link>,
}

/// Why somebody whom a provider vouches for does not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SsoRefused {
    /// There is an account with the address, and its password was not shown in this browser.
    PasswordNeeded,
    /// The account is suspended.
    Suspended,
    /// The account belongs to another person of the same provider: the address has changed hands.
    OtherSubject,
    /// No group gives a role, and there is none for others.
    NoRole,
    /// The invitation is over, or for another address or organization.
    NotInvited,
}

impl Catalog {
    /// Lets somebody in. With `only_try` nothing is changed.
    pub async fn admit_sso(
        &self,
        admission: SsoAdmission,
        only_try: bool,
    ) -> Result<Result<SsoAdmitted, SsoRefused>, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let admitted = match admit(&mut tx, admission, now).await? {
            Ok(admitted) if !only_try => admitted,
            tried => return Ok(tried),
        };
        tx.commit().await?;
        Ok(Ok(admitted))
    }
}

async fn admit(
    tx: &mut Tx,
    admission: SsoAdmission,
    now_ms: i64,
) -> Result<Result<SsoAdmitted, SsoRefused>, CatalogError> {
    let email = admission.new.email.clone();
    let (user, is_new, is_linked) = match known(tx, &admission).await? {
        Some(id) => (users::in_tx(tx, &id).await?, false, false),
        None => match users::by_email(tx, &email).await? {
            None => (users::create(tx, admission.new.clone(), now_ms).await?, true, true),
            Some(user) => match may_link(tx, &admission, &user).await? {
                Ok(()) => (user, false, true),
                Err(refused) => return Ok(Err(refused)),
            },
        },
    };
    if user.suspended_ms.is_some() {
        return Ok(Err(SsoRefused::Suspended));
    }
    let org = &admission.org;
    let before = memberships::in_tx(tx, org, &user.id).await?;
    let role_before = before.as_ref().map(|membership| membership.role.clone());
    let (mut kept_as_owner, mut invitation) = (false, None);
    let role = match (before, admission.role.clone()) {
        (Some(before), RoleChoice::Always(role)) if before.role != role => {
            kept_as_owner = !give_role(tx, &before, &role).await?;
            if kept_as_owner { before.role } else { role }
        }
        (Some(before), _) => before.role,
        (None, choice) => {
            if let Some(hash) = &admission.invitation {
                match accept(tx, hash, org, &email, now_ms).await? {
                    Some(link) => invitation = Some(link),
                    None => return Ok(Err(SsoRefused::NotInvited)),
                }
            }
            let invited_as = invitation.as_ref().and_then(|link| link.role.clone());
            let role = match choice {
                RoleChoice::Always(role) => Some(role),
                RoleChoice::ToJoin(role) => invited_as.or(role),
            };
            let Some(role) = role else { return Ok(Err(SsoRefused::NoRole)) };
            memberships::add(tx, org, &user.id, &role, now_ms).await?.role
        }
    };
    remember(tx, &admission, &user.id, now_ms).await?;
    Ok(Ok(SsoAdmitted { user, is_new, is_linked, role_before, role, kept_as_owner, invitation }))
}

async fn known(tx: &mut Tx, admission: &SsoAdmission) -> Result<Option<UserId>, CatalogError> {
    let sql = "SELECT user_id FROM sso_identities WHERE issuer = $1 AND subject = $2";
    let row = tx.row(sql, &[admission.issuer.as_str().into(), admission.subject.as_str().into()]).await?;
    row.map(|row| row.parsed("sso_identities", "user_id")).transpose()
}

/// Whether the account with the address can be taken to be this person's.
async fn may_link(
    tx: &mut Tx,
    admission: &SsoAdmission,
    user: &User,
) -> Result<Result<(), SsoRefused>, CatalogError> {
    let sql =
        "SELECT subject FROM sso_identities WHERE user_id = $1 AND issuer = $2 AND client_id = $3 LIMIT 1";
    let values =
        [user.id.as_str().into(), admission.issuer.as_str().into(), admission.client_id.as_str().into()];
    if tx.row(sql, &values).await?.is_some() {
        return Ok(Err(SsoRefused::OtherSubject));
    }
    let is_nobodys = user.password_hash.is_none() && !user.is_operator;
    if is_nobodys || admission.signed_in.as_ref() == Some(&user.id) {
        return Ok(Ok(()));
    }
    let is_member = memberships::in_tx(tx, &admission.org, &user.id).await?.is_some();
    let connection = sso::in_tx(tx, &admission.org).await?;
    let is_worthless =
        |connection: &SsoConnection| connection.enforced && !connection.break_glass.contains(&user.id);
    let may = is_member && connection.as_ref().is_some_and(is_worthless);
    Ok(if may { Ok(()) } else { Err(SsoRefused::PasswordNeeded) })
}

/// Gives the role; false if the organization cannot do without this owner.
async fn give_role(tx: &mut Tx, before: &Membership, role: &str) -> Result<bool, CatalogError> {
    match memberships::change_role(tx, before, role).await {
        Ok(()) => Ok(true),
        Err(CatalogError::Conflict(Conflict::LastOwner { .. } | Conflict::LastBreakGlass { .. })) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

async fn accept(
    tx: &mut Tx,
    hash: &[u8; 32],
    org: &OrgId,
    email: &str,
    now_ms: i64,
) -> Result<Option<Link>, CatalogError> {
    let link = match links::take(tx, hash, LinkKind::Invite, now_ms).await {
        Err(CatalogError::NotFound { .. }) => return Ok(None),
        link => link?,
    };
    let is_for = link.email.as_deref().is_some_and(|invited| users::fold(invited) == users::fold(email));
    Ok(Some(link).filter(|link| is_for && link.org.as_ref() == Some(org)))
}

async fn remember(
    tx: &mut Tx,
    admission: &SsoAdmission,
    user: &UserId,
    now_ms: i64,
) -> Result<(), CatalogError> {
    let sql = "INSERT INTO sso_identities (issuer, subject, client_id, user_id, created_ms, last_ms) \
               VALUES ($1, $2, $3, $4, $5, $5) \
               ON CONFLICT (issuer, subject) DO UPDATE SET last_ms = excluded.last_ms";
    let values = [
        admission.issuer.as_str().into(),
        admission.subject.as_str().into(),
        admission.client_id.as_str().into(),
        user.as_str().into(),
        now_ms.into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}
