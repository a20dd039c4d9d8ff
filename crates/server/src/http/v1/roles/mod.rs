//! Roles: the built-in ones and those that organizations make.

pub mod create;
pub mod delete;
pub mod list;
pub mod update;

use serde::Serialize;
use serde_json::{Value, json};
use tallystick_auth::{BuiltInRole, Permission};
use tallystick_catalog::Role;
use utoipa::ToSchema;

use crate::{
    admin_events::Act,
    error::{ApiError, ErrorCode, ErrorDetail},
};

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleAnswer {
    /// `owner`, `admin`, `auditor`, `member`, or `role_` and 20 characters.
    id: String,
    /// For people.
    name: String,
    /// What it allows, in words.
    permissions: Vec<String>,
    /// Query that every event which its holders see matches; empty: all events.
    filter: String,
    /// Whether it is a role that every organization has.
    built_in: bool,
    /// What it is for; only of built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'static str>,
}

impl From<&BuiltInRole> for RoleAnswer {
    fn from(role: &BuiltInRole) -> Self {
        Self {
            id: role.name.to_owned(),
            name: role.name.to_owned(),
            permissions: role.permissions.iter().map(|permission| permission.to_string()).collect(),
            filter: String::new(),
            built_in: true,
            description: Some(role.description),
        }
    }
}

impl From<&Role> for RoleAnswer {
    fn from(role: &Role) -> Self {
        Self {
            id: role.id.to_string(),
            name: role.name.clone(),
            permissions: role.permissions.clone(),
            filter: role.filter.clone(),
            built_in: false,
            description: None,
        }
    }
}

/// The permissions of a body.
fn permissions(words: &[String]) -> Result<Vec<Permission>, ApiError> {
    let word = |(index, word): (usize, &String)| {
        word.parse::<Permission>().map_err(|error| {
            let known: Vec<&str> = Permission::ALL.iter().map(|one| one.as_str()).collect();
            let why = format!("{error}; known are {}", known.join(", "));
            ApiError::new(ErrorCode::InvalidBody, why.clone()).with_errors(vec![ErrorDetail::new(
                format!("/permissions/{index}"),
                "unknown_permission",
                why,
            )])
        })
    };
    words.iter().enumerate().map(word).collect()
}

/// What is recorded of an act on a role.
fn act(action: &'static str, before: Option<&Role>, after: Option<&Role>) -> Act {
    let role = after.or(before).expect("an act is on a role");
    let parts = |role: Option<&Role>| match role {
        None => [Value::Null, Value::Null, Value::Null],
        Some(role) => [json!(role.name), json!(role.permissions), json!(role.filter)],
    };
    let values = parts(before).into_iter().zip(parts(after));
    let changes = ["/name", "/permissions", "/filter"].into_iter().zip(values);
    let changes = changes.map(|(path, (before, after))| (path, before, after));
    Act {
        action,
        org: Some(role.org.clone()),
        target_type: "role",
        target_id: role.id.to_string(),
        target_name: role.name.clone(),
        changes: changes.filter(|(_, before, after)| before != after).collect(),
        metadata: json!({}),
    }
}
