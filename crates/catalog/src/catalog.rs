//! The handle on the catalog, its settings and counters. Operations on the other tables are in the file
//! named after the table.

use std::fmt;
use std::sync::Arc;

use tallystick_event::{Clock, Random};

use crate::db::{Db, Tx, stored};
use crate::ids::{ID_CHARS, random_text};
use crate::{CatalogError, CatalogUrl};

/// Most rows that one call of a listing returns.
pub const LIST_MAX: u32 = 1000;

/// Setting: the name this installation has for itself, made at the first start.
const INSTANCE_ID: &str = "instance_id";

/// The catalog. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Catalog {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    instance_id: Arc<str>,
}

/// A row before and after a change, for the audit trail of administration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<T> {
    /// As it was.
    pub before: T,
    /// As it is now; equal to `before` if there was nothing to change.
    pub after: T,
}

impl Catalog {
    /// Connects to the catalog at `url`, makes or migrates its tables, and names the instance if it has no
    /// name. A catalog that a newer version has migrated is [`CatalogError::NewerSchema`].
    pub async fn open(
        url: &CatalogUrl,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, CatalogError> {
        let db = Db::open(url).await?;
        let proposed = format!("inst_{}", random_text(&*random, ID_CHARS));
        let instance_id = init_setting(&db, INSTANCE_ID, &proposed).await?;
        Ok(Self { db, clock, random, instance_id: instance_id.into() })
    }

    /// The name of this installation: `inst_` and 20 characters, the same for all its nodes and for ever.
    pub fn instance_id(&self) -> &str {
        &self.instance_id
    }

    /// A setting's value.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, CatalogError> {
        let row = self.db.row("SELECT value FROM settings WHERE name = $1", &[name.into()]).await?;
        row.map(|row| row.text("value")).transpose()
    }

    /// Stores a setting, whatever its value was.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), CatalogError> {
        let mut tx = self.db.change().await?;
        let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.execute(sql, &[name.into(), value.into()]).await?;
        tx.commit().await
    }

    /// Stores a setting unless it has a value; the value it has now. Of several nodes that try at once, all
    /// get the same answer.
    pub async fn init_setting(&self, name: &str, proposed: &str) -> Result<String, CatalogError> {
        init_setting(&self.db, name, proposed).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), CatalogError> {
        self.db.row("SELECT value FROM counters WHERE name = $1", &["sealed_position".into()]).await.map(drop)
    }

    /// Whether a commit is on disk when it returns; none if the database does not let this be switched off.
    pub async fn commits_are_durable(&self) -> Result<Option<bool>, CatalogError> {
        self.db.commits_are_durable().await
    }

    /// Has a SQLite file checked page by page, which reads all of it. PostgreSQL checks pages as it reads them
    /// and has tools of its own.
    pub async fn check_storage(&self) -> Result<(), CatalogError> {
        self.db.check_storage().await
    }

    /// Closes the connections. Calls on any clone fail afterwards.
    pub async fn close(&self) {
        self.db.close().await;
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("instance_id", &self.instance_id).finish_non_exhaustive()
    }
}

async fn init_setting(db: &Db, name: &str, proposed: &str) -> Result<String, CatalogError> {
    let mut tx = db.change().await?;
    let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    tx.execute(sql, &[name.into(), proposed.into()]).await?;
    let row = tx.row("SELECT value FROM settings WHERE name = $1", &[name.into()]).await?;
    let value = row
        .ok_or_else(|| CatalogError::inconsistent("settings", format!("{name} vanished")))?
        .text("value")?;
    tx.commit().await?;
    Ok(value)
}

/// A counter's value. The migration makes every counter, so a missing one is damage.
pub(crate) async fn counter(tx: &mut Tx, name: &str) -> Result<u64, CatalogError> {
    let row = tx.row("SELECT value FROM counters WHERE name = $1", &[name.into()]).await?;
    row.ok_or_else(|| CatalogError::corrupt("counters", format!("{name} is missing")))?
        .count("counters", "value")
}

/// Raises a counter from `from`, which the same transaction has read, to `to`.
pub(crate) async fn raise_counter(tx: &mut Tx, name: &str, from: u64, to: u64) -> Result<(), CatalogError> {
    if to <= from {
        return Err(CatalogError::inconsistent("counters", format!("{name} would go from {from} to {to}")));
    }
    let values = [name.into(), stored("counter", from)?.into(), stored("counter", to)?.into()];
    let changed =
        tx.execute("UPDATE counters SET value = $3 WHERE name = $1 AND value = $2", &values).await?;
    if changed == 1 {
        return Ok(());
    }
    Err(CatalogError::inconsistent("counters", format!("{name} changed from {from} by another writer")))
}
