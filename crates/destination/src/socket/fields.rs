//! The fields that say whom TLS trusts and what it shows, the same for all kinds that use sockets.

use crate::{Field, FieldKind};

/// Certificates of one's own.
pub(crate) const CA_PEM: Field = Field {
    name: "ca_pem",
    title: "CA certificates",
    help: "Certificates in PEM that are trusted beside those of the system, for a server with a certificate of your \
           own authority.",
    kind: FieldKind::Lines,
    is_required: false,
    default: "",
    example: "-----BEGIN CERTIFICATE-----",
};

/// What is shown to a server that asks for it.
pub(crate) const CLIENT_CERT_PEM: Field = Field {
    name: "client_cert_pem",
    title: "Client certificate",
    help: "The certificate in PEM that is shown to a server that asks for one, with those between it and its root.",
    kind: FieldKind::Lines,
    is_required: false,
    default: "",
    example: "-----BEGIN CERTIFICATE-----",
};

/// Its key.
pub(crate) const CLIENT_KEY_PEM: Field = Field {
    name: "client_key_pem",
    title: "Key of the client certificate",
    help: "In PEM and not encrypted. Needed with a client certificate, and only then.",
    kind: FieldKind::Secret,
    is_required: false,
    default: "",
    example: "",
};
