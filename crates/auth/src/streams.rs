//! Secrets of streams at rest: what a destination has to be told and nobody is shown.

use zeroize::Zeroizing;

use crate::{Auth, SealKey, Unsealable};

/// For what settings of streams are sealed.
const PURPOSE: &str = "stream";

impl Auth {
    /// Seals the settings of the stream `whose`. Only this instance can open them, and only for that stream.
    pub fn seal_stream(&self, whose: &str, settings: &[u8]) -> Vec<u8> {
        self.people().options.seal_key.seal(PURPOSE, whose, settings, self.random())
    }

    /// Opens what [`Auth::seal_stream`] sealed.
    ///
    /// # Errors
    /// It was sealed by another instance or for another stream, or altered.
    pub fn open_stream(&self, whose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.people().options.seal_key.open_stream(whose, sealed)
    }
}

impl SealKey {
    /// Opens what [`Auth::seal_stream`] sealed, for those who have the key and no service.
    ///
    /// # Errors
    /// As [`Auth::open_stream`].
    pub fn open_stream(&self, whose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        self.open(PURPOSE, whose, sealed)
    }
}
