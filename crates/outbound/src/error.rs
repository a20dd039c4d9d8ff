//! Why there is no answer, told apart so that a caller knows whether trying again can help.

use std::error::Error;
use std::io;

use rustls::AlertDescription;

use crate::resolve::LookupError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The URL is none that can be asked: no host, another scheme than http and https, or with a user name or password.
    #[error("{url} is not an https URL with a host and without a password")]
    Url {
        /// The URL without its query and password.
        url: String,
    },
    /// It would be asked without TLS where TLS is needed.
    #[error("{host} may be asked over https only")]
    Plain {
        /// The host.
        host: String,
    },
    /// The host has no address that may be asked.
    #[error("{host} has no address that may be asked: private ones have to be allowed")]
    Address {
        /// The host.
        host: String,
    },
    /// The name servers know no address of the host. That a name server does not answer is
    /// [`OutboundError::Unreachable`].
    #[error("no address is known of {host}")]
    Name {
        /// The host.
        host: String,
    },
    /// A certificate is not accepted: the server's by us, because nobody that is trusted vouches for it, or it is over,
    /// or of another name, or not fit for a server; or ours by the server.
    #[error("no TLS with {host} because of a certificate: {why}")]
    Certificate {
        /// The host.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server speaks no TLS, or none in common with us.
    #[error("no TLS with {host}: {why}")]
    Handshake {
        /// The host.
        host: String,
        /// What went wrong.
        why: String,
    },
    /// There was no answer, or it ended early, or it took too long. It may be there the next time.
    #[error("{host} gives no answer")]
    Unreachable {
        /// The host.
        host: String,
        /// Why, without the URL.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The answer is longer than any good one.
    #[error("{host} answers with more than {limit} bytes")]
    TooLong {
        /// The host.
        host: String,
        /// The limit, bytes.
        limit: usize,
    },
    /// A field of [`Tls`](crate::Tls) cannot be used.
    #[error("{field} {why}")]
    Pem {
        /// The field's name.
        field: &'static str,
        /// What is wrong with it; nothing of what is in it.
        why: String,
    },
    /// The client could not be made.
    #[error("no client for outgoing calls can be made")]
    Setup {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl OutboundError {
    /// Whether somebody has to change something, here or there, before it can work. Of the rest, what is
    /// [`OutboundError::Unreachable`] may be there the next time.
    pub fn is_misconfigured(&self) -> bool {
        match self {
            Self::Url { .. }
            | Self::Plain { .. }
            | Self::Address { .. }
            | Self::Name { .. }
            | Self::Certificate { .. }
            | Self::Handshake { .. }
            | Self::Pem { .. }
            | Self::Setup { .. } => true,
            Self::Unreachable { .. } | Self::TooLong { .. } => false,
        }
    }

    /// What an error of an open socket means. A server that wants a certificate of ours says so only after TLS 1.3 has
    /// begun, so that it is the first read that fails.
    pub fn of_io(host: &str, error: io::Error) -> OutboundError {
        Self::of(host, error)
    }

    /// What any error of a call or a connection means, by the first of its causes that is known.
    pub(crate) fn of(host: &str, error: impl Into<Box<dyn Error + Send + Sync>>) -> OutboundError {
        let (host, source) = (host.to_owned(), error.into());
        match known(source.as_ref()) {
            Some(Known::Refused) => Self::Address { host },
            Some(Known::NoName) => Self::Name { host },
            Some(Known::Certificate(why)) => Self::Certificate { host, why },
            Some(Known::Handshake(why)) => Self::Handshake { host, why },
            None => Self::Unreachable { host, source },
        }
    }
}

#[derive(Debug, PartialEq)]
enum Known {
    Refused,
    NoName,
    Certificate(String),
    Handshake(String),
}

fn known(error: &(dyn Error + 'static)) -> Option<Known> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref() {
            Some(LookupError::Refused) => return Some(Known::Refused),
            Some(LookupError::NoName) => return Some(Known::NoName),
            Some(LookupError::NoAnswer(_)) | None => {}
        }
        if let Some(error) = error.downcast_ref() {
            return of_tls(error);
        }
        // What an io::Error gives as its source is the source of what is in it, which is how TLS would go unseen.
        let inside = error.downcast_ref().and_then(io::Error::get_ref);
        if let Some(found) = inside.and_then(|inside| known(inside)) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

fn of_tls(error: &rustls::Error) -> Option<Known> {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(_)
        | E::InvalidCertRevocationList(_)
        | E::NoCertificatesPresented
        | E::UnsupportedNameType => Some(Known::Certificate(error.to_string())),
        E::AlertReceived(alert) => of_alert(*alert),
        E::InvalidMessage(_)
        | E::InappropriateMessage { .. }
        | E::InappropriateHandshakeMessage { .. }
        | E::PeerIncompatible(_)
        | E::PeerMisbehaved(_)
        | E::NoApplicationProtocol => Some(Known::Handshake(error.to_string())),
        _ => None,
    }
}

/// What the other side gives as the reason why it hangs up (RFC 8446 6.2).
fn of_alert(alert: AlertDescription) -> Option<Known> {
    use AlertDescription as A;
    match alert {
        A::NoCertificate
        | A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::AccessDenied
        | A::CertificateRequired => {
            Some(Known::Certificate(format!("the server does not accept ours ({alert:?})")))
        }
        A::HandshakeFailure
        | A::ProtocolVersion
        | A::InsufficientSecurity
        | A::UnrecognisedName
        | A::NoApplicationProtocol => Some(Known::Handshake(format!("the server refuses ({alert:?})"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, PeerIncompatible};

    use super::*;

    fn of(error: rustls::Error) -> OutboundError {
        // Nested as TLS in a client of HTTP has it.
        OutboundError::of("h", io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error)))
    }

    #[test]
    fn trouble_with_certificates_is_told_from_the_rest() {
        for error in [
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer),
            rustls::Error::InvalidCertificate(CertificateError::Expired),
            rustls::Error::NoCertificatesPresented,
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired),
        ] {
            let error = of(error);
            assert!(matches!(error, OutboundError::Certificate { .. }), "{error:?}");
            assert!(error.is_misconfigured());
        }
        let error = of(rustls::Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered));
        assert!(matches!(error, OutboundError::Handshake { .. }), "{error:?}");
        for alert in [AlertDescription::InternalError, AlertDescription::CloseNotify] {
            let error = of(rustls::Error::AlertReceived(alert));
            assert!(matches!(error, OutboundError::Unreachable { .. }), "{error:?}");
            assert!(!error.is_misconfigured());
        }
    }
}
