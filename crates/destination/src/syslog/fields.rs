//! What a syslog receiver makes necessary to know.

use crate::http::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM};
use crate::{Field, FieldKind};

/// The facilities of RFC 5424 table 1, by their numbers.
pub(super) const FACILITIES: &[&str] = &[
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];

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
        name: "server",
        title: "Receiver",
        help: "The host and port of the receiver. Without a port 6514 is asked with TLS, 601 without.",
        is_required: true,
        example: "logs.example.com:6514",
        ..TEXT
    },
    Field {
        name: "transport",
        title: "Transport",
        help: "tcp hides nothing and proves nobody's identity; it works only where the operator permits it.",
        kind: FieldKind::Choice(&["tls", "tcp"]),
        default: "tls",
        ..TEXT
    },
    CA_PEM,
    CLIENT_CERT_PEM,
    CLIENT_KEY_PEM,
    Field {
        name: "facility",
        title: "Facility",
        help: "Where receivers sort the messages to. audit is facility 13, log audit.",
        kind: FieldKind::Choice(FACILITIES),
        default: "audit",
        ..TEXT
    },
    Field {
        name: "app_name",
        title: "APP-NAME",
        help: "The application that the messages are from; at most 48 printable characters.",
        default: "tallystick",
        ..TEXT
    },
    Field {
        name: "hostname",
        title: "HOSTNAME",
        help: "The machine that the messages are from; without one, the name of the log's service is used.",
        example: "audit.example.com",
        ..TEXT
    },
    Field {
        name: "sd_id",
        title: "SD-ID",
        help: "The name of the structured data: a word, @, and your IANA private enterprise number. 32473 is the \
               number that is set aside for examples.",
        default: "tallystick@32473",
        ..TEXT
    },
    Field {
        name: "message_bytes_max",
        title: "Longest message",
        help: "In bytes. Receivers cut longer messages off without a word: set here what the receiver takes (rsyslog: \
               maxMessageSize, 8192 by default; syslog-ng: log-msg-size, 65536). What is longer is kept as a dead \
               letter.",
        kind: FieldKind::Number(8_192, 1_048_576),
        default: "8192",
        ..TEXT
    },
    Field {
        name: "framing",
        title: "Framing",
        help: "How messages are told apart. newline is for receivers that do not count octets.",
        kind: FieldKind::Choice(&["octet_counting", "newline"]),
        default: "octet_counting",
        ..TEXT
    },
    Field {
        name: "confirm",
        title: "Confirmation",
        help: "Syslog acknowledges nothing. close: after each batch the connection is closed, and the batch counts \
               when the receiver has read all of it and closed its side. none: it counts when it is written.",
        kind: FieldKind::Choice(&["close", "none"]),
        default: "close",
        ..TEXT
    },
];
