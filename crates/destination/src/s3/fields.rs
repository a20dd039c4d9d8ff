//! What a bucket of S3 has to be told.

use crate::http::CA_PEM;
use crate::object::{COMPRESSION, CONDITIONAL, LINGER, MANIFEST, PREFIX};
use crate::{Field, FieldKind};

/// Longest retention of an object, days: a hundred years.
pub(crate) const RETAIN_DAYS_MAX: u64 = 36_500;

const fn field(name: &'static str, title: &'static str, help: &'static str, kind: FieldKind) -> Field {
    Field { name, title, help, kind, is_required: false, default: "", example: "" }
}

/// The fields of the kind. A constant, so that other kinds can have some of them among their own.
pub const FIELDS: &[Field] = &[
    Field {
        is_required: true,
        example: "example-audit",
        ..field("bucket", "Bucket", "The bucket's name.", FieldKind::Text)
    },
    Field {
        default: "us-east-1",
        example: "eu-central-1",
        ..field(
            "region",
            "Region",
            "The bucket's region. Stores other than Amazon's mostly take us-east-1; Cloudflare R2 takes auto.",
            FieldKind::Text,
        )
    },
    Field {
        example: "https://minio.example.com:9000",
        ..field(
            "endpoint",
            "Endpoint",
            "Where the store is, without the bucket. Empty: Amazon.",
            FieldKind::Url,
        )
    },
    Field {
        default: "auto",
        ..field(
            "addressing",
            "Addressing",
            "Whether the bucket stands in the path or in the name of the host. auto: in the path if an endpoint is \
                given.",
            FieldKind::Choice(&["auto", "path", "virtual_host"]),
        )
    },
    Field {
        is_required: true,
        example: "AKIAIOSFODNN7EXAMPLE",
        ..field(
            "access_key_id",
            "Access key id",
            "Of a user that may do no more than put objects.",
            FieldKind::Text,
        )
    },
    Field {
        is_required: true,
        ..field("secret_access_key", "Secret access key", "The secret of that key.", FieldKind::Secret)
    },
    field(
        "session_token",
        "Session token",
        "For temporary credentials only. The stream holds when they are over, until there are new ones.",
        FieldKind::Secret,
    ),
    PREFIX,
    COMPRESSION,
    LINGER,
    MANIFEST,
    CONDITIONAL,
    field(
        "sse",
        "Encryption at rest",
        "What the store is asked to encrypt with. Empty: what is set for the bucket.",
        FieldKind::Choice(&["AES256", "aws:kms", "aws:kms:dsse"]),
    ),
    Field {
        example: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        ..field("kms_key_id", "KMS key", "The key for aws:kms. Empty: Amazon's own for S3.", FieldKind::Text)
    },
    Field {
        example: "STANDARD_IA",
        ..field("storage_class", "Storage class", "Empty: the store's default.", FieldKind::Text)
    },
    Field {
        example: "bucket-owner-full-control",
        ..field(
            "acl",
            "Canned ACL",
            "For buckets of another account that still use ACLs: bucket-owner-full-control.",
            FieldKind::Choice(&["bucket-owner-full-control", "bucket-owner-read", "private"]),
        )
    },
    field(
        "object_lock",
        "Object Lock",
        "Locks every object for a time. The bucket must have been made with Object Lock. A default retention of the \
            bucket \
         does the same and needs nothing here.",
        FieldKind::Choice(&["GOVERNANCE", "COMPLIANCE"]),
    ),
    Field {
        example: "365",
        ..field(
            "retain_days",
            "Locked for days",
            "How long each object is locked.",
            FieldKind::Number(1, RETAIN_DAYS_MAX),
        )
    },
    CA_PEM,
];
