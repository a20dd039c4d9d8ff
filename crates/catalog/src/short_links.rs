//! Short addresses for long ones. The same address of an organization has one, however often it is asked for.

use tallystick_event::OrgId;

use crate::db::{Row, Value};
use crate::{Catalog, CatalogError, ShortLinkId, organizations};

const TABLE: &str = "short_links";
/// Most short links of one organization; the oldest makes room for one more.
pub const SHORT_LINKS_MAX: u64 = 10_000;
/// Longest address that gets a short one, bytes.
pub const SHORT_LINK_PATH_BYTES_MAX: usize = 16_384;

/// A short link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortLink {
    /// The last part of its address.
    pub id: ShortLinkId,
    /// To whom its target belongs.
    pub org: OrgId,
    /// Where it leads: a path with its query.
    pub path: String,
    /// Unix ms.
    pub created_ms: i64,
    /// Who asked for it first: the id of a person or a key, or `root`.
    pub created_by: String,
}

impl Catalog {
    /// The short link to `path`, made if there is none; and whether it was made. `path_sha256` is its hash.
    pub async fn short_link_to(
        &self,
        org: &OrgId,
        path: &str,
        path_sha256: &[u8; 32],
        created_by: &str,
    ) -> Result<(ShortLink, bool), CatalogError> {
        if path.len() > SHORT_LINK_PATH_BYTES_MAX {
            let why = format!("at most {SHORT_LINK_PATH_BYTES_MAX} bytes");
            return Err(CatalogError::invalid("path", why));
        }
        let mut tx = self.db.change().await?;
        organizations::in_tx(&mut tx, org).await?;
        let values = [org.as_str().into(), path_sha256.as_slice().into()];
        if let Some(row) = tx.row(SELECT_BY_PATH, &values).await? {
            return Ok((read(&row)?, false));
        }
        let sql = "SELECT COUNT(*) AS n FROM short_links WHERE org = $1";
        let count = tx.row(sql, &[org.as_str().into()]).await?;
        let count = count.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?;
        if count.count(TABLE, "n")? >= SHORT_LINKS_MAX {
            // The oldest makes room: it is an abbreviation, and whoever needs it again gets a new one.
            tx.execute(DELETE_OLDEST, &[org.as_str().into()]).await?;
        }
        let link = ShortLink {
            id: ShortLinkId::generate(&*self.random),
            org: org.clone(),
            path: path.to_owned(),
            created_ms: self.now_ms(),
            created_by: created_by.to_owned(),
        };
        let values: [Value<'_>; 6] = [
            link.id.as_str().into(),
            org.as_str().into(),
            path.into(),
            path_sha256.as_slice().into(),
            link.created_ms.into(),
            created_by.into(),
        ];
        let sql = "INSERT INTO short_links (id, org, path, path_sha256, created_ms, created_by) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok((link, true))
    }

    /// The short link `id`.
    pub async fn short_link(&self, id: &ShortLinkId) -> Result<Option<ShortLink>, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()
    }
}

fn read(row: &Row) -> Result<ShortLink, CatalogError> {
    Ok(ShortLink {
        id: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        path: row.text("path")?,
        created_ms: row.int("created_ms")?,
        created_by: row.text("created_by")?,
    })
}

const SELECT_ONE: &str = "SELECT id, org, path, created_ms, created_by FROM short_links WHERE id = $1";
const SELECT_BY_PATH: &str =
    "SELECT id, org, path, created_ms, created_by FROM short_links WHERE org = $1 AND path_sha256 = $2";
const DELETE_OLDEST: &str = "DELETE FROM short_links WHERE id IN \
                             (SELECT id FROM short_links WHERE org = $1 ORDER BY created_ms, id LIMIT 1)";
