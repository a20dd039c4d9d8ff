//! Accounts, memberships and custom roles.

use tallystick_catalog::{
    Catalog, CatalogError, Conflict, LinkKind, NewRole, NewUser, OWNER, RoleChange, User, UserId,
};

use super::{Case, links, new_org, org};
use crate::doubles::RANDOM;

pub(crate) fn new_user(email: &str) -> NewUser {
    NewUser {
        id: UserId::generate(&**RANDOM),
        email: email.into(),
        name: "Ana Ruiz".into(),
        time_zone: "Europe/Madrid".into(),
        is_operator: false,
        password_hash: Some("$argon2id$1".into()),
    }
}

pub(crate) async fn user(catalog: &Catalog, email: &str) -> User {
    catalog.create_user(new_user(email)).await.unwrap()
}

#[track_caller]
pub(crate) fn conflict<T: std::fmt::Debug>(result: Result<T, CatalogError>) -> Conflict {
    match result.unwrap_err() {
        CatalogError::Conflict(conflict) => conflict,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn accounts_are_found_by_address_in_any_case(case: &Case) {
    let catalog = case.open().await;
    assert!(!catalog.has_operator().await.unwrap());
    let made = user(&catalog, "Ana@Acme.example").await;
    assert_eq!(catalog.user(&made.id).await.unwrap(), made);
    assert_eq!(catalog.user_by_email(" ana@ACME.example").await.unwrap(), Some(made.clone()));
    assert_eq!(catalog.user_by_email("bob@acme.example").await.unwrap(), None);
    assert_eq!(conflict(catalog.create_user(new_user("ANA@acme.example")).await), Conflict::EmailTaken);
    let error = catalog.create_user(new_user("ana")).await.unwrap_err();
    assert!(matches!(error, CatalogError::Invalid { what: "email", .. }), "{error:?}");
    let operator = NewUser { is_operator: true, password_hash: None, ..new_user("op@acme.example") };
    let operator = catalog.create_user(operator).await.unwrap();
    assert!(catalog.has_operator().await.unwrap());
    assert_eq!(catalog.user(&operator.id).await.unwrap().password_hash, None);
    assert_eq!(catalog.change_password(&operator.id, "$argon2id$2", None).await.unwrap(), 0);
    let changed = catalog.update_user(&operator.id, Some("Op"), Some("UTC")).await.unwrap();
    assert_eq!((changed.before.name.as_str(), changed.after.name.as_str()), ("Ana Ruiz", "Op"));
    let now = catalog.user(&operator.id).await.unwrap();
    assert_eq!((now.password_hash.as_deref(), now.time_zone.as_str()), (Some("$argon2id$2"), "UTC"));
    assert_eq!(catalog.list_users(None, 10).await.unwrap().len(), 2);
    let nobody = UserId::generate(&**RANDOM);
    assert!(matches!(catalog.user(&nobody).await, Err(CatalogError::NotFound { kind: "user", .. })));
    assert!(catalog.change_password(&nobody, "x", None).await.is_err());
}

pub(crate) async fn an_organization_keeps_an_owner(case: &Case) {
    let catalog = case.open().await;
    let (acme, other) = (org("acme"), org("other"));
    new_org(&catalog, "acme").await;
    new_org(&catalog, "other").await;
    let (ana, bob) = (user(&catalog, "ana@acme.example").await, user(&catalog, "bob@acme.example").await);
    catalog.add_member(&acme, &ana.id, OWNER).await.unwrap();
    catalog.add_member(&acme, &bob.id, "auditor").await.unwrap();
    let again = catalog.add_member(&acme, &bob.id, "admin").await;
    assert_eq!(conflict(again), Conflict::AlreadyMember { org: "acme".into() });
    assert!(catalog.add_member(&org("nowhere"), &bob.id, "admin").await.is_err());
    let last = Conflict::LastOwner { org: "acme".into() };
    assert_eq!(conflict(catalog.remove_member(&acme, &ana.id).await), last);
    assert_eq!(conflict(catalog.set_role(&acme, &ana.id, "admin").await), last);
    let changed = catalog.set_role(&acme, &bob.id, OWNER).await.unwrap();
    assert_eq!((changed.before.role.as_str(), changed.after.role.as_str()), ("auditor", OWNER));
    catalog.remove_member(&acme, &ana.id).await.unwrap();
    assert!(catalog.memberships(&ana.id).await.unwrap().is_empty());
    let members = catalog.list_members(&acme, None, 10).await.unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!((&members[0].user.email, members[0].has_totp), (&bob.email, false));
    assert_eq!(catalog.member(&acme, &bob.id).await.unwrap(), members[0]);
    assert!(catalog.list_members(&other, None, 10).await.unwrap().is_empty());
    let error = catalog.member(&other, &bob.id).await.unwrap_err();
    assert!(matches!(error, CatalogError::NotFound { kind: "member", .. }), "{error:?}");
}

pub(crate) async fn accounts_are_suspended_and_get_other_addresses(case: &Case) {
    let catalog = case.open().await;
    let (acme, last) = (org("acme"), Conflict::LastOwner { org: "acme".into() });
    new_org(&catalog, "acme").await;
    let (ana, bob) = (user(&catalog, "ana@acme.example").await, user(&catalog, "bob@acme.example").await);
    catalog.add_member(&acme, &ana.id, OWNER).await.unwrap();
    assert_eq!(conflict(catalog.suspend_user(&ana.id).await), last);
    catalog.add_member(&acme, &bob.id, OWNER).await.unwrap();
    let session = super::sign_ins::new_session(&ana, "a", 60_000);
    catalog.create_session(&session).await.unwrap();
    assert!(catalog.renew_session(&session.id, &[9; 32]).await.unwrap());
    assert!(catalog.session_by_hash(&session.token_sha256).await.unwrap().is_none());
    assert_eq!(catalog.session_by_hash(&[9; 32]).await.unwrap().unwrap().0.id, session.id);
    assert_eq!(catalog.suspend_user(&ana.id).await.unwrap(), Some(1));
    assert_eq!(catalog.suspend_user(&ana.id).await.unwrap(), None);
    assert!(!catalog.renew_session(&session.id, &[8; 32]).await.unwrap(), "it has ended");
    assert!(catalog.member(&acme, &ana.id).await.unwrap().user.suspended_ms.is_some());
    // An owner who cannot sign in is none that the organization could do with.
    assert_eq!(conflict(catalog.suspend_user(&bob.id).await), last);
    assert_eq!(conflict(catalog.set_role(&acme, &bob.id, "admin").await), last);
    assert!(catalog.resume_user(&ana.id).await.unwrap() && !catalog.resume_user(&ana.id).await.unwrap());
    catalog.remove_member(&acme, &bob.id).await.unwrap();

    assert_eq!(conflict(catalog.set_email(&ana.id, "BOB@acme.example").await), Conflict::EmailTaken);
    let invalid = catalog.set_email(&ana.id, "no address").await;
    assert!(matches!(invalid, Err(CatalogError::Invalid { what: "email", .. })));
    let changed = catalog.set_email(&ana.id, " ANA@acme.example ").await.unwrap();
    assert_eq!(
        (changed.before.email.as_str(), changed.after.email.as_str()),
        ("ana@acme.example", "ANA@acme.example")
    );
    catalog.set_email(&ana.id, "new@acme.example").await.unwrap();
    assert!(catalog.user_by_email("ana@acme.example").await.unwrap().is_none());
    assert_eq!(catalog.user_by_email("NEW@acme.example").await.unwrap().unwrap().id, ana.id);
    let nobody = UserId::generate(&**RANDOM);
    assert!(catalog.suspend_user(&nobody).await.is_err() && catalog.resume_user(&nobody).await.is_err());
}

fn new_role(name: &str) -> NewRole {
    NewRole {
        org: org("acme"),
        name: name.into(),
        permissions: vec!["audit_logs.read".into(), "members.read".into()],
        filter: "target:service/*".into(),
    }
}

pub(crate) async fn custom_roles_are_made_changed_and_deleted(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let made = catalog.create_role(new_role("Service desk")).await.unwrap();
    assert_eq!(catalog.role(&made.id).await.unwrap(), made);
    let twin = catalog.create_role(new_role("service DESK")).await;
    assert_eq!(conflict(twin), Conflict::RoleExists { name: "Service desk".into() });
    let none = NewRole { permissions: vec![], ..new_role("None") };
    assert!(matches!(catalog.create_role(none).await, Err(CatalogError::Invalid { .. })));

    let change = RoleChange { filter: Some(String::new()), ..RoleChange::default() };
    let changed = catalog.update_role(&made.id, change).await.unwrap();
    assert_eq!((changed.before, changed.after.filter.as_str()), (made.clone(), ""));
    assert_eq!(catalog.list_roles(&org("acme")).await.unwrap(), [changed.after]);

    let ana = user(&catalog, "ana@acme.example").await;
    new_org(&catalog, "other").await;
    let is_unknown = |error: CatalogError| matches!(error, CatalogError::NotFound { kind: "role", .. });
    let theirs = made.id.as_str();
    assert!(is_unknown(catalog.add_member(&org("other"), &ana.id, theirs).await.unwrap_err()));
    catalog.add_member(&org("other"), &ana.id, "auditor").await.unwrap();
    assert!(is_unknown(catalog.set_role(&org("other"), &ana.id, theirs).await.unwrap_err()));
    let mut link = links::new_link(LinkKind::Invite).0;
    (link.org, link.role) = (Some(org("other")), Some(theirs.to_owned()));
    assert!(is_unknown(catalog.create_link(link).await.unwrap_err()));
    catalog.add_member(&org("acme"), &ana.id, made.id.as_str()).await.unwrap();
    let roles = catalog.standings(&ana.id).await.unwrap();
    let both: Vec<_> =
        roles.iter().map(|one| (one.membership.org.as_str(), one.role.as_ref().map(|r| &r.id))).collect();
    assert_eq!(both, [("acme", Some(&made.id)), ("other", None)]);
    assert_eq!(conflict(catalog.delete_role(&made.id).await), Conflict::RoleInUse);
    catalog.remove_member(&org("acme"), &ana.id).await.unwrap();
    let mut link = links::new_link(LinkKind::Invite).0;
    link.role = Some(made.id.to_string());
    let link = catalog.create_link(link).await.unwrap();
    assert_eq!(conflict(catalog.delete_role(&made.id).await), Conflict::RoleInUse);
    catalog.revoke_link(&link.id).await.unwrap();
    catalog.delete_role(&made.id).await.unwrap();
    assert!(is_unknown(catalog.add_member(&org("acme"), &ana.id, theirs).await.unwrap_err()));
    assert!(matches!(catalog.role(&made.id).await, Err(CatalogError::NotFound { kind: "role", .. })));
}

pub(crate) async fn go_with_their_organization(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let ana = user(&catalog, "ana@acme.example").await;
    catalog.create_role(new_role("Desk")).await.unwrap();
    catalog.add_member(&org("acme"), &ana.id, OWNER).await.unwrap();
    catalog.create_link(links::new_link(LinkKind::Invite).0).await.unwrap();
    catalog.delete_organization(&org("acme")).await.unwrap();
    assert!(catalog.memberships(&ana.id).await.unwrap().is_empty());
    new_org(&catalog, "acme").await;
    assert!(catalog.list_roles(&org("acme")).await.unwrap().is_empty());
    assert!(catalog.list_invitations(&org("acme")).await.unwrap().is_empty());
}
