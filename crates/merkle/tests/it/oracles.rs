//! Two published crates that nobody here wrote: `ct-merkle` makes the same proofs, and `sigstore-merkle` accepts and
//! refuses the same ones, valid or changed.

use std::sync::Once;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::{Digest, Sha256};
use sigstore_crypto::{CryptoProvider, Error, HashContext, SigningScheme};
use sigstore_merkle::{verify_consistency_proof, verify_inclusion_proof};
use sigstore_types::{HashAlgorithm, Sha256Hash};
use tallystick_merkle::{Hash, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};

use crate::proofs::changed;
use crate::tree::{Complete, entry, leaves};

const MADE_SIZE_MAX: usize = 300;
const CHECKED_SIZE_MAX: usize = 70;

#[test]
fn ct_merkle_makes_the_same_trees_and_proofs() {
    let tree = Complete::of(&leaves(MADE_SIZE_MAX));
    let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 1..=MADE_SIZE_MAX {
        theirs.push(entry(size as u64 - 1));
        assert_eq!(theirs.root().as_bytes()[..], tree.root(size));
        for index in 0..size {
            let ours = inclusion_proof(index as u64, size as u64, &tree).unwrap();
            assert_eq!(theirs.prove_inclusion(index).as_bytes(), ours.concat(), "leaf {index} of {size}");
            let ours = consistency_proof(index as u64 + 1, size as u64, &tree).unwrap();
            let theirs = theirs.prove_consistency(size - index - 1);
            assert_eq!(theirs.as_bytes(), ours.concat(), "{} to {size}", index + 1);
        }
    }
}

#[test]
fn sigstore_accepts_and_refuses_the_same_inclusion_proofs() {
    provide();
    let leaves = leaves(CHECKED_SIZE_MAX + 2);
    let tree = Complete::of(&leaves);
    let mut seen = [0, 0];
    for size in 1..=CHECKED_SIZE_MAX {
        let root = tree.root(size);
        for (index, leaf) in leaves[..size].iter().enumerate() {
            let path = inclusion_proof(index as u64, size as u64, &tree).unwrap();
            // Another size can fit a proof's shape: then both must accept it, or both refuse it.
            let places =
                [(index, size), (index + 1, size), (index, size + 1), (index, size - 1), (index ^ 1, size)];
            for path in changed(&path).iter().chain([&path]) {
                for (i, n) in places.map(|(i, n)| (i as u64, n as u64)) {
                    let ours = verify_inclusion(i, n, leaf, path, &root).is_ok();
                    let their_leaf = Sha256Hash::new(*leaf);
                    let theirs =
                        verify_inclusion_proof(&their_leaf, i, n, &theirs(path), &Sha256Hash::new(root));
                    assert_eq!(ours, theirs.is_ok(), "leaf {index} of {size}, as {i} of {n}");
                    seen[usize::from(ours)] += 1;
                }
            }
        }
    }
    assert!(seen[1] > 1000 && seen[0] > 50_000, "{seen:?}");
}

#[test]
fn sigstore_accepts_and_refuses_the_same_consistency_proofs() {
    provide();
    let tree = Complete::of(&leaves(CHECKED_SIZE_MAX + 1));
    let mut seen = [0, 0];
    for new in 1..=CHECKED_SIZE_MAX {
        let new_root = tree.root(new);
        for old in 1..=new {
            let old_root = tree.root(old);
            let path = consistency_proof(old as u64, new as u64, &tree).unwrap();
            let places = [(old, new), (old + 1, new), (old, new + 1), (old, new - 1), (old.max(2) - 1, new)];
            for path in changed(&path).iter().chain([&path]) {
                for (m, n) in places.map(|(m, n)| (m as u64, n as u64)) {
                    let ours = verify_consistency(m, n, path, &old_root, &new_root).is_ok();
                    let (their_old, their_new) = (Sha256Hash::new(old_root), Sha256Hash::new(new_root));
                    let theirs = verify_consistency_proof(m, n, &theirs(path), &their_old, &their_new);
                    assert_eq!(ours, theirs.is_ok(), "{old} to {new}, as {m} to {n}");
                    seen[usize::from(ours)] += 1;
                }
            }
        }
    }
    assert!(seen[1] > 1000 && seen[0] > 50_000, "{seen:?}");
}

fn theirs(path: &[Hash]) -> Vec<Sha256Hash> {
    path.iter().map(|hash| Sha256Hash::new(*hash)).collect()
}

/// Their hash function is plugged in, so that a C library need not be built for it.
fn provide() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        sigstore_crypto::install_default_provider(&Sha2).expect("nobody else installs one");
    });
}

#[derive(Debug)]
struct Sha2;

struct Context(Sha256);

impl HashContext for Context {
    fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.0, data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl CryptoProvider for Sha2 {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>, Error> {
        assert_eq!(algorithm, HashAlgorithm::Sha2256);
        Ok(Box::new(Context(Sha256::new())))
    }

    fn verify_raw(&self, _: SigningScheme, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), Error> {
        unreachable!("trees are not signed")
    }

    fn verify_prehashed(&self, _: SigningScheme, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), Error> {
        unreachable!("trees are not signed")
    }
}
