//! Who we are to a broker, beside the certificate of TLS.

use zeroize::Zeroizing;

use super::scram::Hash;
use crate::{BadSettings, Settings};

/// How the password is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    /// As it is: with TLS only.
    Plain,
    /// That it is known.
    Scram(Hash),
}

impl Mechanism {
    /// As the protocol has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram(Hash::Sha256) => "SCRAM-SHA-256",
            Self::Scram(Hash::Sha512) => "SCRAM-SHA-512",
        }
    }
}

/// A user.
pub(super) struct Identity {
    pub(super) mechanism: Mechanism,
    pub(super) user: String,
    pub(super) password: Zeroizing<String>,
}

impl Identity {
    /// Reads the settings; none if nobody signs in.
    pub(super) fn new(settings: &Settings) -> Result<Option<Self>, BadSettings> {
        let mechanism = match settings.required("sasl")? {
            "plain" => Mechanism::Plain,
            "scram_sha_256" => Mechanism::Scram(Hash::Sha256),
            "scram_sha_512" => Mechanism::Scram(Hash::Sha512),
            _ => {
                let is_lost = settings.text("user").is_some() || settings.text("password").is_some();
                let why = "has to say how the user and the password are shown";
                return if is_lost { Err(BadSettings::new("sasl", why)) } else { Ok(None) };
            }
        };
        let user = settings.required("user")?.to_owned();
        let password = Zeroizing::new(settings.required("password")?.to_owned());
        if user.contains('\0') || password.contains('\0') {
            return Err(BadSettings::new("password", "has a zero byte"));
        }
        Ok(Some(Self { mechanism, user, password }))
    }
}
