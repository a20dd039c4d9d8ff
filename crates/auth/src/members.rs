//! Members of organizations: listing, adding, changing and removing them, as callers may.
//!
//! Nobody gives what they do not have, takes from those who have more, or gets at another's account through an
//! organization in which that other is stronger. Operators may all of it: they appoint the first owners.

use tallystick_catalog::{CatalogError, Changed, Conflict, Member, Membership, User, UserId};
use tallystick_event::OrgId;

use crate::role::{self, Grant};
use crate::{Auth, Caller, Denied, Operation, PermissionSet, Reach, authorize};

/// A member with what their role is called.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// The account and the membership.
    pub member: Member,
    /// The role's name.
    pub role_name: String,
}

/// Why an operation on people failed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The role, or the person, has permissions that the caller lacks.
    #[error("{what} has permissions that you do not have")]
    Beyond {
        /// The role or the person.
        what: String,
    },
    /// There is no such role in the organization.
    #[error("there is no role {role:?} in this organization")]
    UnknownRole {
        /// As it was named.
        role: String,
    },
    /// Nobody suspends themselves: they could not undo it.
    #[error("nobody can suspend their own account")]
    Oneself,
    /// A value is not valid.
    #[error("{field}: {why}")]
    Invalid {
        /// The member of the body.
        field: &'static str,
        /// What is wrong, and what to do.
        why: String,
    },
    /// The password, the code or the link is wrong, or too old.
    #[error("{0}")]
    Refused(&'static str),
    /// Too many sign-ins at once.
    #[error("too many sign-ins at once")]
    Busy,
    /// The catalog's reason.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl From<crate::password::Busy> for PeopleError {
    fn from(_: crate::password::Busy) -> Self {
        Self::Busy
    }
}

impl Auth {
    /// Members of an organization, in order of their ids.
    pub async fn list_members(
        &self,
        caller: &Caller,
        org: &OrgId,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<MemberView>, PeopleError> {
        let _reach = authorize(caller, Operation::ListMembers, Some(org))?;
        self.catalog().organization(org).await?;
        let mut views = Vec::new();
        let roles = self.catalog().list_roles(org).await?;
        for member in self.catalog().list_members(org, after, limit).await? {
            let custom = roles.iter().find(|role| role.id.as_str() == member.membership.role);
            let role_name = custom.map_or_else(|| member.membership.role.clone(), |role| role.name.clone());
            views.push(MemberView { member, role_name });
        }
        Ok(views)
    }

    /// Makes somebody who has an account a member. The caller must be able to see them: be an operator, or see the
    /// members of an organization that they are in.
    pub async fn add_member(
        &self,
        caller: &Caller,
        org: &OrgId,
        user: &UserId,
        role: &str,
    ) -> Result<MemberView, PeopleError> {
        let _reach = authorize(caller, Operation::AddMember, Some(org))?;
        let grant = self.giveable(caller, org, role).await?;
        self.catalog().organization(org).await?;
        let mut is_seen = authorize(caller, Operation::ListMembers, None) == Ok(Reach::All);
        for membership in self.catalog().memberships(user).await? {
            is_seen |= authorize(caller, Operation::ListMembers, Some(&membership.org)).is_ok();
        }
        if !is_seen {
            return Err(CatalogError::NotFound { kind: "user", id: user.to_string() }.into());
        }
        self.catalog().add_member(org, user, role).await?;
        let member = self.catalog().member(org, user).await?;
        Ok(MemberView { member, role_name: grant.role_name })
    }

    /// Gives a member another role. The answer has the roles by name.
    pub async fn update_member(
        &self,
        caller: &Caller,
        org: &OrgId,
        user: &UserId,
        role: &str,
    ) -> Result<Changed<MemberView>, PeopleError> {
        let _reach = authorize(caller, Operation::UpdateMember, Some(org))?;
        let after = self.giveable(caller, org, role).await?;
        let member = self.catalog().member(org, user).await?;
        let before = self.takeable(caller, org, &member.membership.role).await?;
        self.catalog().set_role(org, user, role).await?;
        let changed = self.catalog().member(org, user).await?;
        Ok(Changed {
            before: MemberView { member, role_name: before },
            after: MemberView { member: changed, role_name: after.role_name },
        })
    }

    /// Ends a membership. The account stays, and so do the keys that the person made.
    pub async fn remove_member(
        &self,
        caller: &Caller,
        org: &OrgId,
        user: &UserId,
    ) -> Result<MemberView, PeopleError> {
        let _reach = authorize(caller, Operation::RemoveMember, Some(org))?;
        let member = self.catalog().member(org, user).await?;
        let role_name = self.takeable(caller, org, &member.membership.role).await?;
        self.catalog().remove_member(org, user).await?;
        Ok(MemberView { member, role_name })
    }

    /// The name of a role that the caller may take from somebody. One that is not there any more gives nothing, so
    /// anybody may who manages members.
    async fn takeable(&self, caller: &Caller, org: &OrgId, role: &str) -> Result<String, PeopleError> {
        match self.giveable(caller, org, role).await {
            Ok(grant) => Ok(grant.role_name),
            Err(PeopleError::UnknownRole { role }) => Ok(role),
            Err(error) => Err(error),
        }
    }

    /// Removes the authenticator and the recovery codes of a member who has lost them; false if there were none.
    pub async fn remove_member_totp(
        &self,
        caller: &Caller,
        org: &OrgId,
        user: &UserId,
    ) -> Result<(User, bool), PeopleError> {
        let user = self.subordinate(caller, Operation::RemoveMemberTotp, org, user).await?;
        let removed = self.catalog().remove_totp(&user.id).await?;
        Ok((user, removed))
    }

    /// Keeps a member from signing in anywhere and ends their sessions; how many those were, none if they are
    /// suspended already. The keys that they made go on working.
    pub async fn suspend_member(
        &self,
        caller: &Caller,
        org: &OrgId,
        user: &UserId,
    ) -> Result<(User, Option<u64>), PeopleError> {
        let user = self.subordinate(caller, Operation::SuspendMember, org, user).await?;
        if caller.user() == Some(&user.id) {
            return Err(PeopleError::Oneself);
        }
        let ended = self.catalog().suspend_user(&user.id).await?;
        Ok((user, ended))
    }

    /// Lets a suspended member sign in again; false if they may.
    pub async fn resume_member(
        &self,
        caller: &Caller,
        org: &OrgId,
        user: &UserId,
    ) -> Result<(User, bool), PeopleError> {
        let user = self.subordinate(caller, Operation::ResumeMember, org, user).await?;
        let resumed = self.catalog().resume_user(&user.id).await?;
        Ok((user, resumed))
    }

    /// A member of the organization, none of whose permissions anywhere the caller lacks.
    async fn subordinate(
        &self,
        caller: &Caller,
        operation: Operation,
        org: &OrgId,
        user: &UserId,
    ) -> Result<User, PeopleError> {
        let _reach = authorize(caller, operation, Some(org))?;
        let member = self.catalog().member(org, user).await?.user;
        self.outranks(caller, operation, &member).await?;
        Ok(member)
    }

    /// What a role of an organization comes to, if the caller has all of it.
    pub(crate) async fn giveable(
        &self,
        caller: &Caller,
        org: &OrgId,
        role: &str,
    ) -> Result<Grant, PeopleError> {
        let grant = self.grant_of(org, role).await?;
        if is_operator(caller) || caller.holds_all(grant.permissions, org) {
            return Ok(grant);
        }
        Err(PeopleError::Beyond { what: format!("the role {}", grant.role_name) })
    }

    /// What a role of an organization comes to.
    pub(crate) async fn grant_of(&self, org: &OrgId, role: &str) -> Result<Grant, PeopleError> {
        let unknown = || PeopleError::UnknownRole { role: role.to_owned() };
        if let Some(built_in) = role::built_in(role) {
            return Ok(Grant::built_in(org.clone(), built_in));
        }
        let id = role.parse().map_err(|_| unknown())?;
        match self.catalog().role(&id).await {
            Ok(custom) if custom.org == *org => Ok(Grant::custom(&custom)),
            Ok(_) | Err(CatalogError::NotFound { .. }) => Err(unknown()),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses unless the caller is at least as strong as this person wherever they are: a new password gives whoever
    /// hands it over all that the person may, in every organization.
    pub(crate) async fn outranks(
        &self,
        caller: &Caller,
        operation: Operation,
        user: &User,
    ) -> Result<(), PeopleError> {
        if is_operator(caller) {
            return Ok(());
        }
        let beyond = || PeopleError::Beyond { what: user.name.clone() };
        let memberships = self.catalog().memberships(&user.id).await?;
        if user.is_operator || memberships.is_empty() {
            return Err(beyond());
        }
        for membership in memberships {
            let Membership { org, role, .. } = membership;
            let _reach = authorize(caller, operation, Some(&org)).map_err(|_| beyond())?;
            let grant = self.grant_of(&org, &role).await?;
            let is_covered = caller.holds_all(grant.permissions, &org);
            if !is_covered || grant.permissions == PermissionSet::default() {
                return Err(beyond());
            }
        }
        Ok(())
    }
}

/// Whether the caller runs the installation: an operator, or the root key.
pub(crate) fn is_operator(caller: &Caller) -> bool {
    caller.is_root() || caller.person().is_some_and(|person| person.is_operator)
}

impl PeopleError {
    /// The catalog's conflict, if that is the reason.
    pub fn conflict(&self) -> Option<&Conflict> {
        match self {
            Self::Catalog(CatalogError::Conflict(conflict)) => Some(conflict),
            _ => None,
        }
    }
}
