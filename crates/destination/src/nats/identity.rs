//! Who we are to a server: a user with a password, a token, or a key that signs what the server has thought up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{BadSettings, Settings};

/// An identity; the certificate of TLS may be another.
#[derive(Default)]
pub(super) struct Identity {
    user: Option<String>,
    password: Option<Zeroizing<String>>,
    token: Option<Zeroizing<String>>,
    jwt: Option<Zeroizing<String>>,
    key: Option<SigningKey>,
}

impl Identity {
    /// Reads the settings, of which one way is to be given.
    pub(super) fn new(settings: &Settings) -> Result<Self, BadSettings> {
        let secret = |name: &str| settings.text(name).map(|text| Zeroizing::new(text.trim().to_owned()));
        let (credentials, seed) = (settings.text("credentials"), settings.text("nkey_seed"));
        let (user, token) = (settings.text("user"), secret("token"));
        let ways = [credentials.is_some(), seed.is_some(), user.is_some(), token.is_some()];
        if ways.iter().filter(|is_given| **is_given).count() > 1 {
            let why = "is one way to sign in of several that are given: credentials, nkey_seed, user, token";
            let names = ["credentials", "nkey_seed", "user", "token"];
            let first = ways.iter().position(|is_given| *is_given).expect("there are several");
            return Err(BadSettings::new(names[first], why));
        }
        let mut identity = Self { token, user: user.map(str::to_owned), ..Self::default() };
        if user.is_some() {
            let missing = || BadSettings::new("password", "is needed for the user");
            let password = settings.text("password").ok_or_else(missing)?;
            identity.password = Some(Zeroizing::new(password.to_owned()));
        }
        if let Some(seed) = seed {
            let why = "is no seed of a user's key, which begins with SU and has 58 characters";
            identity.key = Some(key_of_seed(seed.trim()).ok_or_else(|| BadSettings::new("nkey_seed", why))?);
        }
        if let Some(text) = credentials {
            let why = "holds no JWT and seed, as nsc writes them between lines of BEGIN and END";
            let (jwt, key) = of_file(text).ok_or_else(|| BadSettings::new("credentials", why))?;
            (identity.jwt, identity.key) = (Some(jwt), Some(key));
        }
        Ok(identity)
    }

    /// Whether a signature is needed.
    pub(super) fn needs_nonce(&self) -> bool {
        self.key.is_some()
    }

    /// Adds what `CONNECT` says of us.
    pub(super) fn fill(&self, nonce: &str, connect: &mut Map<String, Value>) {
        let mut put = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                connect.insert(name.to_owned(), Value::from(value));
            }
        };
        put("user", self.user.as_deref());
        put("pass", self.password.as_ref().map(|text| text.as_str()));
        put("auth_token", self.token.as_ref().map(|text| text.as_str()));
        put("jwt", self.jwt.as_ref().map(|text| text.as_str()));
        if let Some(key) = &self.key {
            let signature = key.sign(nonce.as_bytes());
            put("sig", Some(&URL_SAFE_NO_PAD.encode(signature.to_bytes())));
            if self.jwt.is_none() {
                put("nkey", Some(&public_text(key)));
            }
        }
    }
}

/// The JWT and the key of a `.creds` file.
fn of_file(text: &str) -> Option<(Zeroizing<String>, SigningKey)> {
    let after = |title: &str| {
        let mut lines =
            text.lines().map(str::trim).skip_while(|line| !(line.contains("BEGIN") && line.contains(title)));
        lines.nth(1).filter(|line| !line.is_empty() && !line.starts_with('-'))
    };
    Some((Zeroizing::new(after("JWT")?.to_owned()), key_of_seed(after("SEED")?)?))
}

/// A seed is base32 of two bytes that say that it is one of a user, 32 of a seed of Ed25519, and a checksum.
fn key_of_seed(text: &str) -> Option<SigningKey> {
    let bytes = Zeroizing::new(base32_decode(text)?);
    let (body, sum) = bytes.split_at_checked(34)?;
    let is_seed_of_user = body[0] & 0xf8 == SEED && (body[0] & 7) << 5 | (body[1] & 0xf8) >> 3 == USER;
    if !is_seed_of_user || sum != checksum(body).to_le_bytes() {
        return None;
    }
    Some(SigningKey::from_bytes(body[2..].try_into().expect("34 bytes less 2")))
}

/// The public key as servers list it.
fn public_text(key: &SigningKey) -> String {
    let mut bytes = vec![USER];
    bytes.extend_from_slice(key.verifying_key().as_bytes());
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    base32_encode(&bytes)
}

/// Prefixes of the encoding of keys.
const SEED: u8 = 18 << 3;
const USER: u8 = 20 << 3;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32_decode(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::with_capacity(text.len() * 5 / 8));
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == byte)?;
        bits = bits << 5 | u32::try_from(value).expect("below 32");
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

fn base32_encode(bytes: &[u8]) -> String {
    let (mut bits, mut count, mut out) = (0_u32, 0, String::with_capacity(bytes.len() * 8 / 5 + 1));
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            out.push(ALPHABET[(bits >> count & 31) as usize] as char);
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        out.push(ALPHABET[(bits << (5 - count) & 31) as usize] as char);
    }
    out
}

/// CRC-16/XMODEM.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(
            sum ^ u16::from(*byte) << 8,
            |sum, _| if sum & 0x8000 == 0 { sum << 1 } else { sum << 1 ^ 0x1021 },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the documentation of the server: a user's seed and its public key.
    const SEED_TEXT: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    const PUBLIC_TEXT: &str = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    #[test]
    fn a_seed_gives_the_key_that_servers_list() {
        assert_eq!(public_text(&key_of_seed(SEED_TEXT).unwrap()), PUBLIC_TEXT);
        assert_eq!(checksum(b"123456789"), 0x31c3);
        for bad in ["", "SU", PUBLIC_TEXT, &SEED_TEXT.replace('Y', "Z"), &SEED_TEXT.to_lowercase()] {
            assert!(key_of_seed(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_file_of_credentials_is_read() {
        let file = format!(
            "-----BEGIN NATS USER JWT-----\neyJ0.eyJq.sig\n------END NATS USER JWT------\n\n************\n\n\
             -----BEGIN USER NKEY SEED-----\r\n{SEED_TEXT}\r\n------END USER NKEY SEED------\n"
        );
        let (jwt, key) = of_file(&file).unwrap();
        assert_eq!((jwt.as_str(), public_text(&key).as_str()), ("eyJ0.eyJq.sig", PUBLIC_TEXT));
        let mut connect = Map::new();
        Identity { jwt: Some(jwt), key: Some(key), ..Identity::default() }.fill("nonce", &mut connect);
        assert_eq!(connect["jwt"], "eyJ0.eyJq.sig");
        assert_eq!(connect["sig"].as_str().unwrap().len(), 86);
        assert!(of_file(&file.replace("SEED", "X")).is_none());
    }
}
