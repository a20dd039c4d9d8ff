//! The suite on SQLite, and what only a file can do: be private, be full, be damaged.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use sqlx::Connection;
use tallystick_catalog::{Catalog, CatalogError, CatalogUrl};
use tallystick_testkit::FixedClock;

use crate::doubles::{RANDOM, START_MS};
use crate::suite;

async fn open(path: &Path) -> Result<Catalog, CatalogError> {
    let url = CatalogUrl::Sqlite(path.to_owned());
    Catalog::open(&url, Arc::new(FixedClock::new(START_MS)), RANDOM.clone()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conforms() {
    let dir = tempfile::tempdir().unwrap();
    suite::run(async |case: &str| CatalogUrl::Sqlite(dir.path().join(format!("{case}.db")))).await;
}

#[tokio::test]
async fn the_file_is_private_and_its_folder_must_exist() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    open(&path).await.unwrap().set_setting("a", "b").await.unwrap();
    for file in ["catalog.db", "catalog.db-wal"] {
        let mode = std::fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let missing = open(&dir.path().join("no/such/catalog.db")).await.unwrap_err();
    assert!(missing.is_retryable(), "a volume may be mounted later: {missing:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    std::fs::write(&path, [0x5a; 8192]).unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(error.is_damage(), "{error:?}");
}

#[tokio::test]
async fn an_overwritten_page_is_damage_and_not_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    let catalog = open(&path).await.unwrap();
    catalog.check_storage().await.unwrap();
    catalog.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    // Page 1 holds the schema; every other page holds a table or an index.
    bytes[4096..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let error = match open(&path).await {
        Ok(catalog) => catalog.load().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(error.is_damage(), "{error:?}");
}

#[tokio::test]
async fn an_index_that_lacks_a_row_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    open(&path).await.unwrap().close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).pragma("writable_schema", "ON");
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    // The index is emptied by pointing it at a page of another, empty index.
    let sql = "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'live_segments') \
               WHERE name = 'sqlite_autoindex_settings_1'";
    assert_eq!(sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected(), 1);
    connection.close().await.unwrap();
    let error = match open(&path).await {
        Ok(catalog) => catalog.check_storage().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(error.is_damage(), "{error:?}");
}

#[tokio::test]
async fn a_full_disk_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    open(&path).await.unwrap().close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).pragma("max_page_count", "1");
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let sql = "INSERT INTO settings (name, value) VALUES ('big', hex(zeroblob(100000)))";
    let error = sqlx::query(sql).execute(&mut connection).await.unwrap_err();
    let error = CatalogError::from(error);
    assert!(matches!(error, CatalogError::NoSpace(_)), "{error:?}");
}
