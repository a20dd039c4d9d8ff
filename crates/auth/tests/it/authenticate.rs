//! Which tokens are accepted, when, and at what cost.

use std::net::IpAddr;

use tallystick_auth::{AuthenticateError, Caller, CallerId, Rights, Scope, ScopeSet, Secret};
use tallystick_event::OrgId;

use crate::{ROOT, START_MS, World, made, org};

fn rights(caller: &Caller) -> (Option<OrgId>, ScopeSet) {
    match &caller.rights {
        Rights::Key { org, scopes } => (org.clone(), *scopes),
        Rights::Person(_) | Rights::Viewer(_) => panic!("{caller:?}"),
    }
}

#[tokio::test]
async fn a_key_is_its_caller() {
    let world = World::new().await;
    let auth = world.node().await;
    let created = made(&auth, &[Scope::EventsWrite], Some("acme")).await;
    assert_eq!(created.token.expose().len(), tallystick_auth::TOKEN_CHARS);
    assert!(created.token.expose().starts_with(&created.key.token_prefix));
    for node in [auth, world.node().await] {
        let caller = node.authenticate(&created.token, None).await.unwrap();
        assert_eq!((caller.id.to_string(), &caller.name), (created.key.id.clone(), &created.key.name));
        let (bound, scopes) = rights(&caller);
        assert_eq!(bound, Some(org("acme")));
        assert!(scopes.allows(Scope::EventsWrite) && !scopes.allows(Scope::EventsRead));
        assert!(!caller.is_root());
        assert_eq!(caller.source(), format!("key:{}", created.key.id));
    }
}

#[tokio::test]
async fn the_root_key_is_the_owner_and_nothing_close_to_it_is() {
    let world = World::new().await;
    let auth = world.node().await;
    let caller = auth.authenticate(&Secret::from(ROOT), None).await.unwrap();
    assert!(
        caller.is_root()
            && rights(&caller).0.is_none()
            && Scope::ALL.iter().all(|scope| rights(&caller).1.allows(*scope))
    );
    assert_eq!((caller.source().as_str(), &caller.id), ("key:root", &CallerId::Root));
    for close in ["root-key-of-the-test", "root-key-of-the-tests ", "ROOT-key-of-the-tests", ""] {
        let error = auth.authenticate(&Secret::from(close), None).await.unwrap_err();
        assert!(matches!(error, AuthenticateError::Malformed), "{close}: {error:?}");
    }
}

#[tokio::test]
async fn revoked_expired_and_foreign_tokens_get_the_same_answer() {
    let world = World::new().await;
    let auth = world.node().await;
    let root = crate::root(&auth).await;
    let revoked = made(&auth, &[Scope::Admin], None).await;
    auth.revoke_key(&root, &revoked.key.id.parse().unwrap()).await.unwrap();
    let mut request = crate::request(&[Scope::Admin], None);
    request.expires_ms = Some(START_MS + 1000);
    let expiring = auth.create_key(&root, request).await.unwrap();
    let foreign = made(&World::seeded(2).await.node().await, &[Scope::Admin], None).await;
    world.advance(999);
    auth.authenticate(&expiring.token, None).await.unwrap();
    world.advance(1);
    for token in [revoked.token, expiring.token, foreign.token] {
        let error = auth.authenticate(&token, None).await.unwrap_err();
        assert_eq!(error.code(), "unknown_key");
        assert!(!format!("{error:?} {error}").contains(token.expose()));
    }
}

#[tokio::test]
async fn other_nodes_follow() {
    let world = World::new().await;
    let (one, two) = (world.node().await, world.node().await);
    let created = made(&one, &[Scope::EventsRead], None).await;
    world.advance(100);
    two.authenticate(&created.token, None).await.unwrap();
    one.revoke_key(&*crate::root(&one).await, &created.key.id.parse().unwrap()).await.unwrap();
    one.authenticate(&created.token, None).await.unwrap_err();
    world.advance(3_000);
    two.authenticate(&created.token, None).await.unwrap_err();
}

/// Requests race with the revocation of their key: what was refused once is never accepted again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_accepted_after_the_revocation() {
    let world = World::new().await;
    let auth = world.node().await;
    let kept = made(&auth, &[Scope::EventsRead], None).await;
    let revoked = made(&auth, &[Scope::EventsRead], None).await;
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (auth, kept, revoked) = (auth.clone(), kept.token.clone(), revoked.token.clone());
        requests.spawn(async move {
            while auth.authenticate(&revoked, None).await.is_ok() {
                auth.authenticate(&kept, None).await.unwrap();
                // An accepted token needs no waiting, so without this the other tasks would starve.
                tokio::task::yield_now().await;
            }
            for _ in 0..100 {
                assert_eq!(auth.authenticate(&revoked, None).await.unwrap_err().code(), "unknown_key");
            }
        });
    }
    let root = crate::root(&auth).await;
    let id = revoked.key.id.parse().unwrap();
    for _ in 0..20 {
        world.advance(3_000);
        tokio::task::yield_now().await;
    }
    auth.revoke_key(&root, &id).await.unwrap();
    assert!(auth.authenticate(&revoked.token, None).await.is_err());
    requests.join_all().await;
}

#[tokio::test]
async fn deleting_an_organization_ends_its_keys() {
    let world = World::new().await;
    let catalog = world.catalog().await;
    let auth = world.node_on(catalog.clone()).await;
    let created = made(&auth, &[Scope::EventsRead], Some("acme")).await;
    catalog.delete_organization(&org("acme")).await.unwrap();
    auth.refresh().await.unwrap();
    let error = auth.authenticate(&created.token, None).await.unwrap_err();
    assert_eq!(error.code(), "unknown_key");
}

#[tokio::test]
async fn known_keys_outlive_a_short_outage_and_unknown_ones_are_not_called_wrong() {
    let world = World::new().await;
    let catalog = world.catalog().await;
    let auth = world.node_on(catalog.clone()).await;
    let created = made(&auth, &[Scope::EventsRead], None).await;
    let elsewhere = made(&world.node().await, &[Scope::EventsRead], None).await;
    catalog.close().await;
    world.advance(59_999);
    auth.authenticate(&created.token, None).await.unwrap();
    let error = auth.authenticate(&elsewhere.token, None).await.unwrap_err();
    assert_eq!(error.code(), "unavailable");
    world.advance(1);
    let error = auth.authenticate(&created.token, None).await.unwrap_err();
    assert_eq!(error.code(), "unavailable");
    auth.authenticate(&Secret::from(ROOT), None).await.unwrap();
}

#[tokio::test]
async fn who_fails_often_is_slowed_but_locks_nobody_out() {
    let world = World::new().await;
    let auth = world.node().await;
    let created = made(&auth, &[Scope::EventsRead], None).await;
    let from: Option<IpAddr> = Some("203.0.113.9".parse().unwrap());
    let wrong = Secret::from("tsk_wrong");
    let mut codes = Vec::new();
    for _ in 0..25 {
        codes.push(auth.authenticate(&wrong, from).await.unwrap_err().code());
    }
    assert!(codes[..20].iter().all(|code| *code == "malformed_key"), "{codes:?}");
    assert!(codes[20..].iter().all(|code| *code == "too_many_failures"), "{codes:?}");
    auth.authenticate(&created.token, from).await.unwrap();
    auth.authenticate(&Secret::from(ROOT), from).await.unwrap();
    let elsewhere = made(&world.node().await, &[Scope::EventsRead], None).await;
    world.advance(3_000);
    auth.authenticate(&elsewhere.token, from).await.unwrap();
}

#[tokio::test]
async fn the_last_use_is_recorded_once_a_minute() {
    let world = World::new().await;
    let catalog = world.catalog().await;
    let auth = world.node_on(catalog.clone()).await;
    let created = made(&auth, &[Scope::EventsRead], None).await;
    let id = created.key.id.parse().unwrap();
    for (step_ms, expected) in [(0, START_MS), (59_999, START_MS), (1, START_MS + 60_000)] {
        world.advance(step_ms);
        auth.authenticate(&created.token, None).await.unwrap();
        auth.flush_uses().await.unwrap();
        // The write may have been taken over by the task that the request started.
        while catalog.key(&id).await.unwrap().last_used_ms != Some(expected) {
            tokio::task::yield_now().await;
        }
    }
}
