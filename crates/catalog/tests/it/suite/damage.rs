//! A catalog that somebody altered, or that a newer program wrote, is never taken for a good one.

use tallystick_catalog::{Catalog, CatalogError};

use super::seals::{head, seal};
use super::{Case, new_org};

async fn three_seals(case: &Case) -> Catalog {
    let catalog = case.open().await;
    new_org(&catalog, "a").await;
    for end in [10, 20, 30] {
        catalog.commit_seal(&seal(end - 10..end, vec![head("a", end)])).await.unwrap();
    }
    catalog.load().await.unwrap();
    catalog
}

async fn assert_noticed(catalog: &Catalog, table: &str) {
    match catalog.load().await.unwrap_err() {
        CatalogError::Inconsistent { table: found, .. } | CatalogError::Corrupt { table: found, .. } => {
            assert_eq!(found, table);
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn newer_schema_is_refused(case: &Case) {
    case.open().await.close().await;
    case.tamper(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         SELECT 9999, 'from the future', success, checksum, execution_time FROM _sqlx_migrations \
         WHERE version = 1",
    )
    .await;
    let error = case.try_open().await.unwrap_err();
    assert!(matches!(error, CatalogError::NewerSchema { found: 9999, known: 10.. }), "{error:?}");
    assert!(error.to_string().contains("9999"));
}

pub(crate) async fn altered_tree_is_noticed(case: &Case) {
    let catalog = three_seals(case).await;
    new_org(&catalog, "b").await;
    catalog.commit_seal(&seal(30..40, vec![head("b", 10)])).await.unwrap();
    case.tamper("UPDATE log_heads SET root = (SELECT root FROM log_heads WHERE org = 'b') WHERE org = 'a'")
        .await;
    assert_noticed(&catalog, "log_heads").await;
    case.tamper("UPDATE log_heads SET edge = root").await;
    assert_noticed(&catalog, "log_heads").await;
}

pub(crate) async fn missing_segment_is_noticed(case: &Case) {
    let catalog = three_seals(case).await;
    case.tamper("DELETE FROM segments WHERE first_position = 10").await;
    assert_noticed(&catalog, "segments").await;
    case.tamper("DELETE FROM segments WHERE first_position = 20").await;
    assert_noticed(&catalog, "segments").await;
}

pub(crate) async fn lost_events_are_noticed(case: &Case) {
    let catalog = three_seals(case).await;
    case.tamper("UPDATE log_heads SET size = 29").await;
    assert_noticed(&catalog, "log_heads").await;
    case.tamper("UPDATE log_heads SET size = 31").await;
    assert_noticed(&catalog, "log_heads").await;
    case.tamper("DELETE FROM log_heads").await;
    assert_noticed(&catalog, "log_heads").await;
}

pub(crate) async fn lowered_position_is_noticed(case: &Case) {
    let catalog = three_seals(case).await;
    case.tamper("UPDATE counters SET value = 20 WHERE name = 'sealed_position'").await;
    assert_noticed(&catalog, "segments").await;
    let refused = catalog.commit_seal(&seal(20..30, vec![head("a", 40)])).await.unwrap_err();
    assert!(refused.is_damage(), "{refused:?}");
    case.tamper("DELETE FROM counters WHERE name = 'sealed_position'").await;
    assert_noticed(&catalog, "counters").await;
}

pub(crate) async fn foreign_text_is_noticed(case: &Case) {
    let catalog = three_seals(case).await;
    case.tamper("UPDATE segments SET id = 'x' WHERE first_position = 10").await;
    assert_noticed(&catalog, "segments").await;
}
