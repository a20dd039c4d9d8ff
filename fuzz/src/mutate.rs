//! Turns known inputs into new ones. Blind to coverage on purpose: it must run on stable Rust in seconds; the guided
//! search is cargo-fuzz's business.

/// Longest input that is made, in bytes. Long enough for every limit that a parser of text has to meet.
pub const INPUT_BYTES_MAX: usize = 64 * 1024;

/// SplitMix64: small, seedable and good enough to choose mutations; the same seed gives the same inputs.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator that repeats exactly for the same `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next_u64() % bound as u64) as usize }
    }
}

/// Bytes that parsers treat specially more often than chance would find them.
const INTERESTING: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b":",
    b",",
    b"..",
    b"*",
    b"-",
    b"\n",
    b"\r\n",
    b"\0",
    b"0",
    b"-0",
    b"1e308",
    b"9007199254740993",
    b"18446744073709551616",
    b"null",
    b"true",
    b"\\ud800",
    b"\\u0000",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xe2\x80\x9c",
    b"\xc2\xa0",
    b"OR",
    b"NOT ",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
];

/// One new input made of one of `seeds` (which may be empty) by a few random edits.
pub fn mutate(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut input = if seeds.is_empty() { Vec::new() } else { seeds[rng.below(seeds.len())].clone() };
    let edits = 1 + rng.below(6);
    for _ in 0..edits {
        edit(rng, &mut input, seeds);
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn edit(rng: &mut Rng, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = rng.below(input.len() + 1);
    match rng.below(8) {
        0 => insert(input, at, INTERESTING[rng.below(INTERESTING.len())]),
        1 => input.truncate(at),
        2 if at < input.len() => input[at] ^= 1 << rng.below(8),
        3 if at < input.len() => input[at] = rng.next_u64() as u8,
        4 => {
            let end = (at + rng.below(16)).min(input.len());
            input.drain(at..end);
        }
        5 => {
            let end = (at + rng.below(64)).min(input.len());
            let piece = input[at..end].to_vec();
            for _ in 0..=rng.below(32) {
                insert(input, at, &piece);
            }
        }
        6 if !seeds.is_empty() => {
            let other = &seeds[rng.below(seeds.len())];
            let from = rng.below(other.len() + 1);
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => insert(input, at, &rng.next_u64().to_le_bytes()[..=rng.below(7)]),
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_exactly() {
        let seeds = vec![b"actor:alice".to_vec(), b"{\"a\":1}".to_vec()];
        let make = |seed| {
            let mut rng = Rng::new(seed);
            (0..200).map(|_| mutate(&mut rng, &seeds)).collect::<Vec<_>>()
        };
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
    }

    #[test]
    fn inputs_stay_below_the_limit_and_differ() {
        let seeds = vec![vec![b'a'; INPUT_BYTES_MAX]];
        let mut rng = Rng::new(1);
        let made: Vec<_> = (0..50).map(|_| mutate(&mut rng, &seeds)).collect();
        assert!(made.iter().all(|input| input.len() <= INPUT_BYTES_MAX));
        assert!(made.windows(2).any(|pair| pair[0] != pair[1]));
    }
}
