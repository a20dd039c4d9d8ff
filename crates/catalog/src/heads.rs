//! Log heads as of the sealed position: how many sealed events each log has and what their tree's root is.
//! A head only ever grows.

use tallystick_event::OrgId;
use tallystick_merkle::Edge;

use crate::CatalogError;
use crate::db::{Row, Tx, Value, stored};

pub(crate) const TABLE: &str = "log_heads";

/// The head of one organization's log, over its sealed events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// The organization.
    pub org: OrgId,
    /// Number of events.
    pub size: u64,
    /// Root of their Merkle tree.
    pub root: [u8; 32],
    /// Right edge of the tree, in the encoding of the `merkle` crate: what is needed to append.
    pub edge: Vec<u8>,
    /// `received_at` of the last event, Unix ms; the next one is not before it.
    pub last_received_ms: i64,
}

impl LogHead {
    /// The edge determines size and root: all three must agree, before writing and after reading.
    fn check(&self) -> Result<(), CatalogError> {
        let what = match Edge::decode(&self.edge) {
            Ok(edge) if edge.size() == self.size && edge.root() == self.root => return Ok(()),
            Ok(_) => "size or root differ from those of the edge".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(CatalogError::inconsistent(TABLE, format!("{}: {what}", self.org)))
    }
}

/// Events in all logs, closed ones included.
pub(crate) async fn total_size(tx: &mut Tx) -> Result<u64, CatalogError> {
    let sql = "SELECT CAST((SELECT COALESCE(SUM(size), 0) FROM log_heads) \
               + (SELECT COALESCE(SUM(log_base), 0) FROM organizations) AS BIGINT) AS total";
    let row = tx.row(sql, &[]).await?;
    row.ok_or_else(|| CatalogError::corrupt(TABLE, "a sum without a row"))?.count(TABLE, "total")
}

/// Stores a head that is ahead of the stored one.
pub(crate) async fn advance(tx: &mut Tx, head: &LogHead) -> Result<(), CatalogError> {
    head.check()?;
    let values: [Value<'_>; 5] = [
        head.org.as_str().into(),
        stored("log size", head.size)?.into(),
        head.root.as_slice().into(),
        head.edge.as_slice().into(),
        head.last_received_ms.into(),
    ];
    let sql = "INSERT INTO log_heads (org, size, root, edge, last_received_ms) \
               VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (org) DO UPDATE SET size = excluded.size, root = excluded.root, \
               edge = excluded.edge, last_received_ms = excluded.last_received_ms \
               WHERE log_heads.size < excluded.size \
               AND log_heads.last_received_ms <= excluded.last_received_ms";
    if tx.execute(sql, &values).await? == 1 {
        return Ok(());
    }
    let what = format!("{} would not grow to size {} at {}", head.org, head.size, head.last_received_ms);
    Err(CatalogError::inconsistent(TABLE, what))
}

/// All heads by organization.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<LogHead>, CatalogError> {
    let sql = "SELECT org, size, root, edge, last_received_ms FROM log_heads ORDER BY org";
    tx.rows(sql, &[]).await?.iter().map(read).collect()
}

/// The head of one organization; none if nothing of it is sealed.
pub(crate) async fn one(tx: &mut Tx, org: &OrgId) -> Result<Option<LogHead>, CatalogError> {
    let sql = "SELECT org, size, root, edge, last_received_ms FROM log_heads WHERE org = $1";
    tx.row(sql, &[org.as_str().into()]).await?.map(|row| read(&row)).transpose()
}

fn read(row: &Row) -> Result<LogHead, CatalogError> {
    let head = LogHead {
        org: row.parsed(TABLE, "org")?,
        size: row.count(TABLE, "size")?,
        root: row.array(TABLE, "root")?,
        edge: row.bytes("edge")?,
        last_received_ms: row.int("last_received_ms")?,
    };
    head.check()?;
    Ok(head)
}
