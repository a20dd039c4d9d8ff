//! The random choices behind one benchmark event, apart from its bytes. It exists so that the workload can replay the
//! choices of a million events and know what it may search for, without formatting a single one.

use super::GeneratorConfig;
use super::vocabulary::{self, TOPIC_COUNT, TOPIC_WORDS, WORD_COUNT};
use crate::seeded::{Rng, mix};

/// Words of a note.
pub(super) const NOTE_WORDS: usize = 8;
/// Events of an actor that share a session id.
const SESSION_EVENTS: u32 = 20;

/// What one event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) index: u64,
    pub(super) occurred_ms: i64,
    pub(super) org: u32,
    pub(super) actor: u32,
    pub(super) target: u32,
    pub(super) action: u16,
    /// Which of the actor's sessions.
    pub(super) session: u32,
    pub(super) note: [u16; NOTE_WORDS],
    /// Random bits for the small things: outcome, numbers, whether there are changes.
    pub(super) bits: u64,
}

/// A way to draw one of `count` ranks, the first ones far more often: in proportion to 1/rank, as names and words are.
#[derive(Clone, Copy)]
struct Skew {
    count: u32,
    /// Binary logarithm of `count` plus one.
    log2: f64,
}

impl Skew {
    fn new(count: u32) -> Self {
        Self { count, log2: f64::from(count + 1).log2() }
    }

    #[inline]
    fn draw(self, rng: &mut Rng) -> u32 {
        // The fast power may overshoot the last rank by its error.
        (exp2(rng.unit() * self.log2) as u32).clamp(1, self.count) - 1
    }
}

/// Actors or targets that belong to one organization.
#[derive(Clone, Copy)]
struct Block {
    first: u32,
    members: Skew,
}

impl Block {
    #[inline]
    fn draw(self, rng: &mut Rng) -> u32 {
        self.first + self.members.draw(rng)
    }
}

/// The state behind the choices.
#[derive(Clone)]
pub(super) struct Draws {
    config: GeneratorConfig,
    rng: Rng,
    index: u64,
    orgs: Skew,
    actors: Vec<Block>,
    targets: Vec<Block>,
    topics: Vec<[u16; TOPIC_WORDS]>,
    actions: Skew,
    words: Skew,
    seen: Vec<u32>,
}

impl Draws {
    pub(super) fn new(seed: u64, config: GeneratorConfig, topics: Vec<[u16; TOPIC_WORDS]>) -> Self {
        let (actors, actor_count) = blocks(config.orgs, config.actors);
        let (targets, _) = blocks(config.orgs, config.targets);
        Self {
            rng: Rng::new(seed),
            index: 0,
            orgs: Skew::new(config.orgs),
            actors,
            targets,
            topics,
            actions: Skew::new(vocabulary::actions().len() as u32),
            words: Skew::new(WORD_COUNT as u32),
            seen: vec![0; actor_count as usize],
            config,
        }
    }

    /// The next event's choices.
    pub(super) fn next(&mut self) -> Drawn {
        let rng = &mut self.rng;
        let org = self.orgs.draw(rng);
        let actor = self.actors[org as usize].draw(rng);
        let target = self.targets[org as usize].draw(rng);
        let action = self.actions.draw(rng) as u16;
        let seen = &mut self.seen[actor as usize];
        *seen += 1;
        let session = *seen / SESSION_EVENTS;
        let drawn = Drawn {
            index: self.index,
            occurred_ms: self.occurred_ms(),
            org,
            actor,
            target,
            action,
            session,
            note: self.note(),
            bits: self.rng.bits(),
        };
        self.index += 1;
        drawn
    }

    /// Time advances evenly, with two seconds of disorder, and one event in two hundred comes up to three days late.
    fn occurred_ms(&mut self) -> i64 {
        let GeneratorConfig { start_ms, span_ms, events, .. } = self.config;
        let even = i128::from(span_ms) * i128::from(self.index) / i128::from(events.max(1));
        let bits = self.rng.bits();
        let late = if bits.is_multiple_of(200) { (bits >> 32) as i64 % (3 * 86_400_000) } else { 0 };
        start_ms + even as i64 - (bits >> 16 & 0x7ff) as i64 - late
    }

    /// Four words of one topic among words of the whole vocabulary.
    fn note(&mut self) -> [u16; NOTE_WORDS] {
        let bits = self.rng.bits();
        let topic = self.topics[bits as usize % TOPIC_COUNT];
        let mut note = [0; NOTE_WORDS];
        for (at, word) in note.iter_mut().enumerate() {
            *word = if at % 2 == 1 {
                topic[(bits >> (16 + 4 * at)) as usize % TOPIC_WORDS]
            } else {
                self.words.draw(&mut self.rng) as u16
            };
        }
        note
    }
}

impl Drawn {
    /// Unique for each event of a seed: the finalizer is a bijection of 64 bits.
    pub(super) fn request(&self, seed: u64) -> u64 {
        request(seed, self.index)
    }

    /// The same for all events of one session.
    pub(super) fn session_bits(&self, seed: u64) -> u64 {
        mix(seed ^ (u64::from(self.actor) << 32 | u64::from(self.session)))
    }
}

/// The request id's bits of the event at `index`.
pub(super) fn request(seed: u64, index: u64) -> u64 {
    mix(seed.rotate_left(17) ^ index)
}

/// Divides `total` members among organizations by rank, at least eight each. Also returns how many there are in all.
fn blocks(orgs: u32, total: u32) -> (Vec<Block>, u32) {
    let weights: f64 = (1..=orgs).map(|rank| 1.0 / f64::from(rank)).sum();
    let mut first = 0;
    let blocks = (1..=orgs)
        .map(|rank| {
            let count = ((f64::from(total) / f64::from(rank) / weights) as u32).max(8);
            let block = Block { first, members: Skew::new(count) };
            first += count;
            block
        })
        .collect();
    (blocks, first)
}

/// 2^x for small non-negative x, by table and interpolation: within 0.001 %, and several times faster than `f64::exp2`.
#[inline]
fn exp2(x: f64) -> f64 {
    const STEPS: usize = 256;
    static TABLE: std::sync::LazyLock<[f64; STEPS + 1]> =
        std::sync::LazyLock::new(|| std::array::from_fn(|step| (step as f64 / STEPS as f64).exp2()));
    let whole = x as u32;
    let place = (x - f64::from(whole)) * STEPS as f64;
    let step = (place as usize).min(STEPS - 1);
    let part = place - step as f64;
    let table = &*TABLE;
    (table[step] + (table[step + 1] - table[step]) * part) * (1_u64 << whole) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_power_is_close_to_the_exact_one() {
        for step in 0..20_000 {
            let x = f64::from(step) / 1000.0;
            let error = (exp2(x) / x.exp2() - 1.0).abs();
            assert!(error < 1e-5, "2^{x} is off by {error}");
        }
    }

    #[test]
    fn every_rank_can_be_drawn_and_none_beyond() {
        let (skew, mut rng) = (Skew::new(5), Rng::new(3));
        let drawn: std::collections::BTreeSet<u32> = (0..5_000).map(|_| skew.draw(&mut rng)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!((0..3_000_000).all(|_| Skew::new(1).draw(&mut rng) == 0));
    }

    #[test]
    fn organizations_get_members_by_rank_and_never_none() {
        let (blocks, total) = blocks(200, 50_000);
        assert_eq!(blocks.len(), 200);
        assert!((48_000..54_000).contains(&total), "{total}");
        assert!(
            blocks
                .windows(2)
                .all(|pair| pair[0].members.count >= pair[1].members.count && pair[1].members.count >= 8)
        );
    }
}
