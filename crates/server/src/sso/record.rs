//! What single sign-on leaves in the audit log. It is the matter of the organization whose provider it is; only what
//! cannot be told to be of any goes to the instance's log.

use std::sync::Arc;

use serde_json::{Value, json};
use tallystick_catalog::{SsoAdmitted, SsoConnection};

use super::{Failed, Vouching};
use crate::{
    admin_events::{self, Act, Who},
    people_events::{
        SSO_CONNECTION_TESTED, USER_CREATED, USER_INVITATION_ACCEPTED, USER_ROLE_ASSIGNED,
        USER_SIGN_IN_FAILED, USER_SIGNED_IN, on_user,
    },
    state::AppState,
};

/// Somebody did not get in. What the provider said of them is kept only if it could be believed.
pub async fn record_failure(state: &Arc<AppState>, who: &Who, failed: &Failed, vouching: Option<&Vouching>) {
    let mut metadata = json!({ "method": "oidc", "detail": failed.detail });
    let (mut id, mut name) = ("unknown".to_owned(), "single sign-on".to_owned());
    if let Some(Vouching { connection, vouched, .. }) = vouching {
        metadata["subject"] = json!(vouched.subject);
        metadata["issuer"] = json!(connection.issuer);
        if let Some(email) = &vouched.email {
            metadata["email"] = json!(email);
        }
        (id, name) = (connection.id.to_string(), connection.issuer.clone());
    }
    let act = Act {
        action: USER_SIGN_IN_FAILED,
        org: failed.org.clone(),
        target_type: "sso_connection",
        target_id: id,
        target_name: name,
        changes: Vec::new(),
        metadata,
    };
    admin_events::record_of(state, who, act, Some(failed.reason)).await;
}

/// Somebody got in: their account, their role, and that they signed in.
pub async fn record_sign_in(
    state: &Arc<AppState>,
    who: &Who,
    connection: &SsoConnection,
    subject: &str,
    admitted: &SsoAdmitted,
) {
    let (user, org) = (&admitted.user, Some(&connection.org));
    if admitted.is_new {
        let metadata = json!({ "email": user.email, "by": "sso" });
        admin_events::record_of(state, who, on_user(USER_CREATED, org, user, Vec::new(), metadata), None)
            .await;
    }
    if let Some(link) = &admitted.invitation {
        let act = Act {
            action: USER_INVITATION_ACCEPTED,
            org: org.cloned(),
            target_type: "invitation",
            target_id: link.id.to_string(),
            target_name: link.email.clone().unwrap_or_default(),
            changes: vec![("/status", json!("open"), json!("accepted"))],
            metadata: json!({ "invited_by": link.created_by, "method": "oidc" }),
        };
        admin_events::record_of(state, who, act, None).await;
    }
    let by = json!({ "by": "sso" });
    if admitted.role_before.as_deref() != Some(&admitted.role) {
        let before = admitted.role_before.as_ref().map_or(Value::Null, |role| json!(role));
        let changes = vec![("/role", before, json!(admitted.role))];
        let act = on_user(USER_ROLE_ASSIGNED, org, user, changes, by.clone());
        admin_events::record_of(state, who, act, None).await;
    }
    if admitted.kept_as_owner {
        let act = on_user(USER_ROLE_ASSIGNED, org, user, Vec::new(), by);
        admin_events::record_of(state, who, act, Some("the organization needs this owner")).await;
    }
    let metadata = json!({
        "method": "oidc",
        "idp_id": connection.id.to_string(),
        "issuer": connection.issuer,
        "subject": subject,
        "newly_linked": admitted.is_linked,
    });
    admin_events::record_of(state, who, on_user(USER_SIGNED_IN, org, user, Vec::new(), metadata), None).await;
}

/// An owner tried the connection.
pub async fn record_test(
    state: &Arc<AppState>,
    who: &Who,
    connection: &SsoConnection,
    failure: Option<&'static str>,
) {
    let act = Act {
        action: SSO_CONNECTION_TESTED,
        org: Some(connection.org.clone()),
        target_type: "sso_connection",
        target_id: connection.id.to_string(),
        target_name: connection.issuer.clone(),
        changes: Vec::new(),
        metadata: json!({}),
    };
    admin_events::record_of(state, who, act, failure).await;
}
