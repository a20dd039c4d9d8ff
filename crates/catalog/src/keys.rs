//! API keys. The catalog stores a token's SHA-256 only and gives scopes no meaning.
//!
//! Each change of a key takes the next number of one counter, so a node follows the changes of all nodes
//! by asking for those after the last number that it has seen. Keys are revoked, never deleted: an event's
//! `source` names the key for as long as the event exists.

use tallystick_event::OrgId;

use crate::catalog::{counter, raise_counter};
use crate::db::{Row, Tx, Value, stored};
use crate::organizations::{self, check_name};
use crate::{Catalog, CatalogError, Changed, Conflict, KeyId, LIST_MAX, viewer_tokens};

const TABLE: &str = "api_keys";
const KEY_CHANGES: &str = "key_changes";
/// Most keys in use (neither revoked nor expired) in one installation; each node holds them in memory.
pub const LIVE_KEYS_MAX: u64 = 100_000;

/// An API key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// The only organization it may touch; none: all.
    pub org: Option<OrgId>,
    /// For people.
    pub name: String,
    /// What it may do, in words that the `auth` crate knows.
    pub scopes: Vec<String>,
    /// SHA-256 of the token.
    pub token_sha256: [u8; 32],
    /// First characters of the token, so that people recognise it.
    pub token_prefix: String,
    /// Unix ms.
    pub created_ms: i64,
    /// Who made it: a key id, `root`, or a person.
    pub created_by: String,
    /// Unix ms of a recent use, within a minute or so.
    pub last_used_ms: Option<i64>,
    /// Unix ms from which it is not accepted.
    pub expires_ms: Option<i64>,
    /// Unix ms from which it is not accepted because somebody said so.
    pub revoked_ms: Option<i64>,
}

/// What a key is made of. Scopes are words without spaces.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// See [`ApiKey`].
    pub id: KeyId,
    /// See [`ApiKey`].
    pub org: Option<OrgId>,
    /// See [`ApiKey`].
    pub name: String,
    /// See [`ApiKey`].
    pub scopes: Vec<String>,
    /// See [`ApiKey`].
    pub token_sha256: [u8; 32],
    /// See [`ApiKey`].
    pub token_prefix: String,
    /// See [`ApiKey`].
    pub created_by: String,
    /// See [`ApiKey`].
    pub expires_ms: Option<i64>,
}

/// Which keys to list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// All keys.
    Any,
    /// Those that are not bound to an organization.
    Instance,
    /// Those that are bound to this one.
    Org(OrgId),
}

/// Keys, and how far into the changes they go.
#[derive(Debug, Clone)]
pub struct KeyChanges {
    /// Their present state, in the order of change.
    pub keys: Vec<ApiKey>,
    /// Ask for changes after this number next time.
    pub change_no: u64,
}

impl ApiKey {
    /// Whether the key is accepted at `now_ms`.
    pub fn is_live(&self, now_ms: i64) -> bool {
        self.revoked_ms.is_none() && self.expires_ms.is_none_or(|expires| now_ms < expires)
    }
}

impl Catalog {
    /// Stores a new key. [`CatalogError::NotFound`] if it is bound to an unknown organization.
    pub async fn create_key(&self, new: NewKey) -> Result<ApiKey, CatalogError> {
        check_name(&new.name)?;
        let bad = |scope: &String| scope.is_empty() || scope.contains(char::is_whitespace);
        if new.scopes.is_empty() || new.scopes.iter().any(bad) {
            return Err(CatalogError::invalid("scopes", "at least one, each one word"));
        }
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        if let Some(org) = &new.org {
            organizations::in_tx(&mut tx, org).await?;
        }
        if live_count(&mut tx, now).await? >= LIVE_KEYS_MAX {
            return Err(CatalogError::Conflict(Conflict::TooManyKeys { max: LIVE_KEYS_MAX }));
        }
        let key = ApiKey {
            id: new.id,
            org: new.org,
            name: new.name,
            scopes: new.scopes,
            token_sha256: new.token_sha256,
            token_prefix: new.token_prefix,
            created_ms: now,
            created_by: new.created_by,
            last_used_ms: None,
            expires_ms: new.expires_ms,
            revoked_ms: None,
        };
        insert(&mut tx, &key).await?;
        tx.commit().await?;
        Ok(key)
    }

    /// The key `id`.
    pub async fn key(&self, id: &KeyId) -> Result<ApiKey, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
    }

    /// Keys, revoked ones included, in order of their ids, those after `after` only, at most `limit` (capped
    /// at [`LIST_MAX`]).
    pub async fn list_keys(
        &self,
        owner: &KeyOwner,
        after: Option<&KeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, CatalogError> {
        let page: [Value<'_>; 2] =
            [after.map_or("", KeyId::as_str).into(), i64::from(limit.min(LIST_MAX)).into()];
        let rows = match owner {
            KeyOwner::Any => self.db.rows(SELECT_PAGE, &page).await?,
            KeyOwner::Instance => self.db.rows(SELECT_INSTANCE_PAGE, &page).await?,
            KeyOwner::Org(org) => {
                self.db.rows(SELECT_ORG_PAGE, &[page[0], page[1], org.as_str().into()]).await?
            }
        };
        rows.iter().map(read).collect()
    }

    /// Makes a key unusable for ever. A key that is revoked already stays as it is.
    pub async fn revoke_key(&self, id: &KeyId) -> Result<Changed<ApiKey>, CatalogError> {
        let mut tx = self.db.change().await?;
        let row = tx.row(SELECT_ONE, &[id.as_str().into()]).await?;
        let before = row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))?;
        if before.revoked_ms.is_some() {
            return Ok(Changed { after: before.clone(), before });
        }
        let after = revoke(&mut tx, before.clone(), self.now_ms()).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// All keys that are not revoked, and the number after which to ask for changes.
    pub async fn keys_in_use(&self) -> Result<KeyChanges, CatalogError> {
        let mut tx = self.db.snapshot().await?;
        let change_no = counter(&mut tx, KEY_CHANGES).await?;
        let rows = tx.rows(SELECT_IN_USE, &[]).await?;
        tx.commit().await?;
        Ok(KeyChanges { keys: rows.iter().map(read).collect::<Result<_, _>>()?, change_no })
    }

    /// The keys that were made or revoked after `change_no`. `last_used_ms` is not a change.
    pub async fn keys_changed_after(&self, change_no: u64) -> Result<KeyChanges, CatalogError> {
        let mut tx = self.db.snapshot().await?;
        let latest = counter(&mut tx, KEY_CHANGES).await?;
        if latest < change_no {
            let what = format!("{KEY_CHANGES} went from {change_no} back to {latest}");
            return Err(CatalogError::inconsistent("counters", what));
        }
        let mut keys = Vec::new();
        if latest > change_no {
            let rows = tx.rows(SELECT_CHANGED, &[stored("change number", change_no)?.into()]).await?;
            keys = rows.iter().map(read).collect::<Result<_, _>>()?;
        }
        tx.commit().await?;
        Ok(KeyChanges { keys, change_no: latest })
    }

    /// Records when keys were last used, Unix ms. Earlier times than recorded and unknown keys are ignored.
    pub async fn touch_keys(&self, uses: &[(KeyId, i64)]) -> Result<(), CatalogError> {
        if uses.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.change().await?;
        for (id, used_ms) in uses {
            let sql = "UPDATE api_keys SET last_used_ms = $2 \
                       WHERE id = $1 AND (last_used_ms IS NULL OR last_used_ms < $2)";
            tx.execute(sql, &[id.as_str().into(), (*used_ms).into()]).await?;
        }
        tx.commit().await
    }
}

/// Revokes the keys of an organization that is deleted, so that one of the same name made later does not
/// inherit them.
pub(crate) async fn revoke_all_of(
    tx: &mut Tx,
    org: &OrgId,
    now_ms: i64,
) -> Result<Vec<ApiKey>, CatalogError> {
    let mut revoked = Vec::new();
    for row in tx.rows(SELECT_ORG_LIVE, &[org.as_str().into()]).await? {
        revoked.push(revoke(tx, read(&row)?, now_ms).await?);
    }
    Ok(revoked)
}

async fn revoke(tx: &mut Tx, mut key: ApiKey, now_ms: i64) -> Result<ApiKey, CatalogError> {
    key.revoked_ms = Some(now_ms);
    let change_no = next_change_no(tx).await?;
    let sql = "UPDATE api_keys SET revoked_ms = $2, change_no = $3 WHERE id = $1";
    tx.execute(sql, &[key.id.as_str().into(), now_ms.into(), change_no.into()]).await?;
    viewer_tokens::revoke_all_by(tx, key.id.as_str(), now_ms).await?;
    Ok(key)
}

async fn next_change_no(tx: &mut Tx) -> Result<i64, CatalogError> {
    let last = counter(tx, KEY_CHANGES).await?;
    raise_counter(tx, KEY_CHANGES, last, last + 1).await?;
    stored("change number", last + 1)
}

async fn live_count(tx: &mut Tx, now_ms: i64) -> Result<u64, CatalogError> {
    let sql = "SELECT COUNT(*) AS live FROM api_keys \
               WHERE revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > $1)";
    let row = tx.row(sql, &[now_ms.into()]).await?;
    row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?.count(TABLE, "live")
}

async fn insert(tx: &mut Tx, key: &ApiKey) -> Result<(), CatalogError> {
    let change_no = next_change_no(tx).await?;
    let scopes = key.scopes.join(" ");
    let values: [Value<'_>; 10] = [
        key.id.as_str().into(),
        key.org.as_ref().map(OrgId::as_str).into(),
        key.name.as_str().into(),
        scopes.as_str().into(),
        key.token_sha256.as_slice().into(),
        key.token_prefix.as_str().into(),
        key.created_ms.into(),
        key.created_by.as_str().into(),
        key.expires_ms.into(),
        change_no.into(),
    ];
    let sql = "INSERT INTO api_keys (id, org, name, scopes, token_sha256, token_prefix, created_ms, \
               created_by, expires_ms, change_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    tx.execute(sql, &values).await.map(drop)
}

fn not_found(id: &KeyId) -> CatalogError {
    CatalogError::NotFound { kind: "api key", id: id.to_string() }
}

fn read(row: &Row) -> Result<ApiKey, CatalogError> {
    let org = row.opt_text("org")?;
    let org = org.map(|org| OrgId::new(&org)).transpose();
    Ok(ApiKey {
        id: row.parsed(TABLE, "id")?,
        org: org.map_err(|error| CatalogError::corrupt(TABLE, error.to_string()))?,
        name: row.text("name")?,
        scopes: row.text("scopes")?.split(' ').map(str::to_owned).collect(),
        token_sha256: row.array(TABLE, "token_sha256")?,
        token_prefix: row.text("token_prefix")?,
        created_ms: row.int("created_ms")?,
        created_by: row.text("created_by")?,
        last_used_ms: row.opt_int("last_used_ms")?,
        expires_ms: row.opt_int("expires_ms")?,
        revoked_ms: row.opt_int("revoked_ms")?,
    })
}

/// One list of columns for all reads of the table.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, org, name, scopes, token_sha256, token_prefix, created_ms, created_by, ",
            "last_used_ms, expires_ms, revoked_ms FROM api_keys ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_PAGE: &str = select!("WHERE id > $1 ORDER BY id LIMIT $2");
const SELECT_INSTANCE_PAGE: &str = select!("WHERE id > $1 AND org IS NULL ORDER BY id LIMIT $2");
const SELECT_ORG_PAGE: &str = select!("WHERE id > $1 AND org = $3 ORDER BY id LIMIT $2");
const SELECT_ORG_LIVE: &str = select!("WHERE org = $1 AND revoked_ms IS NULL ORDER BY id");
const SELECT_IN_USE: &str = select!("WHERE revoked_ms IS NULL ORDER BY change_no");
const SELECT_CHANGED: &str = select!("WHERE change_no > $1 ORDER BY change_no");
