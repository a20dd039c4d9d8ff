//! What Datadog has to be told.

use crate::http::{CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM};
use crate::{Field, FieldKind};

/// Datadog's sites, as its documentation lists them.
pub(super) const SITES: &[&str] = &[
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "datadoghq.eu",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "ddog-gov.com",
    "us2.ddog-gov.com",
];

const fn text(name: &'static str, title: &'static str, help: &'static str, default: &'static str) -> Field {
    Field { name, title, help, kind: FieldKind::Text, is_required: false, default, example: default }
}

pub(super) static FIELDS: &[Field] = &[
    Field {
        name: "site",
        title: "Site",
        help: "What stands in the address of your Datadog, without app.",
        kind: FieldKind::Choice(SITES),
        is_required: false,
        default: "datadoghq.com",
        example: "",
    },
    Field {
        name: "api_key",
        title: "API key",
        help: "Of Organization settings, API keys. Not an application key.",
        kind: FieldKind::Secret,
        is_required: true,
        default: "",
        example: "",
    },
    text("service", "Service", "The service of all events in Datadog.", "tallystick"),
    text(
        "source",
        "Source",
        "The ddsource of all events: chooses the pipeline that reads them.",
        "tallystick",
    ),
    Field {
        name: "tags",
        title: "Tags",
        help: "More tags for all events, separated by commas.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "env:production,team:security",
    },
    Field {
        name: "url",
        title: "Other intake",
        help: "Instead of the site's: a private link, or an Observability Pipelines Worker.",
        kind: FieldKind::Url,
        is_required: false,
        default: "",
        example: "https://pipelines.example.com:8282",
    },
    CA_PEM,
    CLIENT_CERT_PEM,
    CLIENT_KEY_PEM,
];
