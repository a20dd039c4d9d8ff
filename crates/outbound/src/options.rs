//! Whom a client may ask, with and without TLS, and for how long.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

use crate::OutboundError;
use crate::address::Guard;
use crate::limits::CALL_TIME_MAX;

/// Whom may be asked without TLS. TLS hides what is said, and it proves who answers: what is not signed in some other
/// way, and credentials, need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Plain {
    /// Nobody.
    #[default]
    Never,
    /// What has a private or loopback address, if [`OutboundOptions::allow_private`] is set.
    Private,
    /// These hosts, by the name in the URL. Many timestamp authorities are reached in no other way.
    Hosts(Vec<String>),
}

/// Whom a client may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundOptions {
    /// Private and loopback addresses are fine: the operator means a service on a network of his own. Link-local
    /// addresses, among them the metadata services of clouds, never are.
    pub allow_private: bool,
    /// Whom it may ask without TLS.
    pub plain: Plain,
    /// Time for a whole HTTP call, from looking the name up to the last byte. Sockets are given theirs when they are
    /// opened.
    pub call_time: Duration,
}

impl Default for OutboundOptions {
    /// Public addresses over TLS, within [`CALL_TIME_MAX`].
    fn default() -> Self {
        Self { allow_private: false, plain: Plain::Never, call_time: CALL_TIME_MAX }
    }
}

impl OutboundOptions {
    /// Whether a URL could be asked, as far as can be told without looking its name up.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, url: &Url) -> Result<(), OutboundError> {
        let bad = || OutboundError::Url { url: shown(url) };
        let host = url.host_str().ok_or_else(bad)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad());
        }
        let guard = match url.scheme() {
            "https" => self.with_tls(),
            "http" => self.without_tls_to(host)?,
            _ => return Err(bad()),
        };
        // An address in the URL is never looked up, so the resolver does not see it.
        let literal = bare(host).parse::<IpAddr>();
        if literal.is_ok_and(|address| !guard.permits(address)) {
            return Err(OutboundError::Address { host: host.to_owned() });
        }
        Ok(())
    }

    pub(crate) fn with_tls(&self) -> Guard {
        Guard { public: true, private: self.allow_private }
    }

    /// Without a name that was allowed, only what is private.
    pub(crate) fn without_tls(&self) -> Guard {
        Guard { public: matches!(self.plain, Plain::Hosts(_)), private: self.allow_private }
    }

    /// The same for one host, if it may be asked without TLS at all.
    pub(crate) fn without_tls_to(&self, host: &str) -> Result<Guard, OutboundError> {
        let is_allowed = match &self.plain {
            Plain::Never => false,
            Plain::Private => self.allow_private,
            Plain::Hosts(hosts) => hosts.iter().any(|known| known.eq_ignore_ascii_case(host)),
        };
        if is_allowed { Ok(self.without_tls()) } else { Err(OutboundError::Plain { host: host.to_owned() }) }
    }
}

/// A host without the brackets that an IPv6 address has in a URL.
pub(crate) fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// The URL as far as it may stand in a log: signatures of stores are in the query.
pub(crate) fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbound(allow_private: bool, plain: Plain) -> OutboundOptions {
        OutboundOptions { allow_private, plain, ..OutboundOptions::default() }
    }

    fn check(outbound: &OutboundOptions, url: &str) -> Result<(), OutboundError> {
        outbound.check(&url.parse().unwrap())
    }

    #[test]
    fn addresses_in_urls_are_looked_at_too() {
        let strict = outbound(false, Plain::Never);
        check(&strict, "https://witness.example/x").unwrap();
        check(&strict, "https://1.1.1.1/").unwrap();
        for url in [
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
        ] {
            let refused = check(&strict, url);
            assert!(matches!(refused, Err(OutboundError::Address { .. })), "{url}: {refused:?}");
            check(&outbound(true, Plain::Never), url).unwrap();
        }
        let metadata = check(&outbound(true, Plain::Private), "http://169.254.169.254/latest");
        assert!(matches!(metadata, Err(OutboundError::Address { .. })));
    }

    #[test]
    fn tls_is_needed_unless_it_was_waived() {
        let plain = |outbound: &OutboundOptions, url: &str| match check(outbound, url) {
            Ok(()) => "fine",
            Err(OutboundError::Plain { .. }) => "plain",
            Err(OutboundError::Address { .. }) => "address",
            Err(_) => "other",
        };
        assert_eq!(plain(&outbound(true, Plain::Never), "http://127.0.0.1/"), "plain");
        assert_eq!(plain(&outbound(false, Plain::Private), "http://127.0.0.1/"), "plain");
        let private = outbound(true, Plain::Private);
        assert_eq!(plain(&private, "http://127.0.0.1/"), "fine");
        assert_eq!(plain(&private, "http://1.1.1.1/"), "address");
        let named = outbound(false, Plain::Hosts(vec!["tsa.example".to_owned()]));
        assert_eq!(plain(&named, "http://TSA.example/"), "fine");
        assert_eq!(plain(&named, "http://tsa.example.com/"), "plain");
        for url in ["ftp://tsa.example/", "https://user:secret@tsa.example/"] {
            let error = check(&named, url).unwrap_err();
            assert!(matches!(error, OutboundError::Url { .. }) && !error.to_string().contains("secret"));
        }
    }
}
