//! `[streams]`: how events are sent on to other systems, and where to.

use std::path::{Path, PathBuf};

use tallystick_delivery::streams::{StreamsOptions, limits::READING_MAX_DEFAULT};
use tallystick_outbound::{OutboundOptions, Plain};

/// Reads of logs at the same time at most: each keeps a thread busy.
const READING_MAX: u32 = 64;

/// `[streams]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StreamsConfig {
    pub(crate) reading_max: u32,
    pub(crate) allow_private_destinations: bool,
    pub(crate) lake_folder: String,
}

impl Default for StreamsConfig {
    fn default() -> Self {
        Self {
            reading_max: READING_MAX_DEFAULT as u32,
            allow_private_destinations: false,
            lake_folder: String::new(),
        }
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
            lake_folder: Some(&self.lake_folder).filter(|folder| !folder.is_empty()).map(PathBuf::from),
            ..StreamsOptions::new("Tallystick", env!("CARGO_PKG_VERSION"))
        }
    }

    /// What is wrong with the values: key and message of each.
    pub(super) fn mistakes(&self) -> Vec<(&'static str, String)> {
        let (reading, max) = (self.reading_max, READING_MAX);
        let mut wrong = Vec::new();
        if !(1..=max).contains(&reading) {
            wrong.push(("reading_max", format!("{reading} is not between 1 and {max}")));
        }
        // What a relative path means would depend on where the service was started.
        if !self.lake_folder.is_empty() && !Path::new(&self.lake_folder).is_absolute() {
            wrong.push(("lake_folder", format!("{} does not begin with /", self.lake_folder)));
        }
        wrong
    }
}
