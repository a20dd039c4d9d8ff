//! Who is asking, and the one function that says whether they may.

mod person;
mod viewer;

use std::fmt;

use tallystick_catalog::{BadId, KeyId, UserId, ViewerTokenId};
use tallystick_event::OrgId;

pub use self::person::Person;
pub use self::viewer::Viewer;
use crate::{Bound, Feature, Level, Operation, Permission, PermissionSet, Scope, ScopeSet};

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key or the person.
    pub id: CallerId,
    /// Its name, for people.
    pub name: String,
    /// What it may do.
    pub rights: Rights,
    /// When the key expires, Unix ms.
    pub expires_ms: Option<i64>,
}

/// Which key a caller has, or which person it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CallerId {
    /// The key of the instance owner, from a file.
    Root,
    /// An API key.
    Key(KeyId),
    /// A signed-in person.
    User(UserId),
    /// Somebody who looks through a viewer token.
    Viewer(ViewerTokenId),
}

/// What a caller may do.
#[derive(Debug, Clone)]
pub enum Rights {
    /// What a key may.
    Key {
        /// The only organization it may touch; none: all.
        org: Option<OrgId>,
        /// What it may do there.
        scopes: ScopeSet,
    },
    /// What a person may.
    Person(Person),
    /// What somebody may who looks through a viewer token.
    Viewer(Viewer),
}

impl Caller {
    /// The instance owner.
    pub(crate) fn root() -> Self {
        Self {
            id: CallerId::Root,
            name: "root key".to_owned(),
            rights: Rights::Key { org: None, scopes: ScopeSet::from_iter([Scope::Admin]) },
            expires_ms: None,
        }
    }

    /// Whether this is the instance owner's key.
    pub fn is_root(&self) -> bool {
        self.id == CallerId::Root
    }

    /// The person, if it is one.
    pub fn person(&self) -> Option<&Person> {
        match &self.rights {
            Rights::Key { .. } | Rights::Viewer(_) => None,
            Rights::Person(person) => Some(person),
        }
    }

    /// The viewer, if it is one.
    pub fn viewer(&self) -> Option<&Viewer> {
        match &self.rights {
            Rights::Key { .. } | Rights::Person(_) => None,
            Rights::Viewer(viewer) => Some(viewer),
        }
    }

    /// The person's account, if it is one.
    pub fn user(&self) -> Option<&UserId> {
        match &self.id {
            CallerId::User(id) => Some(id),
            CallerId::Root | CallerId::Key(_) | CallerId::Viewer(_) => None,
        }
    }

    /// The organization through whose provider this person signed in, and to which they are confined.
    pub fn sso_org(&self) -> Option<&OrgId> {
        self.person()?.sso_org.as_ref()
    }

    /// What an event written by this caller has as its `source`: `key:root`, `key:ak_…` or `user:usr_…`. Viewers write
    /// none.
    pub fn source(&self) -> String {
        match &self.id {
            CallerId::User(id) => format!("user:{id}"),
            CallerId::Viewer(id) => format!("viewer:{id}"),
            id => format!("key:{id}"),
        }
    }

    /// Whether the caller has a permission in an organization; none: in the installation.
    pub fn holds(&self, permission: Permission, org: Option<&OrgId>) -> bool {
        match &self.rights {
            Rights::Person(person) => person.holds(permission, org),
            Rights::Key { org: bound, scopes } => {
                let reaches =
                    bound.is_none() || (bound.as_ref() == org && permission.level() == Level::Organization);
                reaches && scopes.allows(permission.scope())
            }
            // What a viewer may is a matter of features, and nothing that could be passed on.
            Rights::Viewer(_) => false,
        }
    }

    /// Whether the caller has all of these permissions in an organization.
    pub fn holds_all(&self, permissions: PermissionSet, org: &OrgId) -> bool {
        permissions.iter().all(|permission| self.holds(permission, Some(org)))
    }

    /// Whether the caller can give a key for `org` (none: for all) this scope, because it has all that it stands for.
    pub(crate) fn can_give(&self, scope: Scope, org: Option<&OrgId>) -> bool {
        match &self.rights {
            Rights::Key { scopes, .. } => scopes.allows(scope),
            Rights::Viewer(_) => false,
            Rights::Person(_) => {
                let within =
                    |permission: &Permission| org.is_none() || permission.level() == Level::Organization;
                let meant = |permission: &Permission| scope == Scope::Admin || permission.scope() == scope;
                let mut all = Permission::ALL.iter().filter(|one| meant(one) && within(one)).peekable();
                all.peek().is_some() && all.all(|permission| self.holds(*permission, org))
            }
        }
    }

    /// The query that every event of `org` which the caller sees must match.
    pub fn filter(&self, org: &OrgId) -> Option<&str> {
        match &self.rights {
            Rights::Key { .. } => None,
            Rights::Person(person) => person.grant(org)?.filter.as_deref(),
            Rights::Viewer(viewer) => viewer.filter.as_deref(),
        }
    }
}

/// `root`, or the id of the key, the person or the viewer token.
impl fmt::Display for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("root"),
            Self::Key(id) => fmt::Display::fmt(id, f),
            Self::User(id) => fmt::Display::fmt(id, f),
            Self::Viewer(id) => fmt::Display::fmt(id, f),
        }
    }
}

impl std::str::FromStr for CallerId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        if text == "root" {
            return Ok(Self::Root);
        }
        text.parse().map(Self::Key).or_else(|_| text.parse().map(Self::User))
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
    /// These organizations: somebody who is in several and has named none. It may be none at all.
    Orgs(Vec<OrgId>),
}

impl Reach {
    /// The only organization, if there is one.
    pub fn org(&self) -> Option<&OrgId> {
        match self {
            Self::All | Self::Orgs(_) => None,
            Self::Org(org) => Some(org),
        }
    }

    /// Whether something that belongs to `org` (none: to the whole installation) lies within.
    pub fn covers(&self, org: Option<&OrgId>) -> bool {
        match self {
            Self::All => true,
            Self::Org(only) => org == Some(only),
            Self::Orgs(orgs) => org.is_some_and(|org| orgs.contains(org)),
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
    /// The person's role lacks a permission.
    #[error("{operation} needs the permission {need}, which your role does not have")]
    MissingPermission {
        /// Name of the operation.
        operation: &'static str,
        /// The permission that would do.
        need: Permission,
    },
    /// The key is bound to another organization than the one named.
    #[error("the key is bound to organization {bound} and cannot touch {asked}")]
    WrongOrg {
        /// The key's organization.
        bound: OrgId,
        /// The organization that was asked for.
        asked: OrgId,
    },
    /// The person is not in the organization.
    #[error("you are not a member of organization {asked}")]
    NotMember {
        /// The organization that was asked for.
        asked: OrgId,
    },
    /// No key that is bound to an organization may do this.
    #[error("{operation} needs a key that is not bound to an organization")]
    InstanceOnly {
        /// Name of the operation.
        operation: &'static str,
    },
    /// Only those who run the installation may do this.
    #[error("{operation} is for operators of this installation")]
    OperatorOnly {
        /// Name of the operation.
        operation: &'static str,
    },
    /// The session was opened by an organization's provider, and this is about more than that organization.
    #[error("{operation} is not for sessions of single sign-on: sign in with your password")]
    Confined {
        /// Name of the operation.
        operation: &'static str,
    },
    /// No key may do this: it is about a person's own account.
    #[error("{operation} is for people who have signed in; a key has no account")]
    PersonOnly {
        /// Name of the operation.
        operation: &'static str,
    },
    /// Neither a key nor a person may do this: it is about a viewer's own token.
    #[error("{operation} is for viewer tokens")]
    ViewerOnly {
        /// Name of the operation.
        operation: &'static str,
    },
    /// No viewer token allows this.
    #[error("{operation} is nothing that a viewer token allows")]
    NotForViewers {
        /// Name of the operation.
        operation: &'static str,
    },
    /// The viewer token is without the feature.
    #[error("{operation} needs the feature {feature}, which this viewer token does not have")]
    FeatureOff {
        /// Name of the operation.
        operation: &'static str,
        /// The feature that would do.
        feature: Feature,
    },
}

impl Denied {
    /// Stable code for the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingScope { .. } => "missing_scope",
            Self::MissingPermission { .. } => "missing_permission",
            Self::WrongOrg { .. } => "wrong_org",
            Self::NotMember { .. } => "not_a_member",
            Self::InstanceOnly { .. } => "instance_key_required",
            Self::OperatorOnly { .. } => "operator_required",
            Self::Confined { .. } => "password_session_required",
            Self::PersonOnly { .. } => "person_required",
            Self::ViewerOnly { .. } => "viewer_required",
            Self::NotForViewers { .. } => "not_for_viewers",
            Self::FeatureOff { .. } => "feature_off",
        }
    }

    /// The scope that the key lacks, if that is the reason.
    pub fn need(&self) -> Option<Scope> {
        match self {
            Self::MissingScope { need, .. } => Some(*need),
            _ => None,
        }
    }
}

/// Whether `caller` may carry out `operation`, on the organization `asked` if the request names one.
///
/// The answer says how far: a bound key that names no organization gets its own, a key that is bound to none
/// and names none gets all, and a person who names none gets those where their role allows it.
pub fn authorize(caller: &Caller, operation: Operation, asked: Option<&OrgId>) -> Result<Reach, Denied> {
    let rule = operation.rule();
    let (bound, scopes) = match &caller.rights {
        Rights::Viewer(viewer) => return viewer.authorize(operation, asked),
        Rights::Person(_) | Rights::Key { .. } if rule.bound == Bound::Viewer => {
            return Err(Denied::ViewerOnly { operation: rule.name });
        }
        Rights::Person(person) => return person.authorize(&rule, asked),
        Rights::Key { org, scopes } => (org, scopes),
    };
    if rule.bound == Bound::Person {
        return Err(Denied::PersonOnly { operation: rule.name });
    }
    if let Some(need) = rule.scope()
        && !scopes.allows(need)
    {
        return Err(Denied::MissingScope { operation: rule.name, need });
    }
    let Some(bound) = bound else {
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
