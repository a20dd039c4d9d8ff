//! Copies of a log, damaged in every way, against a model that looks at everything.

use std::{collections::BTreeSet, sync::LazyLock};

use proptest::prelude::*;
use tallystick_delivery::streams::Mask;
use tallystick_format::FormatName;

use super::*;
use crate::reconcile::{
    tally::Run,
    testing::{Memory, ORG, ORIGIN, SEQS_MAX, expected, one, sent},
};

/// What is done to a copy, at a place of it.
#[derive(Debug, Clone)]
enum Damage {
    Delete(usize),
    Repeat(usize, usize),
    Swap(usize, usize),
    Edit(usize),
    Foreign(usize, u64),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = 0_usize..64;
    prop_oneof![
        at.clone().prop_map(Damage::Delete),
        (at.clone(), at.clone()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        (at.clone(), at.clone()).prop_map(|(a, b)| Damage::Swap(a, b)),
        at.clone().prop_map(Damage::Edit),
        (at, 0..SEQS_MAX).prop_map(|(at, seq)| Damage::Foreign(at, seq)),
    ]
}

/// A record: its seq, and whether it is edited or of another log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Good,
    Edited,
    Foreign,
}

fn damaged(size: u64, damages: &[Damage]) -> Vec<(u64, What)> {
    let mut copy: Vec<(u64, What)> = (0..size).map(|seq| (seq, What::Good)).collect();
    for damage in damages {
        let len = copy.len();
        if len == 0 {
            break;
        }
        match damage {
            Damage::Delete(at) => drop(copy.remove(at % len)),
            Damage::Repeat(from, to) => copy.insert(to % len, copy[from % len]),
            Damage::Swap(a, b) => copy.swap(a % len, b % len),
            Damage::Edit(at) if copy[at % len].1 == What::Good => copy[at % len].1 = What::Edited,
            Damage::Edit(_) => {}
            Damage::Foreign(at, seq) => copy.insert(at % len, (*seq, What::Foreign)),
        }
    }
    copy
}

/// Lines of each event as it is, edited, and of another log. Made once: cases are many.
fn line(seq: u64, what: What) -> &'static [u8] {
    static LINES: LazyLock<Vec<[String; 3]>> = LazyLock::new(|| (0..SEQS_MAX).map(lines).collect());
    LINES[usize::try_from(seq).unwrap()][what as usize].as_bytes()
}

fn lines(seq: u64) -> [String; 3] {
    let good = String::from_utf8(sent(FormatName::Native, seq, &Mask::default(), b"")).unwrap();
    let edited = good.replace("usr_ana", "usr_eve");
    let hash = hex::encode(expected(seq).leaf_hash);
    let foreign = good.replace("\"id\":\"evt_0", "\"id\":\"evt_f").replace(&hash, &"ab".repeat(32));
    [good, edited, foreign]
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn compared(size: u64, copy: &[(u64, What)], window: usize, place: Place, query: Option<&Lowered>) -> Tally {
    let mut side = Side::new(Memory::new(size), ORIGIN.to_owned(), ORG.to_owned(), place);
    run(async {
        for (number, (seq, what)) in copy.iter().enumerate() {
            side.take(one(number as u64 + 1, line(*seq, *what)));
            if number % window == window - 1 {
                side.compare(&Rules::default(), true).await.unwrap();
            }
        }
        side.compare(&Rules::default(), true).await.unwrap();
        side.find_absent(0..size, query).await.unwrap();
    });
    side.tally
}

/// The seqs of runs.
fn seqs(runs: &[Run]) -> Vec<u64> {
    runs.iter().flat_map(|run| run.first_seq..=run.last_seq).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn everything_is_named(
        size in 1_u64..40,
        damages in proptest::collection::vec(damage(), 0..8),
        window in 1_usize..50,
    ) {
        let copy = damaged(size, &damages);
        let tally = compared(size, &copy, window, Place::default(), None);
        let there: BTreeSet<u64> =
            copy.iter().filter(|(_, what)| *what != What::Foreign).map(|(seq, _)| *seq).collect();
        let missing: Vec<u64> = (0..size).filter(|seq| !there.contains(seq)).collect();
        prop_assert_eq!(seqs(&tally.absent.runs), missing);
        let lines = |wanted: What| -> Vec<String> {
            let numbered = copy.iter().enumerate().filter(|(_, (_, what))| *what == wanted);
            numbered.map(|(number, _)| format!("copy:{}", number + 1)).collect()
        };
        let changed: Vec<_> = tally.changed.list.iter().map(|one| one.at.clone()).collect();
        prop_assert_eq!(changed, lines(What::Edited));
        let unknown: Vec<_> = tally.unknown.list.iter().map(|one| one.at.clone()).collect();
        prop_assert_eq!(unknown, lines(What::Foreign));
        // The first of each event, in order, is behind a later one or it is not.
        let (mut first, mut behind) = (BTreeSet::new(), Vec::new());
        for (number, (seq, what)) in copy.iter().enumerate() {
            if *what == What::Foreign {
                continue;
            }
            if first.last().is_some_and(|last| seq < last) && !first.contains(seq) {
                behind.push(format!("copy:{}", number + 1));
            }
            first.insert(*seq);
        }
        let out_of_order: Vec<_> = tally.out_of_order.list.iter().map(|one| one.at.clone()).collect();
        prop_assert_eq!(&out_of_order, &behind);
        let foreign = tally.unknown.count;
        prop_assert_eq!(tally.duplicates, copy.len() as u64 - foreign - there.len() as u64);
        prop_assert_eq!(tally.records, copy.len() as u64);
        let is_equal = copy.iter().all(|(_, what)| *what == What::Good)
            && there.len() as u64 == size
            && behind.is_empty();
        prop_assert_eq!(tally.is_equal(), is_equal);
    }
}

#[test]
fn what_a_stream_does_not_send_is_not_missing() {
    let lowered = |text: &str| {
        let (query, _) = tallystick_query::parse(text).into_result().unwrap();
        let utc = jiff::tz::TimeZone::UTC;
        let options = tallystick_query::LowerOptions { now_us: 0, tz: &utc, me: None };
        tallystick_query::lower(&query, &options).unwrap()
    };
    let copy: Vec<(u64, What)> = [2, 3].map(|seq| (seq, What::Good)).to_vec();
    let query = lowered("target:usr_3");
    let tally = compared(10, &copy, 5, Place::default(), Some(&query));
    assert!(tally.is_equal(), "{:?}", tally.absent);
    let query = lowered("target:usr_4 OR target:usr_3");
    let tally = compared(10, &copy, 5, Place::default(), Some(&query));
    assert_eq!(seqs(&tally.absent.runs), [4]);
}

#[test]
fn what_a_stream_could_not_send_has_a_reason() {
    let mut place = Place { gaps: vec![(0, 1)], ..Place::default() };
    place.letters.insert(4);
    place.late.insert(5);
    let copy: Vec<(u64, What)> = [2, 3, 6, 5].map(|seq| (seq, What::Good)).to_vec();
    let tally = compared(8, &copy, 3, place, None);
    let run = |first_seq, last_seq, reason| Run { first_seq, last_seq, reason };
    let expected = vec![run(0, 1, Absence::Gap), run(4, 4, Absence::DeadLetter), run(7, 7, Absence::Missing)];
    assert_eq!(tally.absent.runs, expected);
    assert_eq!(tally.out_of_order.count, 0, "a dead letter that was sent again comes late");
}
