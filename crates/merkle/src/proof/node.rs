//! Complete subtrees: what every proof consists of, and what every store of hashes can answer for.

/// A complete subtree: the leaves from `index << height` up to, not including, `(index + 1) << height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Levels above the leaves: 0 is a leaf. At most 63.
    pub height: u8,
    /// Number of the subtree among those of its height, from 0.
    pub index: u64,
}

impl Node {
    /// First leaf and the leaf behind the last; none if the latter is not below 2^64.
    pub fn leaves(self) -> Option<(u64, u64)> {
        let width = 1u64.checked_shl(self.height.into())?;
        let from = self.index.checked_mul(width)?;
        Some((from, from.checked_add(width)?))
    }

    /// Whether all its leaves are in a tree of `size` leaves.
    pub fn is_in(self, size: u64) -> bool {
        self.leaves().is_some_and(|(_, to)| to <= size)
    }
}

/// The fewest complete subtrees that cover the leaves from `from` up to `to`, from left to right.
///
/// If `from` is 0, or lies where RFC 6962 splits a tree that ends at `to`, the roots of these, folded from the right,
/// are the Merkle tree hash of the range.
pub(crate) fn cover(from: u64, to: u64, out: &mut Vec<Node>) {
    let mut at = from;
    while at < to {
        // A subtree begins at a multiple of its width, and must not reach behind the end.
        let height = (to - at).ilog2().min(at.trailing_zeros());
        out.push(Node { height: height as u8, index: at >> height });
        at += 1 << height;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_of_a_node() {
        assert_eq!(Node { height: 0, index: 5 }.leaves(), Some((5, 6)));
        assert_eq!(Node { height: 3, index: 2 }.leaves(), Some((16, 24)));
        assert_eq!(Node { height: 63, index: 1 }.leaves(), None, "2^64 leaves are too many");
        assert_eq!(Node { height: 64, index: 0 }.leaves(), None);
        assert!(Node { height: 3, index: 2 }.is_in(24));
        assert!(!Node { height: 3, index: 2 }.is_in(23));
    }

    #[test]
    fn a_cover_is_gapless_minimal_and_complete() {
        for from in 0..70u64 {
            for to in from..140 {
                let mut nodes = Vec::new();
                cover(from, to, &mut nodes);
                let mut at = from;
                for node in &nodes {
                    let (first, end) = node.leaves().unwrap();
                    assert_eq!(first, at, "{from}..{to}");
                    at = end;
                }
                assert_eq!(at, to);
                let siblings = |pair: &[Node]| {
                    pair[0].height == pair[1].height
                        && pair[0].index.is_multiple_of(2)
                        && pair[1].index == pair[0].index + 1
                };
                assert!(!nodes.windows(2).any(siblings), "{from}..{to}: two could be one");
            }
        }
    }

    #[test]
    fn the_largest_tree_has_a_cover() {
        let mut nodes = Vec::new();
        cover(0, u64::MAX, &mut nodes);
        assert_eq!(nodes.len(), 64);
        assert_eq!(nodes[0], Node { height: 63, index: 0 });
        assert_eq!(nodes[63], Node { height: 0, index: u64::MAX - 1 });
    }
}
