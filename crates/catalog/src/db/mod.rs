//! The only place that tells SQLite and PostgreSQL apart: connections, transactions and the writers' lock.
//!
//! Statements are written once, with `$1` placeholders and the types of [`value`]. Every change runs in a
//! transaction that first takes one catalog-wide lock (`BEGIN IMMEDIATE` in SQLite, an advisory lock in
//! PostgreSQL), so what a transaction has read cannot change before it writes, on any node. Changes are
//! rare (a seal every few seconds), so one lock costs nothing and cannot deadlock.

mod open;
mod value;

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

pub(crate) use self::value::{Row, Value, stored};
use crate::CatalogError;

/// Any number of this program's nodes on one PostgreSQL database agree on this pair.
const WRITER_LOCK: &str = "SELECT pg_advisory_xact_lock(1416391763, 1)";

/// The database.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    /// SQLite has one writer: a pool of one queues writers fairly, where SQLite's own waiting would poll.
    Sqlite {
        readers: SqlitePool,
        writer: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction; dropped without [`Tx::commit`] it is rolled back.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Begins a change. Other changes wait until it ends.
    pub(crate) async fn change(&self) -> Result<Tx, CatalogError> {
        match self {
            Self::Sqlite { writer, .. } => Ok(Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)),
            Self::Postgres(pool) => {
                // Read committed, whatever the server's default: after the wait for the lock, statements
                // must see what its previous holder committed.
                let begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
                let mut tx = pool.begin_with(begin).await?;
                sqlx::query(WRITER_LOCK).execute(&mut *tx).await?;
                Ok(Tx::Postgres(tx))
            }
        }
    }

    /// Begins reading one unchanging state of the whole catalog.
    pub(crate) async fn snapshot(&self) -> Result<Tx, CatalogError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Self::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// The rows of one reading statement.
    pub(crate) async fn rows(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, CatalogError> {
        match self {
            Self::Sqlite { readers, .. } => {
                let rows = bind!(sqlx::query(sql), values).fetch_all(readers).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(pool) => {
                let rows = bind!(sqlx::query(sql), values).fetch_all(pool).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The only row of one reading statement, if there is one.
    pub(crate) async fn row(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, CatalogError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// See [`crate::Catalog::commits_are_durable`].
    pub(crate) async fn commits_are_durable(&self) -> Result<Option<bool>, CatalogError> {
        if let Self::Sqlite { .. } = self {
            return Ok(None);
        }
        let row = self.row("SELECT current_setting('synchronous_commit') AS setting", &[]).await?;
        row.map(|row| Ok(row.text("setting")? != "off")).transpose()
    }

    /// See [`crate::Catalog::check_storage`].
    pub(crate) async fn check_storage(&self) -> Result<(), CatalogError> {
        if let Self::Postgres(_) = self {
            return Ok(());
        }
        for row in self.rows("PRAGMA integrity_check(10)", &[]).await? {
            let finding = row.text("integrity_check")?;
            if finding != "ok" {
                return Err(CatalogError::corrupt("database", finding));
            }
        }
        Ok(())
    }

    /// Closes all connections; SQLite folds its write-ahead log into the file.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Runs a changing statement; the number of rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, CatalogError> {
        Ok(match self {
            Self::Sqlite(tx) => bind!(sqlx::query(sql), values).execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(tx) => bind!(sqlx::query(sql), values).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// The rows of a reading statement.
    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, CatalogError> {
        match self {
            Self::Sqlite(tx) => {
                let rows = bind!(sqlx::query(sql), values).fetch_all(&mut **tx).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(tx) => {
                let rows = bind!(sqlx::query(sql), values).fetch_all(&mut **tx).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The only row of a reading statement, if there is one.
    pub(crate) async fn row(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, CatalogError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Makes the change durable. An error means that it is unknown whether it was made.
    pub(crate) async fn commit(self) -> Result<(), CatalogError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Binds `$1`, `$2`, … to a query of either database.
macro_rules! bind {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match *value {
                Value::Int(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
}
use bind;
