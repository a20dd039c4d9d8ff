//! Who is asking, and the one function that says whether they may.

use std::fmt;

use tallystick_catalog::KeyId;
use tallystick_event::OrgId;

use crate::{Bound, Operation, Scope, ScopeSet};

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key.
    pub id: CallerId,
    /// Its name, for people.
    pub name: String,
    /// The only organization it may touch; none: all.
    pub org: Option<OrgId>,
    /// What it may do.
    pub scopes: ScopeSet,
    /// When the key expires, Unix ms.
    pub expires_ms: Option<i64>,
}

/// Which key a caller has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CallerId {
    /// The key of the instance owner, from a file.
    Root,
    /// An API key.
    Key(KeyId),
}

impl Caller {
    /// The instance owner.
    pub(crate) fn root() -> Self {
        Self {
            id: CallerId::Root,
            name: "root key".to_owned(),
            org: None,
            scopes: ScopeSet::from_iter([Scope::Admin]),
            expires_ms: None,
        }
    }

    /// Whether this is the instance owner.
    pub fn is_root(&self) -> bool {
        self.id == CallerId::Root
    }

    /// What an event written by this caller has as its `source`: `key:root` or `key:ak_…`.
    pub fn source(&self) -> String {
        format!("key:{}", self.id)
    }
}

/// `root`, or the key's id.
impl fmt::Display for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("root"),
            Self::Key(id) => fmt::Display::fmt(id, f),
        }
    }
}

/// How far a permission goes. Whatever the operation reads or changes must lie within it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the permission is for this reach only"]
pub enum Reach {
    /// Every organization, and what belongs to none.
    All,
    /// This organization only.
    Org(OrgId),
}

impl Reach {
    /// The only organization, if there is one.
    pub fn org(&self) -> Option<&OrgId> {
        match self {
            Self::All => None,
            Self::Org(org) => Some(org),
        }
    }

    /// Whether something that belongs to `org` (none: to the whole installation) lies within.
    pub fn covers(&self, org: Option<&OrgId>) -> bool {
        match self {
            Self::All => true,
            Self::Org(only) => org == Some(only),
        }
    }
}

/// Why a caller may not. None of the answers depends on whether an organization exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The key lacks a scope.
    #[error("{operation} needs the scope {need}")]
    MissingScope {
        /// Name of the operation.
        operation: &'static str,
        /// The scope that would do.
        need: Scope,
    },
    /// The key is bound to another organization than the one named.
    #[error("the key is bound to organization {bound} and cannot touch {asked}")]
    WrongOrg {
        /// The key's organization.
        bound: OrgId,
        /// The organization that was asked for.
        asked: OrgId,
    },
    /// No key that is bound to an organization may do this.
    #[error("{operation} needs a key that is not bound to an organization")]
    InstanceOnly {
        /// Name of the operation.
        operation: &'static str,
    },
}

impl Denied {
    /// Stable code for the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingScope { .. } => "missing_scope",
            Self::WrongOrg { .. } => "wrong_org",
            Self::InstanceOnly { .. } => "instance_key_required",
        }
    }

    /// The scope that the key lacks, if that is the reason.
    pub fn need(&self) -> Option<Scope> {
        match self {
            Self::MissingScope { need, .. } => Some(*need),
            Self::WrongOrg { .. } | Self::InstanceOnly { .. } => None,
        }
    }
}

/// Whether `caller` may carry out `operation`, on the organization `asked` if the request names one.
///
/// The answer says how far: a bound key that names no organization gets its own, a key that is bound to none
/// and names none gets all.
pub fn authorize(caller: &Caller, operation: Operation, asked: Option<&OrgId>) -> Result<Reach, Denied> {
    let rule = operation.rule();
    if let Some(need) = rule.scope
        && !caller.scopes.allows(need)
    {
        return Err(Denied::MissingScope { operation: rule.name, need });
    }
    let Some(bound) = &caller.org else {
        return Ok(asked.map_or(Reach::All, |org| Reach::Org(org.clone())));
    };
    if rule.bound == Bound::Never {
        return Err(Denied::InstanceOnly { operation: rule.name });
    }
    match asked {
        Some(asked) if asked != bound => Err(Denied::WrongOrg { bound: bound.clone(), asked: asked.clone() }),
        _ => Ok(Reach::Org(bound.clone())),
    }
}

#[cfg(test)]
mod tests;
