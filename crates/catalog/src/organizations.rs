//! Organizations: each has exactly one log, whose id is drawn when the organization is made.

use std::fmt;
use std::str::FromStr;

use tallystick_event::{LogId, OrgId};

use crate::db::{Row, Tx, Value};
use crate::ids::{BadId, new_org_id};
use crate::{
    ApiKey, Catalog, CatalogError, Changed, Conflict, LIST_MAX, keys, links, schedules, streams,
    viewer_tokens,
};

const TABLE: &str = "organizations";
/// Longest name of an organization or an API key, in characters.
pub const NAME_CHARS_MAX: usize = 200;

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Chosen by its creator; no other organization's id is equal to it when case is ignored.
    pub id: OrgId,
    /// For people.
    pub name: String,
    /// The id of its log, drawn at creation.
    pub log_id: LogId,
    /// Events that stand in logs before this one: the seq of the log's leaf 0. 0 unless a log had to be closed.
    pub log_base: u64,
    /// Whether events may be written.
    pub state: OrgState,
    /// Unix ms.
    pub created_ms: i64,
    /// Unix ms of the last change to this row.
    pub updated_ms: i64,
}

/// Whether an organization takes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrgState {
    /// Reads and writes.
    Active,
    /// Writes are refused, reads go on.
    Archived,
}

/// What an organization is made of.
#[derive(Debug, Clone, Default)]
pub struct NewOrganization {
    /// Its id; none: the catalog makes one.
    pub id: Option<OrgId>,
    /// For people; none: the id.
    pub name: Option<String>,
}

/// What to change; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct OrganizationChange {
    /// The new name.
    pub name: Option<String>,
    /// Archive or bring back.
    pub state: Option<OrgState>,
}

/// What a deletion removed.
#[derive(Debug, Clone)]
pub struct DeletedOrganization {
    /// The organization.
    pub organization: Organization,
    /// Its API keys that were in use, now revoked.
    pub revoked_keys: Vec<ApiKey>,
}

impl Catalog {
    /// Makes an organization. [`Conflict::OrganizationExists`] if its id, in any case, is taken.
    pub async fn create_organization(&self, new: NewOrganization) -> Result<Organization, CatalogError> {
        let id = new.id.unwrap_or_else(|| new_org_id(&*self.random));
        let name = new.name.unwrap_or_else(|| id.to_string());
        check_name(&name)?;
        let now = self.now_ms();
        let log_id = self.new_log_id();
        let made = Organization {
            id,
            name,
            log_id,
            log_base: 0,
            state: OrgState::Active,
            created_ms: now,
            updated_ms: now,
        };
        let mut tx = self.db.change().await?;
        let folded = made.id.as_str().to_ascii_lowercase();
        let sql = "SELECT id FROM organizations WHERE id_folded = $1";
        if let Some(row) = tx.row(sql, &[folded.as_str().into()]).await? {
            return Err(CatalogError::Conflict(Conflict::OrganizationExists { existing: row.text("id")? }));
        }
        insert(&mut tx, &made, &folded).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// The organization `id`.
    pub async fn organization(&self, id: &OrgId) -> Result<Organization, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
    }

    /// Organizations in order of their ids, those after `after` only, at most `limit` (capped at
    /// [`LIST_MAX`]).
    pub async fn list_organizations(
        &self,
        after: Option<&OrgId>,
        limit: u32,
    ) -> Result<Vec<Organization>, CatalogError> {
        // Every id is greater than the empty text.
        let after = after.map_or("", OrgId::as_str);
        let values = [after.into(), i64::from(limit.min(LIST_MAX)).into()];
        self.db.rows(SELECT_PAGE, &values).await?.iter().map(read).collect()
    }

    /// Changes the name or the state.
    pub async fn update_organization(
        &self,
        id: &OrgId,
        change: OrganizationChange,
    ) -> Result<Changed<Organization>, CatalogError> {
        change.name.as_deref().map(check_name).transpose()?;
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        let mut after = before.clone();
        after.name = change.name.unwrap_or(after.name);
        after.state = change.state.unwrap_or(after.state);
        if after == before {
            return Ok(Changed { before, after });
        }
        after.updated_ms = self.now_ms();
        let values = [
            id.as_str().into(),
            after.name.as_str().into(),
            after.state.as_str().into(),
            after.updated_ms.into(),
        ];
        let sql = "UPDATE organizations SET name = $2, state = $3, updated_ms = $4 WHERE id = $1";
        tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// Deletes an organization whose log is empty and revokes its keys. Otherwise
    /// [`Conflict::LogNotEmpty`]: an audit log does not go away with its organization, archive it instead.
    ///
    /// The catalog knows sealed events only: the caller makes sure that the tail has none of this
    /// organization and that none is being written.
    pub async fn delete_organization(&self, id: &OrgId) -> Result<DeletedOrganization, CatalogError> {
        let mut tx = self.db.change().await?;
        let organization = in_tx(&mut tx, id).await?;
        let head = tx.row("SELECT size FROM log_heads WHERE org = $1", &[id.as_str().into()]).await?;
        if organization.log_base > 0 || head.is_some() {
            return Err(CatalogError::Conflict(Conflict::LogNotEmpty { org: id.to_string() }));
        }
        let revoked_keys = keys::revoke_all_of(&mut tx, id, self.now_ms()).await?;
        links::delete_all_of(&mut tx, id).await?;
        viewer_tokens::delete_all_of(&mut tx, id).await?;
        streams::delete_all_of(&mut tx, id).await?;
        schedules::delete_all_of(&mut tx, id).await?;
        tx.execute("DELETE FROM organizations WHERE id = $1", &[id.as_str().into()]).await?;
        tx.commit().await?;
        Ok(DeletedOrganization { organization, revoked_keys })
    }

    /// A random UUID (version 4).
    pub(crate) fn new_log_id(&self) -> LogId {
        let mut id = [0; 16];
        self.random.fill(&mut id);
        LogId(uuid::Builder::from_random_bytes(id).into_uuid().into_bytes())
    }
}

impl OrgState {
    /// As it is stored and shown: `active` or `archived`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }
}

impl fmt::Display for OrgState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OrgState {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        match text {
            "active" => Ok(Self::Active),
            "archived" => Ok(Self::Archived),
            _ => Err(BadId::new("active or archived")),
        }
    }
}

const SELECT_ONE: &str = "SELECT id, name, log_id, log_base, state, created_ms, updated_ms \
                          FROM organizations WHERE id = $1";
const SELECT_PAGE: &str = "SELECT id, name, log_id, log_base, state, created_ms, updated_ms \
                           FROM organizations WHERE id > $1 ORDER BY id LIMIT $2";
const SELECT_ALL: &str = "SELECT id, name, log_id, log_base, state, created_ms, updated_ms \
                          FROM organizations ORDER BY id";

/// The organization inside a transaction that depends on it.
pub(crate) async fn in_tx(tx: &mut Tx, id: &OrgId) -> Result<Organization, CatalogError> {
    let row = tx.row(SELECT_ONE, &[id.as_str().into()]).await?;
    row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
}

/// All organizations by id.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Organization>, CatalogError> {
    tx.rows(SELECT_ALL, &[]).await?.iter().map(read).collect()
}

/// Names are shown in one line: 1 to [`NAME_CHARS_MAX`] characters, none of them a control character.
/// Refuses what cannot be the name of an organization, a person or a role: [`CatalogError::Invalid`].
pub fn check_name(name: &str) -> Result<(), CatalogError> {
    if name.trim().is_empty() {
        return Err(CatalogError::invalid("name", "it is empty"));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(CatalogError::invalid("name", format!("it is longer than {NAME_CHARS_MAX} characters")));
    }
    if name.chars().any(char::is_control) {
        return Err(CatalogError::invalid("name", "it contains a control character"));
    }
    Ok(())
}

fn not_found(id: &OrgId) -> CatalogError {
    CatalogError::NotFound { kind: "organization", id: id.to_string() }
}

async fn insert(tx: &mut Tx, made: &Organization, folded: &str) -> Result<(), CatalogError> {
    let values: [Value<'_>; 7] = [
        made.id.as_str().into(),
        folded.into(),
        made.name.as_str().into(),
        made.log_id.0.as_slice().into(),
        made.state.as_str().into(),
        made.created_ms.into(),
        made.updated_ms.into(),
    ];
    let sql = "INSERT INTO organizations (id, id_folded, name, log_id, state, created_ms, updated_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    tx.execute(sql, &values).await.map(drop)
}

fn read(row: &Row) -> Result<Organization, CatalogError> {
    Ok(Organization {
        id: row.parsed(TABLE, "id")?,
        name: row.text("name")?,
        log_id: LogId(row.array(TABLE, "log_id")?),
        log_base: row.count(TABLE, "log_base")?,
        state: row.parsed(TABLE, "state")?,
        created_ms: row.int("created_ms")?,
        updated_ms: row.int("updated_ms")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_in_a_line() {
        assert!(check_name("Ärzte & Co").is_ok());
        assert!(check_name(&"x".repeat(NAME_CHARS_MAX)).is_ok());
        for bad in ["", "  ", "a\nb", "a\u{0}b", &"x".repeat(NAME_CHARS_MAX + 1)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
