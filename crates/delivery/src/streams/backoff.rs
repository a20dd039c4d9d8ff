//! How long something that failed is left alone.

use std::time::Duration;

use tallystick_destination::limits::RETRY_AFTER_MAX;
use tallystick_event::Random;

use super::limits::{MEND_FIRST_MS, MEND_MAX_MS, RETRY_FIRST_MS, RETRY_MAX_MS, RETRY_MIN_MS};

/// A pause before the next attempt, ms, after so many failures in a row: a random part of a time that doubles, so that
/// streams that failed together do not come back together. If the other side has said when, then.
pub(crate) fn retry_ms(failures: u64, after: Option<Duration>, random: &dyn Random) -> i64 {
    if let Some(after) = after {
        let most = RETRY_AFTER_MAX.as_millis() as i64;
        return i64::try_from(after.as_millis()).unwrap_or(most).clamp(RETRY_FIRST_MS, most);
    }
    let most = doubled(RETRY_FIRST_MS, failures, RETRY_MAX_MS);
    RETRY_MIN_MS + below(most - RETRY_MIN_MS + 1, random)
}

/// The same for what somebody has to mend: between half of it and all.
pub(crate) fn mend_ms(failures: u64, random: &dyn Random) -> i64 {
    let most = doubled(2 * MEND_FIRST_MS, failures, MEND_MAX_MS);
    most / 2 + below(most / 2 + 1, random)
}

fn doubled(first: i64, failures: u64, most: i64) -> i64 {
    let times = failures.saturating_sub(1).min(20);
    (first << times).min(most)
}

fn below(bound: i64, random: &dyn Random) -> i64 {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    (u64::from_le_bytes(bytes) % bound as u64) as i64
}

#[cfg(test)]
mod tests {
    use tallystick_testkit::SeededRandom;

    use super::*;

    #[test]
    fn pauses_double_up_to_their_limit_and_vary() {
        let random = SeededRandom::new(5);
        let highest = |failures| (0..500).map(|_| retry_ms(failures, None, &random)).max().unwrap();
        let lowest = |failures| (0..500).map(|_| retry_ms(failures, None, &random)).min().unwrap();
        assert!((800..=1_000).contains(&highest(1)), "{}", highest(1));
        assert!((3_000..=4_000).contains(&highest(3)));
        assert!((280_000..=300_000).contains(&highest(1_000_000)));
        assert!(lowest(1_000) < 10_000, "all of the jitter is used");
        assert!(lowest(1) >= 100);
        for failures in [1, 2, 50] {
            let pause = mend_ms(failures, &random);
            assert!((60_000..=3_600_000).contains(&pause), "{pause}");
        }
    }

    #[test]
    fn the_other_side_is_believed_up_to_an_hour() {
        let random = SeededRandom::new(5);
        let after = |seconds| retry_ms(9, Some(Duration::from_secs(seconds)), &random);
        assert_eq!(
            (after(0), after(7), after(86_400), after(u64::MAX)),
            (1_000, 7_000, 3_600_000, 3_600_000)
        );
    }
}
