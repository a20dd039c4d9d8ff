//! What a signed-in person may, by their roles and by whether they run the installation.

use tallystick_catalog::SessionId;
use tallystick_event::OrgId;

use super::{Denied, Reach};
use crate::role::{Grant, OPERATOR};
use crate::{Bound, Permission, Rule};

/// A signed-in person.
#[derive(Debug, Clone)]
pub struct Person {
    /// For signing in, and for people.
    pub email: String,
    /// Name of the time zone that they see.
    pub time_zone: String,
    /// Whether they run the installation. Never with a session that a provider opened.
    pub is_operator: bool,
    /// The session.
    pub session: SessionId,
    /// The organization through whose provider they signed in: they are nothing anywhere else.
    pub sso_org: Option<OrgId>,
    /// What they may in each of their organizations, by its id. For operators the instance's own is among them.
    pub grants: Vec<Grant>,
}

impl Person {
    /// What they may in an organization, if they are in it.
    pub fn grant(&self, org: &OrgId) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.org == *org)
    }

    pub(super) fn holds(&self, permission: Permission, org: Option<&OrgId>) -> bool {
        let granted =
            org.and_then(|org| self.grant(org)).is_some_and(|grant| grant.permissions.has(permission));
        granted || (self.is_operator && OPERATOR.has(permission))
    }

    pub(super) fn authorize(&self, rule: &Rule, asked: Option<&OrgId>) -> Result<Reach, Denied> {
        match rule.bound {
            // The operation is about nothing of any organization.
            Bound::Person => return Ok(Reach::Orgs(Vec::new())),
            Bound::Never if !self.is_operator => return Err(Denied::OperatorOnly { operation: rule.name }),
            Bound::Never | Bound::Own | Bound::Viewer => {}
        }
        let operates = self.is_operator && rule.permission.is_none_or(|need| OPERATOR.has(need));
        let allows = |grant: &&Grant| rule.permission.is_none_or(|need| grant.permissions.has(need));
        if let Some(asked) = asked {
            return match self.grant(asked) {
                _ if operates => Ok(Reach::Org(asked.clone())),
                Some(grant) if allows(&grant) => Ok(Reach::Org(asked.clone())),
                Some(_) => Err(missing(rule)),
                None => Err(Denied::NotMember { asked: asked.clone() }),
            };
        }
        if operates {
            return Ok(Reach::All);
        }
        let mut orgs: Vec<OrgId> = self.grants.iter().filter(allows).map(|grant| grant.org.clone()).collect();
        match (orgs.pop(), rule.permission) {
            (Some(only), _) if orgs.is_empty() => Ok(Reach::Org(only)),
            (None, Some(_)) => Err(missing(rule)),
            (last, _) => {
                orgs.extend(last);
                Ok(Reach::Orgs(orgs))
            }
        }
    }
}

fn missing(rule: &Rule) -> Denied {
    match rule.permission {
        Some(need) => Denied::MissingPermission { operation: rule.name, need },
        None => Denied::OperatorOnly { operation: rule.name },
    }
}
