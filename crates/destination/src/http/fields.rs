//! Settings that all kinds over TLS have: whom to believe, and who we are.

use tallystick_outbound::{OutboundError, Tls};
use zeroize::Zeroizing;

use crate::{BadSettings, Field, FieldKind, Settings};

/// Certificates that are trusted beside the system's.
pub(crate) const CA_PEM: Field = Field {
    name: "ca_pem",
    title: "Certificate authority",
    help: "Certificates in PEM that are trusted beside the system's: of an authority of your own.",
    kind: FieldKind::Lines,
    is_required: false,
    default: "",
    example: "-----BEGIN CERTIFICATE-----",
};

/// Our certificate, for servers that ask for one.
pub(crate) const CLIENT_CERT_PEM: Field = Field {
    name: "client_cert_pem",
    title: "Client certificate",
    help: "A certificate chain in PEM, ours first, for servers that ask for one (mutual TLS).",
    kind: FieldKind::Lines,
    is_required: false,
    default: "",
    example: "-----BEGIN CERTIFICATE-----",
};

/// The key of our certificate.
pub(crate) const CLIENT_KEY_PEM: Field = Field {
    name: "client_key_pem",
    title: "Key of the client certificate",
    help: "Its private key in PEM (PKCS #8, PKCS #1 or SEC 1), without a password.",
    kind: FieldKind::Secret,
    is_required: false,
    default: "",
    example: "-----BEGIN PRIVATE KEY-----",
};

/// What the three fields say. Whether they fit together is checked where they are used.
pub(crate) fn tls_of(settings: &Settings) -> Tls {
    let text = |field: Field| settings.text(field.name).map(str::to_owned);
    Tls {
        ca_pem: text(CA_PEM),
        client_cert_pem: text(CLIENT_CERT_PEM),
        client_key_pem: text(CLIENT_KEY_PEM).map(Zeroizing::new),
    }
}

/// Which setting an error of the way out is about.
pub(crate) fn bad_tls(error: &OutboundError) -> BadSettings {
    match error {
        OutboundError::Pem { field, why } => BadSettings::new(field, why.as_str()),
        other => BadSettings::new(CA_PEM.name, other.to_string()),
    }
}
