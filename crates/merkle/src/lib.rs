//! RFC 6962 trees and their C2SP formats: hashing, proofs, tiles, signed notes, checkpoints, cosignatures, policies.
//!
//! A log that grows keeps an [`Edge`]. What is proven about it comes from a source of hashes, [`Subtrees`]; checking it
//! needs none. Tiles that somebody else serves are read through a [`TileReader`]. A [`Checkpoint`] is what a log signs
//! as a [`Note`], witnesses cosign, and a [`Policy`] accepts; a [`TlogProof`] carries all of it away.
//!
//! Pure: no files, no clock, no randomness, no content of events. A leaf comes in as its hash. Byte formats:
//! `docs/formats/tree.md` and `docs/formats/note.md`.

#![forbid(unsafe_code)]

mod checkpoint;
mod cosignature;
mod edge;
mod hash;
pub mod limits;
mod note;
mod policy;
mod proof;
mod spelling;
mod tile;
mod tlog_proof;
mod witness;

pub use checkpoint::{Checkpoint, CheckpointError, OpenError};
pub use edge::{Edge, EdgeError, TileHash};
pub use hash::{Hash, LEAF_PREFIX, empty_root, leaf_hash, node_hash, root_of};
pub use note::{
    CosigningKey, KeyError, KeyType, Note, NoteError, NoteSignature, SecretKeyError, SignError,
    SignatureError, SigningKey, Verified, VerifierKey, is_key_name, key_id,
};
pub use policy::{
    Policy, PolicyError, PolicyFault, PolicyLog, PolicyRefusal, PolicyWitness, TrustedCheckpoint,
};
pub use proof::{
    GenerateError, LeafHashes, Node, OutsideTree, ProofError, RangeCover, RangeProof, RangeVerifier,
    SelectionVerifier, Subtrees, consistency_nodes, consistency_proof, gap_nodes, inclusion_nodes,
    inclusion_proof, range_cover, range_proof, root, root_nodes, verify_consistency, verify_inclusion,
    verify_range,
};
pub use tile::{
    BundleError, BundleId, NodePlace, PathError, TileError, TileId, TilePath, TileReader, bundles_between,
    decode_bundle, edge_tiles, encode_bundle, hashes_at, tiles_between, tiles_for,
};
pub use tlog_proof::{TlogProof, TlogProofError, TlogProofRefusal};
pub use witness::{AddCheckpoint, AddCheckpointError, AddCheckpointRefusal, latest_size};
