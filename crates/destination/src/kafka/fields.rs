//! What Kafka makes necessary to know.

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
        name: "brokers",
        title: "Brokers",
        help: "Hosts and ports of some brokers, with commas between; the cluster tells the others. Without a port 9093 \
               is asked with TLS, 9092 without.",
        is_required: true,
        example: "kafka-1.example.com:9093, kafka-2.example.com:9093",
        ..TEXT
    },
    Field {
        name: "topic",
        title: "Topic",
        help: "It has to exist. {org} stands for the organization.",
        is_required: true,
        example: "audit",
        ..TEXT
    },
    Field {
        name: "tls",
        title: "TLS",
        help: "Off works only where the operator permits it.",
        kind: FieldKind::Switch,
        default: "true",
        ..TEXT
    },
    CA_PEM,
    CLIENT_CERT_PEM,
    CLIENT_KEY_PEM,
    Field {
        name: "sasl",
        title: "Login",
        help: "How the user and the password are shown. plain shows the password itself, and needs TLS.",
        kind: FieldKind::Choice(&["none", "plain", "scram_sha_256", "scram_sha_512"]),
        default: "none",
        ..TEXT
    },
    Field { name: "user", title: "User", help: "For the login.", example: "tallystick", ..TEXT },
    Field {
        name: "password",
        title: "Password",
        help: "Of the user; for Azure Event Hubs the connection string, with $ConnectionString as the user.",
        kind: FieldKind::Secret,
        ..TEXT
    },
    Field {
        name: "compression",
        title: "Compression",
        help: "Of what is sent and stored.",
        kind: FieldKind::Choice(&["gzip", "none"]),
        default: "gzip",
        ..TEXT
    },
    Field {
        name: "idempotence",
        title: "Tell repetitions",
        help: "Events whose acknowledgement was lost are not stored twice while the service runs. Off for brokers that \
               have no idempotent producers.",
        kind: FieldKind::Switch,
        default: "true",
        ..TEXT
    },
];
