//! Viewer tokens: each shows a part of one organization's log inside another product's pages, for a few minutes. The
//! catalog stores a token's SHA-256 only and gives features, origins and the filter no meaning.
//!
//! A token is looked up for each request, so a revocation holds on every node at once.

use tallystick_event::OrgId;

use crate::db::{Row, Tx, Value};
use crate::{Catalog, CatalogError, Changed, Conflict, LIST_MAX, ViewerTokenId, organizations};

const TABLE: &str = "viewer_tokens";
/// Most viewer tokens of one organization that are good at the same time.
pub const VIEWER_TOKENS_MAX: u64 = 10_000;
/// How long a viewer token that has ended is kept, ms: a day. A page that shows it may be loaded again meanwhile.
pub const VIEWER_TOKENS_KEPT_MS: i64 = 86_400_000;

/// A viewer token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerToken {
    /// Its id, which is no secret.
    pub id: ViewerTokenId,
    /// Whose log it shows.
    pub org: OrgId,
    /// SHA-256 of the token.
    pub token_sha256: [u8; 32],
    /// Who looks, as the product that shows it knows them.
    pub actor_id: String,
    /// Their name.
    pub actor_name: Option<String>,
    /// Query that every event they see matches; empty: all.
    pub filter: String,
    /// What they may beside reading, in words that the `auth` crate knows.
    pub features: Vec<String>,
    /// Origins of the pages that may show it.
    pub origins: Vec<String>,
    /// Whether what they look at is recorded.
    pub record_views: bool,
    /// Unix ms.
    pub created_ms: i64,
    /// Who made it: a key id, `root`, or a person.
    pub created_by: String,
    /// Unix ms from which it is not accepted.
    pub expires_ms: i64,
    /// Unix ms from which it is not accepted because somebody said so.
    pub revoked_ms: Option<i64>,
}

impl ViewerToken {
    /// Whether the token is accepted at `now_ms`.
    pub fn is_live(&self, now_ms: i64) -> bool {
        self.revoked_ms.is_none() && now_ms < self.expires_ms
    }
}

impl Catalog {
    /// Stores a new token, whose `created_ms` is set here, and forgets those that ended long ago. Features and origins
    /// are words without spaces.
    pub async fn create_viewer_token(&self, new: ViewerToken) -> Result<ViewerToken, CatalogError> {
        let now = self.now_ms();
        let token = ViewerToken { created_ms: now, ..new };
        let mut tx = self.db.change().await?;
        organizations::in_tx(&mut tx, &token.org).await?;
        let long_ago = now - VIEWER_TOKENS_KEPT_MS;
        tx.execute("DELETE FROM viewer_tokens WHERE expires_ms < $1", &[long_ago.into()]).await?;
        let row = tx.row(COUNT_LIVE, &[token.org.as_str().into(), now.into()]).await?;
        let count = row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?;
        if count.count(TABLE, "live")? >= VIEWER_TOKENS_MAX {
            return Err(CatalogError::Conflict(Conflict::TooMany {
                what: "viewer tokens",
                max: VIEWER_TOKENS_MAX,
            }));
        }
        insert(&mut tx, &token).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The token `id`, ended ones included.
    pub async fn viewer_token(&self, id: &ViewerTokenId) -> Result<ViewerToken, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
    }

    /// The token with this hash, ended ones included.
    pub async fn viewer_token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ViewerToken>, CatalogError> {
        let row = self.db.row(SELECT_BY_HASH, &[hash.as_slice().into()]).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// The tokens of an organization that are good, in order of their ids, those after `after` only, at most `limit`
    /// (capped at [`LIST_MAX`]).
    pub async fn list_viewer_tokens(
        &self,
        org: &OrgId,
        after: Option<&ViewerTokenId>,
        limit: u32,
    ) -> Result<Vec<ViewerToken>, CatalogError> {
        let values: [Value<'_>; 4] = [
            org.as_str().into(),
            self.now_ms().into(),
            after.map_or("", ViewerTokenId::as_str).into(),
            i64::from(limit.min(LIST_MAX)).into(),
        ];
        self.db.rows(SELECT_LIVE, &values).await?.iter().map(read).collect()
    }

    /// Makes a token unusable at once. One that has ended already stays as it is.
    pub async fn revoke_viewer_token(
        &self,
        id: &ViewerTokenId,
    ) -> Result<Changed<ViewerToken>, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let row = tx.row(SELECT_ONE, &[id.as_str().into()]).await?;
        let before = row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))?;
        if !before.is_live(now) {
            return Ok(Changed { after: before.clone(), before });
        }
        let sql = "UPDATE viewer_tokens SET revoked_ms = $2 WHERE id = $1";
        tx.execute(sql, &[id.as_str().into(), now.into()]).await?;
        tx.commit().await?;
        Ok(Changed { after: ViewerToken { revoked_ms: Some(now), ..before.clone() }, before })
    }

    /// Makes all tokens of an organization unusable at once; how many there were.
    pub async fn revoke_viewer_tokens(&self, org: &OrgId) -> Result<u64, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        organizations::in_tx(&mut tx, org).await?;
        let sql = "UPDATE viewer_tokens SET revoked_ms = $2 \
                   WHERE org = $1 AND revoked_ms IS NULL AND expires_ms > $2";
        let revoked = tx.execute(sql, &[org.as_str().into(), now.into()]).await?;
        tx.commit().await?;
        Ok(revoked)
    }
}

/// Revokes the tokens that a key has made: whoever revokes a stolen key means these, too.
pub(crate) async fn revoke_all_by(tx: &mut Tx, maker: &str, now_ms: i64) -> Result<(), CatalogError> {
    let sql = "UPDATE viewer_tokens SET revoked_ms = $2 \
               WHERE created_by = $1 AND revoked_ms IS NULL AND expires_ms > $2";
    tx.execute(sql, &[maker.into(), now_ms.into()]).await.map(drop)
}

/// Forgets the tokens of an organization that is deleted.
pub(crate) async fn delete_all_of(tx: &mut Tx, org: &OrgId) -> Result<(), CatalogError> {
    tx.execute("DELETE FROM viewer_tokens WHERE org = $1", &[org.as_str().into()]).await.map(drop)
}

async fn insert(tx: &mut Tx, token: &ViewerToken) -> Result<(), CatalogError> {
    let (features, origins) = (token.features.join(" "), token.origins.join(" "));
    let values: [Value<'_>; 12] = [
        token.id.as_str().into(),
        token.org.as_str().into(),
        token.token_sha256.as_slice().into(),
        token.actor_id.as_str().into(),
        token.actor_name.as_deref().into(),
        token.filter.as_str().into(),
        features.as_str().into(),
        origins.as_str().into(),
        i64::from(token.record_views).into(),
        token.created_ms.into(),
        token.created_by.as_str().into(),
        token.expires_ms.into(),
    ];
    let sql = "INSERT INTO viewer_tokens (id, org, token_sha256, actor_id, actor_name, filter, features, origins, \
               record_views, created_ms, created_by, expires_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    tx.execute(sql, &values).await.map(drop)
}

fn not_found(id: &ViewerTokenId) -> CatalogError {
    CatalogError::NotFound { kind: "viewer token", id: id.to_string() }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn read(row: &Row) -> Result<ViewerToken, CatalogError> {
    Ok(ViewerToken {
        id: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        token_sha256: row.array(TABLE, "token_sha256")?,
        actor_id: row.text("actor_id")?,
        actor_name: row.opt_text("actor_name")?,
        filter: row.text("filter")?,
        features: words(&row.text("features")?),
        origins: words(&row.text("origins")?),
        record_views: row.int("record_views")? == 1,
        created_ms: row.int("created_ms")?,
        created_by: row.text("created_by")?,
        expires_ms: row.int("expires_ms")?,
        revoked_ms: row.opt_int("revoked_ms")?,
    })
}

/// One list of columns for all reads of the table.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, org, token_sha256, actor_id, actor_name, filter, features, origins, record_views, ",
            "created_ms, created_by, expires_ms, revoked_ms FROM viewer_tokens ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_BY_HASH: &str = select!("WHERE token_sha256 = $1");
const SELECT_LIVE: &str =
    select!("WHERE org = $1 AND revoked_ms IS NULL AND expires_ms > $2 AND id > $3 ORDER BY id LIMIT $4");
const COUNT_LIVE: &str = "SELECT COUNT(*) AS live FROM viewer_tokens \
                          WHERE org = $1 AND revoked_ms IS NULL AND expires_ms > $2";
