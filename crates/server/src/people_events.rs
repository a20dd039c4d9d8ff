//! What happens to accounts and roles, as events. An act on somebody's account is recorded in the log of every
//! organization that they are in, so that each sees who of its people signed in; of those who are in none, and of
//! operators, in the instance's. What is done with a session of single sign-on is that organization's matter alone.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Value, json};
use tallystick_catalog::{Passkey, User, check_email};
use tallystick_event::OrgId;

use crate::{
    admin_events::{self, Act, Who},
    state::AppState,
};

/// Somebody signed in.
pub const USER_SIGNED_IN: &str = "user.signed_in";
/// Somebody did not get in.
pub const USER_SIGN_IN_FAILED: &str = "user.sign_in_failed";
/// Further attempts from an address on an account have to wait.
pub const USER_LOCKED_OUT: &str = "user.locked_out";
/// Somebody signed out.
pub const USER_SIGNED_OUT: &str = "user.signed_out";
/// A session was ended by hand.
pub const SESSION_REVOKED: &str = "session.revoked";
/// An account was made.
pub const USER_CREATED: &str = "user.created";
/// Name or time zone changed.
pub const USER_UPDATED: &str = "user.updated";
/// Somebody was invited.
pub const USER_INVITED: &str = "user.invited";
/// An invitation was taken back.
pub const USER_INVITATION_REVOKED: &str = "user.invitation_revoked";
/// An invitation was accepted.
pub const USER_INVITATION_ACCEPTED: &str = "user.invitation_accepted";
/// Somebody has a role now.
pub const USER_ROLE_ASSIGNED: &str = "user.role_assigned";
/// Somebody has no role in the organization any more.
pub const USER_ROLE_REMOVED: &str = "user.role_removed";
/// Somebody changed their password.
pub const PASSWORD_CHANGED: &str = "password.changed";
/// A link to choose a new password was made.
pub const PASSWORD_RESET_REQUESTED: &str = "password.reset_requested";
/// It was used.
pub const PASSWORD_RESET_COMPLETED: &str = "password.reset_completed";
/// An authenticator is in use now.
pub const MFA_FACTOR_ENROLLED: &str = "mfa_factor.enrolled";
/// It is not any more.
pub const MFA_FACTOR_REMOVED: &str = "mfa_factor.removed";
/// Somebody got in with a password where single sign-on is enforced: the owner who is meant to, when it fails.
pub const SESSION_ELEVATED: &str = "session.elevated";
/// An organization has a provider of single sign-on now.
pub const SSO_CONNECTION_CREATED: &str = "sso_connection.created";
/// It was changed.
pub const SSO_CONNECTION_UPDATED: &str = "sso_connection.updated";
/// It has none any more.
pub const SSO_CONNECTION_DELETED: &str = "sso_connection.deleted";
/// An owner tried it.
pub const SSO_CONNECTION_TESTED: &str = "sso_connection.tested";
/// Passwords do not count any more.
pub const SSO_ENFORCEMENT_ENABLED: &str = "sso_enforcement.enabled";
/// They count again.
pub const SSO_ENFORCEMENT_DISABLED: &str = "sso_enforcement.disabled";
/// Somebody signs in with another address now.
pub const USER_EMAIL_CHANGED: &str = "user.email_changed";
/// Somebody must not sign in for the time being.
pub const USER_SUSPENDED: &str = "user.suspended";
/// They may again.
pub const USER_REACTIVATED: &str = "user.reactivated";
/// A passkey was added.
pub const PASSKEY_REGISTERED: &str = "passkey.registered";
/// It has another name.
pub const PASSKEY_RENAMED: &str = "passkey.renamed";
/// It was removed.
pub const PASSKEY_REMOVED: &str = "passkey.removed";
/// A custom role was made.
pub const ROLE_CREATED: &str = "role.created";
/// It was changed.
pub const ROLE_UPDATED: &str = "role.updated";
/// It was deleted.
pub const ROLE_DELETED: &str = "role.deleted";

/// Characters that are kept of the id of a passkey that no account has.
const CREDENTIAL_ID_CHARS_MAX: usize = 64;

/// What happened to an account.
#[derive(Debug, Clone)]
pub struct AccountAct {
    /// One of the names above.
    pub action: &'static str,
    /// Why it failed, if it did.
    pub failure: Option<&'static str>,
    /// `path`, old value, new value.
    pub changes: Vec<(&'static str, Value, Value)>,
    /// What else is worth keeping.
    pub metadata: Value,
}

impl AccountAct {
    /// Something that was done.
    pub fn done(action: &'static str, metadata: Value) -> Self {
        Self { action, failure: None, changes: Vec::new(), metadata }
    }

    /// Something that was done to a value of the account.
    pub fn changed(action: &'static str, change: (&'static str, Value, Value), metadata: Value) -> Self {
        Self { action, failure: None, changes: vec![change], metadata }
    }

    /// Something that failed, and why.
    pub fn failed(action: &'static str, why: &'static str, metadata: Value) -> Self {
        Self { action, failure: Some(why), changes: Vec::new(), metadata }
    }
}

/// A passkey, as events say which one it is.
pub fn passkey_facts(passkey: &Passkey) -> Value {
    json!({ "id": passkey.id.as_str(), "name": passkey.name, "synced": passkey.is_synced })
}

/// Records what happened to an account, wherever its person is.
pub async fn record(state: &Arc<AppState>, who: &Who, user: &User, act: AccountAct) {
    let logs = match &who.within {
        Some(org) => vec![Some(org.clone())],
        None => logs_of(state, user).await,
    };
    // All at once, so that they are made durable together.
    let records = logs.into_iter().map(|org| {
        let one = Act { org, ..on_user(act.action, None, user, act.changes.clone(), act.metadata.clone()) };
        admin_events::record_of(state, who, one, act.failure)
    });
    join_all(records).await;
}

/// The organizations in whose logs an account's acts belong; none stands for the instance's.
async fn logs_of(state: &Arc<AppState>, user: &User) -> Vec<Option<OrgId>> {
    let memberships = state.engine.catalog().memberships(&user.id).await.unwrap_or_else(|error| {
        tracing::error!(?error, "the organizations of a person cannot be read: the instance's log is used");
        Vec::new()
    });
    let mut logs: Vec<_> = memberships.into_iter().map(|membership| Some(membership.org)).collect();
    if logs.is_empty() || user.is_operator {
        logs.push(None);
    }
    logs
}

/// An act on a person, in the log of `org`.
pub fn on_user(
    action: &'static str,
    org: Option<&OrgId>,
    user: &User,
    changes: Vec<(&'static str, Value, Value)>,
    metadata: Value,
) -> Act {
    Act {
        action,
        org: org.cloned(),
        target_type: "user",
        target_id: user.id.to_string(),
        target_name: user.name.clone(),
        changes,
        metadata,
    }
}

/// A failed attempt on an address that no account has, in the instance's log. Only what can be an address is kept:
/// people type their password into the wrong field.
pub async fn unknown_account(state: &Arc<AppState>, who: &Who, email: &str) {
    let email = email.trim();
    let has_domain = email.rsplit_once('@').is_some_and(|(_, host)| host.contains('.'));
    let is_address = has_domain && check_email(email).is_ok();
    let claimed = if is_address { email } else { "not an e-mail address" };
    claimed_by_nobody(state, who, claimed, "password", "unknown account").await;
}

/// A failed attempt with a passkey that no account has, in the instance's log.
pub async fn unknown_passkey(state: &Arc<AppState>, who: &Who, credential_id: &str, reason: &'static str) {
    let claimed: String = credential_id.chars().take(CREDENTIAL_ID_CHARS_MAX).collect();
    claimed_by_nobody(state, who, &claimed, "passkey", reason).await;
}

async fn claimed_by_nobody(
    state: &Arc<AppState>,
    who: &Who,
    claimed: &str,
    method: &str,
    reason: &'static str,
) {
    let act = Act {
        action: USER_SIGN_IN_FAILED,
        org: None,
        target_type: "claimed_identifier",
        target_id: claimed.to_owned(),
        target_name: claimed.to_owned(),
        changes: Vec::new(),
        metadata: json!({ "method": method }),
    };
    admin_events::record_of(state, who, act, Some(reason)).await;
}
