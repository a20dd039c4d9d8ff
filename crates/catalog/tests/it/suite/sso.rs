//! Connections of single sign-on, and whom their people are here.

use tallystick_catalog::{
    Catalog, CatalogError, Conflict, GroupRole, NewSsoConnection, NewUser, OWNER, RoleChoice, Session,
    SessionId, SsoAdmission, SsoAdmitted, SsoRefused, UserId,
};

use super::people::{conflict, new_user, user};
use super::{Case, new_org, org};
use crate::doubles::RANDOM;

fn connection() -> NewSsoConnection {
    NewSsoConnection {
        issuer: "https://id.example".into(),
        client_id: "tallystick".into(),
        client_secret: Some(b"sealed".to_vec()),
        scopes: vec!["groups".into(), "more".into()],
        domains: vec!["b.example".into(), "a.example".into(), "a.example".into()],
        groups_claim: "groups".into(),
        group_roles: vec![
            GroupRole { group: "Zed group".into(), role: "admin".into() },
            GroupRole { group: "a".into(), role: "member".into() },
        ],
        default_role: None,
    }
}

fn somebody(subject: &str, email: &str, role: RoleChoice) -> SsoAdmission {
    SsoAdmission {
        org: org("acme"),
        issuer: "https://id.example".into(),
        client_id: "tallystick".into(),
        subject: subject.into(),
        new: NewUser { password_hash: None, ..new_user(email) },
        role,
        signed_in: None,
        invitation: None,
    }
}

fn joins(role: &str) -> RoleChoice {
    RoleChoice::ToJoin(Some(role.to_owned()))
}

async fn admit(catalog: &Catalog, who: SsoAdmission) -> Result<SsoAdmitted, SsoRefused> {
    catalog.admit_sso(who, false).await.unwrap()
}

/// An open session of somebody, through a provider or not.
async fn session(catalog: &Catalog, user: &UserId, through: Option<&str>, number: u8) -> SessionId {
    let id = SessionId::generate(&**RANDOM);
    let session = Session {
        id: id.clone(),
        user: user.clone(),
        token_sha256: [number; 32],
        network: "192.0.2.1".into(),
        ip: None,
        user_agent: None,
        sso_org: through.map(org),
        created_ms: 0,
        seen_ms: 0,
        expires_ms: i64::MAX,
        revoked_ms: None,
    };
    catalog.create_session(&session).await.unwrap();
    id
}

pub(crate) async fn a_test_is_good_for_what_was_tested(case: &Case) {
    let catalog = case.open().await;
    let acme = org("acme");
    new_org(&catalog, "acme").await;
    assert_eq!(catalog.sso_connection(&acme).await.unwrap(), None);
    let (before, made) = catalog.put_sso_connection(&acme, connection()).await.unwrap();
    assert_eq!((before, made.revision, &made.tested), (None, 1, &None));
    assert_eq!(made.domains, ["a.example", "b.example"]);
    assert_eq!(catalog.sso_connection(&acme).await.unwrap().as_ref(), Some(&made));
    for (text, expected) in
        [("Ana@A.example", 1), ("a.example", 1), ("acme", 1), ("ACME", 1), ("x@c.example", 0), ("x@acme", 0)]
    {
        assert_eq!(catalog.find_sso(text).await.unwrap().len(), expected, "{text}");
    }
    let ana = user(&catalog, "ana@a.example").await;
    catalog.add_member(&acme, &ana.id, OWNER).await.unwrap();
    let me = [ana.id.clone()];
    assert_eq!(conflict(catalog.enforce_sso(&acme, true, &me).await), Conflict::SsoUntested);
    assert!(!catalog.sso_tested(&acme, 2, "usr").await.unwrap(), "of another revision");
    assert!(catalog.sso_tested(&acme, 1, "usr").await.unwrap());
    // The same again changes nothing; anything else ends the test.
    let same = NewSsoConnection { client_secret: None, ..connection() };
    let (_, kept) = catalog.put_sso_connection(&acme, same).await.unwrap();
    assert!(kept.tested.is_some() && kept.client_secret == b"sealed");
    let other = NewSsoConnection { default_role: Some("member".into()), ..connection() };
    let (_, changed) = catalog.put_sso_connection(&acme, other).await.unwrap();
    assert_eq!((changed.revision, changed.tested), (2, None));
    assert_eq!(conflict(catalog.enforce_sso(&acme, true, &me).await), Conflict::SsoUntested);
    assert!(catalog.sso_tested(&acme, 2, "usr").await.unwrap());
    let nobody = conflict(catalog.enforce_sso(&acme, true, &[]).await);
    assert_eq!(nobody, Conflict::LastBreakGlass { org: "acme".into() });
    let enforced = catalog.enforce_sso(&acme, true, &me).await.unwrap().after;
    assert!(enforced.enforced && enforced.break_glass == me);
    assert!(catalog.use_sso_state(&[1; 32], i64::MAX).await.unwrap());
    assert!(!catalog.use_sso_state(&[1; 32], i64::MAX).await.unwrap(), "none comes back twice");
}

pub(crate) async fn whoever_keeps_a_password_stays_an_owner(case: &Case) {
    let catalog = case.open().await;
    let acme = org("acme");
    new_org(&catalog, "acme").await;
    catalog.put_sso_connection(&acme, connection()).await.unwrap();
    catalog.sso_tested(&acme, 1, "usr").await.unwrap();
    let (ana, bob) = (user(&catalog, "ana@a.example").await, user(&catalog, "bob@a.example").await);
    let without = NewUser { password_hash: None, ..new_user("eve@a.example") };
    let without = catalog.create_user(without).await.unwrap();
    for one in [&ana, &bob, &without] {
        catalog.add_member(&acme, &one.id, OWNER).await.unwrap();
    }
    let refused = catalog.enforce_sso(&acme, true, std::slice::from_ref(&without.id)).await.unwrap_err();
    assert!(matches!(refused, CatalogError::Invalid { what: "break_glass", .. }), "{refused:?}");
    catalog.enforce_sso(&acme, true, std::slice::from_ref(&ana.id)).await.unwrap();
    let last = Conflict::LastBreakGlass { org: "acme".into() };
    assert_eq!(conflict(catalog.set_role(&acme, &ana.id, "member").await), last);
    assert_eq!(conflict(catalog.remove_member(&acme, &ana.id).await), last);
    let groups = somebody("ana", "ana@a.example", RoleChoice::Always("member".into()));
    let without = admit(&catalog, groups.clone()).await;
    assert_eq!(without.unwrap_err(), SsoRefused::PasswordNeeded, "it is still worth something");
    let bobs = somebody("bob", "bob@a.example", RoleChoice::ToJoin(None));
    assert_eq!(admit(&catalog, bobs).await.unwrap().user.id, bob.id, "it is worth nothing");
    let groups = SsoAdmission { signed_in: Some(ana.id.clone()), ..groups };
    let kept = admit(&catalog, groups).await.unwrap();
    assert!(kept.kept_as_owner && kept.role == OWNER, "{kept:?}");
    let standing = |of: UserId| {
        let catalog = catalog.clone();
        async move {
            let all = catalog.standings(&of).await.unwrap();
            (all[0].is_enforced, all[0].is_break_glass)
        }
    };
    assert_eq!(standing(ana.id.clone()).await, (true, true));
    assert_eq!(standing(bob.id.clone()).await, (true, false));
    catalog.enforce_sso(&acme, true, &[ana.id.clone(), bob.id.clone()]).await.unwrap();
    catalog.set_role(&acme, &ana.id, "member").await.unwrap();
    assert_eq!(standing(ana.id.clone()).await, (true, false), "it is for owners only");
    assert_eq!(conflict(catalog.remove_member(&acme, &bob.id).await), last);
}

pub(crate) async fn a_provider_gets_accounts_that_are_its_own(case: &Case) {
    let catalog = case.open().await;
    for name in ["acme", "other"] {
        new_org(&catalog, name).await;
    }
    catalog.put_sso_connection(&org("acme"), connection()).await.unwrap();
    let none = somebody("s1", "new@a.example", RoleChoice::ToJoin(None));
    assert_eq!(admit(&catalog, none).await.unwrap_err(), SsoRefused::NoRole);
    assert_eq!(catalog.user_by_email("new@a.example").await.unwrap(), None, "nothing is left of a refusal");
    let tried = catalog.admit_sso(somebody("s1", "new@a.example", joins("member")), true).await.unwrap();
    assert!(tried.unwrap().is_new);
    assert_eq!(catalog.user_by_email("new@a.example").await.unwrap(), None, "nor of a test");
    let made = admit(&catalog, somebody("s1", "new@a.example", joins("member"))).await.unwrap();
    assert!(made.is_new && made.is_linked && made.role_before.is_none() && made.role == "member");
    // The person is known by the subject, whatever the address is now.
    let again = admit(&catalog, somebody("s1", "renamed@a.example", joins("admin"))).await.unwrap();
    assert!(!again.is_new && !again.is_linked && again.user.id == made.user.id && again.role == "member");
    let other = admit(&catalog, somebody("s2", "NEW@a.example", joins("member"))).await;
    assert_eq!(other.unwrap_err(), SsoRefused::OtherSubject, "the address has changed hands");
    // Whoever has a password is not the provider's, member or not, until they have shown it.
    let bob = user(&catalog, "bob@a.example").await;
    catalog.add_member(&org("other"), &bob.id, "admin").await.unwrap();
    let taken = admit(&catalog, somebody("bob", "bob@a.example", joins("member"))).await;
    assert_eq!(taken.unwrap_err(), SsoRefused::PasswordNeeded);
    catalog.add_member(&org("acme"), &bob.id, "auditor").await.unwrap();
    let bobs = somebody("bob", "bob@a.example", joins("member"));
    let refused = admit(&catalog, bobs.clone()).await;
    assert_eq!(refused.unwrap_err(), SsoRefused::PasswordNeeded);
    let beside = SsoAdmission { signed_in: Some(made.user.id.clone()), ..bobs.clone() };
    assert_eq!(admit(&catalog, beside).await.unwrap_err(), SsoRefused::PasswordNeeded, "somebody else's");
    let shown = SsoAdmission { signed_in: Some(bob.id.clone()), ..bobs.clone() };
    let linked = admit(&catalog, shown).await.unwrap();
    assert!(linked.is_linked && linked.user.id == bob.id && linked.role == "auditor");
    assert!(!admit(&catalog, bobs.clone()).await.unwrap().is_linked, "once is enough");
    catalog.suspend_user(&bob.id).await.unwrap();
    assert_eq!(admit(&catalog, bobs).await.unwrap_err(), SsoRefused::Suspended);
    // Who is removed is forgotten, so that the account can be somebody else's again.
    catalog.remove_member(&org("acme"), &made.user.id).await.unwrap();
    let after = admit(&catalog, somebody("s2", "new@a.example", joins("member"))).await.unwrap();
    assert!(after.is_linked && after.user.id == made.user.id);
}

pub(crate) async fn sessions_of_a_provider_are_apart_and_end_with_it(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    catalog.put_sso_connection(&org("acme"), connection()).await.unwrap();
    let ana = user(&catalog, "ana@a.example").await;
    let through = session(&catalog, &ana.id, Some("acme"), 1).await;
    assert!(
        !catalog.is_known_network(&ana.id, "192.0.2.1").await.unwrap(),
        "a provider makes no address known"
    );
    let own = session(&catalog, &ana.id, None, 2).await;
    for number in 3..=60 {
        session(&catalog, &ana.id, Some("acme"), number).await;
    }
    assert!(catalog.session(&own).await.unwrap().revoked_ms.is_none(), "however many a provider opens");
    assert_eq!(catalog.session(&through).await.unwrap().sso_org, Some(org("acme")));
    let moved = NewSsoConnection { issuer: "https://id2.example".into(), ..connection() };
    catalog.put_sso_connection(&org("acme"), moved).await.unwrap();
    let live = catalog.list_sessions(&ana.id).await.unwrap();
    assert_eq!(live.iter().map(|session| &session.id).collect::<Vec<_>>(), [&own]);
    session(&catalog, &ana.id, Some("acme"), 61).await;
    catalog.delete_sso_connection(&org("acme")).await.unwrap();
    assert_eq!(catalog.list_sessions(&ana.id).await.unwrap().len(), 1);
    assert!(catalog.delete_sso_connection(&org("acme")).await.is_err());
}
