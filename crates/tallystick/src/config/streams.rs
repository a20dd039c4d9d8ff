//! `[streams]`: how events are sent on to other systems, and where to.

use tallystick_delivery::{limits::STREAMS_RUNNING_MAX_DEFAULT, streams::StreamsOptions};
use tallystick_outbound::{OutboundOptions, Plain};

/// Streams at the same time at most: each holds a batch or two in memory.
const RUNNING_MAX: u32 = 10_000;

/// `[streams]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StreamsConfig {
    pub(crate) running_max: u32,
    pub(crate) allow_private_destinations: bool,
}

impl Default for StreamsConfig {
    fn default() -> Self {
        Self { running_max: STREAMS_RUNNING_MAX_DEFAULT as u32, allow_private_destinations: false }
    }
}

impl StreamsConfig {
    /// As the streams take them.
    pub(super) fn options(&self) -> StreamsOptions {
        let allow_private = self.allow_private_destinations;
        let plain = if allow_private { Plain::Private } else { Plain::Never };
        StreamsOptions {
            running_max: self.running_max as usize,
            outbound: OutboundOptions { allow_private, plain, ..OutboundOptions::default() },
            agent: format!("Tallystick/{}", env!("CARGO_PKG_VERSION")),
        }
    }

    /// What is wrong with the values: key and message of each.
    pub(super) fn mistakes(&self) -> Vec<(&'static str, String)> {
        let (running, max) = (self.running_max, RUNNING_MAX);
        let wrong = (running > max).then(|| ("running_max", format!("{running} is not between 0 and {max}")));
        wrong.into_iter().collect()
    }
}
