//! What a bucket of Google Cloud Storage has to be told.

use crate::http::CA_PEM;
use crate::object::{COMPRESSION, LINGER, MANIFEST, PREFIX};
use crate::{Field, FieldKind};

/// The field with the key.
pub(super) const SERVICE_ACCOUNT: &str = "service_account";
/// Longest retention of an object, days: a hundred years, which is also Google's limit.
const RETAIN_DAYS_MAX: u64 = 36_500;

const fn field(name: &'static str, title: &'static str, help: &'static str, kind: FieldKind) -> Field {
    Field { name, title, help, kind, is_required: false, default: "", example: "" }
}

pub(super) static FIELDS: &[Field] = &[
    Field {
        is_required: true,
        example: "example-audit",
        ..field("bucket", "Bucket", "The bucket's name.", FieldKind::Text)
    },
    Field {
        is_required: true,
        example: "{ \"type\": \"service_account\", … }",
        ..field(
            SERVICE_ACCOUNT,
            "Key of a service account",
            "The JSON file of a key, whole. The account needs no more than the role Storage Object Creator on the \
                bucket.",
            FieldKind::Secret,
        )
    },
    PREFIX,
    COMPRESSION,
    LINGER,
    MANIFEST,
    Field {
        example: "NEARLINE",
        ..field("storage_class", "Storage class", "Empty: the bucket's default.", FieldKind::Text)
    },
    Field {
        example: "projects/example/locations/eu/keyRings/audit/cryptoKeys/events",
        ..field(
            "kms_key",
            "KMS key",
            "The key that objects are encrypted with. Empty: the bucket's.",
            FieldKind::Text,
        )
    },
    field(
        "retention",
        "Object retention",
        "Retains every object for a time; Locked cannot be shortened by anybody. The bucket must have been made \
            with object \
         retention. A retention policy of the bucket does the same and needs nothing here.",
        FieldKind::Choice(&["Unlocked", "Locked"]),
    ),
    Field {
        example: "365",
        ..field(
            "retain_days",
            "Retained for days",
            "How long each object is retained.",
            FieldKind::Number(1, RETAIN_DAYS_MAX),
        )
    },
    Field {
        default: "https://storage.googleapis.com",
        ..field(
            "endpoint",
            "Endpoint",
            "Another one for private access or a store of the same API.",
            FieldKind::Url,
        )
    },
    CA_PEM,
];
