//! The tables behind [`super::Meaning::of`]: words are in lower case with `_` between them. What is not here is no
//! mistake; it is a call of an API.

use super::{Act, Area};

/// A phrase that means something of its own.
pub(super) struct Rule {
    /// To what it must be done; empty for anything.
    pub(super) nouns: &'static [&'static str],
    /// The whole phrase.
    pub(super) phrases: &'static [&'static str],
    pub(super) area: Area,
    pub(super) act: Act,
}

const fn rule(
    nouns: &'static [&'static str],
    phrases: &'static [&'static str],
    area: Area,
    act: Act,
) -> Rule {
    Rule { nouns, phrases, area, act }
}

const ANY: &[&str] = &[];
const ACCOUNTS: &[&str] = &[
    "user", "users", "member", "members", "account", "service_account", "membership", "user_account", "org", "organization",
];
const GROUPS: &[&str] = &["group", "groups", "team", "teams", "user_group", "usergroup"];
const FACTORS: &[&str] =
    &["mfa", "mfa_factor", "factor", "two_factor", "two_factor_authentication", "2fa", "passkey", "totp"];

/// Looked through from the top.
pub(super) const PHRASES: &[Rule] = &[
    rule(
        ANY,
        &[
            "login", "logon", "log_in", "logged_in", "login_failed", "login_succeeded", "login_success", "login_failure",
            "failed_login", "signin", "sign_in", "signed_in", "sign_in_failed", "sso_login", "console_login",
            "user_login", "user_logged_in", "authenticated", "authenticate", "authentication_failed",
        ],
        Area::Session,
        Act::Logon,
    ),
    rule(
        ANY,
        &["logout", "logoff", "log_out", "logged_out", "signout", "sign_out", "signed_out", "user_logout"],
        Area::Session,
        Act::Logoff,
    ),
    rule(&["session"], &["created", "create", "start", "started"], Area::Session, Act::Logon),
    rule(
        &["session"],
        &["revoked", "revoke", "ended", "end", "expired", "deleted", "terminated", "destroyed"],
        Area::Session,
        Act::Logoff,
    ),
    rule(FACTORS, &["challenge_failed", "challenge_passed", "challenged"], Area::Session, Act::Logon),
    rule(&["impersonation"], &["started", "start", "created", "begin"], Area::Session, Act::Switch),
    rule(&["impersonation"], &["ended", "end", "stopped", "stop"], Area::Session, Act::Logoff),
    rule(ANY, &["impersonate", "impersonated", "impersonation_started"], Area::Session, Act::Switch),
    rule(
        &["password"],
        &["changed", "change", "updated", "update", "set"],
        Area::User,
        Act::PasswordChange,
    ),
    rule(
        &["password"],
        &["reset", "reset_requested", "reset_completed", "recovered"],
        Area::User,
        Act::PasswordReset,
    ),
    rule(ANY, &["password_changed", "password_updated", "change_password"], Area::User, Act::PasswordChange),
    rule(
        ANY,
        &["password_reset", "reset_password", "password_reset_requested"],
        Area::User,
        Act::PasswordReset,
    ),
    rule(
        FACTORS,
        &["enabled", "enable", "enrolled", "registered", "activated", "activate", "added", "created"],
        Area::User,
        Act::FactorOn,
    ),
    rule(
        FACTORS,
        &["disabled", "disable", "removed", "unenrolled", "deactivated", "deactivate", "deleted", "reset"],
        Area::User,
        Act::FactorOff,
    ),
    rule(ACCOUNTS, &["mfa_enabled", "mfa_enrolled", "enable_mfa"], Area::User, Act::FactorOn),
    rule(ACCOUNTS, &["mfa_disabled", "mfa_removed", "disable_mfa"], Area::User, Act::FactorOff),
    rule(
        ACCOUNTS,
        &["role_assigned", "role_granted", "role_added", "assign_role", "role_changed"],
        Area::User,
        Act::RoleAssign,
    ),
    rule(
        ACCOUNTS,
        &["role_removed", "role_revoked", "role_unassigned", "remove_role"],
        Area::User,
        Act::RoleRevoke,
    ),
    rule(&["role"], &["assigned", "granted", "assign", "grant"], Area::User, Act::RoleAssign),
    rule(&["role"], &["revoked", "unassigned", "revoke", "unassign"], Area::User, Act::RoleRevoke),
    rule(
        ACCOUNTS,
        &["permission_granted", "privilege_granted", "permission_added"],
        Area::User,
        Act::PrivilegeAssign,
    ),
    rule(
        ACCOUNTS,
        &["permission_revoked", "privilege_revoked", "permission_removed"],
        Area::User,
        Act::PrivilegeRevoke,
    ),
    rule(&["permission", "privilege"], &["granted", "assigned"], Area::User, Act::PrivilegeAssign),
    rule(&["permission", "privilege"], &["revoked", "removed"], Area::User, Act::PrivilegeRevoke),
    rule(ACCOUNTS, &["locked_out", "locked", "lock"], Area::User, Act::Lock),
    rule(ACCOUNTS, &["invitation_accepted", "add_member", "member_added"], Area::User, Act::Create),
    rule(ACCOUNTS, &["erased", "remove_member", "member_removed", "invitation_revoked"], Area::User, Act::Delete),
    rule(
        GROUPS,
        &["member_added", "user_added", "add_member", "add_user", "member_joined"],
        Area::Group,
        Act::MemberAdd,
    ),
    rule(
        GROUPS,
        &["member_removed", "user_removed", "remove_member", "remove_user", "member_left"],
        Area::Group,
        Act::MemberRemove,
    ),
    rule(
        &["organization", "org", "project", "workspace", "tenant"],
        &["settings_updated", "settings_changed"],
        Area::Entity,
        Act::Update,
    ),
];

/// To which area a noun belongs.
pub(super) const AREAS: &[(&[&str], Area)] = &[
    (
        &[
            "user", "users", "member", "members", "account", "accounts", "service_account", "service_accounts",
            "user_account", "invitation", "invite", "membership", "person", "employee", "customer", "operator",
        ],
        Area::User,
    ),
    (GROUPS, Area::Group),
    (
        &["role", "roles", "policy", "permission_policy", "permission", "permissions", "privilege", "iam_policy"],
        Area::Role,
    ),
    (
        &[
            "api_key", "apikey", "access_key", "api_token", "token", "access_token", "refresh_token", "credential",
            "personal_access_token", "service_account_key", "oauth_token", "ssh_key", "viewer_token",
        ],
        Area::Credential,
    ),
    (&["file", "files", "document", "documents", "attachment", "folder"], Area::File),
    (&["database", "database_row", "table", "query"], Area::Data),
    (
        &["system", "application", "app", "plugin", "extension", "integration", "server"],
        Area::App,
    ),
    (
        &[
            "setting", "settings", "system_setting", "config", "configuration", "org", "organization", "organizations",
            "project", "workspace", "tenant", "webhook", "webhooks", "sso_connection", "sso", "sso_enforcement",
            "identity_domain", "ip_allowlist", "oauth_app", "scim_directory", "scim_group", "feature_flag", "license",
            "subscription", "audit_stream", "audit_retention", "audit_schema", "audit_alert_rule", "legal_hold", "domain",
            "automation_rule", "workflow", "service", "schedule", "escalation_policy", "alert_route", "alert_source",
            "status_page", "custom_field", "data_residency", "repository", "repo", "environment", "secret",
        ],
        Area::Entity,
    ),
    (&["session", "password", "impersonation"], Area::Session),
];

/// What a verb does, in the forms that products use.
pub(super) const VERBS: &[(&[&str], Act)] = &[
    (
        &[
            "create", "created", "add", "added", "insert", "inserted", "register", "registered", "issue", "issued",
            "invite", "invited", "publish", "published", "generate", "generated", "connected", "placed", "new",
        ],
        Act::Create,
    ),
    (
        &[
            "read", "view", "viewed", "get", "list", "listed", "describe", "access", "accessed", "head", "watch",
            "revealed", "show", "fetch",
        ],
        Act::Read,
    ),
    (
        &[
            "update", "updated", "change", "changed", "modify", "modified", "edit", "edited", "set", "patch", "patched",
            "put", "rotate", "rotated", "assign", "assigned", "toggled", "reordered", "replaced", "transferred",
        ],
        Act::Update,
    ),
    (
        &[
            "delete", "deleted", "destroy", "destroyed", "purge", "purged", "erase", "erased", "revoke", "revoked",
            "terminate", "terminated", "drop", "dropped", "expired", "disconnected", "released",
        ],
        Act::Delete,
    ),
    (&["remove", "removed", "uninstall", "uninstalled"], Act::Remove),
    (&["enable", "enabled", "activate", "activated", "reactivated", "reactivate"], Act::Enable),
    (&["disable", "disabled", "deactivate", "deactivated"], Act::Disable),
    (&["lock", "locked"], Act::Lock),
    (&["unlock", "unlocked"], Act::Unlock),
    (&["suspend", "suspended", "paused", "pause"], Act::Suspend),
    (&["resume", "resumed", "unsuspended"], Act::Resume),
    (&["move", "moved"], Act::Move),
    (&["rename", "renamed"], Act::Rename),
    (&["copy", "copied", "clone", "cloned", "duplicated"], Act::Copy),
    (&["restore", "restored", "undeleted"], Act::Restore),
    (&["share", "shared"], Act::Share),
    (&["unshare", "unshared"], Act::Unshare),
    (&["upload", "uploaded"], Act::Upload),
    (&["download", "downloaded"], Act::Download),
    (&["open", "opened"], Act::Open),
    (&["preview", "previewed"], Act::Preview),
    (&["import", "imported"], Act::Import),
    (&["export", "exported"], Act::Export),
    (&["search", "searched", "query", "queried"], Act::Search),
    (&["install", "installed"], Act::Install),
    (&["start", "started"], Act::Start),
    (&["stop", "stopped"], Act::Stop),
    (&["restart", "restarted"], Act::Restart),
];
