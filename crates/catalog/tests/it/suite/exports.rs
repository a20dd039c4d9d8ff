//! Exports: their turns, their states, their places.

use tallystick_catalog::{
    Catalog, Conflict, EXPORTS_WAITING_MAX, Export, ExportEnd, ExportProgress, ExportState, NewExport,
};

use super::people::conflict;
use super::{Case, new_org, org};
use crate::doubles::START_MS;

fn new_export(whose: &str, name: &str) -> NewExport {
    NewExport {
        org: org(whose),
        name: name.into(),
        query: "outcome:denied".into(),
        format: "csv".into(),
        spec: "{}".into(),
        end_seq: 7,
        created_by: "usr_1".into(),
        created_by_name: "Ana".into(),
        keep_ms: 1_000,
    }
}

async fn queue(case: &Case, catalog: &Catalog, whose: &str, name: &str) -> Export {
    case.clock.advance(1);
    catalog.create_export(new_export(whose, name)).await.unwrap()
}

async fn taken(case: &Case, catalog: &Catalog) -> Option<String> {
    case.clock.advance(1);
    catalog.take_export().await.unwrap().map(|export| export.name)
}

fn completed() -> ExportEnd {
    ExportEnd::Completed { rows: 3, bytes: 90, sha256: "ab".repeat(32) }
}

pub(crate) async fn are_taken_in_turn_and_one_at_a_time_of_an_organization(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    new_org(&catalog, "other").await;
    let first = queue(case, &catalog, "acme", "a1").await;
    for (whose, name) in [("acme", "a2"), ("acme", "a3"), ("other", "o1")] {
        queue(case, &catalog, whose, name).await;
    }
    assert_eq!(catalog.exports_before(&first).await.unwrap(), 0);
    assert_eq!(taken(case, &catalog).await.as_deref(), Some("a1"));
    assert_eq!(taken(case, &catalog).await.as_deref(), Some("o1"), "acme has its turn already");
    assert_eq!(taken(case, &catalog).await, None);
    let running = catalog.export(&first.id).await.unwrap();
    assert_eq!(running.state, ExportState::Running);
    assert!(catalog.end_export(&running, &completed()).await.unwrap());
    assert!(!catalog.end_export(&running, &completed()).await.unwrap(), "it has ended");
    queue(case, &catalog, "other", "o2").await;
    assert_eq!(taken(case, &catalog).await.as_deref(), Some("a2"));
    assert_eq!(catalog.requeue_exports().await.unwrap(), 2);
    assert_eq!(taken(case, &catalog).await.as_deref(), Some("o1"), "the one that had its turn longer ago");
    let names = |exports: Vec<Export>| exports.into_iter().map(|export| export.name).collect::<Vec<_>>();
    let page = catalog.list_exports(&org("acme"), None, 2).await.unwrap();
    let last = page.last().map(|export| (export.created_ms, export.id.clone())).unwrap();
    assert_eq!(names(page), ["a3", "a2"]);
    let rest = catalog.list_exports(&org("acme"), Some((last.0, &last.1)), 2).await.unwrap();
    assert_eq!(names(rest), ["a1"]);
}

pub(crate) async fn go_on_end_and_begin_anew(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let made = queue(case, &catalog, "acme", " x ").await;
    assert_eq!((made.name.as_str(), made.end_seq, made.attempt), ("x", 7, 1));
    assert_eq!(catalog.export(&made.id).await.unwrap(), made);
    let retry = conflict(catalog.retry_export(&made.id).await);
    assert_eq!(retry, Conflict::ExportState { state: "queued" });
    let progress =
        ExportProgress { rows: 2, bytes: 60, expected_rows: Some(3), resume_at: Some("here".into()) };
    assert!(!catalog.note_export(&made, &progress).await.unwrap(), "it does not run");
    let running = catalog.take_export().await.unwrap().unwrap();
    assert!(catalog.note_export(&running, &progress).await.unwrap());
    let noted = catalog.export(&made.id).await.unwrap();
    assert_eq!((noted.rows, noted.bytes, noted.expected_rows), (2, 60, Some(3)));
    assert_eq!(noted.resume_at.as_deref(), Some("here"));
    let cancelled = catalog.cancel_export(&made.id).await.unwrap();
    assert_eq!(cancelled.before.state, ExportState::Running);
    assert_eq!((cancelled.after.state, cancelled.after.resume_at), (ExportState::Cancelled, None));
    assert!(!catalog.end_export(&running, &completed()).await.unwrap(), "a late end changes nothing");
    let again = catalog.retry_export(&made.id).await.unwrap().after;
    assert_eq!((again.state, again.attempt, again.rows), (ExportState::Queued, 2, 0));
    let running_again = catalog.take_export().await.unwrap().unwrap();
    assert!(!catalog.note_export(&running, &progress).await.unwrap(), "the attempt before is over");
    let failed = ExportEnd::Failed { code: "disk_full".into(), message: "the disk is full".into() };
    assert!(catalog.end_export(&running_again, &failed).await.unwrap());
    let failed = catalog.export(&made.id).await.unwrap();
    assert_eq!(failed.error, Some(("disk_full".into(), "the disk is full".into())));
    assert!(catalog.cancel_export(&made.id).await.is_err(), "it has ended");
    assert_eq!(catalog.delete_export(&made.id).await.unwrap().id, made.id);
    assert!(catalog.export(&made.id).await.is_err());
}

pub(crate) async fn expire_once_and_are_limited(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let made = queue(case, &catalog, "acme", "x").await;
    let running = catalog.take_export().await.unwrap().unwrap();
    assert!(catalog.end_export(&running, &completed()).await.unwrap());
    let done = catalog.export(&made.id).await.unwrap();
    assert_eq!(done.expires_ms, Some(START_MS + 1 + 1_000));
    assert_eq!(catalog.exports_with_files().await.unwrap(), [(made.id.clone(), 1)]);
    assert!(catalog.expire_exports().await.unwrap().is_empty());
    case.clock.advance(1_000);
    assert_eq!(catalog.expire_exports().await.unwrap(), [done]);
    assert!(catalog.expire_exports().await.unwrap().is_empty());
    assert!(catalog.exports_with_files().await.unwrap().is_empty());
    assert_eq!(catalog.export(&made.id).await.unwrap().state, ExportState::Expired);
    for number in 0..EXPORTS_WAITING_MAX {
        queue(case, &catalog, "acme", &number.to_string()).await;
    }
    let full = conflict(catalog.create_export(new_export("acme", "one more")).await);
    assert!(matches!(full, Conflict::TooMany { .. }));
    assert!(matches!(conflict(catalog.retry_export(&made.id).await), Conflict::TooMany { .. }));
    catalog.delete_organization(&org("acme")).await.unwrap();
    assert!(catalog.export(&made.id).await.is_err());
}
