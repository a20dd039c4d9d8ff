//! Proofs of a running engine against the definition: every answer is checked by the pure verifiers, over segments,
//! tail, restarts and rotations. And what happens when the data is not what was signed.

use std::{path::Path, time::Duration};

use tallystick_catalog::{DirectoryCheckpoint, DirectoryEntry, OrgState, OrganizationChange, TileRun};
use tallystick_engine::proof::{ProofError, RollbackKind};
use tallystick_event::{Leaf, LeafKind, LogId, OrgId};
use tallystick_merkle::{
    BundleId, Checkpoint, Edge, RangeVerifier, TileId, TileReader, edge_tiles, verify_consistency,
    verify_inclusion,
};

use crate::harness::Harness;

const PATIENCE: Duration = Duration::from_secs(20);

fn event(org: &str, n: u64) -> String {
    format!(
        r#"{{"org":"{org}","action":"user.created","actor":{{"type":"user","id":"u_{}"}},"metadata":{{"n":{n}}}}}"#,
        n % 7
    )
}

fn log_of(harness: &Harness, org: &OrgId) -> LogId {
    harness.engine.log_of(org).unwrap()
}

async fn grow(harness: &Harness, org: &OrgId, count: u64) {
    let from = harness.engine.log_size(org).unwrap();
    for chunk in (from..from + count).collect::<Vec<_>>().chunks(400) {
        let events: Vec<String> = chunk.iter().map(|n| event(org.as_str(), *n)).collect();
        harness.append(&events).await;
    }
    let last = harness.engine.log_size(org).unwrap() - 1;
    let proofs = harness.engine.proofs();
    let place = proofs.place(org, last).unwrap();
    assert!(proofs.wait_until_published(place.log, place.index, PATIENCE).await, "not published in time");
}

/// Everything that a log answers is consistent with its own checkpoint.
async fn check(harness: &Harness, org: &OrgId) {
    let engine = std::sync::Arc::clone(&harness.engine);
    let org = org.clone();
    tokio::task::spawn_blocking(move || {
        let proofs = engine.proofs();
        let info = proofs.log(org.as_str()).unwrap();
        let log = info.log;
        let note = proofs.checkpoint(log).unwrap();
        let key = &proofs.keys().public(&info.origin)[0].verifier_key;
        let checkpoint = Checkpoint::open(&note, key).unwrap();
        let (size, root) = (checkpoint.size(), *checkpoint.root());
        assert_eq!(info.published.unwrap().size, size);
        let leaves = proofs.stored_leaves(log, 0, size).unwrap();
        let hashes: Vec<_> = leaves.iter().map(|stored| stored.leaf.hash()).collect();
        let mut edge = Edge::new();
        for hash in &hashes {
            edge.append(*hash);
        }
        assert_eq!(edge.root(), root, "the root is that of the leaves");
        for index in (0..size).step_by(97).chain([size - 1]) {
            let answer = proofs.event_proof(log, index, Some(size)).unwrap();
            assert_eq!(answer.leaf.leaf.seq, index);
            verify_inclusion(index, size, &hashes[index as usize], &answer.proof.path, &root).unwrap();
            assert_eq!(proofs.inclusion(log, index, Some(size)).unwrap(), answer.proof);
        }
        let some: Vec<u64> = (0..size.min(600)).step_by(3).chain([size, size - 1, 0]).collect();
        let many = proofs.inclusions(log, &some).unwrap();
        assert_eq!(many.len(), some.len());
        for (index, proof) in some.iter().zip(many) {
            assert_eq!(proof.is_some(), *index < size, "what is not published has none");
            let Some(proof) = proof else { continue };
            assert_eq!(proof.index, *index);
            proof.verify(&hashes[*index as usize], key).unwrap();
        }
        for from in (1..size).step_by(131) {
            let path = proofs.consistency(log, from, Some(size)).unwrap();
            let mut old = Edge::new();
            hashes[..from as usize].iter().for_each(|hash| old.append(*hash));
            verify_consistency(from, size, &path, &old.root(), &root).unwrap();
        }
        for (from, to) in [(0, size), (size / 3, size / 2), (size, size), (1, 2.min(size))] {
            let range = proofs.range(log, from, to).unwrap();
            let mut verifier = RangeVerifier::new(from, size, &range.left).unwrap();
            hashes[from as usize..to as usize].iter().for_each(|hash| verifier.push(*hash).unwrap());
            verifier.finish(&range.right, &root).unwrap();
        }
        let fetch = |ids: &[TileId]| -> Result<Vec<Vec<u8>>, ProofError> {
            ids.iter().map(|id| proofs.tile(log, *id)).collect()
        };
        let reader = TileReader::open(size, root, fetch).unwrap();
        for bundle in 0..size.div_ceil(256) {
            let id = BundleId::in_tree(bundle, size).unwrap();
            let bytes = proofs.bundle(log, id).unwrap();
            let entries = reader.entries(bundle, &bytes).unwrap();
            for (entry, stored) in entries.iter().zip(&leaves[bundle as usize * 256..]) {
                assert_eq!(Leaf::decode((*entry).try_into().unwrap()).unwrap(), stored.leaf);
            }
        }
        assert!(!edge_tiles(size).is_empty());
        let beyond = TileId::new(0, size / 256 + 1, 1).unwrap();
        assert!(matches!(proofs.tile(log, beyond), Err(ProofError::Outside(_))));
        let report = proofs.audit(&mut |_| true);
        assert!(report.is_good() && report.events >= size, "{report:?}");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proofs_hold_over_segments_tail_and_restarts() {
    let mut harness = Harness::new(700).await;
    let (acme, other) = (harness.create_org("acme").await, harness.create_org("other").await);
    grow(&harness, &other, 3).await;
    let mut kept = Vec::new();
    for step in [1, 254, 1, 1, 600, 900, 513] {
        grow(&harness, &acme, step).await;
        check(&harness, &acme).await;
        let published = *harness.engine.proofs().published(&acme).unwrap();
        kept.push((published.size, published.root));
        if step == 900 {
            harness.restart().await;
            let last = published.size - 1;
            assert!(
                harness.engine.proofs().wait_until_published(log_of(&harness, &acme), last, PATIENCE).await
            );
            assert_eq!(harness.engine.proofs().published(&acme).unwrap().root, published.root);
        }
    }
    harness.seal().await;
    check(&harness, &acme).await;
    let (size, root) = *kept.last().unwrap();
    let log = log_of(&harness, &acme);
    let engine = std::sync::Arc::clone(&harness.engine);
    tokio::task::spawn_blocking(move || {
        for (old, old_root) in kept {
            let path = engine.proofs().consistency(log, old, None).unwrap();
            verify_consistency(old, size, &path, &old_root, &root).unwrap();
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_tiles_are_made_again_from_the_leaves() {
    let mut harness = Harness::new(1_000).await;
    let acme = harness.create_org("acme").await;
    grow(&harness, &acme, 2_000).await;
    harness.seal().await;
    harness.stop().await;
    let log = harness.engine.log_of(&acme).unwrap();
    harness.engine.catalog().replace_tiles(log, &[]).await.unwrap();
    harness.restart().await;
    assert_eq!(harness.recovered.rebuilt_trees, ["acme"]);
    assert!(harness.engine.proofs().wait_until_published(log_of(&harness, &acme), 1_999, PATIENCE).await);
    check(&harness, &acme).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_tile_is_never_served_in_a_proof_and_is_healed() {
    let mut harness = Harness::new(1_000).await;
    let acme = harness.create_org("acme").await;
    grow(&harness, &acme, 2_000).await;
    harness.seal().await;
    harness.stop().await;
    let log = harness.engine.log_of(&acme).unwrap();
    let catalog = harness.engine.catalog();
    let mut tile = catalog.tile(log, 1, 0).await.unwrap();
    tile[2][0] ^= 1;
    let run = TileRun { log, level: 1, first: 0, hashes: tile };
    catalog.replace_tiles(log, &[run]).await.unwrap();
    harness.restart().await;
    assert!(harness.engine.proofs().wait_until_published(log_of(&harness, &acme), 1_999, PATIENCE).await);
    let engine = std::sync::Arc::clone(&harness.engine);
    tokio::task::spawn_blocking(move || {
        let proofs = engine.proofs();
        let tampered = |error: ProofError| assert!(error.to_string().contains("TAMPERED"), "{error}");
        tampered(proofs.inclusion(log, 5, None).unwrap_err());
        // A smaller tree made of the same wrong hash leads to a root of its own, which must not be signed.
        tampered(proofs.inclusion(log, 5, Some(1_000)).unwrap_err());
        tampered(proofs.event_proof(log, 5, Some(1_000)).unwrap_err());
        tampered(proofs.consistency(log, 300, Some(1_000)).unwrap_err());
        // What others may keep for ever is least of all to leave unchecked.
        let tile = |level, index, width| TileId::new(level, index, width).unwrap();
        tampered(proofs.tile(log, tile(1, 0, 7)).unwrap_err());
        tampered(proofs.tile(log, tile(0, 2, 256)).unwrap_err());
        tampered(proofs.range(log, 0, 5).unwrap_err());
        tampered(proofs.range(log, 0, 2_000).unwrap_err());
        let report = proofs.audit(&mut |_| true);
        assert!(report.is_good(), "{report:?}");
        assert!(report.findings[0].to_string().starts_with("HEALED acme"), "{report:?}");
    })
    .await
    .unwrap();
    check(&harness, &acme).await;
}

/// Changes one stored hash of a log.
async fn flip(harness: &Harness, log: LogId, level: u8, number: usize) {
    let catalog = harness.engine.catalog();
    let mut hashes = catalog.tile(log, level, 0).await.unwrap();
    hashes[number][0] ^= 1;
    catalog.mend_tiles(&[TileRun { log, level, first: 0, hashes }]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_tile_below_what_the_directory_says_is_healed_at_start() {
    let mut harness = Harness::new(1_000).await;
    let acme = harness.create_org("acme").await;
    grow(&harness, &acme, 1_000).await;
    harness.engine.proofs().directory_round().await.unwrap().unwrap();
    grow(&harness, &acme, 1_000).await;
    harness.seal().await;
    harness.stop().await;
    let log = harness.engine.log_of(&acme).unwrap();
    flip(&harness, log, 1, 2).await;
    harness.restart().await;
    assert_eq!(*harness.engine.proofs().rolled_back(), [], "a hash above the leaves follows from the leaves");
    assert_eq!(harness.recovered.rebuilt_trees, ["acme"]);
    assert!(harness.engine.proofs().wait_until_published(log_of(&harness, &acme), 1_999, PATIENCE).await);
    check(&harness, &acme).await;
    harness.restart().await;
    assert!(harness.recovered.rebuilt_trees.is_empty(), "it is stored as well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hashes_above_the_entries_of_the_directory_are_made_again() {
    let mut harness = Harness::new(1_000).await;
    let acme = harness.create_org("acme").await;
    for n in 1..300 {
        let org = harness.create_org(&format!("org{n}")).await;
        harness.append(&[event(org.as_str(), 0)]).await;
    }
    grow(&harness, &acme, 1).await;
    let made = harness.engine.proofs().directory_round().await.unwrap().unwrap();
    assert!(made.added >= 290, "an entry for each log that is published: {}", made.added);
    let directory = directory_log(&harness).await;
    let catalog = harness.engine.catalog().clone();
    let intact = catalog.tile(directory, 1, 0).await.unwrap();
    assert_eq!(intact.len(), 1, "256 entries have a hash above them");

    // The same while it runs, by the self-audit; until then nothing of it leaves.
    flip(&harness, directory, 1, 0).await;
    let proofs = std::sync::Arc::clone(harness.engine.proofs());
    let check = move || {
        let size = proofs.published_directory().unwrap().edge.size();
        let tampered = |error: ProofError| assert!(error.to_string().contains("TAMPERED"), "{error}");
        tampered(proofs.directory_consistency(257, Some(size)).unwrap_err());
        tampered(proofs.directory_tile(TileId::new(1, 0, 1).unwrap()).unwrap_err());
        proofs.audit(&mut |_| true)
    };
    let report = tokio::task::spawn_blocking(check).await.unwrap();
    assert_eq!((report.is_good(), report.healed), (true, 1), "{report:?}");
    assert_eq!(catalog.tile(directory, 1, 0).await.unwrap(), intact);

    // Missing, wrong, and one too many: each is healed by a start.
    for hashes in [vec![], vec![[7; 32]], vec![intact[0], [7; 32]]] {
        harness.stop().await;
        let run = TileRun { log: directory, level: 1, first: 0, hashes };
        catalog.replace_tiles(directory, &[run]).await.unwrap();
        harness.restart().await;
        assert_eq!(*harness.engine.proofs().rolled_back(), []);
        assert_eq!(harness.recovered.rebuilt_trees, ["directory"]);
        assert_eq!(catalog.tile(directory, 1, 0).await.unwrap(), intact);
        let last = harness.engine.log_size(&acme).unwrap() - 1;
        assert!(harness.engine.proofs().wait_until_published(log_of(&harness, &acme), last, PATIENCE).await);
        grow(&harness, &acme, 1).await;
        assert!(harness.engine.proofs().directory_round().await.unwrap().unwrap().added >= 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_are_given_where_only_the_hashes_above_them_are_wrong() {
    let harness = Harness::new(1_000).await;
    let acme = harness.create_org("acme").await;
    grow(&harness, &acme, 2_000).await;
    harness.seal().await;
    let log = log_of(&harness, &acme);
    flip(&harness, log, 1, 2).await;
    let engine = std::sync::Arc::clone(&harness.engine);
    tokio::task::spawn_blocking(move || {
        let proofs = engine.proofs();
        assert!(proofs.tile(log, TileId::new(1, 0, 7).unwrap()).is_err());
        assert!(proofs.bundle(log, BundleId::new(2, 256).unwrap()).is_ok(), "they are the leaves themselves");
        assert!(proofs.tile(log, TileId::new(1, 0, 7).unwrap()).is_ok(), "and what follows from them");
    })
    .await
    .unwrap();
    check(&harness, &acme).await;
}

/// The id by which tiles and guard know the directory.
async fn directory_log(harness: &Harness) -> LogId {
    harness.engine.catalog().setting("directory_log_id").await.unwrap().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_with_the_id_of_anothers_log_gets_its_own() {
    let harness = Harness::new(1_000).await;
    let acme = harness.create_org("acme").await;
    grow(&harness, &acme, 3).await;
    let id = harness.engine.log_of(&acme).unwrap().to_string();
    let mimic = harness.create_org(&id).await;
    let proofs = harness.engine.proofs();
    assert_eq!(proofs.log_of(&mimic).unwrap().org, mimic);
    assert_eq!(
        proofs.log(&id).unwrap().org,
        acme,
        "a name is that of a log first, and whose it is has to be asked"
    );
    // Who asks by id learns nothing of organizations that are named like one.
    let named: LogId = "0192d3f0-7c1a-7000-8000-0000000000ee".parse().unwrap();
    harness.create_org(&named.to_string()).await;
    assert!(matches!(proofs.log_by_id(named), Err(ProofError::UnknownLog { .. })));
    assert!(proofs.log(&named.to_string()).is_ok());
}

async fn assert_nothing_is_signed(harness: &Harness, log: LogId) {
    let proofs = std::sync::Arc::clone(harness.engine.proofs());
    let asked = move || {
        [
            proofs.checkpoint(log).map(drop),
            proofs.published_directory().map(drop),
            proofs.directory_consistency(0, None).map(drop),
            proofs.directory_tile(TileId::new(0, 0, 1).unwrap()).map(drop),
            proofs.directory_bundle(BundleId::new(0, 1).unwrap()).map(drop),
        ]
    };
    for answer in tokio::task::spawn_blocking(asked).await.unwrap() {
        assert!(matches!(answer, Err(ProofError::RolledBack)), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_is_found_out_and_recovered_with_a_new_log() {
    let mut harness = Harness::new(500).await;
    let (acme, quiet) = (harness.create_org("acme").await, harness.create_org("quiet").await);
    grow(&harness, &quiet, 2).await;
    grow(&harness, &acme, 700).await;
    harness.engine.proofs().directory_round().await.unwrap().unwrap();
    harness.stop().await;
    let backup = tempfile::tempdir().unwrap();
    copy(harness.dir.path(), backup.path());
    harness.restart().await;
    grow(&harness, &acme, 400).await;
    let signed = *harness.engine.proofs().published(&acme).unwrap();
    harness.stop().await;
    let guard = std::fs::read(harness.dir.path().join("guard")).unwrap();
    copy(backup.path(), harness.dir.path());
    std::fs::write(harness.dir.path().join("guard"), guard).unwrap();

    harness.restart().await;
    let found = harness.engine.proofs().rolled_back();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].signed.size, found[0].stored), (RollbackKind::Shorter, 1_100, 700));
    assert!(found[0].to_string().contains("ROLLED BACK: the log of acme"), "{}", found[0]);
    let refused = harness.engine.append(vec![harness.prepare(&event("acme", 9_999))]).await;
    assert_eq!(refused.unwrap_err(), tallystick_engine::AppendError::RolledBack);
    assert_eq!(harness.engine.log_size(&acme).unwrap(), 700, "reads go on");
    assert_nothing_is_signed(&harness, log_of(&harness, &acme)).await;

    harness.engine.close_logs().await.unwrap();
    harness.restart().await;
    // A crash here loses nothing: the guard remembers, and what is owed follows from what is stored.
    assert_eq!(harness.engine.proofs().rolled_back()[0].log, found[0].log);
    harness.engine.close_logs().await.unwrap();
    harness.restart().await;
    let closed = harness.engine.renewed_logs().await.unwrap();
    assert_eq!(closed.len(), 1, "closed once: {closed:?}");
    assert_eq!((closed[0].size, closed[0].signed.size), (700, signed.size));
    let archive = OrganizationChange { name: None, state: Some(OrgState::Archived) };
    harness.engine.update_organization(&acme, archive).await.unwrap();
    let mut leaf = harness.prepare(&event("acme", 700));
    leaf.kind = LeafKind::Recovery;
    harness.engine.append_recovery(leaf).await.unwrap();
    assert!(harness.engine.renewed_logs().await.unwrap().is_empty());
    harness.restart().await;
    assert!(harness.engine.renewed_logs().await.unwrap().is_empty(), "still there after a restart");
    harness.engine.forget_closed_logs().unwrap();
    harness.restart().await;
    assert!(harness.engine.proofs().rolled_back().is_empty());
    let back = OrganizationChange { name: None, state: Some(OrgState::Active) };
    harness.engine.update_organization(&acme, back).await.unwrap();
    let stored = harness.append(&[event("acme", 701)]).await;
    assert_eq!(stored[0].seq, 701, "events keep their seq");
    grow(&harness, &acme, 600).await;
    check(&harness, &acme).await;
    harness.seal().await;
    check(&harness, &acme).await;
    let place = harness.engine.proofs().place(&acme, 700).unwrap();
    assert_eq!(place.index, 0, "it is leaf 0 of the new log");
    let old = harness.engine.proofs().place(&acme, 699).unwrap();
    assert_eq!((old.index, old.log), (699, closed[0].log));
    // Nobody waits for what a closed log will never be.
    assert!(!harness.engine.proofs().wait_until_published(old.log, 699, Duration::from_hours(1)).await);
    let answer = harness.engine.proofs().checkpoint(old.log);
    assert!(matches!(&answer, Err(ProofError::Closed { log }) if *log == old.log), "{answer:?}");
    harness.restart().await;
    assert!(harness.engine.proofs().wait_until_published(log_of(&harness, &acme), 600, PATIENCE).await);
    check(&harness, &acme).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_is_found_out() {
    let mut harness = Harness::new(500).await;
    let acme = harness.create_org("acme").await;
    grow(&harness, &acme, 300).await;
    harness.stop().await;
    let backup = tempfile::tempdir().unwrap();
    copy(harness.dir.path(), backup.path());
    harness.restart().await;
    grow(&harness, &acme, 50).await;
    harness.stop().await;
    let guard = std::fs::read(harness.dir.path().join("guard")).unwrap();
    copy(backup.path(), harness.dir.path());
    std::fs::remove_file(harness.dir.path().join("guard")).unwrap();
    harness.restart().await;
    grow(&harness, &acme, 60).await;
    harness.stop().await;
    std::fs::write(harness.dir.path().join("guard"), guard).unwrap();
    harness.restart().await;
    let found = harness.engine.proofs().rolled_back();
    assert_eq!((found[0].kind, found[0].signed.size, found[0].stored), (RollbackKind::Forked, 350, 360));
    assert!(found[0].to_string().starts_with("FORKED"), "{}", found[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_commits_to_every_log_and_proves_it() {
    let mut harness = Harness::new(500).await;
    let orgs: Vec<OrgId> = {
        let mut orgs = Vec::new();
        for n in 0..3 {
            orgs.push(harness.create_org(&format!("org{n}")).await);
        }
        orgs
    };
    let mut sizes = Vec::new();
    for round in 0..4 {
        for org in orgs.iter().skip(round % 2) {
            grow(&harness, org, 5).await;
        }
        let made = harness.engine.proofs().directory_round().await.unwrap().unwrap();
        sizes.push(made.checkpoint.edge.size());
        let again = harness.engine.proofs().directory_round().await.unwrap().unwrap();
        assert_eq!((again.added, &again.checkpoint), (0, &made.checkpoint), "nothing grew");
        if round == 2 {
            harness.restart().await;
        }
    }
    let engine = std::sync::Arc::clone(&harness.engine);
    let org1 = log_of(&harness, &orgs[1]);
    tokio::task::spawn_blocking(move || {
        let proofs = engine.proofs();
        let answer = proofs.event_proof(org1, 3, None).unwrap();
        let directory = answer.directory.expect("the directory covers it");
        let key = &proofs.keys().public(&proofs.directory_origin())[0].verifier_key;
        let leaf = tallystick_merkle::leaf_hash(&directory.entry);
        directory.proof.verify(&leaf, key).unwrap();
        let entry = tallystick_event::DirectoryEntry::decode(&directory.entry).unwrap();
        let text = directory.checkpoint.unverified_text();
        assert_eq!(entry.checkpoint, tallystick_event::checkpoint_digest(text));
        for pair in sizes.windows(2) {
            assert!(proofs.directory_consistency(pair[0], Some(pair[1])).is_ok());
            assert!(proofs.directory_consistency(pair[1], Some(pair[0])).is_err() || pair[0] == pair[1]);
        }
    })
    .await
    .unwrap();
}

/// What a round of the directory stores, from the checkpoint before it on.
async fn stored_round(harness: &Harness) -> (Vec<DirectoryEntry>, DirectoryCheckpoint) {
    let catalog = harness.engine.catalog();
    let from = catalog.newest_directory().await.unwrap().unwrap().edge.size();
    let made = harness.engine.proofs().directory_round().await.unwrap().unwrap();
    (catalog.directory_entries(from, 1_000).await.unwrap(), made.checkpoint)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_of_the_directory_that_failed_but_was_stored_is_found_by_the_next() {
    let mut harness = Harness::new(500).await;
    let acme = harness.create_org("acme").await;
    grow(&harness, &acme, 3).await;
    harness.engine.proofs().directory_round().await.unwrap().unwrap();
    grow(&harness, &acme, 2).await;
    harness.stop().await;
    let before = tempfile::tempdir().unwrap();
    copy(harness.dir.path(), before.path());
    harness.restart().await;
    assert!(harness.engine.proofs().wait_until_published(log_of(&harness, &acme), 4, PATIENCE).await);
    let (entries, checkpoint) = stored_round(&harness).await;
    harness.stop().await;
    copy(before.path(), harness.dir.path());
    harness.restart().await;
    assert!(harness.engine.proofs().wait_until_published(log_of(&harness, &acme), 4, PATIENCE).await);
    let catalog = harness.engine.catalog().clone();
    catalog.append_directory(&entries, &checkpoint, &[]).await.unwrap();
    let proofs = std::sync::Arc::clone(harness.engine.proofs());
    assert!(proofs.directory_round().await.is_err(), "the catalog has more than the engine knows of");
    let found = proofs.directory_round().await.unwrap().unwrap();
    assert_eq!((found.added, &found.checkpoint), (0, &checkpoint));
    assert_eq!(proofs.directory_newest().as_deref(), Some(&checkpoint));
    grow(&harness, &acme, 1).await;
    let made = proofs.directory_round().await.unwrap().unwrap();
    assert_eq!(made.added, 1);

    // What is not of ours is never shown, signed on or guarded.
    let size = made.checkpoint.edge.size();
    let mut edge = made.checkpoint.edge.clone();
    edge.append([7; 32]);
    let foreign = DirectoryCheckpoint { edge, ..made.checkpoint.clone() };
    let entry = DirectoryEntry { index: size, size: 9_999, ..entries[0].clone() };
    catalog.append_directory(&[entry], &foreign, &[]).await.unwrap();
    grow(&harness, &acme, 1).await;
    for _ in 0..3 {
        assert!(proofs.directory_round().await.is_err());
        assert_eq!(proofs.directory_newest().as_deref(), Some(&made.checkpoint));
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(to).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) }.unwrap();
    }
    copy_into(from, to);
}

fn copy_into(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_into(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
