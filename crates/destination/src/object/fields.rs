//! What every store has to be told.

use super::OBJECT_LINGER_S_MAX;
use super::body::Compression;
use crate::{BadSettings, Field, FieldKind, Settings};

/// What all keys begin with.
pub(crate) const PREFIX: Field = Field {
    name: "prefix",
    title: "Prefix",
    help: "What every key begins with, like a folder. Give each stream its own.",
    kind: FieldKind::Text,
    is_required: false,
    default: "",
    example: "audit/production",
};

/// How objects are compressed.
pub(crate) const COMPRESSION: Field = Field {
    name: "compression",
    title: "Compression",
    help: "gzip is read by everything; zstd is smaller and quicker where it can be read.",
    kind: FieldKind::Choice(Compression::NAMES),
    is_required: false,
    default: "gzip",
    example: "",
};

/// Whether a manifest is put beside each object.
pub(crate) const MANIFEST: Field = Field {
    name: "manifest",
    title: "Manifests",
    help: "Puts a small file with the hashes of each object into a folder of its own, so that anybody can tell that an \
           object is still what was put.",
    kind: FieldKind::Switch,
    is_required: false,
    default: "true",
    example: "",
};

/// How long the first event of an object waits for others.
pub(crate) const LINGER: Field = Field {
    name: "linger_s",
    title: "Wait for company, seconds",
    help: "How long the first event of an object waits for others. Longer means fewer and larger objects, which cost \
           less; no object goes past a full hour.",
    kind: FieldKind::Number(1, OBJECT_LINGER_S_MAX),
    is_required: false,
    default: "300",
    example: "60",
};

/// Whether stores are asked to write only what is not there.
pub(crate) const CONDITIONAL: Field = Field {
    name: "conditional_put",
    title: "Write only once",
    help: "auto asks the store never to write over an object. off is for stores that do not know how; a repeated \
        upload \
           then replaces an object by the same bytes.",
    kind: FieldKind::Choice(&["auto", "off"]),
    is_required: false,
    default: "auto",
    example: "",
};

/// Whether a store is asked to write only what is not there: the setting `conditional_put`.
pub fn is_conditional(settings: &Settings) -> bool {
    settings.text(CONDITIONAL.name) != Some("off")
}

/// A text that can stand in a header: printable ASCII.
///
/// # Errors
/// If it cannot.
pub(crate) fn printable(settings: &Settings, field: &str) -> Result<Option<String>, BadSettings> {
    let text = settings.text(field).map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| !text.bytes().all(|byte| matches!(byte, b' '..=b'~'))) {
        return Err(BadSettings::new(field, "has characters that are not printable ASCII"));
    }
    Ok(text.map(str::to_owned))
}
