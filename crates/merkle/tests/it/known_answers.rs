//! Proofs of the tree of eight leaves that every implementation tests with: transparency-dev/merkle,
//! `testonly/constants.go`.

use tallystick_merkle::{Hash, LeafHashes, consistency_proof, inclusion_proof, leaf_hash, root};

const LEAF_0: &str = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
const LEAF_1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const LEAF_2: &str = "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7";
const LEAF_3: &str = "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7";
const LEAF_4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const LEAF_6: &str = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f";
const ROOT_2: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
const ROOT_4: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
const ROOT_8: &str = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";
const LEAVES_2_TO_4: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const LEAVES_4_TO_6: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const LEAVES_4_TO_7: &str = "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e";
const LEAVES_4_TO_8: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const LEAVES_6_TO_8: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";

fn leaves() -> Vec<Hash> {
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        .map(|data| leaf_hash(&hex::decode(data).unwrap()))
        .to_vec()
}

fn shown(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(hex::encode).collect()
}

#[test]
fn inclusion() {
    let leaves = leaves();
    for (index, size, expected) in [
        (0, 1, &[][..]),
        (0, 8, &[LEAF_1, LEAVES_2_TO_4, LEAVES_4_TO_8]),
        (5, 8, &[LEAF_4, LEAVES_6_TO_8, ROOT_4]),
        (2, 3, &[ROOT_2]),
        (1, 5, &[LEAF_0, LEAVES_2_TO_4, LEAF_4]),
        (6, 7, &[LEAVES_4_TO_6, ROOT_4]),
    ] {
        let path = inclusion_proof(index, size, &LeafHashes(&leaves)).unwrap();
        assert_eq!(shown(&path), expected, "leaf {index} of {size}");
    }
}

#[test]
fn consistency() {
    let leaves = leaves();
    for (old, new, expected) in [
        (1, 8, &[LEAF_1, LEAVES_2_TO_4, LEAVES_4_TO_8][..]),
        (6, 8, &[LEAVES_4_TO_6, LEAVES_6_TO_8, ROOT_4]),
        (2, 5, &[LEAVES_2_TO_4, LEAF_4]),
        (3, 7, &[LEAF_2, LEAF_3, ROOT_2, LEAVES_4_TO_7]),
        (4, 7, &[LEAVES_4_TO_7]),
        (6, 7, &[LEAVES_4_TO_6, LEAF_6, ROOT_4]),
        (0, 8, &[]),
        (7, 7, &[]),
    ] {
        let path = consistency_proof(old, new, &LeafHashes(&leaves)).unwrap();
        assert_eq!(shown(&path), expected, "{old} to {new}");
    }
}

#[test]
fn roots() {
    let leaves = leaves();
    for (size, expected) in [(1, LEAF_0), (2, ROOT_2), (4, ROOT_4), (8, ROOT_8)] {
        assert_eq!(hex::encode(root(size, &LeafHashes(&leaves)).unwrap()), expected);
    }
}

/// An entry of the directory log (`ALD1`, 76 bytes) of the project's design.
#[test]
fn directory_entry() {
    let entry = "414c4431895258dcad408b8cbc92074f9ac344a10b31aed6787a820c7f7340aa43493c66\
                 ded12398ee7f96d2f72e3fd2a3dbbf6b06dd7607280bd7728e5c52fa6cc5e414000001a1f8668230";
    let hash = leaf_hash(&hex::decode(entry).unwrap());
    assert_eq!(hex::encode(hash), "1c05a9a0d99b3966853dee3356aea3f9efbb014831ad4d06a047e8e5827e3a08");
}
