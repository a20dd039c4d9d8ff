//! SCRAM (RFC 5802, 7677): the broker learns that we know the password, and we learn that it does, and nobody else
//! learns anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};

/// The hash of a mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha512,
}

/// Why a login cannot go on. It is not told further what was wrong with what the broker said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ScramError {
    #[error("the broker answers with what is no SCRAM message, or with somebody else's nonce")]
    Malformed,
    #[error("the broker asks for {0} rounds, and from 4096 to 1000000 are taken")]
    Rounds(u32),
    #[error("the broker does not know the password: it is somebody else")]
    Impostor,
}

/// Fewest and most rounds (RFC 7677 4, and what is reasonable).
const ROUNDS: std::ops::RangeInclusive<u32> = 4_096..=1_000_000;

/// A login that is under way.
pub(super) struct Login<'a> {
    hash: Hash,
    password: &'a str,
    nonce: String,
    first_bare: String,
}

impl<'a> Login<'a> {
    /// Begins a login.
    pub(super) fn new(hash: Hash, user: &str, password: &'a str, nonce: String) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={user},r={nonce}");
        Self { hash, password, nonce, first_bare }
    }

    /// What is said first.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.first_bare)
    }

    /// What is said to the broker's first answer, and what the broker has to say to that.
    pub(super) fn last(&self, server_first: &[u8]) -> Result<(String, Proof), ScramError> {
        let server_first = std::str::from_utf8(server_first).map_err(|_| ScramError::Malformed)?;
        let part =
            |name: &str| server_first.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let nonce =
            part("r").filter(|nonce| nonce.len() > self.nonce.len() && nonce.starts_with(&self.nonce));
        let nonce = nonce.ok_or(ScramError::Malformed)?;
        let salt = part("s").and_then(|salt| STANDARD.decode(salt).ok()).ok_or(ScramError::Malformed)?;
        let rounds: u32 = part("i").and_then(|rounds| rounds.parse().ok()).ok_or(ScramError::Malformed)?;
        if !ROUNDS.contains(&rounds) {
            return Err(ScramError::Rounds(rounds));
        }
        let without_proof = format!("c=biws,r={nonce}");
        let signed = format!("{},{server_first},{without_proof}", self.first_bare);
        let salted = self.hash.stretch(self.password.as_bytes(), &salt, rounds);
        let client_key = self.hash.hmac(&salted, &[b"Client Key"]);
        let signature = self.hash.hmac(&self.hash.digest(&client_key), &[signed.as_bytes()]);
        let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        let server_key = self.hash.hmac(&salted, &[b"Server Key"]);
        let expected = self.hash.hmac(&server_key, &[signed.as_bytes()]);
        Ok((format!("{without_proof},p={}", STANDARD.encode(proof)), Proof(expected)))
    }
}

/// What the broker has to say if it knows the password.
pub(super) struct Proof(Vec<u8>);

impl Proof {
    /// Whether it does.
    pub(super) fn check(&self, server_last: &[u8]) -> Result<(), ScramError> {
        let text = std::str::from_utf8(server_last).map_err(|_| ScramError::Malformed)?;
        let said = text.split(',').find_map(|part| part.strip_prefix("v=")).ok_or(ScramError::Malformed)?;
        let said = STANDARD.decode(said).map_err(|_| ScramError::Malformed)?;
        if said == self.0 { Ok(()) } else { Err(ScramError::Impostor) }
    }
}

impl Hash {
    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        const ANY: &str = "HMAC takes keys of any length";
        match self {
            Self::Sha256 => {
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect(ANY);
                for part in parts {
                    mac.update(part);
                }
                mac.finalize().into_bytes().to_vec()
            }
            Self::Sha512 => {
                let mut mac = Hmac::<Sha512>::new_from_slice(key).expect(ANY);
                for part in parts {
                    mac.update(part);
                }
                mac.finalize().into_bytes().to_vec()
            }
        }
    }

    /// PBKDF2 with as many bytes as the hash has (RFC 5802 2.2, `Hi`).
    fn stretch(self, password: &[u8], salt: &[u8], rounds: u32) -> Vec<u8> {
        let mut last = self.hmac(password, &[salt, &1_u32.to_be_bytes()]);
        let mut out = last.clone();
        for _ in 1..rounds {
            last = self.hmac(password, &[&last]);
            out.iter_mut().zip(&last).for_each(|(out, last)| *out ^= last);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER_FIRST: &[u8] =
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    fn login(password: &str) -> Login<'_> {
        Login::new(Hash::Sha256, "user", password, "rOprNGfwEbeRWgbNEkqO".to_owned())
    }

    #[test]
    fn the_example_of_the_rfc_comes_out() {
        // RFC 7677 3.
        let login = login("pencil");
        assert_eq!(login.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let (last, proof) = login.last(SERVER_FIRST).unwrap();
        assert_eq!(
            last,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        proof.check(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap();
        assert_eq!(proof.check(b"v=AAAA"), Err(ScramError::Impostor));
        assert_eq!(proof.check(b"e=other-error"), Err(ScramError::Malformed));
    }

    #[test]
    fn a_broker_that_makes_it_cheap_or_endless_is_refused() {
        let answer = |text: &str| login("x").last(text.as_bytes()).err();
        let nonce = "r=rOprNGfwEbeRWgbNEkqOx";
        assert_eq!(answer(&format!("{nonce},s=QQ==,i=1")), Some(ScramError::Rounds(1)));
        assert_eq!(answer(&format!("{nonce},s=QQ==,i=4000000000")), Some(ScramError::Rounds(4_000_000_000)));
        assert_eq!(answer("r=rOprNGfwEbeRWgbNEkqO,s=QQ==,i=4096"), Some(ScramError::Malformed));
        assert_eq!(answer("r=other,s=QQ==,i=4096"), Some(ScramError::Malformed));
        assert_eq!(Login::new(Hash::Sha512, "a=b,c", "", "n".to_owned()).first(), "n,,n=a=3Db=2Cc,r=n");
    }
}
