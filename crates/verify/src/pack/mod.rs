//! Evidence packs: many events with all that proves them, in one file. `docs/formats/evidence-pack.md`.

mod manifest;
mod reader;
mod tar;
mod writer;

pub use manifest::{Manifest, PACK_FORMAT, PACK_VERSION, PackKind, PackOrganization};
pub use reader::{PackReport, verify_pack};
pub use writer::{PackHead, PackWriteError, PackWriter};

use crate::limits::ANCHOR_NAME_BYTES_MAX;

fn hashes_name(chunk: u64) -> String {
    format!("hashes/{chunk:06}.bin")
}

fn records_name(chunk: u64) -> String {
    format!("records/{chunk:06}.ndjson")
}

fn is_anchor_name(name: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    name.len() <= ANCHOR_NAME_BYTES_MAX
        && name.as_bytes().first().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && name.bytes().all(allowed)
}

fn anchor_names_ascend<'a>(names: impl Iterator<Item = &'a str> + Clone) -> bool {
    names.clone().all(is_anchor_name) && names.is_sorted_by(|a, b| a < b)
}
