//! `[streams]`: how events are sent on to other systems, and where to.

use tallystick_delivery::streams::{StreamsOptions, limits::READING_MAX_DEFAULT};
use tallystick_outbound::{OutboundOptions, Plain};

/// Reads of logs at the same time at most: each keeps a thread busy.
const READING_MAX: u32 = 64;

/// `[streams]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StreamsConfig {
    pub(crate) reading_max: u32,
    pub(crate) allow_private_destinations: bool,
}

impl Default for StreamsConfig {
    fn default() -> Self {
        Self { reading_max: READING_MAX_DEFAULT as u32, allow_private_destinations: false }
    }
}

impl StreamsConfig {
    /// As the streams take them.
    pub(super) fn options(&self) -> StreamsOptions {
        let allow_private = self.allow_private_destinations;
        let plain = if allow_private { Plain::Private } else { Plain::Never };
        StreamsOptions {
            reading_max: self.reading_max as usize,
            outbound: OutboundOptions { allow_private, plain, ..OutboundOptions::default() },
            ..StreamsOptions::new("Tallystick", env!("CARGO_PKG_VERSION"))
        }
    }

    /// What is wrong with the values: key and message of each.
    pub(super) fn mistakes(&self) -> Vec<(&'static str, String)> {
        let (reading, max) = (self.reading_max, READING_MAX);
        let is_wrong = !(1..=max).contains(&reading);
        is_wrong
            .then(|| ("reading_max", format!("{reading} is not between 1 and {max}")))
            .into_iter()
            .collect()
    }
}
