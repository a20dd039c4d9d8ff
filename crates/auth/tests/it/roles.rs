//! Nobody gives what they do not have, and nobody gets at another's account through an organization in which that other
//! is stronger.

use std::sync::Arc;

use tallystick_auth::{
    Auth, Caller, ChangeRole, CreateRole, Denied, Operation, PeopleError, Permission, Reach, Scope, authorize,
};

use tallystick_catalog::CatalogError;

use crate::sign_in::{PASSWORD, attempt, caller, member, operator};
use crate::{World, made, org, request, root};

async fn signed_in(auth: &Auth, email: &str) -> Arc<Caller> {
    caller(auth, &auth.sign_in(attempt(email, PASSWORD, "203.0.113.9")).await.unwrap()).await
}

/// A new member, signed in.
async fn person(auth: &Auth, in_org: &str, email: &str, role: &str) -> Arc<Caller> {
    member(auth, in_org, email, role).await;
    signed_in(auth, email).await
}

fn is_beyond<T>(result: &Result<T, PeopleError>) -> bool {
    matches!(result, Err(PeopleError::Beyond { .. }))
}

#[tokio::test]
async fn admins_do_not_make_or_unmake_owners() {
    let world = World::new().await;
    let auth = world.node().await;
    let acme = org("acme");
    let owner = person(&auth, "acme", "owner@x", "owner").await;
    let admin = person(&auth, "acme", "admin@x", "admin").await;
    let auditor = person(&auth, "acme", "auditor@x", "auditor").await;
    let (owner_id, auditor_id) = (owner.user().unwrap(), auditor.user().unwrap());
    assert!(is_beyond(&auth.invite(&admin, &org("acme"), "new@x", "owner").await));
    assert!(is_beyond(&auth.update_member(&admin, &org("acme"), auditor_id, "owner").await));
    assert!(is_beyond(&auth.update_member(&admin, &org("acme"), owner_id, "member").await));
    assert!(is_beyond(&auth.remove_member(&admin, &acme, owner_id).await));
    assert!(is_beyond(&auth.reset_member(&admin, &org("acme"), owner_id).await));
    let sessions = auth.list_sessions(&admin, Some(owner_id)).await.unwrap();
    assert!(is_beyond(&auth.revoke_session(&admin, &sessions[0].id).await), "nor put them out");
    let sessions = auth.list_sessions(&admin, Some(auditor_id)).await.unwrap();
    let revoked = auth.revoke_session(&admin, &sessions[0].id).await.unwrap();
    assert_eq!((revoked.org, revoked.had_ended), (Some(acme.clone()), false));
    assert!(auth.revoke_session(&admin, &sessions[0].id).await.unwrap().had_ended);
    auth.update_member(&admin, &org("acme"), auditor_id, "member").await.unwrap();
    auth.reset_member(&admin, &org("acme"), auditor_id).await.unwrap();
    let denied = auth.invite(&auditor, &org("acme"), "new@x", "member").await.unwrap_err();
    assert!(matches!(denied, PeopleError::Denied(Denied::MissingPermission { .. })), "{denied:?}");
    auth.update_member(&owner, &org("acme"), auditor_id, "owner").await.unwrap();
    auth.remove_member(&owner, &org("acme"), owner_id).await.unwrap();
    assert!(authorize(&*signed_in(&auth, "owner@x").await, Operation::ReadEvents, None).is_err());
}

#[tokio::test]
async fn an_owner_of_one_organization_does_not_take_accounts_of_another() {
    let world = World::new().await;
    let auth = world.node().await;
    let owner = person(&auth, "acme", "owner@x", "owner").await;
    let both = person(&auth, "acme", "both@x", "member").await;
    let both_id = both.user().unwrap();
    auth.reset_member(&owner, &org("acme"), both_id).await.unwrap();
    auth.add_member(&*root(&auth).await, &org("other"), both_id, "member").await.unwrap();
    assert!(is_beyond(&auth.reset_member(&owner, &org("acme"), both_id).await), "now they are elsewhere too");

    let olga = operator(&auth).await;
    auth.add_member(&*root(&auth).await, &org("acme"), &olga.id, "member").await.unwrap();
    assert!(
        is_beyond(&auth.reset_member(&owner, &org("acme"), &olga.id).await),
        "an operator is more than a member"
    );

    // Whom one cannot see, one cannot add.
    let stranger = member(&auth, "other", "stranger@x", "owner").await;
    let unseen = auth.add_member(&owner, &org("acme"), &stranger.id, "member").await.unwrap_err();
    assert!(unseen.to_string().contains("no user"), "{unseen}");
    // Nor does one see or end their sessions.
    let theirs = auth.sign_in(attempt("stranger@x", PASSWORD, "192.0.2.1")).await.unwrap();
    assert!(auth.list_sessions(&owner, Some(&stranger.id)).await.is_err());
    assert!(auth.revoke_session(&owner, &theirs.session.id).await.is_err());
    assert_eq!(auth.list_sessions(&owner, Some(both_id)).await.unwrap().len(), 1);
    caller(&auth, &theirs).await;
    // Damage is damage, and not as if there was nothing.
    let mut connection = world.connection().await;
    let sql = "UPDATE memberships SET org = '!' WHERE org = 'other'";
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    let damaged = auth.revoke_session(&owner, &theirs.session.id).await.unwrap_err();
    assert!(matches!(damaged, PeopleError::Catalog(CatalogError::Corrupt { .. })), "{damaged:?}");
}

#[tokio::test]
async fn somebody_in_several_organizations_names_one() {
    let world = World::new().await;
    let auth = world.node().await;
    let both = person(&auth, "acme", "both@x", "owner").await;
    auth.add_member(&*root(&auth).await, &org("other"), both.user().unwrap(), "auditor").await.unwrap();
    let both = signed_in(&auth, "both@x").await;
    let may = |operation, asked: Option<&str>| authorize(&both, operation, asked.map(org).as_ref());
    assert_eq!(may(Operation::ReadEvents, None), Ok(Reach::Orgs(vec![org("acme"), org("other")])));
    assert_eq!(may(Operation::CreateKey, None), Ok(Reach::Org(org("acme"))), "the only one where they may");
    assert!(matches!(may(Operation::CreateKey, Some("other")), Err(Denied::MissingPermission { .. })));
    assert!(matches!(may(Operation::ReadEvents, Some("third")), Err(Denied::NotMember { .. })));
    auth.update_member(&*root(&auth).await, &org("other"), both.user().unwrap(), "admin").await.unwrap();
    let both = signed_in(&auth, "both@x").await;
    let key = auth.create_key(&both, request(&[Scope::EventsRead], None)).await;
    assert!(key.is_err(), "not a key for all");
    let key = auth.create_key(&both, request(&[Scope::EventsRead], Some("other"))).await.unwrap();
    assert_eq!(key.key.org, Some(org("other")));
    let admin = auth.create_key(&both, request(&[Scope::Admin], Some("other"))).await;
    assert!(admin.is_err(), "an admin lacks what owners have");
    auth.create_key(&both, request(&[Scope::Admin], Some("acme"))).await.unwrap();
    assert_eq!(auth.list_keys(&both, None, None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn operators_run_the_installation_and_read_no_events() {
    let world = World::new().await;
    let auth = world.node().await;
    operator(&auth).await;
    let olga = signed_in(&auth, "olga@ops.example").await;
    let may = |operation, asked: Option<&str>| authorize(&olga, operation, asked.map(org).as_ref());
    assert_eq!(may(Operation::CreateOrg, None), Ok(Reach::All));
    assert_eq!(may(Operation::ListMembers, Some("acme")), Ok(Reach::Org(org("acme"))));
    assert_eq!(may(Operation::ReadEvents, None), Ok(Reach::Org(org("instance"))));
    assert!(may(Operation::ReadEvents, Some("acme")).is_err());
    let reader = auth.create_key(&olga, request(&[Scope::EventsRead], Some("acme"))).await;
    assert!(reader.is_err(), "nor by a key of their making");
    assert!(auth.create_key(&olga, request(&[Scope::EventsRead], None)).await.is_err());
    auth.create_key(&olga, request(&[Scope::EventsWrite], None)).await.unwrap();
    // They can become a member, which is an act like any other.
    auth.add_member(&olga, &org("acme"), olga.user().unwrap(), "owner").await.unwrap();
    let olga = signed_in(&auth, "olga@ops.example").await;
    assert!(authorize(&olga, Operation::ReadEvents, Some(&org("acme"))).is_ok());
}

#[tokio::test]
async fn a_custom_role_is_not_more_than_its_maker() {
    let world = World::new().await;
    let auth = world.node().await;
    let admin = person(&auth, "acme", "admin@x", "admin").await;
    let role = |permissions: &[Permission], filter: &str| CreateRole {
        name: "Desk".into(),
        permissions: permissions.to_vec(),
        filter: filter.into(),
    };
    let settings = role(&[Permission::SettingsManage], "");
    assert!(is_beyond(&auth.create_role(&admin, &org("acme"), settings.clone()).await));
    let instance = auth.create_role(&admin, &org("acme"), role(&[Permission::MetricsRead], "")).await;
    assert!(matches!(instance, Err(PeopleError::Invalid { field: "permissions", .. })));
    let around = role(&[Permission::AuditLogsRead, Permission::KeysManage], "target:service/*");
    assert!(matches!(auth.create_role(&admin, &org("acme"), around).await, Err(PeopleError::Invalid { .. })));

    let made = auth
        .create_role(&admin, &org("acme"), role(&[Permission::AuditLogsRead], "target:service/*"))
        .await
        .unwrap();
    let desk = person(&auth, "acme", "desk@x", made.id.as_str()).await;
    assert_eq!(desk.filter(&org("acme")), Some("target:service/*"));
    assert_eq!(authorize(&desk, Operation::ReadEvents, None), Ok(Reach::Org(org("acme"))));
    assert!(authorize(&desk, Operation::ExportEvidence, None).is_err());
    let elsewhere = auth.invite(&*root(&auth).await, &org("other"), "x@x", made.id.as_str()).await;
    assert!(matches!(elsewhere, Err(PeopleError::UnknownRole { .. })), "it is another organization's");

    let owner = person(&auth, "acme", "owner@x", "owner").await;
    let more = ChangeRole { permissions: Some(vec![Permission::SettingsManage]), ..ChangeRole::default() };
    let filtered = auth.update_role(&owner, &made.id, more.clone()).await;
    assert!(matches!(filtered, Err(PeopleError::Invalid { .. })), "the filter is still there");
    let more = ChangeRole { filter: Some(String::new()), ..more };
    auth.update_role(&owner, &made.id, more).await.unwrap();
    assert!(is_beyond(&auth.delete_role(&admin, &made.id).await), "it is more than an admin by now");
    let other = person(&auth, "other", "other@x", "owner").await;
    assert!(auth.delete_role(&other, &made.id).await.unwrap_err().to_string().contains("no role"));
    let desk = signed_in(&auth, "desk@x").await;
    assert!(
        desk.filter(&org("acme")).is_none() && desk.holds(Permission::SettingsManage, Some(&org("acme")))
    );
}

#[tokio::test]
async fn keys_manage_members_within_their_scopes() {
    let world = World::new().await;
    let auth = world.node().await;
    let key = made(&auth, &[Scope::MembersRead, Scope::MembersWrite, Scope::OrgsRead], Some("acme")).await;
    let key = auth.authenticate(&key.token, None).await.unwrap();
    assert!(
        is_beyond(&auth.invite(&key, &org("acme"), "new@x", "member").await),
        "it cannot read events itself"
    );
    assert!(auth.list_members(&key, &org("acme"), None, 10).await.unwrap().is_empty());
    let own = auth.list_sessions(&key, None).await.unwrap_err();
    assert!(matches!(own, PeopleError::Denied(Denied::PersonOnly { .. })), "{own:?}");
}

#[tokio::test]
async fn a_role_that_is_not_there_gives_nothing_and_locks_nobody_out() {
    let world = World::new().await;
    let auth = world.node().await;
    let owner = person(&auth, "acme", "owner@x", "owner").await;
    let desk = CreateRole {
        name: "Desk".into(),
        permissions: vec![Permission::AuditLogsRead],
        filter: String::new(),
    };
    let desk = auth.create_role(&owner, &org("acme"), desk).await.unwrap();
    let bob = member(&auth, "acme", "bob@x", desk.id.as_str()).await;
    auth.add_member(&*root(&auth).await, &org("other"), &bob.id, "auditor").await.unwrap();
    let mut connection = world.connection().await;
    sqlx::query("DELETE FROM roles").execute(&mut connection).await.unwrap();
    let caller = signed_in(&auth, "bob@x").await;
    assert!(authorize(&caller, Operation::ReadEvents, Some(&org("acme"))).is_err());
    assert!(authorize(&caller, Operation::ReadEvents, Some(&org("other"))).is_ok());
    let changed = auth.update_member(&owner, &org("acme"), &bob.id, "member").await.unwrap();
    assert_eq!(
        (changed.before.role_name.as_str(), changed.after.role_name.as_str()),
        (desk.id.as_str(), "member")
    );
    auth.remove_member(&owner, &org("acme"), &bob.id).await.unwrap();
}
