//! An organization's connection to a provider of single sign-on.

pub mod delete;
pub mod enforce;
pub mod get;
pub mod put;
pub mod test;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tallystick_catalog::{GroupRole, SsoConnection};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::admin_events::Act;

/// What a group of the provider comes to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRoleBody {
    /// As the provider writes it.
    #[schema(example = "platform-admins")]
    group: String,
    /// `owner`, `admin`, `auditor`, `member`, or a custom role's id.
    #[schema(example = "admin")]
    role: String,
}

/// A connection.
#[derive(Debug, Serialize, ToSchema)]
pub struct SsoAnswer {
    /// `sso_` and 20 characters.
    id: String,
    /// The organization.
    org: String,
    /// The provider, exactly as it calls itself.
    issuer: String,
    /// What the provider knows this service as.
    client_id: String,
    /// Whether there is a secret. It is never shown.
    has_client_secret: bool,
    /// Beside `openid`, `email` and `profile`.
    scopes: Vec<String>,
    /// Domains of e-mail addresses that the provider may speak for.
    domains: Vec<String>,
    /// The claim with a person's groups.
    groups_claim: String,
    /// The first that fits counts. Where there are any, they decide at every sign-in.
    group_roles: Vec<GroupRoleBody>,
    /// The role of those whom no group gives one; null: they do not get in.
    default_role: Option<String>,
    /// Passwords do not count for the organization.
    enforced: bool,
    /// Owners whose passwords do all the same.
    break_glass: Vec<String>,
    /// RFC 3339; when it was tried as it is now; null: never.
    tested_at: Option<String>,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339.
    updated_at: String,
}

impl From<&SsoConnection> for SsoAnswer {
    fn from(connection: &SsoConnection) -> Self {
        let role = |one: &GroupRole| GroupRoleBody { group: one.group.clone(), role: one.role.clone() };
        Self {
            id: connection.id.to_string(),
            org: connection.org.to_string(),
            issuer: connection.issuer.clone(),
            client_id: connection.client_id.clone(),
            has_client_secret: !connection.client_secret.is_empty(),
            scopes: connection.scopes.clone(),
            domains: connection.domains.clone(),
            groups_claim: connection.groups_claim.clone(),
            group_roles: connection.group_roles.iter().map(role).collect(),
            default_role: connection.default_role.clone(),
            enforced: connection.enforced,
            break_glass: connection.break_glass.iter().map(ToString::to_string).collect(),
            tested_at: connection.tested.as_ref().map(|test| format_ms(test.at_ms)),
            created_at: format_ms(connection.created_ms),
            updated_at: format_ms(connection.updated_ms),
        }
    }
}

/// What is recorded of an act on a connection. Of the secret only whether there is one, and that it changed.
fn act(action: &'static str, before: Option<&SsoConnection>, after: Option<&SsoConnection>) -> Act {
    let subject = after.or(before).expect("an act is on a connection");
    let secret_changed =
        before.zip(after).is_some_and(|(before, after)| before.client_secret != after.client_secret);
    let values = values(before).into_iter().zip(values(after));
    let paths = [
        "/issuer",
        "/client_id",
        "/has_client_secret",
        "/scopes",
        "/domains",
        "/groups_claim",
        "/group_roles",
        "/default_role",
        "/enforced",
    ];
    let changes = paths.into_iter().zip(values).map(|(path, (before, after))| (path, before, after));
    Act {
        action,
        org: Some(subject.org.clone()),
        target_type: "sso_connection",
        target_id: subject.id.to_string(),
        target_name: subject.issuer.clone(),
        changes: changes.filter(|(_, before, after)| before != after).collect(),
        metadata: json!({ "client_secret_changed": secret_changed }),
    }
}

fn values(connection: Option<&SsoConnection>) -> [Value; 9] {
    let Some(of) = connection else { return Default::default() };
    let roles: Vec<Value> =
        of.group_roles.iter().map(|one| json!({ "group": one.group, "role": one.role })).collect();
    [
        json!(of.issuer),
        json!(of.client_id),
        json!(!of.client_secret.is_empty()),
        json!(of.scopes),
        json!(of.domains),
        json!(of.groups_claim),
        json!(roles),
        json!(of.default_role),
        json!(of.enforced),
    ]
}
