//! Roles: the four built-in ones, what operators may, and what a stored role comes to.

use tallystick_catalog::{OWNER, Role};
use tallystick_event::OrgId;

use crate::Permission::{
    AuditLogsExport, AuditLogsRead, AuditLogsWrite, InstanceStreamsManage, IntegrityRead, KeysManage,
    KeysRead, LogKeysRotate, MembersManage, MembersRead, MetricsRead, OrganizationRead, OrganizationsManage,
    SettingsManage, SsoManage, StreamsManage, ViewerTokensManage,
};
use crate::PermissionSet;

/// A role that every organization has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltInRole {
    /// What it is stored and shown as.
    pub name: &'static str,
    /// What it allows.
    pub permissions: PermissionSet,
    /// For people.
    pub description: &'static str,
}

/// The built-in roles, the strongest first.
pub const BUILT_IN_ROLES: &[BuiltInRole] = &[
    BuiltInRole {
        name: OWNER,
        permissions: PermissionSet::of(&[
            OrganizationRead,
            AuditLogsRead,
            AuditLogsExport,
            AuditLogsWrite,
            IntegrityRead,
            MembersRead,
            MembersManage,
            KeysRead,
            KeysManage,
            ViewerTokensManage,
            StreamsManage,
            SettingsManage,
            SsoManage,
        ]),
        description: "Everything in the organization, other owners included",
    },
    BuiltInRole {
        name: "admin",
        permissions: PermissionSet::of(&[
            OrganizationRead,
            AuditLogsRead,
            AuditLogsExport,
            AuditLogsWrite,
            IntegrityRead,
            MembersRead,
            MembersManage,
            KeysRead,
            KeysManage,
            ViewerTokensManage,
            StreamsManage,
        ]),
        description: "Everything but the organization's settings and its owners",
    },
    BuiltInRole {
        name: "auditor",
        permissions: PermissionSet::of(&[
            OrganizationRead,
            AuditLogsRead,
            AuditLogsExport,
            IntegrityRead,
            MembersRead,
            KeysRead,
        ]),
        description: "Sees everything and takes evidence away, changes nothing",
    },
    BuiltInRole {
        name: "member",
        permissions: PermissionSet::of(&[OrganizationRead, AuditLogsRead, IntegrityRead]),
        description: "Reads and verifies events",
    },
];

/// What operators may in every organization and in the installation. Not: read organizations' events, send those of one
/// organization somewhere, nor say who is whom in them by single sign-on. Streams of all organizations they may make:
/// they are about the installation, and its log shows them. An operator who has to can become a member, which the organization's own log shows.
pub(crate) const OPERATOR: PermissionSet = PermissionSet::of(&[
    OrganizationRead,
    AuditLogsWrite,
    IntegrityRead,
    MembersRead,
    MembersManage,
    KeysRead,
    KeysManage,
    SettingsManage,
    OrganizationsManage,
    InstanceStreamsManage,
    MetricsRead,
    LogKeysRotate,
]);

/// What operators may in the instance's own log, beside that.
pub(crate) const OPERATOR_OF_INSTANCE: PermissionSet =
    PermissionSet::of(&[OrganizationRead, AuditLogsRead, AuditLogsExport, IntegrityRead, StreamsManage]);

/// What a role with a filter may have. Whoever sees a part of the events must not get at the rest by making a key or a
/// role without the filter, or by taking the log as a whole.
pub const FILTERED_MAX: PermissionSet =
    PermissionSet::of(&[OrganizationRead, AuditLogsRead, IntegrityRead, MembersRead]);

/// What somebody may in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The organization.
    pub org: OrgId,
    /// Name of a built-in role or id of a custom one.
    pub role: String,
    /// The role's name.
    pub role_name: String,
    /// What it allows.
    pub permissions: PermissionSet,
    /// Query that every event they see matches.
    pub filter: Option<String>,
}

/// The built-in role of this name.
pub fn built_in(name: &str) -> Option<&'static BuiltInRole> {
    BUILT_IN_ROLES.iter().find(|role| role.name == name)
}

impl Grant {
    /// Of a built-in role.
    pub(crate) fn built_in(org: OrgId, role: &BuiltInRole) -> Self {
        Self {
            org,
            role: role.name.to_owned(),
            role_name: role.name.to_owned(),
            permissions: role.permissions,
            filter: None,
        }
    }

    /// Of a custom role. Its members see the organization, whatever else the role says.
    pub(crate) fn custom(role: &Role) -> Self {
        let mut permissions =
            PermissionSet::of_stored(&role.permissions).or(PermissionSet::of(&[OrganizationRead]));
        let filter = Some(role.filter.clone()).filter(|filter| !filter.trim().is_empty());
        if filter.is_some() {
            permissions = permissions.and(FILTERED_MAX);
        }
        Self {
            org: role.org.clone(),
            role: role.id.to_string(),
            role_name: role.name.clone(),
            permissions,
            filter,
        }
    }
}

#[cfg(test)]
mod tests {
    use tallystick_catalog::RoleId;

    use super::*;
    use crate::{Level, Permission};

    #[test]
    fn roles_give_nothing_about_the_installation_and_each_covers_the_next() {
        for pair in BUILT_IN_ROLES.windows(2) {
            assert!(pair[0].permissions.covers(pair[1].permissions), "{} {}", pair[0].name, pair[1].name);
        }
        let all = Permission::ALL.iter().copied().filter(|one| one.level() == Level::Organization);
        assert_eq!(BUILT_IN_ROLES[0].permissions, all.collect());
        for role in BUILT_IN_ROLES {
            assert!(role.name.parse::<RoleId>().is_err(), "a name that an id could have");
        }
    }

    #[test]
    fn a_stored_filter_takes_back_what_would_go_around_it() {
        let role = |filter: &str| Role {
            id: "role_0123456789abcdefghjk".parse().unwrap(),
            org: OrgId::new("acme").unwrap(),
            name: "Desk".into(),
            permissions: ["audit_logs.read", "audit_logs.export", "keys.manage"].map(String::from).to_vec(),
            filter: filter.into(),
            created_ms: 0,
            updated_ms: 0,
        };
        let filtered = Grant::custom(&role("target:service/*"));
        assert_eq!(filtered.permissions, PermissionSet::of(&[OrganizationRead, AuditLogsRead]));
        assert_eq!(filtered.filter.as_deref(), Some("target:service/*"));
        let free = Grant::custom(&role(" "));
        assert!(free.permissions.has(KeysManage) && free.filter.is_none());
    }
}
