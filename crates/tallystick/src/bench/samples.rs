//! Percentiles of measured times. Every sample is kept: a benchmark has thousands of them, not millions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Times of one kind of call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<Duration>);

/// What is told about them, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Half of the calls took at most this.
    pub(crate) p50_ms: f64,
    /// All but one in a hundred took at most this.
    pub(crate) p99_ms: f64,
    /// The longest.
    pub(crate) max_ms: f64,
    /// How many calls were measured.
    pub(crate) samples: usize,
}

impl Samples {
    pub(crate) fn push(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// `None` without samples. Percentiles are samples themselves (nearest rank), never interpolated.
    pub(crate) fn summary(&self) -> Option<Summary> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |share: f64| {
            let rank = (share * sorted.len() as f64).ceil() as usize;
            milliseconds(sorted[rank.clamp(1, sorted.len()) - 1])
        };
        (!sorted.is_empty()).then(|| Summary {
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            max_ms: at(1.0),
            samples: sorted.len(),
        })
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_whatever_their_order_and_number() {
        let mut samples = Samples::default();
        assert_eq!(samples.summary(), None);
        samples.push(Duration::from_millis(7));
        assert_eq!(samples.summary(), Some(Summary { p50_ms: 7.0, p99_ms: 7.0, max_ms: 7.0, samples: 1 }));
        let mut many = Samples::default();
        (1..=200).rev().for_each(|ms| many.push(Duration::from_millis(ms)));
        assert_eq!(
            many.summary(),
            Some(Summary { p50_ms: 100.0, p99_ms: 198.0, max_ms: 200.0, samples: 200 })
        );
    }
}
