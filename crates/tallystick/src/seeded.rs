//! Seeded randomness for the sample organization and the benchmark's events. It exists so that both are pure: the
//! same seed gives the same bytes on every machine, which secure randomness cannot promise.

/// A xoshiro256++ generator seeded through splitmix64. Not for secrets.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator whose whole sequence follows from `seed`.
    pub fn new(seed: u64) -> Self {
        let mut next = seed;
        let state = std::array::from_fn(|_| {
            next = next.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(next)
        });
        Self { state }
    }

    /// The next 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// A number in `0..bound` (0 when `bound` is 0). The bias of the multiplication is below 2^-32 for our bounds.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        (((self.bits() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        debug_assert!(low <= high, "an empty range has no member");
        let width = (high - low + 1) as u128;
        low + ((u128::from(self.bits()) * width) >> 64) as i64
    }

    /// A number in `0.0..1.0`.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with the given probability.
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of `items`, which must not be empty.
    #[inline]
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u32) as usize]
    }

    /// A waiting time around `mean`, exponentially distributed and never zero: the gaps of independent happenings.
    pub fn wait(&mut self, mean: i64) -> i64 {
        let draw = -(1.0 - self.unit()).ln() * mean as f64;
        (draw as i64).max(1)
    }

    /// `digits` random lower-case hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        let mut out = String::with_capacity(digits);
        while out.len() < digits {
            let bits = self.bits();
            for shift in (0..16).take(digits - out.len()) {
                out.push(char::from(b"0123456789abcdef"[(bits >> (shift * 4) & 15) as usize]));
            }
        }
        out
    }
}

/// The finalizer of splitmix64: spreads a small number over 64 bits. Used where a choice must follow from a few
/// numbers alone (who is on leave in which week) instead of from the order of draws.
#[inline]
pub fn mix(value: u64) -> u64 {
    let mut z = value;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence_and_another_seed_another() {
        let (mut a, mut b, mut c) = (Rng::new(7), Rng::new(7), Rng::new(8));
        let (xs, ys, zs): (Vec<_>, Vec<_>, Vec<_>) =
            (0..100).map(|_| (a.bits(), b.bits(), c.bits())).fold((vec![], vec![], vec![]), |mut acc, v| {
                acc.0.push(v.0);
                acc.1.push(v.1);
                acc.2.push(v.2);
                acc
            });
        assert_eq!(xs, ys);
        assert_ne!(xs, zs);
    }

    #[test]
    fn draws_stay_in_range_and_reach_both_ends() {
        let mut rng = Rng::new(1);
        let seen: std::collections::BTreeSet<i64> = (0..1000).map(|_| rng.between(-2, 2)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-2, -1, 0, 1, 2]);
        assert!((0..1000).all(|_| rng.below(3) < 3));
        assert_eq!(rng.hex(21).len(), 21);
    }

    #[test]
    fn waits_average_to_their_mean() {
        let mut rng = Rng::new(2);
        let total: i64 = (0..20_000).map(|_| rng.wait(1000)).sum();
        assert!((19_000_000..21_000_000).contains(&total), "{total}");
    }
}
