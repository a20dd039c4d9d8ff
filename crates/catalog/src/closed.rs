//! Logs that were closed, and the change that closes one: what is stored no longer fits what was published, so the
//! organization goes on with a new log, and the old one stays as it is.

use tallystick_event::{LogId, OrgId};
use tallystick_merkle::Edge;

use crate::db::{Row, Tx, Value, stored};
use crate::{Catalog, CatalogError, Organization, heads, organizations};

const TABLE: &str = "closed_logs";

/// A log that takes no more events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedLog {
    /// The log.
    pub log: LogId,
    /// The organization.
    pub org: OrgId,
    /// Seq of its leaf 0.
    pub base: u64,
    /// Leaves that are stored.
    pub size: u64,
    /// Right edge of its tree, in the encoding of the `merkle` crate.
    pub edge: Vec<u8>,
    /// When it was closed, Unix ms.
    pub closed_ms: i64,
}

impl Catalog {
    /// Closes the log of an organization as it is stored, all of it sealed, and gives it a new and empty one. The
    /// events stay and keep their seq.
    pub async fn replace_log(&self, org: &OrgId) -> Result<(ClosedLog, Organization), CatalogError> {
        let mut tx = self.db.change().await?;
        let before = organizations::in_tx(&mut tx, org).await?;
        let head = heads::one(&mut tx, org).await?;
        let (size, edge) = head.map_or_else(|| (0, Edge::new().encode()), |head| (head.size, head.edge));
        let closed = ClosedLog {
            log: before.log_id,
            org: org.clone(),
            base: before.log_base,
            size,
            edge,
            closed_ms: self.now_ms(),
        };
        let values: [Value<'_>; 6] = [
            closed.log.0.as_slice().into(),
            org.as_str().into(),
            stored("log base", closed.base)?.into(),
            stored("log size", size)?.into(),
            closed.edge.as_slice().into(),
            closed.closed_ms.into(),
        ];
        let sql = "INSERT INTO closed_logs (log_id, org, base, size, edge, closed_ms) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        tx.execute(sql, &values).await?;
        let (log_id, log_base) = (self.new_log_id(), before.log_base + size);
        let values: [Value<'_>; 3] =
            [org.as_str().into(), log_id.0.as_slice().into(), stored("log base", log_base)?.into()];
        let sql = "UPDATE organizations SET log_id = $2, log_base = $3 WHERE id = $1";
        tx.execute(sql, &values).await?;
        tx.execute("DELETE FROM log_heads WHERE org = $1", &[org.as_str().into()]).await?;
        tx.commit().await?;
        Ok((closed, Organization { log_id, log_base, ..before }))
    }
}

/// All closed logs, by organization and base.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<ClosedLog>, CatalogError> {
    let sql =
        "SELECT log_id, org, base, size, edge, closed_ms FROM closed_logs ORDER BY org, base, closed_ms";
    tx.rows(sql, &[]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<ClosedLog, CatalogError> {
    Ok(ClosedLog {
        log: LogId(row.array(TABLE, "log_id")?),
        org: row.parsed(TABLE, "org")?,
        base: row.count(TABLE, "base")?,
        size: row.count(TABLE, "size")?,
        edge: row.bytes("edge")?,
        closed_ms: row.int("closed_ms")?,
    })
}
