//! What Splunk has to be told.

use crate::http::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM};
use crate::{Field, FieldKind};

/// What events are called in Splunk unless it is told otherwise; `props.conf` speaks of it.
const SOURCETYPE: &str = "tallystick:audit:json";

pub(super) static FIELDS: &[Field] = &[
    Field {
        name: "url",
        title: "URL of the collector",
        help: "Its server and port. Splunk Cloud: https://http-inputs-STACK.splunkcloud.com.",
        kind: FieldKind::Url,
        is_required: true,
        default: "",
        example: "https://splunk.example.com:8088",
    },
    Field {
        name: "token",
        title: "Token",
        help: "Of Settings, Data inputs, HTTP Event Collector.",
        kind: FieldKind::Secret,
        is_required: true,
        default: "",
        example: "",
    },
    Field {
        name: "index",
        title: "Index",
        help: "Has to be among the indexes that the token allows. Without it, the token's own.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "audit",
    },
    Field {
        name: "sourcetype",
        title: "Source type",
        help: "By which Splunk knows how to read events.",
        kind: FieldKind::Text,
        is_required: false,
        default: SOURCETYPE,
        example: SOURCETYPE,
    },
    Field {
        name: "source",
        title: "Source",
        help: "Without it, the name of the log that events come from.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "",
    },
    Field {
        name: "host",
        title: "Host",
        help: "Without it, what Splunk sees of the caller.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "audit.example.com",
    },
    Field {
        name: "acknowledgement",
        title: "Indexer acknowledgement",
        help: "Events count as delivered when they are stored, not when they are taken. Has to be on for the token, \
               too; behind a load balancer every call has to reach the same indexer. Splunk Cloud has it not.",
        kind: FieldKind::Switch,
        is_required: false,
        default: "false",
        example: "",
    },
    CA_PEM,
    CLIENT_CERT_PEM,
    CLIENT_KEY_PEM,
];
