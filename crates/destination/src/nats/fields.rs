//! What NATS makes necessary to know.

use crate::http::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM};
use crate::{Field, FieldKind};

const TEXT: Field = Field {
    name: "",
    title: "",
    help: "",
    kind: FieldKind::Text,
    is_required: false,
    default: "",
    example: "",
};

pub(super) static FIELDS: &[Field] = &[
    Field {
        name: "servers",
        title: "Servers",
        help: "Hosts and ports of the servers, with commas between; the first that answers is used. Without a port \
               4222 is asked.",
        is_required: true,
        example: "nats-1.example.com:4222, nats-2.example.com:4222",
        ..TEXT
    },
    Field {
        name: "tls",
        title: "TLS",
        help: "on: after the server has introduced itself, as servers do by default. first: before that, for servers \
               with handshake_first. off works only where the operator permits it.",
        kind: FieldKind::Choice(&["on", "first", "off"]),
        default: "on",
        ..TEXT
    },
    CA_PEM,
    CLIENT_CERT_PEM,
    CLIENT_KEY_PEM,
    Field {
        name: "credentials",
        title: "Credentials file",
        help: "The contents of a .creds file: the user's JWT and the seed of its key.",
        kind: FieldKind::Secret,
        ..TEXT
    },
    Field {
        name: "nkey_seed",
        title: "NKey seed",
        help: "The seed of a user's key, which begins with SU; for servers that list public keys.",
        kind: FieldKind::Secret,
        ..TEXT
    },
    Field { name: "user", title: "User", help: "With a password.", example: "tallystick", ..TEXT },
    Field { name: "password", title: "Password", help: "Of the user.", kind: FieldKind::Secret, ..TEXT },
    Field {
        name: "token",
        title: "Token",
        help: "For servers that ask for a token and no user.",
        kind: FieldKind::Secret,
        ..TEXT
    },
    Field {
        name: "subject",
        title: "Subject",
        help: "Where events go. {org} stands for the organization, {action} for the action, whose dots stay, \
               so that user.created is two parts.",
        default: "audit.{org}.{action}",
        ..TEXT
    },
    Field {
        name: "jetstream",
        title: "Stream of JetStream",
        help: "If it is given, only this stream may store the events.",
        example: "AUDIT",
        ..TEXT
    },
];
