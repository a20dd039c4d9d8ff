//! Writes: order, idempotency, refusals that change nothing.

use tallystick_catalog::{CatalogError, LogHead, OrgState, OrganizationChange, Seal, SegmentId, SegmentRow};
use tallystick_engine::{AppendError, search::Scope};
use tallystick_event::OrgId;
use tallystick_merkle::Edge;
use tallystick_testkit::{FixedClock, NOW_MS, SeededRandom};

use crate::harness::Harness;

fn event(org: &str, key: Option<&str>, ticket: u32) -> String {
    let key = key.map(|key| format!(",\"idempotency_key\":\"{key}\"")).unwrap_or_default();
    format!(
        r#"{{"org":"{org}","action":"user.created","actor":{{"type":"user","id":"u_1"}},"metadata":{{"ticket":{ticket}}}{key}}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_numbered_in_order_and_their_hashes_make_the_tree() {
    let harness = Harness::new(100).await;
    let org = harness.create_org("acme").await;
    let mut edge = Edge::default();
    for round in 0..30 {
        let events: Vec<String> = (0..17).map(|n| event("acme", None, round * 17 + n)).collect();
        for appended in harness.append(&events).await {
            assert_eq!(appended.seq, edge.size());
            assert!(!appended.duplicate);
            edge.append(appended.leaf_hash);
        }
    }
    harness.seal().await;
    let heads = harness.engine.catalog().load().await.unwrap().heads;
    let head = heads.iter().find(|head| head.org == org).unwrap();
    assert_eq!((head.size, head.root), (510, edge.root()));
    assert_eq!(harness.engine.log_size(&org).unwrap(), 510);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_get_disjoint_places() {
    let harness = std::sync::Arc::new(Harness::new(200).await);
    let org = harness.create_org("acme").await;
    let mut tasks = Vec::new();
    for writer in 0..16 {
        let harness = std::sync::Arc::clone(&harness);
        tasks.push(tokio::spawn(async move {
            let mut seqs = Vec::new();
            for n in 0..40 {
                let appended = harness.append(&[event("acme", None, writer * 100 + n)]).await;
                seqs.push(appended[0].seq);
                let stored = harness.engine.get(&appended[0].id, &Scope::All).unwrap();
                assert!(stored.is_some(), "an acknowledged event is found at once");
            }
            seqs
        }));
    }
    let mut seqs = Vec::new();
    for task in tasks {
        let own = task.await.unwrap();
        assert!(own.is_sorted(), "one writer's events keep their order");
        seqs.extend(own);
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (0..640).collect::<Vec<u64>>());
    let log = harness.engine.read_log(&org, 0, 10_000).unwrap();
    assert_eq!(log.len(), 640);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_answers_the_same_wherever_the_event_lies() {
    let mut harness = Harness::new(10_000).await;
    harness.create_org("acme").await;
    harness.create_org("other").await;
    let first = harness.append(&[event("acme", Some("k1"), 1)]).await.remove(0);
    let check = |again: Vec<tallystick_engine::Appended>| {
        assert!(again[0].duplicate);
        assert_eq!((again[0].id, again[0].seq, again[0].leaf_hash), (first.id, first.seq, first.leaf_hash));
    };
    check(harness.append(&[event("acme", Some("k1"), 1)]).await);
    harness.seal().await;
    check(harness.append(&[event("acme", Some("k1"), 1)]).await);
    harness.restart().await;
    harness.clock.advance(86_400_000);
    check(harness.append(&[event("acme", Some("k1"), 1)]).await);
    let other = harness.append(&[event("other", Some("k1"), 1)]).await.remove(0);
    assert!(!other.duplicate, "keys belong to an organization");
    let twice = harness.append(&[event("acme", Some("k2"), 2), event("acme", Some("k2"), 2)]).await;
    assert_eq!((twice[0].duplicate, twice[1].duplicate), (false, true));
    assert_eq!(twice[0].seq, twice[1].seq);
    let size = harness.engine.log_size(&"acme".parse().unwrap()).unwrap();
    assert_eq!(size, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_another_event_is_refused_and_changes_nothing() {
    let harness = Harness::new(10_000).await;
    let org = harness.create_org("acme").await;
    let first = harness.append(&[event("acme", Some("k1"), 1)]).await.remove(0);
    let prepared =
        vec![harness.prepare(&event("acme", None, 5)), harness.prepare(&event("acme", Some("k1"), 2))];
    let refused = harness.engine.append(prepared).await;
    assert_eq!(refused, Err(AppendError::KeyReused { index: 1, existing: first.id }));
    assert_eq!(harness.engine.log_size(&org).unwrap(), 1, "the good event of the call was not stored either");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_archived_organizations_take_nothing() {
    let mut harness = Harness::new(10_000).await;
    let org = harness.create_org("acme").await;
    let good = harness.prepare(&event("acme", None, 1));
    let stray = harness.prepare(&event("nobody", None, 1));
    let refused = harness.engine.append(vec![good.clone(), stray]).await;
    assert_eq!(refused, Err(AppendError::UnknownOrg { org: "nobody".parse().unwrap() }));
    assert_eq!(harness.engine.log_size(&org).unwrap(), 0);

    let archive = OrganizationChange { name: None, state: Some(OrgState::Archived) };
    harness.engine.update_organization(&org, archive).await.unwrap();
    assert_eq!(harness.engine.append(vec![good]).await, Err(AppendError::ArchivedOrg { org: org.clone() }));
    harness.restart().await;
    let again = harness.prepare(&event("acme", None, 1));
    assert!(matches!(harness.engine.append(vec![again.clone()]).await, Err(AppendError::ArchivedOrg { .. })));
    let back = OrganizationChange { name: None, state: Some(OrgState::Active) };
    harness.engine.update_organization(&org, back).await.unwrap();
    assert_eq!(harness.engine.append(vec![again]).await.unwrap()[0].seq, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_log_goes_with_its_organization() {
    let harness = Harness::new(10_000).await;
    let empty = harness.create_org("empty").await;
    let full = harness.create_org("full").await;
    harness.append(&[event("full", None, 1)]).await;
    let refused = harness.engine.delete_organization(&full).await;
    assert!(matches!(refused, Err(CatalogError::Conflict(_))), "{refused:?}");
    harness.append(&[event("full", None, 2)]).await;
    harness.engine.delete_organization(&empty).await.unwrap();
    let late = harness.prepare(&event("empty", None, 1));
    assert!(matches!(harness.engine.append(vec![late]).await, Err(AppendError::UnknownOrg { .. })));
    let gone: OrgId = "empty".parse().unwrap();
    assert!(harness.engine.log_size(&gone).is_err());
}

/// The catalog refuses what the engine took to be empty: the organization is as it was, archived and all.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_delete_changes_nothing() {
    let harness = Harness::new(10_000).await;
    let org = harness.create_org("acme").await;
    let archive = OrganizationChange { name: None, state: Some(OrgState::Archived) };
    harness.engine.update_organization(&org, archive).await.unwrap();
    harness.engine.catalog().commit_seal(&seal_of(&org)).await.unwrap();
    let refused = harness.engine.delete_organization(&org).await;
    assert!(matches!(refused, Err(CatalogError::Conflict(_))), "{refused:?}");
    let event = harness.prepare(&event("acme", None, 1));
    assert_eq!(harness.engine.append(vec![event]).await, Err(AppendError::ArchivedOrg { org }));
}

/// A seal that the engine knows nothing of.
fn seal_of(org: &OrgId) -> Seal {
    let mut edge = Edge::new();
    edge.append([1; 32]);
    let head = LogHead {
        org: org.clone(),
        size: 1,
        root: edge.root(),
        edge: edge.encode(),
        last_received_ms: NOW_MS,
    };
    let segment = SegmentRow {
        id: SegmentId::generate(&FixedClock::default(), &SeededRandom::new(9)),
        level: 0,
        rows: 1,
        bytes: 100,
        first_position: 0,
        end_position: 1,
        min_occurred_us: 0,
        max_occurred_us: 0,
        min_received_ms: NOW_MS,
        max_received_ms: NOW_MS,
        created_ms: NOW_MS,
    };
    Seal { segment, heads: vec![head], tiles: Vec::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_with_a_closed_log_is_not_deleted() {
    let mut harness = Harness::new(10_000).await;
    let org = harness.create_org("acme").await;
    harness.append(&[event("acme", None, 1)]).await;
    harness.seal().await;
    harness.stop().await;
    harness.engine.catalog().replace_log(&org).await.unwrap();
    std::fs::remove_file(harness.dir.path().join("guard")).unwrap();
    harness.restart().await;
    let refused = harness.engine.delete_organization(&org).await;
    assert!(matches!(refused, Err(CatalogError::Conflict(_))), "{refused:?}");
    let stored = harness.append(&[event("acme", None, 2)]).await;
    assert_eq!(stored[0].seq, 1, "seqs go on where the closed log ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn received_times_never_go_back() {
    let harness = Harness::new(10_000).await;
    harness.create_org("acme").await;
    let before = harness.append(&[event("acme", None, 1)]).await.remove(0);
    harness.clock.advance(-60_000);
    let after = harness.append(&[event("acme", None, 2)]).await.remove(0);
    assert_eq!(after.received_ms, before.received_ms);
}

#[tokio::test(flavor = "multi_thread")]
async fn live_readers_are_woken() {
    let harness = Harness::new(10_000).await;
    let org = harness.create_org("acme").await;
    harness.create_org("other").await;
    let mut reader = harness.engine.subscribe();
    harness.append(&[event("other", None, 1)]).await;
    harness.append(&[event("acme", None, 1)]).await;
    let woken = tokio::time::timeout(std::time::Duration::from_secs(10), reader.grown(&org)).await;
    assert_eq!(woken, Ok(true));
    assert_eq!(harness.engine.read_log(&org, 0, 10).unwrap().len(), 1);
}
