//! Two histories of one log, the same up to a point, and requests to cosign places of them.

use std::path::Path;

use tallystick_merkle::{
    AddCheckpoint, Checkpoint, CosigningKey, Hash, LeafHashes, SigningKey, VerifierKey, consistency_proof,
    leaf_hash, root_of,
};
use tallystick_wal::lock::Holder;
use tallystick_witness::{Witness, add_log, create};

pub(crate) const ORIGIN: &str = "log.example/one";
pub(crate) const NOW: u64 = 1_795_168_900;
/// Leaves that both histories share.
pub(crate) const SHARED: u64 = 5;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Honest,
    Forked,
}

pub(crate) fn leaves(side: Side, size: u64) -> Vec<Hash> {
    let leaf = |n: u64| match side {
        Side::Forked if n >= SHARED => leaf_hash(&[b"forked", &n.to_be_bytes()[..]].concat()),
        _ => leaf_hash(&n.to_be_bytes()),
    };
    (0..size).map(leaf).collect()
}

pub(crate) fn root(side: Side, size: u64) -> Hash {
    root_of(&leaves(side, size))
}

pub(crate) fn log_key() -> SigningKey {
    SigningKey::new(ORIGIN, &[1; 32]).unwrap()
}

pub(crate) fn witness_key() -> CosigningKey {
    CosigningKey::new("witness.example/w", &[2; 32]).unwrap()
}

pub(crate) fn verifier() -> VerifierKey {
    witness_key().verifier_key().clone()
}

/// The honest request to go from `old` to `new`, both on one side. The proof is none if `old` is over `new`.
pub(crate) fn request(side: Side, old: u64, new: u64) -> AddCheckpoint {
    let path = consistency_proof(old.min(new), new, &LeafHashes(&leaves(side, new))).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, new, root(side, new)).unwrap();
    AddCheckpoint { old_size: old, path, checkpoint: checkpoint.sign(&log_key()).unwrap() }
}

pub(crate) fn body(side: Side, old: u64, new: u64) -> Vec<u8> {
    request(side, old, new).to_string().into_bytes()
}

pub(crate) fn holder() -> Holder {
    Holder::this_process("2026-11-21T00:00:00Z", "")
}

/// A new directory that watches the log.
pub(crate) fn make(dir: &Path) {
    create(dir, &witness_key()).unwrap();
    assert!(add_log(dir, log_key().verifier_key()).unwrap());
}

/// A new witness on a new directory.
pub(crate) fn start(dir: &Path) -> Witness {
    make(dir);
    Witness::open(dir, holder()).unwrap()
}

/// Size and root of what the witness says was latest.
pub(crate) fn latest(witness: &Witness) -> Option<(u64, Hash)> {
    let note = witness.latest(&tallystick_witness::origin_hash(ORIGIN)).unwrap()?;
    note.verify(&[verifier()]).unwrap();
    let checkpoint = Checkpoint::open(&note, log_key().verifier_key()).unwrap();
    Some((checkpoint.size(), *checkpoint.root()))
}
