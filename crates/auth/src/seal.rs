//! Sealing of secrets that the catalog keeps and that have to be read again. The form is in docs/formats/catalog.md.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use tallystick_event::Random;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// The instance's key for secrets at rest.
#[derive(Clone)]
pub struct SealKey(Zeroizing<[u8; 32]>);

/// Sealed bytes that this key did not seal for this purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret cannot be opened: another key/seal.key, or an altered catalog")]
pub struct Unsealable;

impl SealKey {
    /// Takes the key.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Seals `secret` for `purpose` and the owner `whose`.
    pub(crate) fn seal(&self, purpose: &str, whose: &str, secret: &[u8], random: &dyn Random) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let aad = associated(purpose, whose);
        let payload = Payload { msg: secret, aad: &aad };
        let boxed = self.cipher().encrypt(&XNonce::from(nonce), payload).expect("a secret is short");
        [&[VERSION], &nonce[..], &boxed].concat()
    }

    /// Opens what [`SealKey::seal`] made with the same purpose and owner.
    pub(crate) fn open(
        &self,
        purpose: &str,
        whose: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (version, rest) = sealed.split_first().ok_or(Unsealable)?;
        let (nonce, boxed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Unsealable)?;
        if *version != VERSION {
            return Err(Unsealable);
        }
        let aad = associated(purpose, whose);
        let payload = Payload { msg: boxed, aad: &aad };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| Unsealable)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.0))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

fn associated(purpose: &str, whose: &str) -> Vec<u8> {
    format!("tallystick/seal/v1\n{purpose}\n{whose}").into_bytes()
}

#[cfg(test)]
mod tests {
    use tallystick_testkit::SeededRandom;

    use super::*;

    #[test]
    fn only_the_same_key_purpose_and_owner_open_it() {
        let random = SeededRandom::new(1);
        let key = SealKey::new([7; 32]);
        let sealed = key.seal("totp", "usr_1", b"secret", &random);
        assert_ne!(sealed, key.seal("totp", "usr_1", b"secret", &random), "never the same nonce");
        assert_eq!(key.open("totp", "usr_1", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(key.open("totp", "usr_2", &sealed).unwrap_err(), Unsealable);
        assert_eq!(key.open("stream", "usr_1", &sealed).unwrap_err(), Unsealable);
        assert!(SealKey::new([8; 32]).open("totp", "usr_1", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open("totp", "usr_1", &altered).is_err(), "byte {at}");
            assert!(key.open("totp", "usr_1", &sealed[..at]).is_err(), "cut at {at}");
        }
        assert_eq!(format!("{key:?}"), "SealKey(..)");
    }
}
