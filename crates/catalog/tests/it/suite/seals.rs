//! Seals and compactions: what the engine's recovery stands on.

use std::ops::Range;

use tallystick_catalog::{Catalog, CatalogError, Compaction, LogHead, Seal, SegmentId, SegmentRow};
use tallystick_merkle::{Edge, leaf_hash};
use tallystick_testkit::FixedClock;

use super::{Case, new_org, org};
use crate::doubles::{RANDOM, START_MS};

pub(crate) fn segment(positions: Range<u64>, level: u8) -> SegmentRow {
    SegmentRow {
        id: SegmentId::generate(&FixedClock::new(START_MS), &**RANDOM),
        level,
        rows: positions.end - positions.start,
        bytes: 83 * (positions.end - positions.start),
        first_position: positions.start,
        end_position: positions.end,
        min_occurred_us: i64::MIN,
        max_occurred_us: i64::MAX,
        min_received_ms: START_MS,
        max_received_ms: START_MS + 1,
        created_ms: START_MS + 2,
    }
}

pub(crate) fn head(id: &str, size: u64) -> LogHead {
    let mut edge = Edge::new();
    (0..size).for_each(|i| edge.append(leaf_hash(&i.to_be_bytes())));
    let (root, edge) = (edge.root(), edge.encode());
    LogHead { org: org(id), size, root, edge, last_received_ms: START_MS + size as i64 }
}

pub(crate) fn seal(positions: Range<u64>, heads: Vec<LogHead>) -> Seal {
    Seal { segment: segment(positions, 0), heads, tiles: Vec::new() }
}

fn assert_inconsistent(result: Result<(), CatalogError>, case: &str) {
    match result {
        Err(CatalogError::Inconsistent { .. }) => (),
        other => panic!("{case}: {other:?}"),
    }
}

pub(crate) async fn start_empty(case: &Case) {
    let loaded = case.open().await.load().await.unwrap();
    assert_eq!((loaded.organizations.len(), loaded.heads.len(), loaded.segments.len()), (0, 0, 0));
    assert_eq!(loaded.sealed_position, 0);
}

pub(crate) async fn are_loaded_as_committed(case: &Case) {
    let catalog = case.open().await;
    let orgs = [new_org(&catalog, "a").await, new_org(&catalog, "b").await, new_org(&catalog, "c").await];
    let first = seal(0..10, vec![head("b", 7), head("a", 3)]);
    let second = seal(10..11, vec![head("b", 8)]);
    catalog.commit_seal(&first).await.unwrap();
    catalog.commit_seal(&second).await.unwrap();
    let loaded = case.open().await.load().await.unwrap();
    assert_eq!(loaded.organizations, orgs);
    assert_eq!(loaded.heads, [head("a", 3), head("b", 8)]);
    assert_eq!(loaded.segments, [first.segment, second.segment]);
    assert_eq!(loaded.sealed_position, 11);
}

/// A commit whose answer was lost is made again.
pub(crate) async fn may_be_repeated(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "a").await;
    let first = seal(0..10, vec![head("a", 10)]);
    let second = seal(10..20, vec![head("a", 20)]);
    for _ in 0..2 {
        catalog.commit_seal(&first).await.unwrap();
    }
    catalog.commit_seal(&second).await.unwrap();
    catalog.commit_seal(&first).await.unwrap();
    assert_eq!(catalog.load().await.unwrap().heads, [head("a", 20)]);

    let mut other = first.clone();
    other.segment.bytes += 1;
    assert_inconsistent(catalog.commit_seal(&other).await, "the same id with other content");

    let replaced = vec![first.segment.id, second.segment.id];
    let compaction = Compaction { segment: segment(0..20, 1), replaced };
    for _ in 0..2 {
        catalog.commit_compaction(&compaction).await.unwrap();
    }
    catalog.commit_seal(&second).await.unwrap();
    assert_eq!(catalog.load().await.unwrap().segments, std::slice::from_ref(&compaction.segment));
}

pub(crate) async fn are_refused_when_they_contradict(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "a").await;
    new_org(&catalog, "b").await;
    catalog.commit_seal(&seal(0..10, vec![head("a", 10)])).await.unwrap();
    let before = catalog.load().await.unwrap();
    let bent = |bend: fn(&mut SegmentRow)| {
        let mut bent = seal(10..20, vec![head("a", 20)]);
        bend(&mut bent.segment);
        bent
    };
    let bent_head = |bend: fn(&mut LogHead)| {
        let mut head = head("a", 20);
        bend(&mut head);
        seal(10..20, vec![head])
    };
    let early = LogHead { last_received_ms: START_MS, ..head("a", 20) };
    let wrong = [
        ("a gap", seal(11..20, vec![head("a", 19)])),
        ("an overlap", seal(9..20, vec![head("a", 21)])),
        ("from the start again", seal(0..10, vec![head("b", 10)])),
        ("a log that shrinks", seal(10..20, vec![head("a", 9), head("b", 11)])),
        ("a log that stands still", seal(10..20, vec![head("a", 10), head("b", 10)])),
        ("a log that goes back in time", seal(10..20, vec![early])),
        ("a root of another tree", bent_head(|head| head.root[31] ^= 1)),
        ("an edge of another tree", bent_head(|head| head.edge[40] ^= 1)),
        ("an edge that is cut", bent_head(|head| head.edge.truncate(40))),
        ("heads that grow less", seal(10..20, vec![head("a", 19)])),
        ("heads that grow more", seal(10..20, vec![head("a", 20), head("b", 1)])),
        ("no heads", seal(10..20, vec![])),
        ("an unknown organization", seal(10..20, vec![head("x", 10)])),
        ("the same head twice", seal(10..20, vec![head("a", 20), head("a", 20)])),
        ("no positions", seal(10..10, vec![])),
        ("more rows than positions", bent(|segment| segment.rows = 11)),
        ("time backwards", bent(|segment| segment.max_received_ms = 0)),
    ];
    for (what, seal) in wrong {
        assert_inconsistent(catalog.commit_seal(&seal).await, what);
        let after = catalog.load().await.unwrap();
        assert_eq!((after.heads, after.segments), (before.heads.clone(), before.segments.clone()), "{what}");
        assert_eq!(after.sealed_position, 10, "{what}");
    }
    catalog.commit_seal(&seal(10..20, vec![head("a", 20)])).await.unwrap();
}

pub(crate) async fn one_of_two_writers_wins(case: &Case) {
    let nodes = [case.open().await, case.open().await];
    new_org(&nodes[0], "a").await;
    let seals = [seal(0..10, vec![head("a", 10)]), seal(0..12, vec![head("a", 12)])];
    let (one, two) = tokio::join!(nodes[0].commit_seal(&seals[0]), nodes[1].commit_seal(&seals[1]));
    let winner = usize::from(one.is_err());
    assert_inconsistent(if winner == 0 { two } else { one }, "the second writer");
    assert_eq!(nodes[0].load().await.unwrap().segments, [seals[winner].segment.clone()]);
}

/// A caller that stops waiting, at any point, leaves all of its change or nothing, and no lock behind.
pub(crate) async fn given_up_changes_are_whole_or_absent(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "a").await;
    let mut given_up = 0;
    for round in 0..40_u64 {
        let (start, end) = (round * 10, round * 10 + 10);
        let seal = seal(start..end, vec![head("a", end)]);
        let patience = async {
            for _ in 0..round * round {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            done = catalog.commit_seal(&seal) => done.unwrap(),
            () = patience => given_up += 1,
        }
        let loaded = catalog.load().await.unwrap();
        assert!([start, end].contains(&loaded.sealed_position), "{}", loaded.sealed_position);
        catalog.commit_seal(&seal).await.unwrap();
        assert_eq!(catalog.load().await.unwrap().sealed_position, end);
    }
    assert!(given_up > 0, "no change was given up");
}

pub(crate) async fn loads_in_between_are_consistent(case: &Case) {
    const SEALS: u64 = 40;
    let (writer, reader) = (case.open().await, case.open().await);
    new_org(&writer, "a").await;
    let writing = tokio::spawn(async move {
        let mut last: Option<SegmentRow> = None;
        for end in 1..=SEALS {
            let seal = seal(end - 1..end, vec![head("a", end)]);
            writer.commit_seal(&seal).await.unwrap();
            last = Some(match last.take() {
                None => seal.segment,
                Some(last) => merge(&writer, last, seal.segment).await,
            });
        }
    });
    let mut sealed = 0;
    while sealed < SEALS {
        // A load checks that heads, segments and position agree.
        let loaded = reader.load().await.unwrap();
        assert!(loaded.sealed_position >= sealed);
        sealed = loaded.sealed_position;
        assert_eq!(loaded.heads.iter().map(|head| head.size).sum::<u64>(), sealed);
    }
    writing.await.unwrap();
}

async fn merge(catalog: &Catalog, left: SegmentRow, right: SegmentRow) -> SegmentRow {
    let merged = segment(left.first_position..right.end_position, 1);
    let compaction = Compaction { segment: merged.clone(), replaced: vec![right.id, left.id] };
    catalog.commit_compaction(&compaction).await.unwrap();
    merged
}

pub(crate) async fn compaction_replaces_adjacent_segments(case: &Case) {
    let catalog = case.open().await;
    let parts = four_segments(&catalog).await;
    case.clock.advance(1000);
    let merged = merge(&catalog, parts[1].clone(), parts[2].clone()).await;
    let loaded = catalog.load().await.unwrap();
    assert_eq!(loaded.segments, [parts[0].clone(), merged.clone(), parts[3].clone()]);
    assert_eq!((loaded.sealed_position, loaded.heads), (40, vec![head("a", 40)]));

    let garbage = catalog.garbage_segments().await.unwrap();
    assert!(garbage.iter().all(|garbage| garbage.since_ms == START_MS + 1000));
    let mut ids: Vec<_> = garbage.iter().map(|garbage| garbage.segment.clone()).collect();
    ids.sort_by_key(|segment| segment.first_position);
    assert_eq!(ids, parts[1..3]);

    let live = [parts[1].id, merged.id];
    assert_inconsistent(catalog.forget_segments(&live).await, "forgetting a live segment");
    assert_eq!(catalog.garbage_segments().await.unwrap().len(), 2);
    for _ in 0..2 {
        catalog.forget_segments(&[parts[1].id, parts[2].id]).await.unwrap();
        assert!(catalog.garbage_segments().await.unwrap().is_empty());
    }
}

pub(crate) async fn compaction_is_refused_when_it_contradicts(case: &Case) {
    let catalog = case.open().await;
    let parts = four_segments(&catalog).await;
    let replaced = merge(&catalog, parts[2].clone(), parts[3].clone()).await;
    let unknown = segment(10..20, 0);
    let more = SegmentRow { rows: 19, ..segment(0..20, 1) };
    let short = vec![parts[0].id, parts[1].id];
    let wrong = [
        ("a gap", segment(0..40, 1), vec![parts[0].id, replaced.id]),
        ("not all", segment(0..20, 1), vec![parts[0].id]),
        ("more than it covers", segment(0..10, 1), short.clone()),
        ("none", segment(0..20, 1), vec![]),
        ("one of them twice", segment(0..20, 1), vec![parts[0].id, parts[0].id, parts[1].id]),
        ("an unknown one", segment(0..20, 1), vec![parts[0].id, unknown.id]),
        ("one that is garbage", segment(10..30, 1), vec![parts[1].id, parts[2].id]),
    ];
    for (what, segment, replaced) in wrong {
        assert_inconsistent(catalog.commit_compaction(&Compaction { segment, replaced }).await, what);
        assert_eq!(catalog.load().await.unwrap().segments.len(), 3, "{what}");
    }
    let fewer_rows = Compaction { segment: more, replaced: short };
    catalog.commit_compaction(&fewer_rows).await.unwrap();
    let regrown = Compaction { segment: segment(0..20, 2), replaced: vec![fewer_rows.segment.id] };
    assert_inconsistent(catalog.commit_compaction(&regrown).await, "events from nowhere");
}

async fn four_segments(catalog: &Catalog) -> Vec<SegmentRow> {
    new_org(catalog, "a").await;
    let mut parts = Vec::new();
    for end in [10, 20, 30, 40] {
        let seal = seal(end - 10..end, vec![head("a", end)]);
        catalog.commit_seal(&seal).await.unwrap();
        parts.push(seal.segment);
    }
    parts
}
