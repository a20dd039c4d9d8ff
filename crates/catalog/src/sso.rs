//! Connections of organizations to providers of single sign-on, one each at most. What they mean is the caller's
//! matter; here it is kept that a test is good for what was tested, and that enforcing leaves a way in.

use tallystick_event::OrgId;

use crate::db::{Row, Tx, Value};
use crate::{
    Catalog, CatalogError, Changed, Conflict, Membership, OWNER, SsoId, UserId, organizations, sessions,
};

const TABLE: &str = "sso_connections";
/// Most domains of one connection.
pub const DOMAINS_MAX: usize = 100;
/// Most groups that one connection makes roles of.
pub const GROUP_ROLES_MAX: usize = 200;
/// Most owners of one organization who keep their passwords when single sign-on is enforced.
pub const BREAK_GLASS_MAX: usize = 10;

/// Most organizations that are offered to somebody who has named a domain.
const FOUND_MAX: i64 = 20;

/// What a group comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRole {
    /// As the provider writes it.
    pub group: String,
    /// Name of a built-in role, or id of a custom one.
    pub role: String,
}

/// What a connection is made of.
#[derive(Debug, Clone)]
pub struct NewSsoConnection {
    /// The provider, exactly as it calls itself.
    pub issuer: String,
    /// What the provider knows this service as.
    pub client_id: String,
    /// Sealed; empty: none. None: as it is.
    pub client_secret: Option<Vec<u8>>,
    /// Beside those that are always asked for.
    pub scopes: Vec<String>,
    /// In lower case.
    pub domains: Vec<String>,
    /// The claim with a person's groups.
    pub groups_claim: String,
    /// The first that fits counts.
    pub group_roles: Vec<GroupRole>,
    /// The role of those whom no group gives one; none: they do not get in.
    pub default_role: Option<String>,
}

/// That a connection was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoTest {
    /// Unix ms.
    pub at_ms: i64,
    /// By whom.
    pub by: String,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoConnection {
    /// Its id.
    pub id: SsoId,
    /// Whose it is.
    pub org: OrgId,
    /// See [`NewSsoConnection`].
    pub issuer: String,
    /// See [`NewSsoConnection`].
    pub client_id: String,
    /// Sealed; empty: none.
    pub client_secret: Vec<u8>,
    /// See [`NewSsoConnection`].
    pub scopes: Vec<String>,
    /// See [`NewSsoConnection`].
    pub domains: Vec<String>,
    /// See [`NewSsoConnection`].
    pub groups_claim: String,
    /// See [`NewSsoConnection`].
    pub group_roles: Vec<GroupRole>,
    /// See [`NewSsoConnection`].
    pub default_role: Option<String>,
    /// Passwords do not count for the organization.
    pub enforced: bool,
    /// Owners whose passwords do all the same.
    pub break_glass: Vec<UserId>,
    /// Grows with every change of how it works.
    pub revision: i64,
    /// It was tried as it is now.
    pub tested: Option<SsoTest>,
    /// Unix ms.
    pub created_ms: i64,
    /// Unix ms.
    pub updated_ms: i64,
}

impl Catalog {
    /// The connection of an organization.
    pub async fn sso_connection(&self, org: &OrgId) -> Result<Option<SsoConnection>, CatalogError> {
        let mut tx = self.db.snapshot().await?;
        in_tx(&mut tx, org).await
    }

    /// The connections that somebody can mean by an e-mail address or its domain, or by an organization's id or name;
    /// by organization, at most [`FOUND_MAX`].
    pub async fn find_sso(&self, text: &str) -> Result<Vec<SsoConnection>, CatalogError> {
        let domain = text.rsplit_once('@').map_or(text, |(_, domain)| domain).to_lowercase();
        let org = if text.contains('@') { "" } else { text };
        let sql = "SELECT c.org FROM sso_connections c JOIN organizations o ON o.id = c.org WHERE o.id = $1 \
                   OR LOWER(o.name) = LOWER($1) \
                   OR EXISTS (SELECT d.org FROM sso_domains d WHERE d.org = c.org AND d.domain = $2) \
                   ORDER BY c.org LIMIT $3";
        let mut tx = self.db.snapshot().await?;
        let mut found = Vec::new();
        for row in tx.rows(sql, &[org.into(), domain.as_str().into(), FOUND_MAX.into()]).await? {
            found.extend(in_tx(&mut tx, &row.parsed(TABLE, "org")?).await?);
        }
        Ok(found)
    }

    /// Makes or changes the connection of an organization. What changes how it works ends the validity of a test;
    /// another provider or client ends the sessions that the old one opened.
    pub async fn put_sso_connection(
        &self,
        org: &OrgId,
        new: NewSsoConnection,
    ) -> Result<(Option<SsoConnection>, SsoConnection), CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        organizations::in_tx(&mut tx, org).await?;
        let before = in_tx(&mut tx, org).await?;
        let kept = before.as_ref();
        let mut after = SsoConnection {
            id: kept.map_or_else(|| SsoId::generate(&*self.random), |before| before.id.clone()),
            org: org.clone(),
            issuer: new.issuer,
            client_id: new.client_id,
            client_secret: new
                .client_secret
                .unwrap_or_else(|| kept.map(|before| before.client_secret.clone()).unwrap_or_default()),
            scopes: new.scopes,
            domains: new.domains,
            groups_claim: new.groups_claim,
            group_roles: new.group_roles,
            default_role: new.default_role,
            enforced: kept.is_some_and(|before| before.enforced),
            break_glass: kept.map(|before| before.break_glass.clone()).unwrap_or_default(),
            revision: kept.map_or(0, |before| before.revision),
            tested: kept.and_then(|before| before.tested.clone()),
            created_ms: kept.map_or(now, |before| before.created_ms),
            updated_ms: kept.map_or(now, |before| before.updated_ms),
        };
        after.domains.sort();
        after.domains.dedup();
        if kept == Some(&after) {
            return Ok((before, after));
        }
        after.revision += 1;
        after.tested = None;
        after.updated_ms = now;
        let is_other =
            |kept: &SsoConnection| kept.issuer != after.issuer || kept.client_id != after.client_id;
        if kept.is_some_and(is_other) {
            sessions::revoke_of_provider(&mut tx, org, now).await?;
        }
        store(&mut tx, &after).await?;
        tx.commit().await?;
        Ok((before, after))
    }

    /// Ends the connection, and the sessions that it opened.
    pub async fn delete_sso_connection(&self, org: &OrgId) -> Result<SsoConnection, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, org).await?.ok_or_else(|| not_found(org))?;
        delete(&mut tx, org).await?;
        sessions::revoke_of_provider(&mut tx, org, now).await?;
        tx.commit().await?;
        Ok(before)
    }

    /// Records that the connection was tried as it was at `revision`; false if it has changed since.
    pub async fn sso_tested(&self, org: &OrgId, revision: i64, by: &str) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let sql = "UPDATE sso_connections SET tested_revision = $2, tested_ms = $3, tested_by = $4 \
                   WHERE org = $1 AND revision = $2";
        let values = [org.as_str().into(), revision.into(), now.into(), by.into()];
        let changed = tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(changed == 1)
    }

    /// Has passwords count or not, and says for whom they do in any case. [`Conflict::SsoUntested`] if it was not
    /// tried as it is; [`Conflict::LastBreakGlass`] if nobody of those is an owner with a password.
    pub async fn enforce_sso(
        &self,
        org: &OrgId,
        enforced: bool,
        break_glass: &[UserId],
    ) -> Result<Changed<SsoConnection>, CatalogError> {
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, org).await?.ok_or_else(|| not_found(org))?;
        if enforced && !before.enforced && before.tested.is_none() {
            return Err(CatalogError::Conflict(Conflict::SsoUntested));
        }
        let org_value: Value<'_> = org.as_str().into();
        tx.execute("DELETE FROM sso_break_glass WHERE org = $1", &[org_value]).await?;
        for user in break_glass {
            let sql = "INSERT INTO sso_break_glass (org, user_id) SELECT m.org, m.user_id FROM memberships m \
                       JOIN users u ON u.id = m.user_id \
                       WHERE m.org = $1 AND m.user_id = $2 AND m.role = 'owner' AND u.password_hash IS NOT NULL \
               AND u.suspended_ms IS NULL";
            if tx.execute(sql, &[org_value, user.as_str().into()]).await? != 1 {
                let why = format!("{user} is not an owner with a password, or is named twice");
                return Err(CatalogError::invalid("break_glass", why));
            }
        }
        if enforced && break_glass.is_empty() {
            return Err(CatalogError::Conflict(Conflict::LastBreakGlass { org: org.to_string() }));
        }
        let sql = "UPDATE sso_connections SET enforced = $2 WHERE org = $1";
        tx.execute(sql, &[org_value, i64::from(enforced).into()]).await?;
        let after = in_tx(&mut tx, org).await?.ok_or_else(|| not_found(org))?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// Notes that this state has come back; false if it did before. States that are too old are forgotten.
    pub async fn use_sso_state(&self, hash: &[u8; 32], expires_ms: i64) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        tx.execute("DELETE FROM sso_used_states WHERE expires_ms < $1", &[now.into()]).await?;
        let sql = "INSERT INTO sso_used_states (state_sha256, expires_ms) VALUES ($1, $2) \
                   ON CONFLICT (state_sha256) DO NOTHING";
        let made = tx.execute(sql, &[hash.as_slice().into(), expires_ms.into()]).await?;
        tx.commit().await?;
        Ok(made == 1)
    }
}

/// Refuses to take the role from the only owner who gets in without the provider while it is enforced.
pub(crate) async fn keeps_break_glass(tx: &mut Tx, leaving: &Membership) -> Result<(), CatalogError> {
    let sql = "SELECT b.user_id FROM sso_break_glass b \
               JOIN sso_connections c ON c.org = b.org JOIN users u ON u.id = b.user_id \
               JOIN memberships m ON m.org = b.org AND m.user_id = b.user_id \
               WHERE b.org = $1 AND c.enforced = 1 AND m.role = 'owner' AND u.password_hash IS NOT NULL \
               AND u.suspended_ms IS NULL";
    let rows = tx.rows(sql, &[leaving.org.as_str().into()]).await?;
    let mut able = Vec::new();
    for row in rows {
        able.push(row.parsed::<UserId>("sso_break_glass", "user_id")?);
    }
    if able == [leaving.user.clone()] && leaving.role == OWNER {
        return Err(CatalogError::Conflict(Conflict::LastBreakGlass { org: leaving.org.to_string() }));
    }
    Ok(())
}

/// Forgets whom the organization's provider means by somebody who leaves.
pub(crate) async fn forget_identities(tx: &mut Tx, org: &OrgId, user: &UserId) -> Result<(), CatalogError> {
    let sql = "DELETE FROM sso_identities WHERE user_id = $2 \
               AND issuer IN (SELECT issuer FROM sso_connections WHERE org = $1)";
    tx.execute(sql, &[org.as_str().into(), user.as_str().into()]).await.map(drop)
}

pub(crate) async fn in_tx(tx: &mut Tx, org: &OrgId) -> Result<Option<SsoConnection>, CatalogError> {
    let key = [Value::from(org.as_str())];
    let Some(row) = tx.row(SELECT, &key).await? else { return Ok(None) };
    let mut found = read(&row)?;
    for row in tx.rows("SELECT domain FROM sso_domains WHERE org = $1 ORDER BY domain", &key).await? {
        found.domains.push(row.text("domain")?);
    }
    let sql = "SELECT group_name, role FROM sso_group_roles WHERE org = $1 ORDER BY place";
    for row in tx.rows(sql, &key).await? {
        found.group_roles.push(GroupRole { group: row.text("group_name")?, role: row.text("role")? });
    }
    for row in tx.rows("SELECT user_id FROM sso_break_glass WHERE org = $1 ORDER BY user_id", &key).await? {
        found.break_glass.push(row.parsed("sso_break_glass", "user_id")?);
    }
    Ok(Some(found))
}

/// Writes everything but the test, who is exempt, and whether it is enforced.
async fn store(tx: &mut Tx, now: &SsoConnection) -> Result<(), CatalogError> {
    let scopes = now.scopes.join(" ");
    let org = Value::from(now.org.as_str());
    let values: [Value<'_>; 11] = [
        org,
        now.id.as_str().into(),
        now.issuer.as_str().into(),
        now.client_id.as_str().into(),
        now.client_secret.as_slice().into(),
        scopes.as_str().into(),
        now.groups_claim.as_str().into(),
        now.default_role.as_deref().into(),
        now.revision.into(),
        now.created_ms.into(),
        now.updated_ms.into(),
    ];
    let sql = "INSERT INTO sso_connections (org, id, issuer, client_id, client_secret, scopes, groups_claim, \
               default_role, enforced, revision, created_ms, updated_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11) ON CONFLICT (org) DO UPDATE SET \
               issuer = excluded.issuer, client_id = excluded.client_id, client_secret = excluded.client_secret, \
               scopes = excluded.scopes, groups_claim = excluded.groups_claim, \
               default_role = excluded.default_role, revision = excluded.revision, \
               tested_revision = NULL, tested_ms = NULL, tested_by = NULL, updated_ms = excluded.updated_ms";
    tx.execute(sql, &values).await?;
    tx.execute("DELETE FROM sso_domains WHERE org = $1", &[org]).await?;
    for domain in &now.domains {
        let sql = "INSERT INTO sso_domains (org, domain) VALUES ($1, $2)";
        tx.execute(sql, &[org, domain.as_str().into()]).await?;
    }
    tx.execute("DELETE FROM sso_group_roles WHERE org = $1", &[org]).await?;
    for (place, one) in now.group_roles.iter().enumerate() {
        let sql = "INSERT INTO sso_group_roles (org, place, group_name, role) VALUES ($1, $2, $3, $4)";
        let place = place as i64;
        tx.execute(sql, &[org, place.into(), one.group.as_str().into(), one.role.as_str().into()]).await?;
    }
    Ok(())
}

async fn delete(tx: &mut Tx, org: &OrgId) -> Result<(), CatalogError> {
    for sql in [
        "DELETE FROM sso_break_glass WHERE org = $1",
        "DELETE FROM sso_group_roles WHERE org = $1",
        "DELETE FROM sso_domains WHERE org = $1",
        "DELETE FROM sso_connections WHERE org = $1",
    ] {
        tx.execute(sql, &[org.as_str().into()]).await?;
    }
    Ok(())
}

fn not_found(org: &OrgId) -> CatalogError {
    CatalogError::NotFound { kind: "connection", id: format!("of {org}") }
}

fn read(row: &Row) -> Result<SsoConnection, CatalogError> {
    let revision = row.int("revision")?;
    let tested =
        match (row.opt_int("tested_revision")?, row.opt_int("tested_ms")?, row.opt_text("tested_by")?) {
            (Some(tested), Some(at_ms), Some(by)) if tested == revision => Some(SsoTest { at_ms, by }),
            _ => None,
        };
    Ok(SsoConnection {
        id: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        issuer: row.text("issuer")?,
        client_id: row.text("client_id")?,
        client_secret: row.bytes("client_secret")?,
        scopes: row.text("scopes")?.split_whitespace().map(str::to_owned).collect(),
        domains: Vec::new(),
        groups_claim: row.text("groups_claim")?,
        group_roles: Vec::new(),
        default_role: row.opt_text("default_role")?,
        enforced: row.int("enforced")? == 1,
        break_glass: Vec::new(),
        revision,
        tested,
        created_ms: row.int("created_ms")?,
        updated_ms: row.int("updated_ms")?,
    })
}

const SELECT: &str = "SELECT id, org, issuer, client_id, client_secret, scopes, groups_claim, default_role, enforced, \
                      revision, tested_revision, tested_ms, tested_by, created_ms, updated_ms \
                      FROM sso_connections WHERE org = $1";
