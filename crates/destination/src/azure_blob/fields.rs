//! What a container has to be told.

use crate::http::CA_PEM;
use crate::object::{COMPRESSION, LINGER, MANIFEST, PREFIX};
use crate::{Field, FieldKind};

const fn field(name: &'static str, title: &'static str, help: &'static str, kind: FieldKind) -> Field {
    Field { name, title, help, kind, is_required: false, default: "", example: "" }
}

pub(super) static FIELDS: &[Field] = &[
    Field {
        is_required: true,
        example: "exampleaudit",
        ..field("account", "Storage account", "Its name.", FieldKind::Text)
    },
    Field {
        is_required: true,
        example: "audit",
        ..field("container", "Container", "The container's name. It must exist.", FieldKind::Text)
    },
    Field {
        example: "sv=2023-11-03&sr=c&sp=cw&se=2027-12-31&sig=…",
        ..field(
            "sas_token",
            "SAS token",
            "A shared access signature of the container with the permissions Create and Write and no others. The \
                better way.",
            FieldKind::Secret,
        )
    },
    field(
        "account_key",
        "Account key",
        "Instead of a SAS token: one of the account's two access keys, which may do everything there.",
        FieldKind::Secret,
    ),
    PREFIX,
    COMPRESSION,
    LINGER,
    MANIFEST,
    field(
        "access_tier",
        "Access tier",
        "Empty: the account's default. Archive cannot be read at once.",
        FieldKind::Choice(&["Hot", "Cool", "Cold", "Archive"]),
    ),
    field("encryption_scope", "Encryption scope", "Empty: the container's default.", FieldKind::Text),
    Field {
        example: "https://exampleaudit.blob.core.usgovcloudapi.net",
        ..field(
            "endpoint",
            "Endpoint",
            "Where the account's blobs are, without the container. Empty: https://ACCOUNT.blob.core.windows.net.",
            FieldKind::Url,
        )
    },
    CA_PEM,
];
