//! Custom roles of organizations. The words of permissions and the filter mean nothing here; `auth` knows them.

use tallystick_event::OrgId;

use crate::db::{Row, Tx, Value};
use crate::organizations::{self, check_name};
use crate::{Catalog, CatalogError, Changed, Conflict, RoleId};

const TABLE: &str = "roles";
/// Most custom roles of one organization.
pub const ROLES_MAX: u64 = 100;

/// A custom role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Whose it is.
    pub org: OrgId,
    /// For people; no other role of the organization has it, in any case.
    pub name: String,
    /// What its holders may do.
    pub permissions: Vec<String>,
    /// Query that every event they see matches; empty: all.
    pub filter: String,
    /// Unix ms.
    pub created_ms: i64,
    /// Unix ms.
    pub updated_ms: i64,
}

/// What a role is made of. Permissions are words without spaces.
#[derive(Debug, Clone)]
pub struct NewRole {
    /// See [`Role`].
    pub org: OrgId,
    /// See [`Role`].
    pub name: String,
    /// See [`Role`].
    pub permissions: Vec<String>,
    /// See [`Role`].
    pub filter: String,
}

/// What to change; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct RoleChange {
    /// See [`Role`].
    pub name: Option<String>,
    /// See [`Role`].
    pub permissions: Option<Vec<String>>,
    /// See [`Role`].
    pub filter: Option<String>,
}

impl Catalog {
    /// Makes a role. [`Conflict::RoleExists`] if the organization has one of the name.
    pub async fn create_role(&self, new: NewRole) -> Result<Role, CatalogError> {
        let now = self.now_ms();
        let role = Role {
            id: RoleId::generate(&*self.random),
            org: new.org,
            name: new.name,
            permissions: new.permissions,
            filter: new.filter,
            created_ms: now,
            updated_ms: now,
        };
        check(&role)?;
        let mut tx = self.db.change().await?;
        organizations::in_tx(&mut tx, &role.org).await?;
        let row =
            tx.row("SELECT COUNT(*) AS n FROM roles WHERE org = $1", &[role.org.as_str().into()]).await?;
        let count = row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?;
        if count.count(TABLE, "n")? >= ROLES_MAX {
            return Err(CatalogError::Conflict(Conflict::TooMany { what: "roles", max: ROLES_MAX }));
        }
        name_is_free(&mut tx, &role).await?;
        insert(&mut tx, &role).await?;
        tx.commit().await?;
        Ok(role)
    }

    /// The role `id`.
    pub async fn role(&self, id: &RoleId) -> Result<Role, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
    }

    /// All custom roles of an organization, by name.
    pub async fn list_roles(&self, org: &OrgId) -> Result<Vec<Role>, CatalogError> {
        self.db.rows(SELECT_OF_ORG, &[org.as_str().into()]).await?.iter().map(read).collect()
    }

    /// Changes a role, for everybody who has it.
    pub async fn update_role(&self, id: &RoleId, change: RoleChange) -> Result<Changed<Role>, CatalogError> {
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        let mut after = before.clone();
        after.name = change.name.unwrap_or(after.name);
        after.permissions = change.permissions.unwrap_or(after.permissions);
        after.filter = change.filter.unwrap_or(after.filter);
        if after == before {
            return Ok(Changed { before, after });
        }
        check(&after)?;
        name_is_free(&mut tx, &after).await?;
        after.updated_ms = self.now_ms();
        let (folded, permissions) = (fold(&after.name), after.permissions.join(" "));
        let values: [Value<'_>; 6] = [
            id.as_str().into(),
            after.name.as_str().into(),
            folded.as_str().into(),
            permissions.as_str().into(),
            after.filter.as_str().into(),
            after.updated_ms.into(),
        ];
        let sql = "UPDATE roles SET name = $2, name_folded = $3, permissions = $4, filter = $5, updated_ms = $6 \
                   WHERE id = $1";
        tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// Deletes a role. [`Conflict::RoleInUse`] while somebody has it, is invited with it, or gets it at a sign-in.
    pub async fn delete_role(&self, id: &RoleId) -> Result<Role, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let role = in_tx(&mut tx, id).await?;
        let held = "SELECT role FROM memberships WHERE role = $1 LIMIT 1";
        let invited = "SELECT role FROM links WHERE role = $1 AND used_ms IS NULL AND revoked_ms IS NULL \
                       AND expires_ms > $2 LIMIT 1";
        let mapped = "SELECT role FROM sso_group_roles WHERE role = $1 UNION ALL \
                      SELECT default_role FROM sso_connections WHERE default_role = $1 LIMIT 1";
        let is_held = tx.row(held, &[id.as_str().into()]).await?.is_some()
            || tx.row(mapped, &[id.as_str().into()]).await?.is_some();
        if is_held || tx.row(invited, &[id.as_str().into(), now.into()]).await?.is_some() {
            return Err(CatalogError::Conflict(Conflict::RoleInUse));
        }
        tx.execute("DELETE FROM roles WHERE id = $1", &[id.as_str().into()]).await?;
        tx.commit().await?;
        Ok(role)
    }
}

fn check(role: &Role) -> Result<(), CatalogError> {
    check_name(&role.name)?;
    let bad = |word: &String| word.is_empty() || word.contains(char::is_whitespace);
    if role.permissions.is_empty() || role.permissions.iter().any(bad) {
        return Err(CatalogError::invalid("permissions", "at least one, each one word"));
    }
    Ok(())
}

fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

async fn name_is_free(tx: &mut Tx, role: &Role) -> Result<(), CatalogError> {
    let folded = fold(&role.name);
    let sql = "SELECT name FROM roles WHERE org = $1 AND name_folded = $2 AND id <> $3";
    let values = [role.org.as_str().into(), folded.as_str().into(), role.id.as_str().into()];
    match tx.row(sql, &values).await? {
        None => Ok(()),
        Some(row) => Err(CatalogError::Conflict(Conflict::RoleExists { name: row.text("name")? })),
    }
}

async fn insert(tx: &mut Tx, role: &Role) -> Result<(), CatalogError> {
    let (folded, permissions) = (fold(&role.name), role.permissions.join(" "));
    let values: [Value<'_>; 8] = [
        role.id.as_str().into(),
        role.org.as_str().into(),
        role.name.as_str().into(),
        folded.as_str().into(),
        permissions.as_str().into(),
        role.filter.as_str().into(),
        role.created_ms.into(),
        role.updated_ms.into(),
    ];
    let sql = "INSERT INTO roles (id, org, name, name_folded, permissions, filter, created_ms, updated_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    tx.execute(sql, &values).await.map(drop)
}

/// Refuses a role that is not there for an organization, within the change that gives it to somebody: it may have been
/// deleted since it was looked at. Other names than ids are built-in roles.
pub(crate) async fn require(tx: &mut Tx, org: &OrgId, role: &str) -> Result<(), CatalogError> {
    let Ok(id) = role.parse() else { return Ok(()) };
    if in_tx(tx, &id).await?.org == *org { Ok(()) } else { Err(not_found(&id)) }
}

async fn in_tx(tx: &mut Tx, id: &RoleId) -> Result<Role, CatalogError> {
    let row = tx.row(SELECT_ONE, &[id.as_str().into()]).await?;
    row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
}

fn not_found(id: &RoleId) -> CatalogError {
    CatalogError::NotFound { kind: "role", id: id.to_string() }
}

pub(crate) fn read(row: &Row) -> Result<Role, CatalogError> {
    Ok(Role {
        id: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        name: row.text("name")?,
        permissions: row.text("permissions")?.split(' ').map(str::to_owned).collect(),
        filter: row.text("filter")?,
        created_ms: row.int("created_ms")?,
        updated_ms: row.int("updated_ms")?,
    })
}

const SELECT_ONE: &str =
    "SELECT id, org, name, permissions, filter, created_ms, updated_ms FROM roles WHERE id = $1";
const SELECT_OF_ORG: &str = "SELECT id, org, name, permissions, filter, created_ms, updated_ms FROM roles \
                             WHERE org = $1 ORDER BY name_folded";
