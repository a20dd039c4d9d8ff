//! Where passkeys are good: a passkey belongs to a host name, and browsers use it only over https or on the machine
//! itself.

use webauthn_rs::prelude::Url;
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::CHALLENGE_MS;

/// What authenticators show as the service that asks.
const SERVICE: &str = "Tallystick";
/// The host that browsers trust without https, because nobody is between them and it.
const LOCAL_HOST: &str = "localhost";

/// The address at which people use their passkeys (in the words of WebAuthn: origin and relying party).
#[derive(Debug)]
pub struct PasskeySite {
    webauthn: Webauthn,
    origin: String,
}

/// Why there are no passkeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPasskeys {
    /// No public address is configured, and the service is not asked by the name of its own machine.
    #[error(
        "passkeys need the service to have a public address with https ([server] public_url); without one they work \
         at http://localhost only"
    )]
    NoAddress,
    /// Browsers have passkeys in secure contexts only.
    #[error("passkeys need https, and the public address of the service ([server] public_url) is plain http")]
    NotSecure,
    /// A passkey belongs to a name; an address in numbers has none.
    #[error(
        "passkeys need a host name, and the public address of the service ([server] public_url) has none"
    )]
    NoName,
}

impl PasskeySite {
    /// The site of a service whose configured address is `public_url`. Without one it is the `host` that a request
    /// names (with its port), if that is `localhost`.
    pub fn new(public_url: Option<&str>, host: Option<&str>) -> Result<Self, NoPasskeys> {
        let url = match public_url {
            Some(url) => Url::parse(url).map_err(|_| NoPasskeys::NoName)?,
            None => local(host).ok_or(NoPasskeys::NoAddress)?,
        };
        // None for an address in numbers.
        let name = url.domain().ok_or(NoPasskeys::NoName)?;
        if url.scheme() != "https" && name != LOCAL_HOST {
            return Err(NoPasskeys::NotSecure);
        }
        let timeout = std::time::Duration::from_millis(CHALLENGE_MS as u64);
        let builder = WebauthnBuilder::new(name, &url).map_err(|_| NoPasskeys::NoName)?;
        let webauthn = builder.rp_name(SERVICE).timeout(timeout).build().map_err(|_| NoPasskeys::NoName)?;
        Ok(Self { webauthn, origin: url.origin().ascii_serialization() })
    }

    /// As browsers say it: `https://audit.example.com`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn webauthn(&self) -> &Webauthn {
        &self.webauthn
    }
}

fn local(host: Option<&str>) -> Option<Url> {
    let host = host?;
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    let port: u16 = port.parse().ok()?;
    name.eq_ignore_ascii_case(LOCAL_HOST).then(|| Url::parse(&format!("http://{LOCAL_HOST}:{port}")).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name_that_is_secure() {
        use NoPasskeys::{NoAddress, NoName, NotSecure};
        let at = |url: Option<&str>, host: Option<&str>| {
            PasskeySite::new(url, host).map(|site| site.origin().to_owned())
        };
        for (url, origin) in [
            ("https://audit.example.com", Ok("https://audit.example.com")),
            ("https://audit.example.com:8443/", Ok("https://audit.example.com:8443")),
            ("http://localhost:8440", Ok("http://localhost:8440")),
            ("http://audit.example.com", Err(NotSecure)),
            ("http://localhost.example.com", Err(NotSecure)),
            ("https://192.0.2.7", Err(NoName)),
            ("https://[2001:db8::1]:8440", Err(NoName)),
        ] {
            // What a request names as its host counts for nothing where an address is configured.
            for host in [None, Some("localhost:1"), Some("evil.example")] {
                assert_eq!(at(Some(url), host).as_deref(), origin.as_ref().map(|one| *one), "{url}");
            }
        }
        for (host, origin) in [
            ("localhost:8440", Ok("http://localhost:8440")),
            ("LOCALHOST", Ok("http://localhost")),
            ("127.0.0.1:8440", Err(NoAddress)),
            ("audit.example.com", Err(NoAddress)),
            ("localhost.evil.example:80", Err(NoAddress)),
            ("localhost:80@evil.example", Err(NoAddress)),
            ("", Err(NoAddress)),
        ] {
            assert_eq!(at(None, Some(host)).as_deref(), origin.as_ref().map(|one| *one), "{host}");
        }
        assert_eq!(at(None, None), Err(NoAddress));
    }
}
