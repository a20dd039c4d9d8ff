//! Hashes of trees above the leaves: what proofs about old events start from. They only ever grow, except when they
//! are made again from the leaves.

use tallystick_event::LogId;
use tallystick_merkle::limits::{HASH_BYTES, TILE_HASHES};

use crate::db::{Tx, stored};
use crate::{Catalog, CatalogError};

pub(crate) const TABLE: &str = "tiles";
/// Hashes of one row.
const ROW_HASHES: usize = TILE_HASHES as usize;

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

    /// Writes these over what is stored at the same places; one that would leave a hole before it is refused. Seals may
    /// go on meanwhile.
    pub async fn mend_tiles(&self, runs: &[TileRun]) -> Result<(), CatalogError> {
        let mut tx = self.db.change().await?;
        for piece in runs.iter().flat_map(pieces) {
            let mut bytes = piece.stored(&mut tx).await?;
            let (from, to) = (piece.within * HASH_BYTES, (piece.within + piece.hashes.len()) * HASH_BYTES);
            if bytes.len() < from {
                return Err(piece.does_not_follow(&bytes));
            }
            bytes.resize(bytes.len().max(to), 0);
            bytes[from..to].copy_from_slice(piece.hashes.as_flattened());
            piece.store(&mut tx, &bytes).await?;
        }
        tx.commit().await
    }
}

/// Appends to what is stored; a run that does not go on where its level ends is refused.
pub(crate) async fn append(tx: &mut Tx, runs: &[TileRun]) -> Result<(), CatalogError> {
    for piece in runs.iter().flat_map(pieces) {
        let mut bytes = piece.stored(tx).await?;
        if bytes.len() != piece.within * HASH_BYTES {
            return Err(piece.does_not_follow(&bytes));
        }
        bytes.extend(piece.hashes.iter().flatten());
        piece.store(tx, &bytes).await?;
    }
    Ok(())
}

/// What one row gets of a run.
struct Piece<'a> {
    run: &'a TileRun,
    /// The tile.
    index: u64,
    /// Hashes of the tile before these.
    within: usize,
    hashes: &'a [[u8; HASH_BYTES]],
}

/// A run, tile by tile.
fn pieces(run: &TileRun) -> impl Iterator<Item = Piece<'_>> {
    let (mut next, mut rest) = (run.first, run.hashes.as_slice());
    std::iter::from_fn(move || {
        let (index, within) = (next / ROW_HASHES as u64, (next % ROW_HASHES as u64) as usize);
        let (hashes, later) = rest.split_at(rest.len().min(ROW_HASHES - within));
        next += hashes.len() as u64;
        rest = later;
        (!hashes.is_empty()).then_some(Piece { run, index, within, hashes })
    })
}

impl Piece<'_> {
    /// The bytes of the row; none if there is no row.
    async fn stored(&self, tx: &mut Tx) -> Result<Vec<u8>, CatalogError> {
        let sql = "SELECT hashes FROM tiles WHERE log_id = $1 AND level = $2 AND tile_index = $3";
        let (log, level) = (self.run.log.0.as_slice(), i64::from(self.run.level));
        let values = [log.into(), level.into(), stored("tile index", self.index)?.into()];
        tx.row(sql, &values).await?.map_or(Ok(Vec::new()), |row| row.bytes("hashes"))
    }

    async fn store(&self, tx: &mut Tx, bytes: &[u8]) -> Result<(), CatalogError> {
        let sql = "INSERT INTO tiles (log_id, level, tile_index, hashes) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (log_id, level, tile_index) DO UPDATE SET hashes = excluded.hashes";
        let (log, level) = (self.run.log.0.as_slice(), i64::from(self.run.level));
        let values = [log.into(), level.into(), stored("tile index", self.index)?.into(), bytes.into()];
        tx.execute(sql, &values).await.map(drop)
    }

    fn does_not_follow(&self, bytes: &[u8]) -> CatalogError {
        let Self { run: TileRun { log, level, .. }, index, within, .. } = self;
        let length = bytes.len();
        let what =
            format!("log {log} has {length} bytes in tile {level}/{index} where hash {within} is to follow");
        CatalogError::inconsistent(TABLE, what)
    }
}

fn split(bytes: &[u8]) -> Result<Vec<[u8; HASH_BYTES]>, CatalogError> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if rest.is_empty() && hashes.len() <= ROW_HASHES {
        return Ok(hashes.to_vec());
    }
    Err(CatalogError::corrupt(TABLE, format!("a tile of {} bytes", bytes.len())))
}
