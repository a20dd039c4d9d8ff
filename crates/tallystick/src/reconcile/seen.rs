//! Which seqs of a log were seen: a bit each, in pieces that are made when they are needed.

use std::collections::BTreeMap;

/// Seqs in one piece.
const PIECE_SEQS: u64 = 1 << 16;
const WORD_BITS: u64 = u64::BITS as u64;
const PIECE_WORDS: usize = (PIECE_SEQS / WORD_BITS) as usize;

/// A set of seqs. Seqs that lie together cost a bit each.
#[derive(Debug, Default)]
pub(crate) struct Seen(BTreeMap<u64, Box<[u64; PIECE_WORDS]>>);

impl Seen {
    /// Adds one; false if it was there.
    pub(crate) fn insert(&mut self, seq: u64) -> bool {
        let piece = self.0.entry(seq / PIECE_SEQS).or_insert_with(|| Box::new([0; PIECE_WORDS]));
        let (word, bit) = place(seq);
        let is_new = piece[word] & bit == 0;
        piece[word] |= bit;
        is_new
    }

    pub(crate) fn contains(&self, seq: u64) -> bool {
        let (word, bit) = place(seq);
        self.0.get(&(seq / PIECE_SEQS)).is_some_and(|piece| piece[word] & bit != 0)
    }

    /// The least and the greatest.
    pub(crate) fn bounds(&self) -> Option<(u64, u64)> {
        let (first, low) = self.0.first_key_value()?;
        let (last, high) = self.0.last_key_value()?;
        let low = low.iter().position(|word| *word != 0)?;
        let high_at = high.iter().rposition(|word| *word != 0)?;
        let seq =
            |piece: u64, word: usize, bit: u32| piece * PIECE_SEQS + word as u64 * WORD_BITS + u64::from(bit);
        let low_bit = self.0[first][low].trailing_zeros();
        let high_bit = u64::BITS - 1 - high[high_at].leading_zeros();
        Some((seq(*first, low, low_bit), seq(*last, high_at, high_bit)))
    }

    /// The first seq from `from` on, below `to`, that is not there.
    pub(crate) fn first_gap(&self, from: u64, to: u64) -> Option<u64> {
        self.next(from, to, false)
    }

    /// Behind the gap that begins at `from`.
    pub(crate) fn gap_end(&self, from: u64, to: u64) -> u64 {
        self.next(from, to, true).unwrap_or(to)
    }

    /// The first seq that is there, or is not.
    fn next(&self, from: u64, to: u64, is_wanted: bool) -> Option<u64> {
        let mut seq = from;
        while seq < to {
            let Some(piece) = self.0.get(&(seq / PIECE_SEQS)) else {
                if !is_wanted {
                    return Some(seq);
                }
                seq = (seq / PIECE_SEQS + 1) * PIECE_SEQS;
                continue;
            };
            let (word, _) = place(seq);
            let wanted = if is_wanted { piece[word] } else { !piece[word] };
            let rest = wanted >> (seq % WORD_BITS);
            if rest != 0 {
                let found = seq + u64::from(rest.trailing_zeros());
                return (found < to).then_some(found);
            }
            seq = (seq / WORD_BITS + 1) * WORD_BITS;
        }
        None
    }
}

fn place(seq: u64) -> (usize, u64) {
    let within = seq % PIECE_SEQS;
    ((within / WORD_BITS) as usize, 1 << (within % WORD_BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(
            seqs in proptest::collection::vec(0_u64..200_000, 0..200),
            from in 0_u64..200_000,
            len in 0_u64..150_000,
        ) {
            let mut seen = Seen::default();
            let mut model = BTreeSet::new();
            for seq in seqs {
                // Runs, because copies have them.
                for seq in seq..seq + seq % 300 {
                    prop_assert_eq!(seen.insert(seq), model.insert(seq));
                }
            }
            prop_assert_eq!(seen.bounds(), model.first().zip(model.last()).map(|(a, b)| (*a, *b)));
            let to = from + len;
            let gap = (from..to).find(|seq| !model.contains(seq));
            prop_assert_eq!(seen.first_gap(from, to), gap);
            if let Some(gap) = gap {
                prop_assert!(!seen.contains(gap));
                prop_assert_eq!(seen.gap_end(gap, to), model.range(gap..to).next().copied().unwrap_or(to));
            }
        }
    }
}
