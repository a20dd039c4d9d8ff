//! What Elasticsearch has to be told.

use crate::http::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM};
use crate::{Field, FieldKind};

const fn text(name: &'static str, title: &'static str, help: &'static str, example: &'static str) -> Field {
    Field { name, title, help, kind: FieldKind::Text, is_required: false, default: "", example }
}

const fn secret(name: &'static str, title: &'static str, help: &'static str) -> Field {
    Field { name, title, help, kind: FieldKind::Secret, is_required: false, default: "", example: "" }
}

pub(super) static FIELDS: &[Field] = &[
    Field {
        name: "url",
        title: "URL",
        help: "Of Elasticsearch or OpenSearch, not of Kibana or Dashboards.",
        kind: FieldKind::Url,
        is_required: true,
        default: "",
        example: "https://my-deployment.es.eu-central-1.aws.cloud.es.io",
    },
    Field {
        name: "index",
        title: "Index or data stream",
        help: "Where events are written. {yyyy}, {MM} and {dd} stand for the date at which an event happened (UTC), \
               {org} for its organization: audit-{yyyy.MM} makes an index a month.",
        kind: FieldKind::Text,
        is_required: false,
        default: "logs-tallystick.audit-default",
        example: "logs-tallystick.audit-default",
    },
    secret("api_key", "API key", "With create_doc on the index. Encoded, as Kibana shows it, or ID:KEY."),
    text("username", "User name", "Instead of an API key.", "tallystick"),
    secret("password", "Password", "Of the user."),
    text("pipeline", "Ingest pipeline", "That events go through.", ""),
    Field {
        name: "ids",
        title: "Document ids",
        help: "event_id: a repeated event is there once. none: the server makes ids, which OpenSearch Serverless \
               collections of the type time series demand; a repeated event is there twice then.",
        kind: FieldKind::Choice(&["event_id", "none"]),
        is_required: false,
        default: "event_id",
        example: "",
    },
    CA_PEM,
    CLIENT_CERT_PEM,
    CLIENT_KEY_PEM,
];
