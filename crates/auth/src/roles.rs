//! Custom roles: making, changing and deleting them, as callers may. Nobody makes a role with more than they have.

use tallystick_catalog::{CatalogError, Changed, NewRole, Role, RoleChange, RoleId};
use tallystick_event::OrgId;

use crate::members::is_operator;
use crate::role::FILTERED_MAX;
use crate::{Auth, Caller, Level, Operation, PeopleError, Permission, PermissionSet, authorize};

/// A role to be made. The filter is checked by whoever knows the query language.
#[derive(Debug, Clone)]
pub struct CreateRole {
    /// For people.
    pub name: String,
    /// What it allows.
    pub permissions: Vec<Permission>,
    /// Query that every event its holders see matches; empty: all.
    pub filter: String,
}

/// What to change; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct ChangeRole {
    /// See [`CreateRole`].
    pub name: Option<String>,
    /// See [`CreateRole`].
    pub permissions: Option<Vec<Permission>>,
    /// See [`CreateRole`].
    pub filter: Option<String>,
}

impl Auth {
    /// The custom roles of an organization, by name.
    pub async fn list_roles(&self, caller: &Caller, org: &OrgId) -> Result<Vec<Role>, PeopleError> {
        let _reach = authorize(caller, Operation::ListRoles, Some(org))?;
        self.catalog().organization(org).await?;
        Ok(self.catalog().list_roles(org).await?)
    }

    /// Makes a role.
    pub async fn create_role(
        &self,
        caller: &Caller,
        org: &OrgId,
        create: CreateRole,
    ) -> Result<Role, PeopleError> {
        let _reach = authorize(caller, Operation::CreateRole, Some(org))?;
        let permissions = check(caller, org, &create.permissions, &create.filter)?;
        let new = NewRole {
            org: org.clone(),
            name: create.name,
            permissions,
            filter: create.filter.trim().to_owned(),
        };
        Ok(self.catalog().create_role(new).await?)
    }

    /// Changes a role, for everybody who has it, at once.
    pub async fn update_role(
        &self,
        caller: &Caller,
        id: &RoleId,
        change: ChangeRole,
    ) -> Result<Changed<Role>, PeopleError> {
        let before = self.role_within(caller, Operation::UpdateRole, id).await?;
        // Neither what it is nor what it becomes may be more than the caller has.
        self.giveable(caller, &before.org, id.as_str()).await?;
        let stored = PermissionSet::of_stored(&before.permissions);
        let permissions = change.permissions.clone().unwrap_or_else(|| stored.iter().collect());
        let filter = change.filter.as_deref().unwrap_or(&before.filter);
        let words = check(caller, &before.org, &permissions, filter)?;
        let change = RoleChange {
            name: change.name,
            permissions: change.permissions.map(|_| words),
            filter: change.filter.map(|filter| filter.trim().to_owned()),
        };
        Ok(self.catalog().update_role(id, change).await?)
    }

    /// Deletes a role that nobody has.
    pub async fn delete_role(&self, caller: &Caller, id: &RoleId) -> Result<Role, PeopleError> {
        let role = self.role_within(caller, Operation::DeleteRole, id).await?;
        self.giveable(caller, &role.org, id.as_str()).await?;
        Ok(self.catalog().delete_role(id).await?)
    }

    /// A role within the caller's reach; out of it, it is as unknown as one that does not exist.
    async fn role_within(
        &self,
        caller: &Caller,
        operation: Operation,
        id: &RoleId,
    ) -> Result<Role, PeopleError> {
        let reach = authorize(caller, operation, None)?;
        let role = self.catalog().role(id).await?;
        if reach.covers(Some(&role.org)) {
            return Ok(role);
        }
        Err(CatalogError::NotFound { kind: "role", id: id.to_string() }.into())
    }
}

/// The permissions as they are stored, if the caller may make a role of them.
fn check(
    caller: &Caller,
    org: &OrgId,
    permissions: &[Permission],
    filter: &str,
) -> Result<Vec<String>, PeopleError> {
    let invalid = |why: String| Err(PeopleError::Invalid { field: "permissions", why });
    if let Some(one) = permissions.iter().find(|one| one.level() == Level::Instance) {
        return invalid(format!("{one} is about the installation; only operators have it"));
    }
    let set: PermissionSet = permissions.iter().copied().collect();
    if !filter.trim().is_empty()
        && let Some(one) = set.iter().find(|one| !FILTERED_MAX.has(*one))
    {
        let able: Vec<&str> = FILTERED_MAX.iter().map(Permission::as_str).collect();
        return invalid(format!(
            "{one} would go around the filter; a role with a filter can have {}",
            able.join(", ")
        ));
    }
    if !is_operator(caller) && !caller.holds_all(set, org) {
        return Err(PeopleError::Beyond { what: "the role".to_owned() });
    }
    Ok(set.iter().map(|one| one.to_string()).collect())
}
