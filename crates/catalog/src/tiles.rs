//! Hashes of trees above the leaves: what proofs about old events start from. They only ever grow, except when they
//! are made again from the leaves.

use tallystick_event::LogId;

use crate::db::{Tx, stored};
use crate::{Catalog, CatalogError};

pub(crate) const TABLE: &str = "tiles";
/// Hashes of one row (C2SP tlog-tiles: tile height 8).
const TILE_HASHES: usize = 256;
const HASH_BYTES: usize = 32;

/// Hashes of one level of one log, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileRun {
    /// The log.
    pub log: LogId,
    /// 1 to 7: hash i is the root of the 256^level leaves from i * 256^level on.
    pub level: u8,
    /// Number of the first hash.
    pub first: u64,
    /// The hashes.
    pub hashes: Vec<[u8; HASH_BYTES]>,
}

/// How many hashes of a level of a log are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileCount {
    /// The log.
    pub log: LogId,
    /// 1 to 7.
    pub level: u8,
    /// Hashes.
    pub hashes: u64,
}

impl Catalog {
    /// The hashes of one tile; none if there is no such tile.
    pub async fn tile(
        &self,
        log: LogId,
        level: u8,
        index: u64,
    ) -> Result<Vec<[u8; HASH_BYTES]>, CatalogError> {
        let values = [log.0.as_slice().into(), i64::from(level).into(), stored("tile index", index)?.into()];
        let sql = "SELECT hashes FROM tiles WHERE log_id = $1 AND level = $2 AND tile_index = $3";
        let row = self.db.row(sql, &values).await?;
        row.map_or(Ok(Vec::new()), |row| split(&row.bytes("hashes")?))
    }

    /// How many hashes each log has at each level.
    pub async fn tile_counts(&self) -> Result<Vec<TileCount>, CatalogError> {
        let sql = "SELECT log_id, level, CAST(SUM(length(hashes)) AS BIGINT) AS bytes FROM tiles \
                   GROUP BY log_id, level";
        let rows = self.db.rows(sql, &[]).await?;
        let read = |row: &crate::db::Row| {
            Ok(TileCount {
                log: LogId(row.array(TABLE, "log_id")?),
                level: row.count(TABLE, "level")? as u8,
                hashes: row.count(TABLE, "bytes")? / HASH_BYTES as u64,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Puts these in the place of all hashes of a log.
    pub async fn replace_tiles(&self, log: LogId, runs: &[TileRun]) -> Result<(), CatalogError> {
        let mut tx = self.db.change().await?;
        tx.execute("DELETE FROM tiles WHERE log_id = $1", &[log.0.as_slice().into()]).await?;
        append(&mut tx, runs).await?;
        tx.commit().await
    }
}

/// Appends to what is stored; a run that does not go on where its level ends is refused.
pub(crate) async fn append(tx: &mut Tx, runs: &[TileRun]) -> Result<(), CatalogError> {
    for run in runs {
        let mut next = run.first;
        let mut rest = run.hashes.as_slice();
        while !rest.is_empty() {
            let within = (next % TILE_HASHES as u64) as usize;
            let (now, later) = rest.split_at(rest.len().min(TILE_HASHES - within));
            append_to_tile(tx, run, next, now).await?;
            next += now.len() as u64;
            rest = later;
        }
    }
    Ok(())
}

async fn append_to_tile(
    tx: &mut Tx,
    run: &TileRun,
    first: u64,
    hashes: &[[u8; HASH_BYTES]],
) -> Result<(), CatalogError> {
    let (index, within) = (first / TILE_HASHES as u64, (first % TILE_HASHES as u64) as usize);
    let log = run.log.0.as_slice();
    let (level, index) = (i64::from(run.level), stored("tile index", index)?);
    let sql = "SELECT hashes FROM tiles WHERE log_id = $1 AND level = $2 AND tile_index = $3";
    let found = tx.row(sql, &[log.into(), level.into(), index.into()]).await?;
    let mut bytes = found.map_or(Ok(Vec::new()), |row| row.bytes("hashes"))?;
    if bytes.len() != within * HASH_BYTES {
        let what = format!(
            "log {} has {} bytes in tile {level}/{index} where hash {within} is to follow",
            run.log,
            bytes.len()
        );
        return Err(CatalogError::inconsistent(TABLE, what));
    }
    bytes.extend(hashes.iter().flatten());
    let values = [log.into(), level.into(), index.into(), bytes.as_slice().into()];
    let sql = "INSERT INTO tiles (log_id, level, tile_index, hashes) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (log_id, level, tile_index) DO UPDATE SET hashes = excluded.hashes";
    tx.execute(sql, &values).await.map(drop)
}

fn split(bytes: &[u8]) -> Result<Vec<[u8; HASH_BYTES]>, CatalogError> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if rest.is_empty() && hashes.len() <= TILE_HASHES {
        return Ok(hashes.to_vec());
    }
    Err(CatalogError::corrupt(TABLE, format!("a tile of {} bytes", bytes.len())))
}
