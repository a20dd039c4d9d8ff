//! Who is in which organization, and as what. The catalog knows one role by name, the owner's: an organization that has
//! had one keeps one.

use tallystick_event::OrgId;

use crate::db::{Row, Tx, Value};
use crate::{
    Catalog, CatalogError, Changed, Conflict, LIST_MAX, Role, User, UserId, organizations, roles, sso, users,
};

const TABLE: &str = "memberships";
/// The built-in role that an organization must not lose the last holder of.
pub const OWNER: &str = "owner";
/// Most members of one organization.
pub const MEMBERS_MAX: u64 = 10_000;
/// Most organizations that one person is in.
pub const MEMBERSHIPS_MAX: u64 = 100;

/// That somebody is in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Who.
    pub user: UserId,
    /// In which organization.
    pub org: OrgId,
    /// Name of a built-in role, or id of a custom one.
    pub role: String,
    /// Since when, Unix ms.
    pub created_ms: i64,
}

/// A membership with what single sign-on makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The membership.
    pub membership: Membership,
    /// The custom role, if it is one.
    pub role: Option<Role>,
    /// The organization takes no passwords.
    pub is_enforced: bool,
    /// It takes this person's all the same.
    pub is_break_glass: bool,
}

/// A member with their account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub user: User,
    /// What they are.
    pub membership: Membership,
    /// They confirm their sign-ins with an authenticator.
    pub has_totp: bool,
    /// They have signed in through the organization's provider.
    pub has_sso: bool,
    /// They keep their password when single sign-on is enforced.
    pub is_break_glass: bool,
}

impl Catalog {
    /// The organizations that somebody is in, by id.
    pub async fn memberships(&self, user: &UserId) -> Result<Vec<Membership>, CatalogError> {
        let sql = "SELECT user_id, org, role, created_ms FROM memberships WHERE user_id = $1 ORDER BY org";
        self.db.rows(sql, &[user.as_str().into()]).await?.iter().map(read).collect()
    }

    /// The organizations that somebody is in, by id, with the custom role that they have there and what single sign-on
    /// makes of each. A role that is neither a built-in one nor there comes without.
    pub async fn standings(&self, user: &UserId) -> Result<Vec<Standing>, CatalogError> {
        let standing = |row: &Row| {
            let membership = Membership {
                user: row.parsed(TABLE, "user_id")?,
                org: row.parsed(TABLE, "org")?,
                role: row.text("role")?,
                created_ms: row.int("member_ms")?,
            };
            Ok(Standing {
                membership,
                role: row.opt_text("id")?.map(|_| roles::read(row)).transpose()?,
                is_enforced: row.opt_int("enforced")? == Some(1),
                is_break_glass: row.opt_text("break_glass")?.is_some(),
            })
        };
        self.db.rows(SELECT_STANDINGS, &[user.as_str().into()]).await?.iter().map(standing).collect()
    }

    /// Members of an organization in order of their ids, those after `after` only, at most `limit` (capped at
    /// [`LIST_MAX`]).
    pub async fn list_members(
        &self,
        org: &OrgId,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<Member>, CatalogError> {
        let values = [
            org.as_str().into(),
            after.map_or("", UserId::as_str).into(),
            i64::from(limit.min(LIST_MAX)).into(),
        ];
        self.db.rows(SELECT_MEMBERS, &values).await?.iter().map(read_member).collect()
    }

    /// One member.
    pub async fn member(&self, org: &OrgId, user: &UserId) -> Result<Member, CatalogError> {
        let row = self.db.row(SELECT_MEMBER, &[org.as_str().into(), user.as_str().into()]).await?;
        row.map(|row| read_member(&row)).transpose()?.ok_or_else(|| not_found(user))
    }

    /// Makes somebody a member. [`Conflict::AlreadyMember`] if they are.
    pub async fn add_member(
        &self,
        org: &OrgId,
        user: &UserId,
        role: &str,
    ) -> Result<Membership, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        users::in_tx(&mut tx, user).await?;
        let made = add(&mut tx, org, user, role, now).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Gives a member another role. [`Conflict::LastOwner`] if nobody would own the organization.
    pub async fn set_role(
        &self,
        org: &OrgId,
        user: &UserId,
        role: &str,
    ) -> Result<Changed<Membership>, CatalogError> {
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, org, user).await?.ok_or_else(|| not_found(user))?;
        roles::require(&mut tx, org, role).await?;
        let after = Membership { role: role.to_owned(), ..before.clone() };
        change_role(&mut tx, &before, role).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// Ends a membership. The account stays.
    pub async fn remove_member(&self, org: &OrgId, user: &UserId) -> Result<Membership, CatalogError> {
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, org, user).await?.ok_or_else(|| not_found(user))?;
        keeps_an_owner(&mut tx, &before).await?;
        let sql = "DELETE FROM sso_break_glass WHERE org = $1 AND user_id = $2";
        tx.execute(sql, &[org.as_str().into(), user.as_str().into()]).await?;
        sso::forget_identities(&mut tx, org, user).await?;
        let sql = "DELETE FROM memberships WHERE org = $1 AND user_id = $2";
        tx.execute(sql, &[org.as_str().into(), user.as_str().into()]).await?;
        tx.commit().await?;
        Ok(before)
    }
}

pub(crate) async fn add(
    tx: &mut Tx,
    org: &OrgId,
    user: &UserId,
    role: &str,
    now_ms: i64,
) -> Result<Membership, CatalogError> {
    organizations::in_tx(tx, org).await?;
    roles::require(tx, org, role).await?;
    if in_tx(tx, org, user).await?.is_some() {
        return Err(CatalogError::Conflict(Conflict::AlreadyMember { org: org.to_string() }));
    }
    let members = "SELECT COUNT(*) AS n FROM memberships WHERE org = $1";
    if count(tx, members, org.as_str()).await? >= MEMBERS_MAX {
        return Err(CatalogError::Conflict(Conflict::TooMany { what: "members", max: MEMBERS_MAX }));
    }
    let own = "SELECT COUNT(*) AS n FROM memberships WHERE user_id = $1";
    if count(tx, own, user.as_str()).await? >= MEMBERSHIPS_MAX {
        let what = "organizations that they are in";
        return Err(CatalogError::Conflict(Conflict::TooMany { what, max: MEMBERSHIPS_MAX }));
    }
    let values: [Value<'_>; 4] = [user.as_str().into(), org.as_str().into(), role.into(), now_ms.into()];
    let sql = "INSERT INTO memberships (user_id, org, role, created_ms) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, &values).await?;
    Ok(Membership { user: user.clone(), org: org.clone(), role: role.to_owned(), created_ms: now_ms })
}

/// Gives a member another role, unless nobody would own the organization.
pub(crate) async fn change_role(tx: &mut Tx, before: &Membership, role: &str) -> Result<(), CatalogError> {
    if role != OWNER {
        keeps_an_owner(tx, before).await?;
    }
    let sql = "UPDATE memberships SET role = $3 WHERE org = $1 AND user_id = $2";
    tx.execute(sql, &[before.org.as_str().into(), before.user.as_str().into(), role.into()]).await.map(drop)
}

pub(crate) async fn in_tx(
    tx: &mut Tx,
    org: &OrgId,
    user: &UserId,
) -> Result<Option<Membership>, CatalogError> {
    let sql = "SELECT user_id, org, role, created_ms FROM memberships WHERE org = $1 AND user_id = $2";
    let row = tx.row(sql, &[org.as_str().into(), user.as_str().into()]).await?;
    row.map(|row| read(&row)).transpose()
}

/// Refuses to suspend somebody whom an organization has as its only owner.
pub(crate) async fn keep_owners_without(tx: &mut Tx, user: &UserId) -> Result<(), CatalogError> {
    let sql = "SELECT user_id, org, role, created_ms FROM memberships WHERE user_id = $1 AND role = 'owner'";
    for row in tx.rows(sql, &[user.as_str().into()]).await? {
        keeps_an_owner(tx, &read(&row)?).await?;
    }
    Ok(())
}

/// Refuses to take the role from the only owner who can sign in, or from the only one who gets in when single
/// sign-on fails.
async fn keeps_an_owner(tx: &mut Tx, leaving: &Membership) -> Result<(), CatalogError> {
    if leaving.role != OWNER {
        return Ok(());
    }
    let sql = "SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org = $1 \
               AND m.role = 'owner' AND m.user_id <> $2 AND u.suspended_ms IS NULL LIMIT 1";
    if tx.row(sql, &[leaving.org.as_str().into(), leaving.user.as_str().into()]).await?.is_none() {
        return Err(CatalogError::Conflict(Conflict::LastOwner { org: leaving.org.to_string() }));
    }
    sso::keeps_break_glass(tx, leaving).await
}

async fn count(tx: &mut Tx, sql: &'static str, of: &str) -> Result<u64, CatalogError> {
    let row = tx.row(sql, &[of.into()]).await?;
    row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?.count(TABLE, "n")
}

fn not_found(user: &UserId) -> CatalogError {
    CatalogError::NotFound { kind: "member", id: user.to_string() }
}

fn read(row: &Row) -> Result<Membership, CatalogError> {
    Ok(Membership {
        user: row.parsed(TABLE, "user_id")?,
        org: row.parsed(TABLE, "org")?,
        role: row.text("role")?,
        created_ms: row.int("created_ms")?,
    })
}

fn read_member(row: &Row) -> Result<Member, CatalogError> {
    let membership = Membership {
        user: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        role: row.text("role")?,
        created_ms: row.int("member_ms")?,
    };
    Ok(Member {
        user: users::read(row)?,
        membership,
        has_totp: row.opt_int("totp_ms")?.is_some(),
        has_sso: row.opt_text("sso_issuer")?.is_some(),
        is_break_glass: row.opt_text("break_glass")?.is_some(),
    })
}

const SELECT_STANDINGS: &str = "SELECT m.user_id, m.org, m.role, m.created_ms AS member_ms, \
    r.id, r.name, r.permissions, r.filter, r.created_ms, r.updated_ms, c.enforced, b.user_id AS break_glass \
    FROM memberships m LEFT JOIN roles r ON r.id = m.role AND r.org = m.org \
    LEFT JOIN sso_connections c ON c.org = m.org \
    LEFT JOIN sso_break_glass b ON b.org = m.org AND b.user_id = m.user_id AND m.role = 'owner' \
    WHERE m.user_id = $1 ORDER BY m.org";

macro_rules! select_members {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.email, u.name, u.time_zone, u.is_operator, u.password_hash, u.created_ms, ",
            "u.last_active_ms, u.suspended_ms, m.org, m.role, m.created_ms AS member_ms, ",
            "t.confirmed_ms AS totp_ms, ",
            "(SELECT MIN(i.issuer) FROM sso_identities i JOIN sso_connections c ON c.issuer = i.issuer ",
            "WHERE i.user_id = u.id AND c.org = m.org) AS sso_issuer, b.user_id AS break_glass ",
            "FROM memberships m JOIN users u ON u.id = m.user_id ",
            "LEFT JOIN totp_factors t ON t.user_id = u.id ",
            "LEFT JOIN sso_break_glass b ON b.user_id = u.id AND b.org = m.org ",
            $rest
        )
    };
}
const SELECT_MEMBERS: &str = select_members!("WHERE m.org = $1 AND u.id > $2 ORDER BY u.id LIMIT $3");
const SELECT_MEMBER: &str = select_members!("WHERE m.org = $1 AND u.id = $2");
