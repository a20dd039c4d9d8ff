//! `[exports]`: how files of events are made and kept.

use std::path::PathBuf;

use tallystick_delivery::{
    ExportsOptions,
    limits::{
        CHECKPOINT_BYTES_DEFAULT, KEEP_DAYS_DEFAULT, KEEP_DAYS_MAX, RESERVE_BYTES_DEFAULT,
        RUNNING_MAX_DEFAULT,
    },
};

/// Exports at the same time at most: each keeps three threads busy.
const RUNNING_MAX: u32 = 64;

/// `[exports]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ExportsConfig {
    pub(crate) keep_days: u32,
    pub(crate) running_max: u32,
    pub(crate) checkpoint_bytes: u64,
    pub(crate) reserve_bytes: u64,
}

impl Default for ExportsConfig {
    fn default() -> Self {
        Self {
            keep_days: KEEP_DAYS_DEFAULT,
            running_max: RUNNING_MAX_DEFAULT as u32,
            checkpoint_bytes: CHECKPOINT_BYTES_DEFAULT,
            reserve_bytes: RESERVE_BYTES_DEFAULT,
        }
    }
}

impl ExportsConfig {
    /// As the exports take them.
    pub(super) fn options(&self, folder: PathBuf) -> ExportsOptions {
        ExportsOptions {
            folder,
            running_max: self.running_max as usize,
            checkpoint_bytes: self.checkpoint_bytes,
            reserve_bytes: self.reserve_bytes,
        }
    }

    /// What is wrong with the values: key and message of each.
    pub(super) fn mistakes(&self) -> Vec<(&'static str, String)> {
        let between = |key, value: u64, min: u64, max: u64| {
            (!(min..=max).contains(&value)).then(|| (key, format!("{value} is not between {min} and {max}")))
        };
        let found = [
            between("keep_days", u64::from(self.keep_days), 1, u64::from(KEEP_DAYS_MAX)),
            between("running_max", u64::from(self.running_max), 0, u64::from(RUNNING_MAX)),
            between("checkpoint_bytes", self.checkpoint_bytes, 1 << 10, 1 << 40),
        ];
        found.into_iter().flatten().collect()
    }
}
