//! The directory log: entries that say which size and root each log had, checkpoints over them, and what others
//! stated about those. Written by whoever signs for the instance; nothing here is secret.

use std::sync::LazyLock;

use tallystick_event::LogId;
use tallystick_merkle::Edge;

use crate::db::{Row, Tx, Value, stored};
use crate::tiles::{self, TileRun};
use crate::{Catalog, CatalogError};

const ENTRIES: &str = "directory_entries";
const CHECKPOINTS: &str = "directory_checkpoints";
const ANCHORS: &str = "anchors";

/// An entry: at this time the log had this size and root. Its bytes follow from it (docs/formats/directory.md).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// Its place in the directory log.
    pub index: u64,
    /// The log.
    pub log: LogId,
    /// Leaves of the log.
    pub size: u64,
    /// Root of its tree.
    pub root: [u8; 32],
    /// Unix ms.
    pub time_ms: i64,
}

/// A checkpoint of the directory log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryCheckpoint {
    /// Right edge of the directory's tree; its size is that of the checkpoint.
    pub edge: Edge,
    /// The signed note, with the cosignatures gathered so far.
    pub note: String,
    /// When it was made, Unix ms.
    pub time_ms: i64,
    /// When enough witnesses had cosigned it, Unix ms.
    pub witnessed_ms: Option<i64>,
}

/// What kind of statement an anchor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorKind {
    /// Cosignature lines of a witness.
    Witness,
    /// An RFC 3161 timestamp token.
    Rfc3161,
    /// A copy in an object store that nobody can delete: its address.
    ObjectLock,
}

/// A statement of somebody else about a checkpoint of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// What kind.
    pub kind: AnchorKind,
    /// Who: a witness's name, a URL.
    pub name: String,
    /// Size of the directory's checkpoint.
    pub size: u64,
    /// When it came, Unix ms.
    pub time_ms: i64,
    /// What came.
    pub receipt: Vec<u8>,
}

impl AnchorKind {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Witness => "witness",
            Self::Rfc3161 => "rfc3161",
            Self::ObjectLock => "object-lock",
        }
    }
}

impl Catalog {
    /// Appends entries with the checkpoint that covers them and the hashes that they complete. The entries go on where
    /// the newest checkpoint ends; that and a growing size are checked.
    pub async fn append_directory(
        &self,
        entries: &[DirectoryEntry],
        checkpoint: &DirectoryCheckpoint,
        runs: &[TileRun],
    ) -> Result<(), CatalogError> {
        let mut tx = self.db.change().await?;
        let size = match tx.row(SELECT_NEWEST, &[]).await? {
            Some(row) => row.count(CHECKPOINTS, "size")?,
            None => 0,
        };
        let fits = entries.iter().zip(size..).all(|(entry, index)| entry.index == index);
        if !fits || checkpoint.edge.size() != size + entries.len() as u64 || entries.is_empty() {
            let what =
                format!("{} entries do not take it from {size} entries to the size signed", entries.len());
            return Err(CatalogError::inconsistent(ENTRIES, what));
        }
        let (many, rest) = entries.as_chunks::<ROWS_A_STATEMENT>();
        for rows in many {
            insert(&mut tx, &INSERT_MANY, rows).await?;
        }
        for row in rest {
            insert(&mut tx, INSERT_ONE, std::slice::from_ref(row)).await?;
        }
        tiles::append(&mut tx, runs).await?;
        let edge = checkpoint.edge.encode();
        let values: [Value<'_>; 5] = [
            stored("directory size", checkpoint.edge.size())?.into(),
            edge.as_slice().into(),
            checkpoint.note.as_str().into(),
            checkpoint.time_ms.into(),
            checkpoint.witnessed_ms.into(),
        ];
        let sql = "INSERT INTO directory_checkpoints (size, edge, note, time_ms, witnessed_ms) \
                   VALUES ($1, $2, $3, $4, $5)";
        tx.execute(sql, &values).await?;
        tx.commit().await
    }

    /// Stores the note with more signatures, that it is witnessed, and what came with them: all or nothing. The text of
    /// the note stays the same; the caller sees to that.
    pub async fn sign_directory(
        &self,
        size: u64,
        note: &str,
        witnessed_ms: Option<i64>,
        anchors: &[Anchor],
    ) -> Result<(), CatalogError> {
        let mut tx = self.db.change().await?;
        let values = [stored("directory size", size)?.into(), note.into(), witnessed_ms.into()];
        let sql = "UPDATE directory_checkpoints SET note = $2, \
                   witnessed_ms = COALESCE(witnessed_ms, CAST($3 AS BIGINT)) WHERE size = $1";
        if tx.execute(sql, &values).await? != 1 {
            return Err(CatalogError::inconsistent(CHECKPOINTS, format!("no checkpoint of size {size}")));
        }
        insert_anchors(&mut tx, anchors).await?;
        tx.commit().await
    }

    /// The newest checkpoint of the directory.
    pub async fn newest_directory(&self) -> Result<Option<DirectoryCheckpoint>, CatalogError> {
        self.db.row(SELECT_NEWEST, &[]).await?.map(|row| read_checkpoint(&row)).transpose()
    }

    /// The smallest checkpoint of the directory that covers entry `index` and that witnesses have confirmed.
    pub async fn directory_covering(&self, index: u64) -> Result<Option<DirectoryCheckpoint>, CatalogError> {
        let row = self.db.row(SELECT_WITNESSED_COVERING, &[stored("entry index", index)?.into()]).await?;
        row.map(|row| read_checkpoint(&row)).transpose()
    }

    /// The smallest checkpoint of the directory that covers entry `index` and has a timestamp; of those that witnesses
    /// have confirmed only, if `needs_witnesses`.
    pub async fn directory_stamped(
        &self,
        index: u64,
        needs_witnesses: bool,
    ) -> Result<Option<DirectoryCheckpoint>, CatalogError> {
        let values = [stored("entry index", index)?.into(), i64::from(needs_witnesses).into()];
        self.db.row(SELECT_STAMPED_COVERING, &values).await?.map(|row| read_checkpoint(&row)).transpose()
    }

    /// The newest checkpoint that witnesses have confirmed.
    pub async fn newest_witnessed_directory(&self) -> Result<Option<DirectoryCheckpoint>, CatalogError> {
        self.db.row(SELECT_NEWEST_WITNESSED, &[]).await?.map(|row| read_checkpoint(&row)).transpose()
    }

    /// At most `limit` entries from `from` on.
    pub async fn directory_entries(
        &self,
        from: u64,
        limit: u32,
    ) -> Result<Vec<DirectoryEntry>, CatalogError> {
        let values = [stored("entry index", from)?.into(), i64::from(limit).into()];
        self.db.rows(SELECT_ENTRIES, &values).await?.iter().map(read_entry).collect()
    }

    /// The first entry by which the log had more than `leaf` leaves.
    pub async fn directory_entry_covering(
        &self,
        log: LogId,
        leaf: u64,
    ) -> Result<Option<DirectoryEntry>, CatalogError> {
        let values = [log.0.as_slice().into(), stored("leaf", leaf)?.into()];
        self.db.row(SELECT_ENTRY_COVERING, &values).await?.map(|row| read_entry(&row)).transpose()
    }

    /// The newest entry of a log among those before `end`.
    pub async fn directory_entry_before(
        &self,
        log: LogId,
        end: u64,
    ) -> Result<Option<DirectoryEntry>, CatalogError> {
        let values = [log.0.as_slice().into(), stored("entry index", end)?.into()];
        self.db.row(SELECT_ENTRY_BEFORE, &values).await?.map(|row| read_entry(&row)).transpose()
    }

    /// The newest entry of the present log of each organization. What was said of closed logs is not read.
    pub async fn newest_directory_entries(&self) -> Result<Vec<DirectoryEntry>, CatalogError> {
        self.db.rows(SELECT_NEWEST_ENTRIES, &[]).await?.iter().map(read_entry).collect()
    }

    /// Begins a new, empty directory log, whose id the setting `name` gets. What is stored of the one before goes: it
    /// no longer fits what was signed of it.
    pub async fn renew_directory(&self, name: &str) -> Result<(), CatalogError> {
        let before = self.setting(name).await?.and_then(|id| id.parse::<LogId>().ok());
        let id = self.new_log_id();
        let mut tx = self.db.change().await?;
        for sql in
            ["DELETE FROM directory_entries", "DELETE FROM directory_checkpoints", "DELETE FROM anchors"]
        {
            tx.execute(sql, &[]).await?;
        }
        if let Some(before) = before {
            tx.execute("DELETE FROM tiles WHERE log_id = $1", &[before.0.as_slice().into()]).await?;
        }
        let sql = "UPDATE settings SET value = $2 WHERE name = $1";
        tx.execute(sql, &[name.into(), id.to_string().as_str().into()]).await?;
        tx.commit().await
    }

    /// Keeps a statement about a checkpoint of the directory.
    pub async fn add_anchor(&self, anchor: &Anchor) -> Result<(), CatalogError> {
        let mut tx = self.db.change().await?;
        insert_anchors(&mut tx, std::slice::from_ref(anchor)).await?;
        tx.commit().await
    }

    /// The newest statement of a kind by somebody.
    pub async fn newest_anchor(&self, kind: AnchorKind, name: &str) -> Result<Option<Anchor>, CatalogError> {
        let values = [kind.as_str().into(), name.into()];
        self.db.row(SELECT_NEWEST_ANCHOR, &values).await?.map(|row| read_anchor(&row)).transpose()
    }

    /// Statements about checkpoints of the directory with at least `size` entries, oldest first, at most `limit`.
    pub async fn anchors(&self, size: u64, limit: u32) -> Result<Vec<Anchor>, CatalogError> {
        let values = [stored("directory size", size)?.into(), i64::from(limit).into()];
        self.db.rows(SELECT_ANCHORS, &values).await?.iter().map(read_anchor).collect()
    }

    /// Statements about the checkpoint of the directory with exactly `size` entries, oldest first, at most `limit`.
    pub async fn anchors_of(&self, size: u64, limit: u32) -> Result<Vec<Anchor>, CatalogError> {
        let values = [stored("directory size", size)?.into(), i64::from(limit).into()];
        self.db.rows(SELECT_ANCHORS_OF, &values).await?.iter().map(read_anchor).collect()
    }
}

async fn insert_anchors(tx: &mut Tx, anchors: &[Anchor]) -> Result<(), CatalogError> {
    if anchors.is_empty() {
        return Ok(());
    }
    let newest = tx.row("SELECT COALESCE(MAX(anchor_no), 0) AS newest FROM anchors", &[]).await?;
    let newest = newest.map_or(Ok(0), |row| row.int("newest"))?;
    for (number, anchor) in (newest + 1..).zip(anchors) {
        let values: [Value<'_>; 6] = [
            number.into(),
            anchor.kind.as_str().into(),
            anchor.name.as_str().into(),
            stored("directory size", anchor.size)?.into(),
            anchor.time_ms.into(),
            anchor.receipt.as_slice().into(),
        ];
        let sql = "INSERT INTO anchors (anchor_no, kind, name, size, time_ms, receipt) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        tx.execute(sql, &values).await?;
    }
    Ok(())
}

const SELECT_NEWEST_ANCHOR: &str = "SELECT kind, name, size, time_ms, receipt FROM anchors \
    WHERE kind = $1 AND name = $2 ORDER BY anchor_no DESC LIMIT 1";
const SELECT_NEWEST: &str =
    "SELECT size, edge, note, time_ms, witnessed_ms FROM directory_checkpoints ORDER BY size DESC LIMIT 1";
const SELECT_NEWEST_WITNESSED: &str = "SELECT size, edge, note, time_ms, witnessed_ms FROM directory_checkpoints \
    WHERE witnessed_ms IS NOT NULL ORDER BY size DESC LIMIT 1";
const SELECT_WITNESSED_COVERING: &str = "SELECT size, edge, note, time_ms, witnessed_ms \
    FROM directory_checkpoints WHERE size > $1 AND witnessed_ms IS NOT NULL ORDER BY size LIMIT 1";
const SELECT_STAMPED_COVERING: &str = "SELECT size, edge, note, time_ms, witnessed_ms \
    FROM directory_checkpoints WHERE size IN (SELECT size FROM anchors WHERE size > $1 AND kind = 'rfc3161') \
    AND (witnessed_ms IS NOT NULL OR CAST($2 AS BIGINT) = 0) ORDER BY size LIMIT 1";
const SELECT_ENTRIES: &str = "SELECT entry_index, log_id, size, root, time_ms FROM directory_entries \
    WHERE entry_index >= $1 ORDER BY entry_index LIMIT $2";
const SELECT_ENTRY_COVERING: &str = "SELECT entry_index, log_id, size, root, time_ms FROM directory_entries \
    WHERE log_id = $1 AND size > $2 ORDER BY size LIMIT 1";
const SELECT_ENTRY_BEFORE: &str = "SELECT entry_index, log_id, size, root, time_ms FROM directory_entries \
    WHERE log_id = $1 AND entry_index < $2 ORDER BY size DESC LIMIT 1";
const SELECT_NEWEST_ENTRIES: &str = "SELECT e.entry_index, e.log_id, e.size, e.root, e.time_ms \
    FROM organizations o JOIN directory_entries e ON e.log_id = o.log_id AND e.size = \
    (SELECT MAX(d.size) FROM directory_entries d WHERE d.log_id = o.log_id)";
const SELECT_ANCHORS: &str =
    "SELECT kind, name, size, time_ms, receipt FROM anchors WHERE size >= $1 ORDER BY anchor_no LIMIT $2";
const SELECT_ANCHORS_OF: &str =
    "SELECT kind, name, size, time_ms, receipt FROM anchors WHERE size = $1 ORDER BY anchor_no LIMIT $2";
const INSERT_ONE: &str =
    "INSERT INTO directory_entries (entry_index, log_id, size, root, time_ms) VALUES ($1, $2, $3, $4, $5)";
/// Entries of one statement: a round may have one for every log there is.
const ROWS_A_STATEMENT: usize = 64;
static INSERT_MANY: LazyLock<String> = LazyLock::new(|| {
    let row = |number: usize| {
        let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|column| number * 5 + column);
        format!("(${a}, ${b}, ${c}, ${d}, ${e})")
    };
    let rows: Vec<String> = (0..ROWS_A_STATEMENT).map(row).collect();
    let columns = "entry_index, log_id, size, root, time_ms";
    format!("INSERT INTO directory_entries ({columns}) VALUES {}", rows.join(", "))
});

async fn insert(tx: &mut Tx, sql: &'static str, entries: &[DirectoryEntry]) -> Result<(), CatalogError> {
    let mut values: Vec<Value<'_>> = Vec::with_capacity(entries.len() * 5);
    for entry in entries {
        let row: [Value<'_>; 5] = [
            stored("entry index", entry.index)?.into(),
            entry.log.0.as_slice().into(),
            stored("log size", entry.size)?.into(),
            entry.root.as_slice().into(),
            entry.time_ms.into(),
        ];
        values.extend(row);
    }
    tx.execute(sql, &values).await.map(drop)
}

fn read_entry(row: &Row) -> Result<DirectoryEntry, CatalogError> {
    Ok(DirectoryEntry {
        index: row.count(ENTRIES, "entry_index")?,
        log: LogId(row.array(ENTRIES, "log_id")?),
        size: row.count(ENTRIES, "size")?,
        root: row.array(ENTRIES, "root")?,
        time_ms: row.int("time_ms")?,
    })
}

fn read_checkpoint(row: &Row) -> Result<DirectoryCheckpoint, CatalogError> {
    let edge = Edge::decode(&row.bytes("edge")?)
        .map_err(|error| CatalogError::corrupt(CHECKPOINTS, error.to_string()))?;
    if edge.size() != row.count(CHECKPOINTS, "size")? {
        return Err(CatalogError::inconsistent(CHECKPOINTS, "an edge of another size"));
    }
    Ok(DirectoryCheckpoint {
        edge,
        note: row.text("note")?,
        time_ms: row.int("time_ms")?,
        witnessed_ms: row.opt_int("witnessed_ms")?,
    })
}

fn read_anchor(row: &Row) -> Result<Anchor, CatalogError> {
    let kind = row.text("kind")?;
    let known = [AnchorKind::Witness, AnchorKind::Rfc3161, AnchorKind::ObjectLock];
    Ok(Anchor {
        kind: known
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(|| CatalogError::corrupt(ANCHORS, format!("kind is {kind:?}")))?,
        name: row.text("name")?,
        size: row.count(ANCHORS, "size")?,
        time_ms: row.int("time_ms")?,
        receipt: row.bytes("receipt")?,
    })
}
