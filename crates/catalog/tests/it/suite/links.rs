//! Links that work once.

use tallystick_catalog::{CatalogError, Conflict, Invited, LinkKind, NewLink};
use tallystick_event::Random;

use super::people::{conflict, new_user, user};
use super::{Case, new_org, org};
use crate::doubles::{RANDOM, START_MS};

/// A link that works for a second, and its hash.
pub(crate) fn new_link(kind: LinkKind) -> (NewLink, [u8; 32]) {
    let mut token_sha256 = [0; 32];
    RANDOM.fill(&mut token_sha256);
    let is_invitation = kind == LinkKind::Invite;
    let new = NewLink {
        kind,
        token_sha256,
        user: None,
        email: is_invitation.then(|| "bob@acme.example".into()),
        org: is_invitation.then(|| org("acme")),
        role: is_invitation.then(|| "auditor".into()),
        created_by: "root".into(),
        expires_ms: START_MS + 1_000,
    };
    (new, token_sha256)
}

fn is_gone<T>(result: &Result<T, CatalogError>) -> bool {
    matches!(result, Err(CatalogError::NotFound { kind: "link", .. }))
}

pub(crate) async fn set_up_once(case: &Case) {
    let catalog = case.open().await;
    let (first, old) = new_link(LinkKind::Setup);
    catalog.create_link(first).await.unwrap();
    let (second, hash) = new_link(LinkKind::Setup);
    let link = catalog.create_link(second).await.unwrap();
    assert!(is_gone(&catalog.redeem_setup(&old, new_user("a@b")).await), "a newer one takes its place");
    assert_eq!(catalog.link_by_hash(&hash).await.unwrap(), Some(link));
    assert!(is_gone(&catalog.redeem_reset(&hash, "x").await), "it is for something else");
    let made = catalog.redeem_setup(&hash, new_user("a@b")).await.unwrap();
    assert!(made.is_operator);
    assert!(is_gone(&catalog.redeem_setup(&hash, new_user("c@d")).await));
    assert_eq!(catalog.user_by_email("c@d").await.unwrap(), None);

    let (late, hash) = new_link(LinkKind::Setup);
    catalog.create_link(late).await.unwrap();
    case.clock.advance(1_000);
    assert!(is_gone(&catalog.redeem_setup(&hash, new_user("c@d")).await), "it has expired");
}

pub(crate) async fn invite_new_and_known_people(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let (new, hash) = new_link(LinkKind::Invite);
    let link = catalog.create_link(new).await.unwrap();
    assert_eq!(catalog.list_invitations(&org("acme")).await.unwrap(), std::slice::from_ref(&link));
    let accepted = catalog.redeem_invitation(&hash, Invited::New(new_user("else@b"))).await.unwrap();
    assert_eq!(accepted.user.email, "bob@acme.example", "whom the invitation is for, not who they say");
    assert!(accepted.is_new && !accepted.user.is_operator);
    assert_eq!(accepted.membership.role, "auditor");
    assert!(catalog.list_invitations(&org("acme")).await.unwrap().is_empty());
    assert!(catalog.link(&link.id).await.unwrap().used_ms.is_some());

    let (again, hash) = new_link(LinkKind::Invite);
    catalog.create_link(again).await.unwrap();
    let twice = catalog.redeem_invitation(&hash, Invited::Existing(accepted.user.id)).await;
    assert_eq!(conflict(twice), Conflict::AlreadyMember { org: "acme".into() });
    let taken = catalog.redeem_invitation(&hash, Invited::New(new_user("x@y"))).await;
    assert_eq!(conflict(taken), Conflict::EmailTaken);
    let ana = user(&catalog, "ana@acme.example").await;
    let accepted = catalog.redeem_invitation(&hash, Invited::Existing(ana.id.clone())).await.unwrap();
    assert!(!accepted.is_new && accepted.user.id == ana.id, "refusals used nothing up");
}

pub(crate) async fn are_used_by_one_of_many(case: &Case) {
    let catalog = case.open().await;
    let (new, hash) = new_link(LinkKind::Setup);
    catalog.create_link(new).await.unwrap();
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let node = case.open().await;
        racers.spawn(async move { node.redeem_setup(&hash, new_user(&format!("{number}@b"))).await.is_ok() });
    }
    let won = racers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!((won, catalog.list_users(None, 10).await.unwrap().len()), (1, 1));
}

pub(crate) async fn resets_end_all_sessions(case: &Case) {
    let catalog = case.open().await;
    let ana = user(&catalog, "ana@acme.example").await;
    let session = super::sign_ins::new_session(&ana, "net", 60_000);
    catalog.create_session(&session).await.unwrap();
    let (new, hash) = new_link(LinkKind::Reset);
    let link = catalog.create_link(NewLink { user: Some(ana.id.clone()), ..new }).await.unwrap();
    let (other, other_hash) = new_link(LinkKind::Reset);
    let other = NewLink { user: Some(user(&catalog, "bob@b").await.id), ..other };
    catalog.create_link(other).await.unwrap();
    assert!(catalog.link(&link.id).await.unwrap().revoked_ms.is_none(), "another's reset is another's");
    let (after, removed) = catalog.redeem_reset(&hash, "new").await.unwrap();
    assert!(removed.is_empty());
    assert_eq!((&after.id, after.password_hash.as_deref()), (&ana.id, Some("new")));
    assert!(catalog.session(&session.id).await.unwrap().revoked_ms.is_some());
    assert!(is_gone(&catalog.redeem_reset(&hash, "newer").await));
    let link = catalog.link_by_hash(&other_hash).await.unwrap().unwrap();
    assert!(catalog.revoke_link(&link.id).await.unwrap() && !catalog.revoke_link(&link.id).await.unwrap());
    assert!(is_gone(&catalog.redeem_reset(&other_hash, "x").await));
}
