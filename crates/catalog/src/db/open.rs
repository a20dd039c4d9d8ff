//! Connecting, and bringing the schema up to date.

use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Db;
use crate::{CatalogError, CatalogUrl};

/// The same files for both databases, compiled in.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a call waits for a connection or a lock before it is [`CatalogError::Unavailable`].
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Connections for reads of a SQLite file.
const SQLITE_READERS_MAX: u32 = 4;
/// Connections to PostgreSQL of one node.
const POSTGRES_CONNECTIONS_MAX: u32 = 10;

/// PostgreSQL only: ids sort by bytes, as in SQLite, whose name for that order the schema uses.
const COLLATION: &str = r#"CREATE COLLATION IF NOT EXISTS "BINARY" FROM "C""#;
/// Nodes that start together take turns with [`COLLATION`].
const COLLATION_LOCK: &str = "SELECT pg_advisory_xact_lock(1416391763, 2)";
/// Sealing deletes commit log files right after a commit, so a commit must be on disk when it returns.
/// Stronger settings (remote_apply) are kept.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                       WHERE current_setting('synchronous_commit') = 'off'";

impl Db {
    /// Connects, refuses a schema newer than this program, and migrates an older one.
    pub(crate) async fn open(url: &CatalogUrl) -> Result<Self, CatalogError> {
        match url {
            CatalogUrl::Sqlite(path) => open_sqlite(path).await,
            CatalogUrl::Postgres(url) => open_postgres(url).await,
        }
    }
}

async fn open_sqlite(path: &Path) -> Result<Db, CatalogError> {
    create_private(path).map_err(sqlx::Error::Io)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT_MAX);
    // When the disk is full SQLite ends a transaction by itself, and then sqlx fails to roll it back and takes the
    // connection to be in a transaction for ever: such a one is closed, and the next call gets another.
    let pool = |size: u32| {
        SqlitePoolOptions::new().max_connections(size).acquire_timeout(WAIT_MAX).before_acquire(
            |connection, _| {
                let is_usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_usable) })
            },
        )
    };
    let writer = pool(1).connect_with(options.clone()).await?;
    migrate_sqlite(&writer).await?;
    Ok(Db::Sqlite { readers: pool(SQLITE_READERS_MAX).connect_with(options).await?, writer })
}

/// The migrator locks PostgreSQL but not SQLite, where another process may apply a migration between our look
/// and our turn. Ours then fails and is rolled back, and the next look sees that it is done.
async fn migrate_sqlite(writer: &SqlitePool) -> Result<(), CatalogError> {
    for _ in MIGRATIONS.iter() {
        match MIGRATIONS.run(writer).await {
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) => (),
            outcome => return migrated(outcome),
        }
    }
    migrated(MIGRATIONS.run(writer).await)
}

/// The file holds names and key hashes: only its owner may read it. SQLite gives its side files the same
/// permissions.
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match opened {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

async fn open_postgres(url: &str) -> Result<Db, CatalogError> {
    let options = PgConnectOptions::from_str(url)?.application_name("tallystick");
    // Without the limit on waiting for locks: another node may be migrating for a while.
    let migrator = PgPoolOptions::new().max_connections(1).acquire_timeout(WAIT_MAX);
    let migrator = migrator.connect_with(options.clone()).await?;
    let mut tx = migrator.begin().await?;
    sqlx::query(COLLATION_LOCK).execute(&mut *tx).await?;
    sqlx::query(COLLATION).execute(&mut *tx).await?;
    tx.commit().await?;
    migrated(MIGRATIONS.run(&migrator).await)?;
    migrator.close().await;
    let wait = format!("{}ms", WAIT_MAX.as_millis());
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS_MAX)
        .acquire_timeout(WAIT_MAX)
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::query(DURABLE).execute(connection).await.map(drop) })
        })
        .connect_with(options.options([("lock_timeout", wait)]))
        .await?;
    Ok(Db::Postgres(pool))
}

fn migrated(result: Result<(), MigrateError>) -> Result<(), CatalogError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    result.map_err(|error| match error {
        MigrateError::VersionMissing(found) if found > known => CatalogError::NewerSchema { found, known },
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause.into(),
        other => CatalogError::inconsistent("_sqlx_migrations", other.to_string()),
    })
}
