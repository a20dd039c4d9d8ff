//! Bringing lists of numbers into ascending order, fast for lists that are long or nearly sorted.

/// From this share of the universe on, marking bits beats sorting.
const DENSE_SHARE: usize = 64;

/// Sorts lists of numbers below a bound and drops duplicates; keeps its memory between lists.
pub(crate) struct Sorter {
    bits: Vec<u64>,
    universe: usize,
}

impl Sorter {
    /// For numbers below `universe`.
    pub(crate) fn new(universe: usize) -> Self {
        Self { bits: Vec::new(), universe }
    }

    pub(crate) fn sort(&mut self, numbers: &mut Vec<u32>) {
        if numbers.is_sorted_by(|a, b| a < b) {
            return;
        }
        if numbers.len() < self.universe / DENSE_SHARE {
            numbers.sort_unstable();
            numbers.dedup();
            return;
        }
        self.bits.resize(self.universe.div_ceil(64), 0);
        for &number in &*numbers {
            self.bits[number as usize / 64] |= 1 << (number % 64);
        }
        numbers.clear();
        for (index, word) in self.bits.iter_mut().enumerate() {
            let mut rest = std::mem::take(word);
            while rest != 0 {
                numbers.push((index * 64) as u32 + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_and_dense_lists_agree() {
        let mut state = 1_u32;
        for len in [0, 1, 2, 10, 100, 5000] {
            let list: Vec<u32> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state >> 18
                })
                .collect();
            let mut expected = list.clone();
            expected.sort_unstable();
            expected.dedup();
            for universe in [1 << 14, 1 << 20] {
                let mut sorted = list.clone();
                let mut sorter = Sorter::new(universe);
                sorter.sort(&mut sorted);
                assert_eq!(sorted, expected);
                let mut again = list.clone();
                sorter.sort(&mut again);
                assert_eq!(again, expected, "the sorter kept no bits");
            }
        }
    }
}
