//! Permissions: what a person's role allows, in words. A key's scope stands for one or more of them, so that keys and
//! people are decided by the same table.

use std::fmt;
use std::str::FromStr;

use crate::Scope;

macro_rules! permissions {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $scope:expr, $level:ident;)+) => {
        /// Something that a role can allow.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {$(
            $(#[doc = $doc])+
            $name,
        )+}

        impl Permission {
            /// Every permission.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// As it is written.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The scope by which a key has it.
            pub fn scope(self) -> Scope {
                match self {
                    $(Self::$name => $scope,)+
                }
            }

            /// Whether it is about an organization, or about the whole installation.
            pub fn level(self) -> Level {
                match self {
                    $(Self::$name => Level::$level,)+
                }
            }
        }
    };
}

/// What a permission is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// One organization: its roles give it.
    Organization,
    /// The installation: operators have it, and no role gives it.
    Instance,
}

permissions! {
    /// See the organization's name and state. Every member has it.
    OrganizationRead = "organization.read", Scope::OrgsRead, Organization;
    /// Find, read, count and follow events; keep searches of one's own.
    AuditLogsRead = "audit_logs.read", Scope::EventsRead, Organization;
    /// Take events away: evidence, ranges of a log, links to an event for people without an account.
    AuditLogsExport = "audit_logs.export", Scope::EventsRead, Organization;
    /// Write events.
    AuditLogsWrite = "audit_logs.write", Scope::EventsWrite, Organization;
    /// See checkpoints, tiles and the state of proofs.
    IntegrityRead = "integrity.read", Scope::IntegrityRead, Organization;
    /// See members, their roles, and which roles there are.
    MembersRead = "members.read", Scope::MembersRead, Organization;
    /// Invite and remove members, give them roles, make roles, end members' sessions.
    MembersManage = "members.manage", Scope::MembersWrite, Organization;
    /// See API keys.
    KeysRead = "keys.read", Scope::KeysRead, Organization;
    /// Make and revoke API keys, with nothing that the maker may not.
    KeysManage = "keys.manage", Scope::KeysWrite, Organization;
    /// Make, see and revoke viewer tokens, with nothing that the maker may not.
    ViewerTokensManage = "viewer_tokens.manage", Scope::ViewersWrite, Organization;
    /// Make, change, test and delete streams, which send the organization's events to other systems for good. As much as
    /// taking events away.
    StreamsManage = "streams.manage", Scope::StreamsWrite, Organization;
    /// Change the organization's name, and searches that others share.
    SettingsManage = "settings.manage", Scope::OrgsWrite, Organization;
    /// Connect the organization to a provider of single sign-on and enforce it. As good as being an owner: whoever
    /// names the provider decides who is whom.
    SsoManage = "sso.manage", Scope::Admin, Organization;
    /// The same for streams of all organizations together.
    InstanceStreamsManage = "instance_streams.manage", Scope::StreamsWrite, Instance;
    /// Make, archive and delete organizations.
    OrganizationsManage = "organizations.manage", Scope::OrgsWrite, Instance;
    /// Read the metrics of the installation.
    MetricsRead = "metrics.read", Scope::MetricsRead, Instance;
    /// Replace the key that logs are signed with.
    LogKeysRotate = "log_keys.rotate", Scope::Admin, Instance;
}

/// The word is no permission of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown permission {0:?}")]
pub struct UnknownPermission(pub String);

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        let known = Self::ALL.iter().find(|permission| permission.as_str() == text);
        known.copied().ok_or_else(|| UnknownPermission(text.to_owned()))
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PermissionSet(u32);

// One bit each.
const _: () = assert!(Permission::ALL.len() <= 32);

impl PermissionSet {
    /// A set of these.
    pub const fn of(permissions: &[Permission]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < permissions.len() {
            bits |= 1 << permissions[at] as u32;
            at += 1;
        }
        Self(bits)
    }

    /// Whether it is in the set.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & 1 << permission as u32 != 0
    }

    /// Whether all of `others` are in the set.
    pub fn covers(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are in either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in the set, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }

    /// The permissions of a stored role. A word that this version does not know, because a newer one wrote it, allows
    /// nothing, and neither does one about the installation.
    pub(crate) fn of_stored(words: &[String]) -> Self {
        let known = words.iter().filter_map(|word| word.parse::<Permission>().ok());
        known.filter(|permission| permission.level() == Level::Organization).collect()
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | 1 << permission as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation;

    #[test]
    fn words_round_trip_and_sets_hold_what_was_put_in() {
        for permission in Permission::ALL {
            assert_eq!(permission.to_string().parse(), Ok(*permission));
            let set = PermissionSet::of(&[*permission]);
            assert_eq!(set.iter().collect::<Vec<_>>(), [*permission]);
            assert!(set.covers(PermissionSet::default()) && !PermissionSet::default().covers(set));
        }
        assert!("audit_logs".parse::<Permission>().is_err());
    }

    #[test]
    fn stored_words_give_nothing_about_the_installation() {
        let stored = ["metrics.read", "detections.manage", "audit_logs.read"].map(String::from);
        assert_eq!(PermissionSet::of_stored(&stored), PermissionSet::of(&[Permission::AuditLogsRead]));
    }

    /// A permission that decides nothing would be a promise with nothing behind it.
    #[test]
    fn every_permission_decides_about_an_operation() {
        for permission in Permission::ALL {
            let used =
                Operation::ALL.iter().any(|operation| operation.rule().permission == Some(*permission));
            assert!(used, "{permission} is not in the table");
        }
    }
}
