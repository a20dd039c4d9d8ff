//! `pack.json`: what a pack says it is.

use serde::{Deserialize, Serialize};

use super::tar::malformed;
use crate::VerifyError;

/// What every pack's `format` is.
pub const PACK_FORMAT: &str = "tallystick-pack";
/// Version of the format.
pub const PACK_VERSION: u64 = 1;

/// Which events a pack has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackKind {
    /// All from one seq up to another.
    Range,
    /// Any.
    Selection,
}

/// Whose log it is, as the exporter says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackOrganization {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
}

/// The members of `pack.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`PACK_FORMAT`].
    pub format: String,
    /// [`PACK_VERSION`].
    pub version: u64,
    /// Origin of the log.
    pub origin: String,
    /// Whose log it is, unless that is not disclosed.
    pub organization: Option<PackOrganization>,
    /// When the pack was made, RFC 3339.
    pub created_at: String,
    /// What made it.
    pub tool: String,
    /// Which events it has.
    pub kind: PackKind,
    /// Of a range, its first leaf.
    pub from: Option<u64>,
    /// Of a range, the leaf behind its last.
    pub to: Option<u64>,
    /// Number of records, if it was known at the beginning.
    pub count: Option<u64>,
    /// Of a selection, what was searched for.
    pub query: Option<String>,
}

impl Manifest {
    /// That of a range.
    pub fn of_range(origin: &str, from: u64, to: u64, created_at: &str, tool: &str) -> Manifest {
        Manifest {
            kind: PackKind::Range,
            from: Some(from),
            to: Some(to),
            count: Some(to.saturating_sub(from)),
            ..Manifest::of_selection(origin, None, created_at, tool)
        }
    }

    /// That of a selection.
    pub fn of_selection(origin: &str, query: Option<&str>, created_at: &str, tool: &str) -> Manifest {
        Manifest {
            format: PACK_FORMAT.to_owned(),
            version: PACK_VERSION,
            origin: origin.to_owned(),
            organization: None,
            created_at: created_at.to_owned(),
            tool: tool.to_owned(),
            kind: PackKind::Selection,
            from: None,
            to: None,
            count: None,
            query: query.map(str::to_owned),
        }
    }

    pub(super) fn parse(json: &[u8]) -> Result<Manifest, VerifyError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u64,
        }
        let error = |error| VerifyError::malformed("pack.json", error);
        // First what tells versions apart: another one may have other members.
        let head: Head = serde_json::from_slice(json).map_err(error)?;
        if head.format != PACK_FORMAT {
            return Err(malformed("it is of another format"));
        }
        if head.version != PACK_VERSION {
            return Err(VerifyError::Version { what: "the pack", version: head.version });
        }
        let manifest: Manifest = serde_json::from_slice(json).map_err(error)?;
        manifest.check()?;
        Ok(manifest)
    }

    pub(super) fn check(&self) -> Result<(), VerifyError> {
        let fits = match (self.kind, self.from, self.to) {
            (PackKind::Range, Some(from), Some(to)) => {
                from <= to && self.count == Some(to - from) && self.query.is_none()
            }
            (PackKind::Selection, None, None) => true,
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(VerifyError::malformed("pack.json", "kind, from, to, count and query do not fit"))
        }
    }
}
