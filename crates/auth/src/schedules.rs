//! Secrets of schedules of exports at rest: what a store has to be told and nobody is shown.

use zeroize::Zeroizing;

use crate::{Auth, Unsealable};

/// For what settings of schedules are sealed.
const PURPOSE: &str = "export_schedule";

impl Auth {
    /// Seals the settings of the schedule `whose`. Only this instance can open them, and only for that schedule.
    pub fn seal_schedule(&self, whose: &str, settings: &[u8]) -> Vec<u8> {
        self.people().options.seal_key.seal(PURPOSE, whose, settings, self.random())
    }

    /// Opens what [`Auth::seal_schedule`] sealed.
    ///
    /// # Errors
    /// It was sealed by another instance or for another schedule, or altered.
    pub fn open_schedule(&self, whose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.people().options.seal_key.open(PURPOSE, whose, sealed)
    }
}
