//! Random bytes that are the same for the same seed.

use std::sync::Mutex;

use tallystick_event::Random;

/// A small generator (SplitMix64 by Vigna): good enough to vary tests, and never to be used for secrets.
#[derive(Debug)]
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> SeededRandom {
        SeededRandom(Mutex::new(seed))
    }

    /// The next number of the sequence.
    pub fn next_u64(&self) -> u64 {
        let mut state = self.0.lock().expect("no test panics while it draws");
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which must not be 0.
    pub fn below(&self, bound: u64) -> u64 {
        self.next_u64() % bound
    }

    /// A number below `bound`, small ones far more often: a few actors do most of the work.
    pub fn skewed(&self, bound: u64) -> u64 {
        let unit = (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let skewed = (bound as f64).powf(unit) - 1.0;
        (skewed as u64).min(bound - 1)
    }

    /// Whether something happens that does so `percent` times in a hundred.
    pub fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    pub fn pick<'t, T: ?Sized>(&self, items: &[&'t T]) -> &'t T {
        items[self.below(items.len() as u64) as usize]
    }
}

impl Random for SeededRandom {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_bytes() {
        let (mut a, mut b, mut c) = ([0; 19], [0; 19], [0; 19]);
        SeededRandom::new(1).fill(&mut a);
        SeededRandom::new(1).fill(&mut b);
        SeededRandom::new(2).fill(&mut c);
        assert_eq!(a, b);
        assert_ne!(a, c);
    }

    #[test]
    fn skewed_prefers_small_numbers_and_stays_in_range() {
        let random = SeededRandom::new(3);
        let drawn: Vec<u64> = (0..10_000).map(|_| random.skewed(1_000)).collect();
        assert!(drawn.iter().all(|n| *n < 1_000));
        let small = drawn.iter().filter(|n| **n < 10).count();
        assert!((2_000..6_000).contains(&small), "{small} of 10000 are below 10");
    }
}
