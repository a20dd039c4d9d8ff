//! Tree hashes, the directory log, closed logs and anchors: what proofs stand on.

use tallystick_catalog::{
    Anchor, AnchorKind, Catalog, CatalogError, DirectoryCheckpoint, DirectoryEntry, TileCount, TileRun,
};
use tallystick_event::LogId;
use tallystick_merkle::Edge;

use super::{
    Case, new_org,
    seals::{head, seal},
};

const LOG: LogId = LogId([7; 16]);

fn run(level: u8, first: u64, count: u64) -> TileRun {
    let hash = |n: u64| [(n % 251) as u8; 32];
    TileRun { log: LOG, level, first, hashes: (first..first + count).map(hash).collect() }
}

pub(crate) async fn tiles_only_grow(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "a").await;
    let mut first = seal(0..10, vec![head("a", 10)]);
    first.tiles = vec![run(1, 0, 300), run(2, 0, 1)];
    catalog.commit_seal(&first).await.unwrap();
    catalog.commit_seal(&first).await.unwrap();
    assert_eq!(catalog.tile(LOG, 1, 0).await.unwrap(), run(1, 0, 256).hashes, "a repeated seal adds nothing");
    assert_eq!(catalog.tile(LOG, 1, 1).await.unwrap(), run(1, 256, 44).hashes);
    assert!(catalog.tile(LOG, 1, 2).await.unwrap().is_empty());
    for (tiles, what) in [(run(1, 299, 1), "again"), (run(1, 301, 1), "after a gap")] {
        let mut bad = seal(10..11, vec![head("a", 11)]);
        bad.tiles = vec![tiles];
        let refused = catalog.commit_seal(&bad).await.unwrap_err();
        assert!(matches!(refused, CatalogError::Inconsistent { table: "tiles", .. }), "{what}: {refused:?}");
    }
    let mut second = seal(10..11, vec![head("a", 11)]);
    second.tiles = vec![run(1, 300, 500)];
    catalog.commit_seal(&second).await.unwrap();
    let mut counts = catalog.tile_counts().await.unwrap();
    counts.sort_by_key(|count| count.level);
    let count = |level, hashes| TileCount { log: LOG, level, hashes };
    assert_eq!(counts, [count(1, 800), count(2, 1)]);
    catalog.replace_tiles(LOG, &[run(1, 0, 2)]).await.unwrap();
    assert_eq!(catalog.tile_counts().await.unwrap(), [count(1, 2)]);
}

pub(crate) async fn tiles_are_mended_in_place(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "a").await;
    let mut first = seal(0..10, vec![head("a", 10)]);
    first.tiles = vec![run(1, 0, 300)];
    catalog.commit_seal(&first).await.unwrap();
    let tile = async |index| catalog.tile(LOG, 1, index).await.unwrap();
    let other = |first, count| TileRun { hashes: vec![[255; 32]; count], ..run(1, first, 0) };
    catalog.mend_tiles(&[other(254, 4)]).await.unwrap();
    let [mut left, mut right] = [run(1, 0, 256).hashes, run(1, 256, 44).hashes];
    left[254..].fill([255; 32]);
    right[..2].fill([255; 32]);
    assert_eq!((tile(0).await, tile(1).await), (left, right), "nothing else has changed");

    let refused = catalog.mend_tiles(&[run(1, 254, 4), run(1, 301, 1)]).await.unwrap_err();
    assert!(matches!(refused, CatalogError::Inconsistent { table: "tiles", .. }), "a hole: {refused:?}");
    assert_eq!(tile(0).await[255], [255; 32], "nothing of what was refused is written");

    catalog.mend_tiles(&[run(1, 254, 47)]).await.unwrap();
    assert_eq!((tile(0).await, tile(1).await), (run(1, 0, 256).hashes, run(1, 256, 45).hashes));
    let mut second = seal(10..11, vec![head("a", 11)]);
    second.tiles = vec![run(1, 301, 1)];
    catalog.commit_seal(&second).await.unwrap();
    assert_eq!(tile(1).await, run(1, 256, 46).hashes, "a seal goes on behind what was mended");
}

fn entry(index: u64, log: LogId, size: u64) -> DirectoryEntry {
    DirectoryEntry { index, log, size, root: [size as u8; 32], time_ms: 1_000 + index as i64 }
}

fn checkpoint(size: u64) -> DirectoryCheckpoint {
    let mut edge = Edge::new();
    (0..size).for_each(|n| edge.append([n as u8; 32]));
    DirectoryCheckpoint { edge, note: format!("note of {size}"), time_ms: 5, witnessed_ms: None }
}

async fn grown(case: &Case) -> Catalog {
    let catalog = case.open().await;
    let other = LogId([8; 16]);
    let entries = [entry(0, LOG, 3), entry(1, other, 9)];
    catalog.append_directory(&entries, &checkpoint(2), &[]).await.unwrap();
    catalog.append_directory(&[entry(2, LOG, 5)], &checkpoint(3), &[]).await.unwrap();
    catalog
}

pub(crate) async fn the_directory_grows_without_gaps(case: &Case) {
    let catalog = grown(case).await;
    for (entries, size, what) in [
        (vec![entry(2, LOG, 6)], 4, "an entry again"),
        (vec![entry(4, LOG, 6)], 4, "a gap"),
        (vec![entry(3, LOG, 6)], 5, "a larger tree than entries"),
        (vec![], 3, "nothing"),
    ] {
        let refused = catalog.append_directory(&entries, &checkpoint(size), &[]).await.unwrap_err();
        assert!(matches!(refused, CatalogError::Inconsistent { .. }), "{what}: {refused:?}");
    }
    assert_eq!(catalog.newest_directory().await.unwrap(), Some(checkpoint(3)));
    assert_eq!(catalog.directory_entries(1, 10).await.unwrap().len(), 2);
    let covering = |leaf| catalog.directory_entry_covering(LOG, leaf);
    assert_eq!(covering(2).await.unwrap(), Some(entry(0, LOG, 3)));
    assert_eq!(covering(3).await.unwrap(), Some(entry(2, LOG, 5)));
    assert_eq!(covering(5).await.unwrap(), None);
    assert_eq!(catalog.directory_entry_before(LOG, 2).await.unwrap(), Some(entry(0, LOG, 3)));
}

/// Of the present log of each organization only, and however many entries a round has.
pub(crate) async fn the_newest_entries_are_those_of_present_logs(case: &Case) {
    let catalog = case.open().await;
    let (a, b) = (new_org(&catalog, "a").await, new_org(&catalog, "b").await);
    let of = |index: u64| if index.is_multiple_of(2) { a.log_id } else { b.log_id };
    let entries: Vec<_> = (0..150).map(|index| entry(index, of(index), 1 + index)).collect();
    catalog.append_directory(&entries, &checkpoint(150), &[]).await.unwrap();
    assert_eq!(catalog.directory_entries(0, 1_000).await.unwrap(), entries);
    let newest = async || {
        let newest = catalog.newest_directory_entries().await.unwrap();
        let mut indexes: Vec<u64> = newest.iter().map(|entry| entry.index).collect();
        indexes.sort_unstable();
        indexes
    };
    assert_eq!(newest().await, [148, 149]);
    let (closed, _) = catalog.replace_log(&a.id).await.unwrap();
    assert_eq!((closed.log, closed.size), (a.log_id, 0));
    assert_eq!(newest().await, [149], "nothing of the closed log, nothing of the new one yet");
}

pub(crate) async fn witnesses_and_anchors_are_kept(case: &Case) {
    let catalog = grown(case).await;
    assert_eq!(catalog.newest_witnessed_directory().await.unwrap(), None);
    catalog.sign_directory(2, "with a cosignature", Some(77), &[]).await.unwrap();
    catalog.sign_directory(2, "with two", None, &[]).await.unwrap();
    let witnessed = catalog.newest_witnessed_directory().await.unwrap().unwrap();
    assert_eq!((witnessed.edge.size(), &*witnessed.note, witnessed.witnessed_ms), (2, "with two", Some(77)));
    let size = |found: Option<DirectoryCheckpoint>| found.map(|checkpoint| checkpoint.edge.size());
    assert_eq!(size(catalog.directory_covering(1).await.unwrap()), Some(2));
    assert_eq!(size(catalog.directory_covering(2).await.unwrap()), None);
    assert!(catalog.sign_directory(9, "none such", None, &[]).await.unwrap_err().is_damage());
    for (size, kind) in [(2, AnchorKind::Witness), (3, AnchorKind::Rfc3161), (3, AnchorKind::ObjectLock)] {
        let anchor = Anchor { kind, name: "who".to_owned(), size, time_ms: 4, receipt: vec![0, 255, 1] };
        catalog.add_anchor(&anchor).await.unwrap();
        assert_eq!(catalog.anchors(size, 10).await.unwrap().last(), Some(&anchor));
    }
    assert_eq!(catalog.anchors(0, 2).await.unwrap().len(), 2);
    assert_eq!(catalog.anchors_of(3, 10).await.unwrap().len(), 2);
    assert_eq!(catalog.anchors_of(4, 10).await.unwrap(), []);
    assert_eq!(size(catalog.directory_stamped(0, false).await.unwrap()), Some(3));
    assert_eq!(size(catalog.directory_stamped(0, true).await.unwrap()), None, "it has no witnesses");
    assert_eq!(size(catalog.directory_stamped(3, false).await.unwrap()), None, "it does not cover the entry");
    catalog.init_setting("directory", &LOG.to_string()).await.unwrap();
    catalog.renew_directory("directory").await.unwrap();
    assert_eq!(catalog.newest_directory().await.unwrap(), None);
    assert_ne!(catalog.setting("directory").await.unwrap(), Some(LOG.to_string()));
}

pub(crate) async fn a_closed_log_has_a_successor(case: &Case) {
    let catalog = case.open().await;
    let before = new_org(&catalog, "a").await;
    catalog.commit_seal(&seal(0..10, vec![head("a", 10)])).await.unwrap();
    let (closed, after) = catalog.replace_log(&before.id).await.unwrap();
    assert_eq!((closed.log, closed.base, closed.size), (before.log_id, 0, 10));
    assert_eq!((after.log_base, after.log_id == before.log_id), (10, false));
    let loaded = catalog.load().await.unwrap();
    assert_eq!((loaded.heads.len(), &loaded.closed_logs), (0, &vec![closed]));
    assert_eq!(loaded.organizations[0], after);
    catalog.commit_seal(&seal(10..14, vec![head("a", 4)])).await.unwrap();
    let (again, last) = catalog.replace_log(&before.id).await.unwrap();
    assert_eq!((again.base, again.size, last.log_base), (10, 4, 14));
    assert!(catalog.delete_organization(&before.id).await.is_err(), "its events stay");
    catalog.load().await.unwrap();
}
