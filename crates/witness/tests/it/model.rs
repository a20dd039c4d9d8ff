//! Whatever is asked in whatever order, by however many at once: one history is signed, never two.

use std::sync::{Barrier, Mutex};

use proptest::prelude::*;
use tallystick_merkle::Hash;
use tallystick_witness::Refusal;

use crate::history::{NOW, SHARED, Side, body, latest, request, root, start, verifier};

const SIZE_MAX: u64 = 12;

#[derive(Debug, Clone)]
struct Ask {
    side: Side,
    old: u64,
    new: u64,
    /// The proof has a hash too many.
    is_spoilt: bool,
}

fn ask() -> impl Strategy<Value = Ask> {
    let side = prop_oneof![Just(Side::Honest), Just(Side::Forked)];
    (side, 0..=SIZE_MAX, 0..=SIZE_MAX, proptest::bool::weighted(0.1))
        .prop_map(|(side, old, new, is_spoilt)| Ask { side, old, new, is_spoilt })
}

impl Ask {
    fn body(&self) -> Vec<u8> {
        let mut request = request(self.side, self.old, self.new);
        if self.is_spoilt {
            request.path.push([9; 32]);
        }
        request.to_string().into_bytes()
    }

    /// Whether a tree with this root at this size is a beginning of what is asked for.
    fn continues(&self, size: u64, root_then: Hash) -> bool {
        size <= self.new && root(self.side, size) == root_then
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_answer_is_that_of_the_model(asks in proptest::collection::vec(ask(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let witness = start(dir.path());
        let mut model: Option<(u64, Hash)> = None;
        for ask in &asks {
            let (size, root_then) = model.unwrap_or((0, root(Side::Honest, 0)));
            let answer = witness.add_checkpoint(&ask.body(), NOW);
            match answer {
                Ok(signatures) => {
                    prop_assert_eq!(ask.old, size);
                    prop_assert!(ask.continues(size, root_then) && !ask.is_spoilt);
                    let mut note = request(ask.side, ask.old, ask.new).checkpoint;
                    for signature in signatures { note.add(signature).unwrap(); }
                    prop_assert_eq!(note.verify(&[verifier()]).unwrap()[0].time, Some(NOW));
                    model = Some((ask.new, root(ask.side, ask.new)));
                }
                Err(Refusal::Order { .. }) => prop_assert!(ask.old > ask.new),
                Err(Refusal::Stale { latest }) => {
                    prop_assert_eq!(latest, size);
                    prop_assert!(ask.old != size && ask.old <= ask.new);
                }
                Err(Refusal::Inconsistent(_)) => {
                    prop_assert_eq!(ask.old, size);
                    prop_assert!(ask.is_spoilt || !ask.continues(size, root_then));
                }
                Err(other) => prop_assert!(false, "{:?}: {}", ask, other),
            }
            prop_assert_eq!(latest(&witness), model);
        }
    }
}

#[test]
fn of_two_forks_racing_one_is_signed() {
    for round in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let witness = start(dir.path());
        witness.add_checkpoint(&body(Side::Honest, 0, SHARED), NOW).unwrap();
        let signed = Mutex::new(Vec::new());
        let start = Barrier::new(4);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (witness, signed, start) = (&witness, &signed, &start);
                scope.spawn(move || {
                    let side = if (thread + round) % 2 == 0 { Side::Honest } else { Side::Forked };
                    start.wait();
                    let mut old = SHARED;
                    while old < SIZE_MAX {
                        match witness.add_checkpoint(&body(side, old, old + 1), NOW) {
                            Ok(_) => {
                                old += 1;
                                signed.lock().unwrap().push((old, root(side, old)));
                            }
                            Err(Refusal::Stale { latest }) => old = latest,
                            Err(Refusal::Inconsistent(_)) => break,
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
        });
        let signed = signed.into_inner().unwrap();
        let one_side = |side| signed.iter().all(|(size, signed)| root(side, *size) == *signed);
        assert!(!signed.is_empty() && (one_side(Side::Honest) || one_side(Side::Forked)), "{signed:?}");
    }
}
