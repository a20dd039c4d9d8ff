//! The event classes of OCSF that are used here, with their activities: numbers and captions as the schema has them.

use crate::meaning::Act;

/// An activity of a class: its number, its caption, and which acts it is.
type Activity = (u32, &'static str, &'static [Act]);

/// An event class.
#[derive(Debug)]
pub(super) struct Class {
    /// `class_uid`; its thousands are `category_uid`.
    pub(super) uid: u32,
    /// `class_name`.
    pub(super) name: &'static str,
    activities: &'static [Activity],
    /// Whether it has `http_request` and `src_endpoint`.
    pub(super) has_request: bool,
    /// Whether it cannot be without `src_endpoint`.
    pub(super) needs_endpoint: bool,
    /// Whether its `actor` comes with the profile `host`.
    pub(super) actor_of_host: bool,
}

/// `activity_id` of what a class has no number for.
pub(super) const OTHER: u32 = 99;

impl Class {
    const fn new(uid: u32, name: &'static str, activities: &'static [Activity]) -> Self {
        Self { uid, name, activities, has_request: true, needs_endpoint: false, actor_of_host: false }
    }

    const fn needing_endpoint(mut self) -> Self {
        self.needs_endpoint = true;
        self
    }

    const fn with_actor_of_host(mut self) -> Self {
        self.actor_of_host = true;
        self
    }

    const fn without_request(mut self) -> Self {
        self.has_request = false;
        self
    }

    /// Number and caption of what is done.
    pub(super) fn activity(&self, act: Act) -> Option<(u32, &'static str)> {
        let found = self.activities.iter().find(|(_, _, acts)| acts.contains(&act));
        found.map(|(id, caption, _)| (*id, *caption))
    }

    /// `category_uid` and `category_name`.
    pub(super) const fn category(&self) -> (u32, &'static str) {
        match self.uid / 1_000 {
            3 => (3, "Identity & Access Management"),
            _ => (6, "Application Activity"),
        }
    }
}

/// Gone after 1.8 in favour of [`USER`].
pub(super) const ACCOUNT_CHANGE: Class = Class::new(
    3001,
    "Account Change",
    &[
        (1, "Create", &[Act::Create]),
        (2, "Enable", &[Act::Enable, Act::Resume]),
        (3, "Password Change", &[Act::PasswordChange]),
        (4, "Password Reset", &[Act::PasswordReset]),
        (5, "Disable", &[Act::Disable, Act::Suspend]),
        (6, "Delete", &[Act::Delete, Act::Remove]),
        (9, "Lock", &[Act::Lock]),
        (10, "MFA Factor Enable", &[Act::FactorOn]),
        (11, "MFA Factor Disable", &[Act::FactorOff]),
        (12, "Unlock", &[Act::Unlock]),
    ],
);

pub(super) const AUTHENTICATION: Class = Class::new(
    3002,
    "Authentication",
    &[(1, "Logon", &[Act::Logon]), (2, "Logoff", &[Act::Logoff]), (7, "Account Switch", &[Act::Switch])],
);

pub(super) const ENTITY: Class = Class::new(
    3004,
    "Entity Management",
    &[
        (1, "Create", &[Act::Create, Act::Copy, Act::Restore, Act::Install]),
        (2, "Read", &[Act::Read, Act::Open, Act::Preview, Act::Download]),
        (3, "Update", &[Act::Update, Act::Rename, Act::Lock, Act::Unlock, Act::Upload]),
        (4, "Delete", &[Act::Delete, Act::Remove]),
        (5, "Move", &[Act::Move]),
        (8, "Enable", &[Act::Enable]),
        (9, "Disable", &[Act::Disable]),
        (12, "Suspend", &[Act::Suspend]),
        (13, "Resume", &[Act::Resume]),
    ],
);

/// Gone after 1.8 in favour of [`USER`].
pub(super) const USER_ACCESS: Class = Class::new(
    3005,
    "User Access Management",
    &[
        (1, "Assign Privileges", &[Act::RoleAssign, Act::PrivilegeAssign]),
        (2, "Revoke Privileges", &[Act::RoleRevoke, Act::PrivilegeRevoke]),
    ],
);

/// 1.8 has no activity for an update.
pub(super) const GROUP: Class = Class::new(
    3006,
    "Group Management",
    &[
        (3, "Add User", &[Act::MemberAdd]),
        (4, "Remove User", &[Act::MemberRemove]),
        (5, "Delete", &[Act::Delete, Act::Remove]),
        (6, "Create", &[Act::Create]),
        (9, "Update", &[Act::Update, Act::Rename]),
    ],
);

/// Since 1.9.
pub(super) const USER: Class = Class::new(
    3007,
    "User Management",
    &[
        (1, "Create", &[Act::Create]),
        (2, "Update", &[Act::Update, Act::Rename]),
        (3, "Delete", &[Act::Delete, Act::Remove]),
        (4, "Enable", &[Act::Enable, Act::Resume]),
        (5, "Disable", &[Act::Disable, Act::Suspend]),
        (6, "Lock", &[Act::Lock]),
        (7, "Unlock", &[Act::Unlock]),
        (8, "Password Change", &[Act::PasswordChange]),
        (9, "Password Reset", &[Act::PasswordReset]),
        (12, "MFA Factor Enable", &[Act::FactorOn]),
        (13, "MFA Factor Disable", &[Act::FactorOff]),
        (14, "Assign Privileges", &[Act::PrivilegeAssign]),
        (15, "Remove Privileges", &[Act::PrivilegeRevoke]),
        (16, "Assign Roles", &[Act::RoleAssign]),
        (17, "Remove Roles", &[Act::RoleRevoke]),
    ],
);

/// Of [`USER`]: a key or token was made for somebody.
pub(super) const ADD_CREDENTIAL: (u32, &str) = (18, "Add Programmatic Credentials");
/// Of [`USER`]: it was taken away.
pub(super) const REMOVE_CREDENTIAL: (u32, &str) = (19, "Remove Programmatic Credentials");

/// Since 1.9.
pub(super) const ROLE: Class = Class::new(
    3008,
    "Role Management",
    &[
        (1, "Create", &[Act::Create, Act::Copy]),
        (2, "Update", &[Act::Update, Act::Rename]),
        (3, "Delete", &[Act::Delete, Act::Remove]),
    ],
);

pub(super) const WEB: Class = Class::new(
    6001,
    "Web Resources Activity",
    &[
        (1, "Create", &[Act::Create]),
        (2, "Read", &[Act::Read, Act::Open, Act::Preview]),
        (3, "Update", &[Act::Update]),
        (4, "Delete", &[Act::Delete]),
        (5, "Search", &[Act::Search]),
        (6, "Import", &[Act::Import]),
        (7, "Export", &[Act::Export]),
        (8, "Share", &[Act::Share]),
    ],
)
.with_actor_of_host();

pub(super) const APPLICATION: Class = Class::new(
    6002,
    "Application Lifecycle",
    &[
        (1, "Install", &[Act::Install]),
        (2, "Remove", &[Act::Remove]),
        (3, "Start", &[Act::Start]),
        (4, "Stop", &[Act::Stop]),
        (5, "Restart", &[Act::Restart]),
    ],
)
.without_request()
.with_actor_of_host();

pub(super) const API: Class = Class::new(
    6003,
    "API Activity",
    &[
        (1, "Create", &[Act::Create]),
        (2, "Read", &[Act::Read, Act::Open, Act::Preview, Act::Search, Act::Export, Act::Download]),
        (3, "Update", &[Act::Update, Act::Rename, Act::Move, Act::Enable, Act::Disable]),
        (4, "Delete", &[Act::Delete, Act::Remove]),
    ],
)
.needing_endpoint();

pub(super) const DATASTORE: Class = Class::new(
    6005,
    "Datastore Activity",
    &[
        (1, "Read", &[Act::Read, Act::Export]),
        (2, "Update", &[Act::Update]),
        (4, "Query", &[Act::Search]),
        (6, "Create", &[Act::Create]),
        (7, "Delete", &[Act::Delete, Act::Remove]),
    ],
)
.needing_endpoint();

pub(super) const FILE: Class = Class::new(
    6006,
    "File Hosting Activity",
    &[
        (1, "Upload", &[Act::Upload, Act::Create, Act::Import]),
        (2, "Download", &[Act::Download, Act::Export]),
        (3, "Update", &[Act::Update]),
        (4, "Delete", &[Act::Delete, Act::Remove]),
        (5, "Rename", &[Act::Rename]),
        (6, "Copy", &[Act::Copy]),
        (7, "Move", &[Act::Move]),
        (8, "Restore", &[Act::Restore]),
        (9, "Preview", &[Act::Preview]),
        (10, "Lock", &[Act::Lock]),
        (11, "Unlock", &[Act::Unlock]),
        (12, "Share", &[Act::Share]),
        (13, "Unshare", &[Act::Unshare]),
        (14, "Open", &[Act::Open, Act::Read]),
    ],
)
.needing_endpoint();
