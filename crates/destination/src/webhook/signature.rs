//! Signatures of Standard Webhooks: `v1` (HMAC-SHA256 with a shared secret) and `v1a` (Ed25519, whose public half may
//! be known to anybody).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::BadSettings;

/// Length of a shared secret, bytes, as the standard has it.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Of a key for Ed25519: the seed alone, or with the public half after it.
const SEED_BYTES: usize = 32;
const PAIR_BYTES: usize = 64;

/// Signs calls with one secret.
pub(super) enum Signer {
    V1(Zeroizing<Vec<u8>>),
    V1a(Box<SigningKey>),
}

impl Signer {
    /// Of a secret as it is written: `whsec_…` or `whsk_…`.
    ///
    /// # Errors
    /// If it is neither.
    pub(super) fn new(field: &str, secret: &str) -> Result<Self, BadSettings> {
        let bad = |why: &str| BadSettings::new(field, why);
        let bytes = |text: &str| STANDARD.decode(text).map(Zeroizing::new).map_err(|_| bad("is not base64"));
        let secret = secret.trim();
        if let Some(text) = secret.strip_prefix("whsec_") {
            let key = bytes(text)?;
            if !SECRET_BYTES.contains(&key.len()) {
                return Err(bad("has to be whsec_ and 24 to 64 bytes in base64"));
            }
            return Ok(Self::V1(key));
        }
        let Some(text) = secret.strip_prefix("whsk_") else {
            return Err(bad("has to begin with whsec_ or whsk_"));
        };
        let key = bytes(text)?;
        let wrong =
            || bad("has to be whsk_ and a key for Ed25519 in base64: 32 bytes, or 64 with the public half");
        let seed: &[u8; SEED_BYTES] = key.first_chunk().ok_or_else(wrong)?;
        let signing = SigningKey::from_bytes(seed);
        let is_whole = match key.len() {
            SEED_BYTES => true,
            PAIR_BYTES => key[SEED_BYTES..] == signing.verifying_key().to_bytes(),
            _ => false,
        };
        if is_whole { Ok(Self::V1a(Box::new(signing))) } else { Err(wrong()) }
    }

    /// The signature of a call, with the version before it.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let head = format!("{id}.{seconds}.");
        match self {
            Self::V1(key) => {
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("keys of any length are fine");
                mac.update(head.as_bytes());
                mac.update(body);
                format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
            }
            Self::V1a(key) => {
                let message = [head.as_bytes(), body].concat();
                format!("v1a,{}", STANDARD.encode(key.sign(&message).to_bytes()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECONDS: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn sign(secret: &str) -> String {
        Signer::new("secret", secret).unwrap().sign(ID, SECONDS, BODY)
    }

    /// Of the standard's reference libraries.
    #[test]
    fn v1_gives_the_signature_of_the_vector() {
        let signature = sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    /// The seed is 0, 1, … 31; made with another library.
    #[test]
    fn v1a_gives_the_signature_of_the_vector_with_and_without_the_public_half() {
        let expected =
            "v1a,yoUrgEkc12aGqm0n4Sydmdz55xJfTz4AsAgieHFjmkR7LJtqVCZOQYzvvHjI5kAey+r4iaBGxTFRrl2iBQxtDQ==";
        let seed: Vec<u8> = (0..32).collect();
        assert_eq!(sign(&format!("whsk_{}", STANDARD.encode(&seed))), expected);
        let public = STANDARD.decode("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=").unwrap();
        assert_eq!(sign(&format!("whsk_{}", STANDARD.encode([seed, public].concat()))), expected);
    }

    #[test]
    fn what_is_no_secret_is_not_taken_and_not_repeated() {
        let short = format!("whsec_{}", STANDARD.encode([1; 23]));
        let long = format!("whsec_{}", STANDARD.encode([1; 65]));
        let mixed = format!("whsk_{}", STANDARD.encode([1; 64]));
        for secret in ["sesame-open", "whsec_!!", "whsec_", "whsk_AAAA", &short, &long, &mixed] {
            let error = Signer::new("secret", secret).err().unwrap();
            let is_told = secret.len() > "whsec_".len() && error.why.contains(secret);
            assert!(error.field == "secret" && !is_told, "{error}");
        }
    }
}
