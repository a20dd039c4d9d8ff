//! Proofs over a tree (RFC 6962 section 2.1, RFC 9162 section 2.1): that a leaf is in it, that it is a continuation of
//! an earlier tree, that a range of leaves is complete. Making one needs a source of hashes; checking one needs
//! nothing.

mod consistency;
mod error;
mod inclusion;
mod node;
mod plan;
mod range;
mod selection;
mod source;

pub use consistency::{consistency_nodes, consistency_proof, verify_consistency};
pub use error::{GenerateError, OutsideTree, ProofError};
pub use inclusion::{inclusion_nodes, inclusion_proof, verify_inclusion};
pub use node::Node;
pub use range::{RangeCover, RangeProof, RangeVerifier, range_cover, range_proof, verify_range};
pub use selection::{SelectionVerifier, gap_nodes};
pub use source::{LeafHashes, Subtrees, root, root_nodes};
