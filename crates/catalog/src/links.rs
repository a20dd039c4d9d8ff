//! Links that work once: to set the instance up, to accept an invitation, to choose a new password. What a link does
//! and that it is used up is one change, so that two who open it at the same time cannot both have it.

use std::fmt;
use std::str::FromStr;

use tallystick_event::OrgId;

use crate::db::{Row, Tx, Value};
use crate::ids::BadId;
use crate::{
    Catalog, CatalogError, Conflict, LinkId, Membership, NewUser, Passkey, User, UserId, memberships,
    organizations, passkeys, roles, sessions, users,
};

const TABLE: &str = "links";
/// Most invitations of one organization that are neither accepted, revoked nor expired.
pub const INVITATIONS_MAX: u64 = 1_000;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Makes an operator.
    Setup,
    /// Makes somebody a member of an organization.
    Invite,
    /// Gives an account a new password.
    Reset,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id, which is no secret.
    pub id: LinkId,
    /// What it is for.
    pub kind: LinkKind,
    /// Whose password, for [`LinkKind::Reset`].
    pub user: Option<UserId>,
    /// For whom, for [`LinkKind::Invite`].
    pub email: Option<String>,
    /// Into which organization, for [`LinkKind::Invite`].
    pub org: Option<OrgId>,
    /// As what, for [`LinkKind::Invite`].
    pub role: Option<String>,
    /// Unix ms.
    pub created_ms: i64,
    /// Who made it.
    pub created_by: String,
    /// It works until then, Unix ms.
    pub expires_ms: i64,
    /// When it was used, Unix ms.
    pub used_ms: Option<i64>,
    /// When it was taken back, Unix ms.
    pub revoked_ms: Option<i64>,
}

/// What a link is made of.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// See [`Link`].
    pub kind: LinkKind,
    /// SHA-256 of what stands in the link.
    pub token_sha256: [u8; 32],
    /// See [`Link`].
    pub user: Option<UserId>,
    /// See [`Link`].
    pub email: Option<String>,
    /// See [`Link`].
    pub org: Option<OrgId>,
    /// See [`Link`].
    pub role: Option<String>,
    /// See [`Link`].
    pub created_by: String,
    /// See [`Link`].
    pub expires_ms: i64,
}

/// Who accepts an invitation.
#[derive(Debug, Clone)]
pub enum Invited {
    /// Somebody without an account. Its e-mail address is that of the invitation.
    New(NewUser),
    /// Somebody who has one.
    Existing(UserId),
}

/// An invitation that was accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// By whom.
    pub user: User,
    /// Their account was made for it.
    pub is_new: bool,
    /// What they are now.
    pub membership: Membership,
    /// The invitation.
    pub link: Link,
}

impl Link {
    /// Whether it works at `now_ms`.
    pub fn is_live(&self, now_ms: i64) -> bool {
        self.used_ms.is_none() && self.revoked_ms.is_none() && now_ms < self.expires_ms
    }
}

impl Catalog {
    /// Makes a link. One to set up or to reset takes the place of those before for the same.
    pub async fn create_link(&self, new: NewLink) -> Result<Link, CatalogError> {
        new.email.as_deref().map(users::check_email).transpose()?;
        let link = Link {
            id: LinkId::generate(&*self.random),
            kind: new.kind,
            user: new.user,
            email: new.email,
            org: new.org,
            role: new.role,
            created_ms: self.now_ms(),
            created_by: new.created_by,
            expires_ms: new.expires_ms,
            used_ms: None,
            revoked_ms: None,
        };
        let mut tx = self.db.change().await?;
        if let Some(org) = &link.org {
            organizations::in_tx(&mut tx, org).await?;
            if let Some(role) = &link.role {
                roles::require(&mut tx, org, role).await?;
            }
            if live_invitations(&mut tx, org, link.created_ms).await? >= INVITATIONS_MAX {
                let what = "open invitations";
                return Err(CatalogError::Conflict(Conflict::TooMany { what, max: INVITATIONS_MAX }));
            }
        }
        if let Some(user) = &link.user {
            users::in_tx(&mut tx, user).await?;
        }
        supersede(&mut tx, &link).await?;
        insert(&mut tx, &link, &new.token_sha256).await?;
        tx.commit().await?;
        Ok(link)
    }

    /// The link with this hash, whatever its state.
    pub async fn link_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Link>, CatalogError> {
        let row = self.db.row(SELECT_BY_HASH, &[hash.as_slice().into()]).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// One link.
    pub async fn link(&self, id: &LinkId) -> Result<Link, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id.as_str()))
    }

    /// Open invitations of an organization, by id.
    pub async fn list_invitations(&self, org: &OrgId) -> Result<Vec<Link>, CatalogError> {
        let values = [org.as_str().into(), self.now_ms().into()];
        self.db.rows(SELECT_OPEN_INVITATIONS, &values).await?.iter().map(read).collect()
    }

    /// Takes a link back; false if it does not work any more.
    pub async fn revoke_link(&self, id: &LinkId) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let sql = "UPDATE links SET revoked_ms = $2 \
                   WHERE id = $1 AND used_ms IS NULL AND revoked_ms IS NULL AND expires_ms > $2";
        let changed = tx.execute(sql, &[id.as_str().into(), now.into()]).await?;
        tx.commit().await?;
        Ok(changed == 1)
    }

    /// Uses a link to set up: makes the account, as an operator.
    pub async fn redeem_setup(&self, hash: &[u8; 32], new: NewUser) -> Result<User, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        take(&mut tx, hash, LinkKind::Setup, now).await?;
        let user = users::create(&mut tx, NewUser { is_operator: true, ..new }, now).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Uses an invitation: makes the account if need be, and the membership.
    pub async fn redeem_invitation(
        &self,
        hash: &[u8; 32],
        invited: Invited,
    ) -> Result<Accepted, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let link = take(&mut tx, hash, LinkKind::Invite, now).await?;
        let (Some(org), Some(role), Some(email)) = (&link.org, &link.role, &link.email) else {
            return Err(CatalogError::corrupt(
                TABLE,
                "an invitation lacks its organization, role or address",
            ));
        };
        let is_new = matches!(invited, Invited::New(_));
        let user = match invited {
            Invited::New(new) => {
                let new = NewUser { email: email.clone(), is_operator: false, ..new };
                users::create(&mut tx, new, now).await?
            }
            Invited::Existing(id) => users::in_tx(&mut tx, &id).await?,
        };
        let membership = memberships::add(&mut tx, org, &user.id, role, now).await?;
        tx.commit().await?;
        Ok(Accepted { user, is_new, membership, link })
    }

    /// Uses a link to choose a new password. All sessions of the account end, and its passkeys go: whoever had taken
    /// the account over may have added one. They are the second part of the answer.
    pub async fn redeem_reset(
        &self,
        hash: &[u8; 32],
        password_hash: &str,
    ) -> Result<(User, Vec<Passkey>), CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let link = take(&mut tx, hash, LinkKind::Reset, now).await?;
        let user = link.user.ok_or_else(|| CatalogError::corrupt(TABLE, "a reset of no account"))?;
        users::set_password(&mut tx, &user, password_hash).await?;
        sessions::revoke_all(&mut tx, &user, None, now).await?;
        let removed = passkeys::remove_all(&mut tx, &user).await?;
        let user = users::in_tx(&mut tx, &user).await?;
        tx.commit().await?;
        Ok((user, removed))
    }
}

/// Marks a link as used, if it works and is of the kind; otherwise there is none.
pub(crate) async fn take(
    tx: &mut Tx,
    hash: &[u8; 32],
    kind: LinkKind,
    now_ms: i64,
) -> Result<Link, CatalogError> {
    let row = tx.row(SELECT_BY_HASH, &[hash.as_slice().into()]).await?;
    let link = row.map(|row| read(&row)).transpose()?;
    let link = link.filter(|link| link.kind == kind && link.is_live(now_ms));
    let link = link.ok_or_else(|| not_found("of this address"))?;
    let sql = "UPDATE links SET used_ms = $2 WHERE id = $1";
    tx.execute(sql, &[link.id.as_str().into(), now_ms.into()]).await?;
    Ok(link)
}

/// Ends what the new link takes the place of.
async fn supersede(tx: &mut Tx, link: &Link) -> Result<(), CatalogError> {
    if link.kind == LinkKind::Invite {
        return Ok(());
    }
    let sql = "UPDATE links SET revoked_ms = $3 WHERE kind = $1 AND COALESCE(user_id, '') = $2 \
               AND used_ms IS NULL AND revoked_ms IS NULL";
    let user = link.user.as_ref().map_or("", UserId::as_str);
    tx.execute(sql, &[link.kind.as_str().into(), user.into(), link.created_ms.into()]).await.map(drop)
}

/// Ends the links by which somebody could choose a password.
pub(crate) async fn revoke_resets(tx: &mut Tx, user: &UserId, now_ms: i64) -> Result<(), CatalogError> {
    let sql = "UPDATE links SET revoked_ms = $2 \
               WHERE kind = 'reset' AND user_id = $1 AND used_ms IS NULL AND revoked_ms IS NULL";
    tx.execute(sql, &[user.as_str().into(), now_ms.into()]).await.map(drop)
}

/// Deletes what an organization that is deleted has of people, roles, searches and links.
pub(crate) async fn delete_all_of(tx: &mut Tx, org: &OrgId) -> Result<(), CatalogError> {
    for sql in [
        "DELETE FROM sso_break_glass WHERE org = $1",
        "DELETE FROM sso_group_roles WHERE org = $1",
        "DELETE FROM sso_domains WHERE org = $1",
        "DELETE FROM sso_connections WHERE org = $1",
        "DELETE FROM links WHERE org = $1",
        "DELETE FROM memberships WHERE org = $1",
        "DELETE FROM roles WHERE org = $1",
        "DELETE FROM saved_searches WHERE org = $1",
        "DELETE FROM short_links WHERE org = $1",
        "DELETE FROM event_shares WHERE org = $1",
        "DELETE FROM exports WHERE org = $1",
    ] {
        tx.execute(sql, &[org.as_str().into()]).await?;
    }
    Ok(())
}

async fn live_invitations(tx: &mut Tx, org: &OrgId, now_ms: i64) -> Result<u64, CatalogError> {
    let sql = "SELECT COUNT(*) AS n FROM links WHERE org = $1 AND kind = 'invite' AND used_ms IS NULL \
               AND revoked_ms IS NULL AND expires_ms > $2";
    let row = tx.row(sql, &[org.as_str().into(), now_ms.into()]).await?;
    row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?.count(TABLE, "n")
}

async fn insert(tx: &mut Tx, link: &Link, hash: &[u8; 32]) -> Result<(), CatalogError> {
    let values: [Value<'_>; 10] = [
        link.id.as_str().into(),
        link.kind.as_str().into(),
        hash.as_slice().into(),
        link.user.as_ref().map(UserId::as_str).into(),
        link.email.as_deref().into(),
        link.org.as_ref().map(OrgId::as_str).into(),
        link.role.as_deref().into(),
        link.created_ms.into(),
        link.created_by.as_str().into(),
        link.expires_ms.into(),
    ];
    let sql = "INSERT INTO links (id, kind, token_sha256, user_id, email, org, role, created_ms, created_by, \
               expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    tx.execute(sql, &values).await.map(drop)
}

impl LinkKind {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invite => "invite",
            Self::Reset => "reset",
        }
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for LinkKind {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let all = [Self::Setup, Self::Invite, Self::Reset];
        all.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| BadId::new("setup, invite or reset"))
    }
}

fn not_found(id: &str) -> CatalogError {
    CatalogError::NotFound { kind: "link", id: id.to_owned() }
}

fn optional<T: FromStr>(row: &Row, column: &'static str) -> Result<Option<T>, CatalogError> {
    let Some(text) = row.opt_text(column)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| CatalogError::corrupt(TABLE, format!("{column} is {text:?}")))
}

fn read(row: &Row) -> Result<Link, CatalogError> {
    Ok(Link {
        id: row.parsed(TABLE, "id")?,
        kind: row.parsed(TABLE, "kind")?,
        user: optional(row, "user_id")?,
        email: row.opt_text("email")?,
        org: optional(row, "org")?,
        role: row.opt_text("role")?,
        created_ms: row.int("created_ms")?,
        created_by: row.text("created_by")?,
        expires_ms: row.int("expires_ms")?,
        used_ms: row.opt_int("used_ms")?,
        revoked_ms: row.opt_int("revoked_ms")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, user_id, email, org, role, created_ms, created_by, expires_ms, used_ms, revoked_ms ",
            "FROM links ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_BY_HASH: &str = select!("WHERE token_sha256 = $1");
const SELECT_OPEN_INVITATIONS: &str = select!(
    "WHERE org = $1 AND kind = 'invite' AND used_ms IS NULL AND revoked_ms IS NULL AND expires_ms > $2 ORDER BY id"
);
