//! The recursive definitions of RFC 6962, word for word, to compare the fast ways with. Hashes of ranges are
//! remembered, or trees of a few hundred leaves would take minutes.

use std::cell::RefCell;
use std::collections::HashMap;

use tallystick_merkle::{Hash, node_hash};

pub(crate) struct Definition<'a> {
    leaves: &'a [Hash],
    known: RefCell<HashMap<(usize, usize), Hash>>,
}

/// The largest power of two smaller than n.
fn k(n: usize) -> usize {
    n.next_power_of_two() / 2
}

impl Definition<'_> {
    pub(crate) fn of(leaves: &[Hash]) -> Definition<'_> {
        Definition { leaves, known: RefCell::default() }
    }

    /// MTH(D[from:to]) of section 2.1, of at least one leaf.
    pub(crate) fn mth(&self, from: usize, to: usize) -> Hash {
        if let Some(hash) = self.known.borrow().get(&(from, to)) {
            return *hash;
        }
        let hash = if to - from == 1 {
            self.leaves[from]
        } else {
            let middle = from + k(to - from);
            node_hash(&self.mth(from, middle), &self.mth(middle, to))
        };
        self.known.borrow_mut().insert((from, to), hash);
        hash
    }

    /// PATH(m, D[from:to]) of section 2.1.1.
    pub(crate) fn path(&self, m: usize, from: usize, to: usize) -> Vec<Hash> {
        let n = to - from;
        if n == 1 {
            return Vec::new();
        }
        let middle = from + k(n);
        if m < k(n) {
            [self.path(m, from, middle), vec![self.mth(middle, to)]].concat()
        } else {
            [self.path(m - k(n), middle, to), vec![self.mth(from, middle)]].concat()
        }
    }

    /// PROOF(m, D[n]) of section 2.1.2.
    pub(crate) fn proof(&self, m: usize, n: usize) -> Vec<Hash> {
        self.subproof(m, 0, n, true)
    }

    fn subproof(&self, m: usize, from: usize, to: usize, is_known: bool) -> Vec<Hash> {
        let n = to - from;
        if m == n {
            return if is_known { Vec::new() } else { vec![self.mth(from, to)] };
        }
        let middle = from + k(n);
        if m <= k(n) {
            [self.subproof(m, from, middle, is_known), vec![self.mth(middle, to)]].concat()
        } else {
            [self.subproof(m - k(n), middle, to, false), vec![self.mth(from, middle)]].concat()
        }
    }
}
