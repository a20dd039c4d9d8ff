//! Searches that are kept: a name for a query and for how its events are looked at. What the parts mean is the
//! explorer's and the query language's matter.

use tallystick_event::OrgId;

use crate::db::{Row, Tx, Value};
use crate::organizations::{self, check_name};
use crate::{Catalog, CatalogError, Changed, Conflict, SearchId};

const TABLE: &str = "saved_searches";
/// Most searches that one person or key keeps in one organization.
pub const SEARCHES_MAX: u64 = 200;
/// Longest view, bytes.
pub const SEARCH_VIEW_BYTES_MAX: usize = 4_096;

/// A search that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSearch {
    /// Its id.
    pub id: SearchId,
    /// In which organization.
    pub org: OrgId,
    /// Whose it is: the id of a person or of a key.
    pub owner: String,
    /// The owner's name when it was made.
    pub owner_name: String,
    /// For people; its owner has no other of the name, in any case.
    pub name: String,
    /// The query.
    pub query: String,
    /// Range, columns and so on, as JSON.
    pub view: String,
    /// Whether everybody in the organization sees it.
    pub is_shared: bool,
    /// Unix ms.
    pub created_ms: i64,
    /// Unix ms.
    pub updated_ms: i64,
}

/// What a search is made of.
#[derive(Debug, Clone)]
pub struct NewSearch {
    /// See [`SavedSearch`].
    pub org: OrgId,
    /// See [`SavedSearch`].
    pub owner: String,
    /// See [`SavedSearch`].
    pub owner_name: String,
    /// See [`SavedSearch`].
    pub name: String,
    /// See [`SavedSearch`].
    pub query: String,
    /// See [`SavedSearch`].
    pub view: String,
    /// See [`SavedSearch`].
    pub is_shared: bool,
}

/// What to change; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct SearchChange {
    /// See [`SavedSearch`].
    pub name: Option<String>,
    /// See [`SavedSearch`].
    pub query: Option<String>,
    /// See [`SavedSearch`].
    pub view: Option<String>,
    /// See [`SavedSearch`].
    pub is_shared: Option<bool>,
}

impl Catalog {
    /// Keeps a search. [`Conflict::SearchExists`] if its owner has one of the name.
    pub async fn create_search(&self, new: NewSearch) -> Result<SavedSearch, CatalogError> {
        let now = self.now_ms();
        let search = SavedSearch {
            id: SearchId::generate(&*self.random),
            org: new.org,
            owner: new.owner,
            owner_name: new.owner_name,
            name: new.name.trim().to_owned(),
            query: new.query,
            view: new.view,
            is_shared: new.is_shared,
            created_ms: now,
            updated_ms: now,
        };
        check(&search)?;
        let mut tx = self.db.change().await?;
        organizations::in_tx(&mut tx, &search.org).await?;
        let values = [search.org.as_str().into(), search.owner.as_str().into()];
        let sql = "SELECT COUNT(*) AS n FROM saved_searches WHERE org = $1 AND owner = $2";
        let count = tx.row(sql, &values).await?;
        let count = count.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?;
        if count.count(TABLE, "n")? >= SEARCHES_MAX {
            let what = "saved searches";
            return Err(CatalogError::Conflict(Conflict::TooMany { what, max: SEARCHES_MAX }));
        }
        name_is_free(&mut tx, &search).await?;
        insert(&mut tx, &search).await?;
        tx.commit().await?;
        Ok(search)
    }

    /// The search `id`.
    pub async fn search(&self, id: &SearchId) -> Result<SavedSearch, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
    }

    /// What `owner` sees in an organization: their own, and those that are shared; by name.
    pub async fn list_searches(&self, org: &OrgId, owner: &str) -> Result<Vec<SavedSearch>, CatalogError> {
        self.db.rows(SELECT_SEEN, &[org.as_str().into(), owner.into()]).await?.iter().map(read).collect()
    }

    /// Changes a search.
    pub async fn update_search(
        &self,
        id: &SearchId,
        change: SearchChange,
    ) -> Result<Changed<SavedSearch>, CatalogError> {
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        let mut after = before.clone();
        after.name = change.name.map_or(after.name, |name| name.trim().to_owned());
        after.query = change.query.unwrap_or(after.query);
        after.view = change.view.unwrap_or(after.view);
        after.is_shared = change.is_shared.unwrap_or(after.is_shared);
        if after == before {
            return Ok(Changed { before, after });
        }
        check(&after)?;
        name_is_free(&mut tx, &after).await?;
        after.updated_ms = self.now_ms();
        let folded = fold(&after.name);
        let values: [Value<'_>; 7] = [
            id.as_str().into(),
            after.name.as_str().into(),
            folded.as_str().into(),
            after.query.as_str().into(),
            after.view.as_str().into(),
            i64::from(after.is_shared).into(),
            after.updated_ms.into(),
        ];
        let sql = "UPDATE saved_searches SET name = $2, name_folded = $3, query = $4, view = $5, is_shared = $6, \
                   updated_ms = $7 WHERE id = $1";
        tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// Forgets a search.
    pub async fn delete_search(&self, id: &SearchId) -> Result<SavedSearch, CatalogError> {
        let mut tx = self.db.change().await?;
        let search = in_tx(&mut tx, id).await?;
        tx.execute("DELETE FROM saved_searches WHERE id = $1", &[id.as_str().into()]).await?;
        tx.commit().await?;
        Ok(search)
    }
}

fn check(search: &SavedSearch) -> Result<(), CatalogError> {
    check_name(&search.name)?;
    if search.view.len() > SEARCH_VIEW_BYTES_MAX {
        return Err(CatalogError::invalid("view", format!("at most {SEARCH_VIEW_BYTES_MAX} bytes")));
    }
    Ok(())
}

fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

async fn name_is_free(tx: &mut Tx, search: &SavedSearch) -> Result<(), CatalogError> {
    let folded = fold(&search.name);
    let sql =
        "SELECT name FROM saved_searches WHERE org = $1 AND owner = $2 AND name_folded = $3 AND id <> $4";
    let values = [
        search.org.as_str().into(),
        search.owner.as_str().into(),
        folded.as_str().into(),
        search.id.as_str().into(),
    ];
    match tx.row(sql, &values).await? {
        None => Ok(()),
        Some(row) => Err(CatalogError::Conflict(Conflict::SearchExists { name: row.text("name")? })),
    }
}

async fn insert(tx: &mut Tx, search: &SavedSearch) -> Result<(), CatalogError> {
    let folded = fold(&search.name);
    let values: [Value<'_>; 11] = [
        search.id.as_str().into(),
        search.org.as_str().into(),
        search.owner.as_str().into(),
        search.owner_name.as_str().into(),
        search.name.as_str().into(),
        folded.as_str().into(),
        search.query.as_str().into(),
        search.view.as_str().into(),
        i64::from(search.is_shared).into(),
        search.created_ms.into(),
        search.updated_ms.into(),
    ];
    let sql = "INSERT INTO saved_searches (id, org, owner, owner_name, name, name_folded, query, view, is_shared, \
               created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    tx.execute(sql, &values).await.map(drop)
}

async fn in_tx(tx: &mut Tx, id: &SearchId) -> Result<SavedSearch, CatalogError> {
    let row = tx.row(SELECT_ONE, &[id.as_str().into()]).await?;
    row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
}

fn not_found(id: &SearchId) -> CatalogError {
    CatalogError::NotFound { kind: "search", id: id.to_string() }
}

fn read(row: &Row) -> Result<SavedSearch, CatalogError> {
    Ok(SavedSearch {
        id: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        owner: row.text("owner")?,
        owner_name: row.text("owner_name")?,
        name: row.text("name")?,
        query: row.text("query")?,
        view: row.text("view")?,
        is_shared: row.int("is_shared")? != 0,
        created_ms: row.int("created_ms")?,
        updated_ms: row.int("updated_ms")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, org, owner, owner_name, name, query, view, is_shared, created_ms, updated_ms ",
            "FROM saved_searches ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_SEEN: &str =
    select!("WHERE org = $1 AND (owner = $2 OR is_shared = 1) ORDER BY name_folded, id");
