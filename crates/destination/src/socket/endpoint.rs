//! A host and a port, as people write them.

use std::fmt;

use crate::BadSettings;

/// Where to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint {
    /// A name or an address, without brackets.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
}

impl Endpoint {
    /// Reads `host`, `host:port`, `[address]:port`, or an IPv6 address.
    pub(crate) fn parse(text: &str, default_port: u16) -> Option<Self> {
        let text = text.trim();
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
            }
            None if text.matches(':').count() > 1 => (text, None),
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port != 0)?,
            None => default_port,
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        let is_good = !host.is_empty() && host.len() <= HOST_BYTES_MAX && host.chars().all(is_host);
        is_good.then(|| Self { host: host.to_owned(), port })
    }

    /// Reads one setting.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn of_setting(field: &str, text: &str, default_port: u16) -> Result<Self, BadSettings> {
        let why =
            || format!("has to be a host, or a host and a port such as logs.example.com:{default_port}");
        Self::parse(text, default_port).ok_or_else(|| BadSettings::new(field, why()))
    }

    /// Reads several, with commas between them.
    ///
    /// # Errors
    /// The first that is none; too many.
    pub(crate) fn list(field: &str, text: &str, default_port: u16) -> Result<Vec<Self>, BadSettings> {
        let parts: Vec<&str> = text.split(',').filter(|part| !part.trim().is_empty()).collect();
        if parts.is_empty() || parts.len() > ENDPOINTS_MAX {
            return Err(BadSettings::new(
                field,
                format!("has to be 1 to {ENDPOINTS_MAX} hosts, with commas between"),
            ));
        }
        parts.into_iter().map(|part| Self::of_setting(field, part, default_port)).collect()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Longest name of a host, bytes (RFC 1035 2.3.4).
const HOST_BYTES_MAX: usize = 253;
/// Most addresses of one destination.
const ENDPOINTS_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_people_write_them() {
        for (text, host, port) in [
            ("logs.example.com", "logs.example.com", 6514),
            (" logs.example.com:514 ", "logs.example.com", 514),
            ("10.0.0.1:1", "10.0.0.1", 1),
            ("[fd12::1]:99", "fd12::1", 99),
            ("[fd12::1]", "fd12::1", 6514),
            ("fd12::1", "fd12::1", 6514),
        ] {
            let endpoint = Endpoint::parse(text, 6514).unwrap();
            assert_eq!((endpoint.host.as_str(), endpoint.port), (host, port), "{text}");
            assert_eq!(Endpoint::parse(&endpoint.to_string(), 1), Some(endpoint));
        }
        for text in ["", ":1", "a b:1", "a:0", "a:65536", "a:x", "[::1", "[::1]1", "tls://a:1", "a/b", "u@h"]
        {
            assert_eq!(Endpoint::parse(text, 1), None, "{text}");
        }
        assert_eq!(Endpoint::list("f", "a:1, b,", 9).unwrap().len(), 2);
        assert!(Endpoint::list("f", " , ", 9).is_err());
    }
}
