//! The digests of the units of a record, several at a time. The steps of SHA-256 wait for one another, so a processor
//! that has instructions for them is half idle with one message; it works on the blocks of several side by side.

use sha2::block_api::compress256;
use tallystick_merkle::Hash;

const BLOCK: usize = 64;
/// What the tail of a message has besides its last bytes: one that ends them, and eight for the length.
const LENGTH_AT: usize = BLOCK - 8;

/// The state of SHA-256 before the first block: FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// One message on its way.
struct Lane<'a> {
    state: [u32; 8],
    whole: &'a [[u8; BLOCK]],
    tail: [[u8; BLOCK]; 2],
    blocks: usize,
}

impl<'a> Lane<'a> {
    const IDLE: Lane<'static> = Lane { state: INITIAL, whole: &[], tail: [[0; BLOCK]; 2], blocks: 0 };

    /// In place, as a lane is large and messages are small.
    fn begin(&mut self, message: &'a [u8]) {
        let (whole, rest) = message.as_chunks();
        let tails = if rest.len() < LENGTH_AT { 1 } else { 2 };
        self.state = INITIAL;
        self.whole = whole;
        self.blocks = whole.len() + tails;
        let tail = self.tail[..tails].as_flattened_mut();
        tail[..rest.len()].copy_from_slice(rest);
        tail[rest.len()..].fill(0);
        tail[rest.len()] = 0x80;
        *tail.last_chunk_mut().expect("a block") = (message.len() as u64 * 8).to_be_bytes();
    }

    #[inline]
    fn step(&mut self, number: usize) {
        if let Some(block) = self.whole.get(number) {
            compress256(&mut self.state, std::slice::from_ref(block));
        } else if number < self.blocks {
            compress256(&mut self.state, std::slice::from_ref(&self.tail[number - self.whole.len()]));
        }
    }

    fn hash(&self) -> Hash {
        let mut hash = [0; 32];
        for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        hash
    }
}

/// Collects messages and writes the SHA-256 of each to a place of its own, so many side by side; more than six gain
/// nothing.
pub(super) struct Digests<'a, 'o, const LANES: usize> {
    lanes: [Lane<'a>; LANES],
    places: [usize; LANES],
    waiting: usize,
    out: &'o mut [Hash],
}

impl<'a, 'o, const LANES: usize> Digests<'a, 'o, LANES> {
    pub(super) fn into(out: &'o mut [Hash]) -> Self {
        Digests { lanes: [Lane::IDLE; LANES], places: [0; LANES], waiting: 0, out }
    }

    /// The digest of this message goes to that place.
    pub(super) fn push(&mut self, place: usize, message: &'a [u8]) {
        self.lanes[self.waiting].begin(message);
        self.places[self.waiting] = place;
        self.waiting += 1;
        if self.waiting == LANES {
            self.flush();
        }
    }

    /// To be called behind the last message.
    pub(super) fn flush(&mut self) {
        let lanes = &mut self.lanes[..std::mem::take(&mut self.waiting)];
        let most = lanes.iter().map(|lane| lane.blocks).max().unwrap_or_default();
        for number in 0..most {
            for lane in &mut *lanes {
                lane.step(number);
            }
        }
        for (lane, place) in lanes.iter().zip(self.places) {
            self.out[place] = lane.hash();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    fn digests(messages: &[Vec<u8>]) -> Vec<Hash> {
        let mut out = vec![[0; 32]; messages.len()];
        let mut digests = Digests::<6>::into(&mut out);
        for (place, message) in messages.iter().enumerate() {
            digests.push(place, message);
        }
        digests.flush();
        out
    }

    fn one_by_one(messages: &[Vec<u8>]) -> Vec<Hash> {
        messages.iter().map(|message| Sha256::digest(message).into()).collect()
    }

    #[test]
    fn every_length_around_the_ends_of_blocks() {
        let messages: Vec<Vec<u8>> = (0..300_usize).map(|len| (0..len).map(|i| i as u8).collect()).collect();
        assert_eq!(digests(&messages), one_by_one(&messages));
        assert_eq!(digests(&[]), Vec::<Hash>::new());
    }

    proptest! {
        #[test]
        fn side_by_side_is_one_by_one(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 0..15)
        ) {
            prop_assert_eq!(digests(&messages), one_by_one(&messages));
        }
    }
}
