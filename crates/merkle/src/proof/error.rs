//! What can be wrong with a question about a tree, with the source of its hashes, and with a proof.

/// Something was asked that a tree of that size does not have. Nothing but another question helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutsideTree {
    /// There is no such leaf.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    Leaf {
        /// The leaf asked for.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// There is no such complete subtree.
    #[error("subtree {index} of height {height} is not complete in a tree of {size} leaves")]
    Node {
        /// Height asked for, in levels above the leaves.
        height: u8,
        /// Number of the subtree among those of its height.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// There is no such tile, and no such bundle.
    #[error("tile {index} of level {level} is not in a tree of {size} leaves")]
    Tile {
        /// Level asked for.
        level: u8,
        /// Number of the tile in its level.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The earlier tree is larger than the later one.
    #[error("a tree of {old} leaves is no earlier state of one of {new} leaves")]
    Sizes {
        /// Leaves of the tree that is said to be earlier.
        old: u64,
        /// Leaves of the tree that is said to be later.
        new: u64,
    },
    /// The range ends before it begins, or behind the tree.
    #[error("leaves {from} to {to} are no range of a tree of {size} leaves")]
    Range {
        /// First leaf of the range.
        from: u64,
        /// The leaf behind the last of the range.
        to: u64,
        /// Leaves of the tree.
        size: u64,
    },
}

/// Why a proof was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError<E> {
    /// The question does not fit the tree.
    #[error(transparent)]
    Outside(#[from] OutsideTree),
    /// The source failed to give a hash; its own error says whether to try again.
    #[error("a hash of the tree could not be read")]
    Source(#[source] E),
}

/// Why a proof does not prove what it is said to. Never to be softened: the answer of whoever gave it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The question does not fit the tree.
    #[error(transparent)]
    Outside(#[from] OutsideTree),
    /// The path goes on behind the root (`sn` is 0 before the path ends).
    #[error("a proof of {hashes} hashes is too long")]
    TooLong {
        /// Hashes of the proof.
        hashes: usize,
    },
    /// The path ends before the root (`sn` is not 0 at the end).
    #[error("a proof of {hashes} hashes is too short")]
    TooShort {
        /// Hashes of the proof.
        hashes: usize,
    },
    /// The proof leads to another root than the tree has.
    #[error("the proof leads to another root than that of the tree")]
    Root,
    /// The proof leads to another root than the earlier tree has.
    #[error("the proof leads to another root than that of the earlier tree")]
    OldRoot,
    /// The tree is said to be empty, but its root is not SHA-256 of nothing.
    #[error("the root of an empty tree is not the hash of nothing")]
    EmptyRoot,
}
