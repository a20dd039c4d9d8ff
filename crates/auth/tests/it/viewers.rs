//! Viewer tokens: who can make them, how long they work, and that ending one holds on every node at once.

use std::net::IpAddr;
use std::sync::Arc;

use tallystick_auth::{
    Auth, Caller, CreateViewerToken, Feature, MadeViewerToken, PeopleError, Scope, Secret,
    VIEWER_TOKEN_MS_MAX, ViewerError,
};
use tallystick_catalog::CatalogError;

use crate::sign_in::operator;
use crate::sign_in::{PASSWORD, attempt};
use crate::{World, made, org, root};

fn new(features: &[Feature]) -> CreateViewerToken {
    CreateViewerToken {
        actor_id: "u_7".into(),
        actor_name: Some("Ana Ruiz".into()),
        filter: " target:service/* ".into(),
        features: features.iter().copied().collect(),
        origins: vec!["https://app.example.com".into()],
        record_views: true,
        good_for_ms: VIEWER_TOKEN_MS_MAX,
    }
}

async fn maker(auth: &Auth, scopes: &[Scope], bound_to: Option<&str>) -> Arc<Caller> {
    auth.authenticate(&made(auth, scopes, bound_to).await.token, None).await.unwrap()
}

async fn token(auth: &Auth, in_org: &str) -> MadeViewerToken {
    auth.create_viewer_token(&*root(auth).await, &org(in_org), new(&[])).await.unwrap()
}

fn is_refused(found: &Result<Arc<Caller>, ViewerError>) -> bool {
    matches!(found, Err(ViewerError::Refused))
}

#[tokio::test]
async fn a_token_is_its_viewer_until_it_ends() {
    let world = World::new().await;
    let auth = world.node().await;
    let acme = org("acme");
    let made = token(&auth, "acme").await;
    assert!(made.token.expose().starts_with("tsv_") && Auth::is_viewer_token(&made.token));
    for node in [auth.clone(), world.node().await] {
        let caller = node.authenticate_viewer(&made.token, None).await.unwrap();
        let viewer = caller.viewer().unwrap();
        assert_eq!((&viewer.org, viewer.actor.as_str(), caller.name.as_str()), (&acme, "u_7", "Ana Ruiz"));
        assert_eq!(caller.filter(&acme), Some("target:service/*"));
        assert_eq!(caller.id.to_string(), made.stored.id.to_string());
        // It is no key.
        assert!(node.authenticate(&made.token, None).await.is_err());
    }
    world.advance(VIEWER_TOKEN_MS_MAX - 1);
    assert!(auth.authenticate_viewer(&made.token, None).await.is_ok());
    world.advance(1);
    assert!(is_refused(&auth.authenticate_viewer(&made.token, None).await));
}

#[tokio::test]
async fn revoking_holds_on_every_node_at_once() {
    let world = World::new().await;
    let (auth, other_node) = (world.node().await, world.node().await);
    let root = root(&auth).await;
    let (one, two, foreign) =
        (token(&auth, "acme").await, token(&auth, "acme").await, token(&auth, "other").await);
    auth.revoke_viewer_token(&root, &one.stored.id).await.unwrap();
    assert!(is_refused(&other_node.authenticate_viewer(&one.token, None).await));
    assert!(other_node.authenticate_viewer(&two.token, None).await.is_ok());
    assert_eq!(auth.revoke_viewer_tokens(&root, &org("acme")).await.unwrap(), 1);
    assert!(is_refused(&other_node.authenticate_viewer(&two.token, None).await));
    assert!(other_node.authenticate_viewer(&foreign.token, None).await.is_ok());
    // Tokens of others are unknown.
    let bound = maker(&auth, &[Scope::ViewersWrite], Some("acme")).await;
    let refused = auth.revoke_viewer_token(&bound, &foreign.stored.id).await.unwrap_err();
    assert!(matches!(refused, PeopleError::Catalog(CatalogError::NotFound { kind: "viewer token", .. })));
    assert!(auth.list_viewer_tokens(&bound, &org("acme"), None, 9).await.unwrap().is_empty());
    assert!(auth.list_viewer_tokens(&bound, &org("other"), None, 9).await.is_err());
}

#[tokio::test]
async fn nobody_shows_more_than_they_see() {
    let world = World::new().await;
    let auth = world.node().await;
    let all = &[Feature::Search, Feature::Raw, Feature::Live, Feature::Export];
    for (scopes, features, is_enough) in [
        (&[Scope::ViewersWrite][..], &[][..], false),
        (&[Scope::EventsRead], &[], false),
        (&[Scope::ViewersWrite, Scope::EventsRead], &[Feature::Search, Feature::Live], true),
        (&[Scope::ViewersWrite, Scope::EventsRead], &[Feature::Raw], false),
        (&[Scope::ViewersWrite, Scope::EventsRead, Scope::IntegrityRead], all, true),
    ] {
        let maker = maker(&auth, scopes, Some("acme")).await;
        let result = auth.create_viewer_token(&maker, &org("acme"), new(features)).await;
        assert_eq!(result.is_ok(), is_enough, "{scopes:?} {features:?}");
        assert!(auth.create_viewer_token(&maker, &org("other"), new(features)).await.is_err());
    }
    // Operators read no events of organizations, and so show none.
    operator(&auth).await;
    let signed_in = auth.sign_in(attempt("olga@ops.example", PASSWORD, "203.0.113.9")).await.unwrap();
    let ops = auth.authenticate_session(&signed_in.token).await.unwrap().unwrap();
    assert!(auth.create_viewer_token(&ops, &org("acme"), new(&[])).await.is_err());
    // And a viewer makes nothing at all.
    let viewer = auth.authenticate_viewer(&token(&auth, "acme").await.token, None).await.unwrap();
    assert!(auth.create_viewer_token(&viewer, &org("acme"), new(&[])).await.is_err());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::new().await;
    let auth = world.node().await;
    let root = root(&auth).await;
    let acme = org("acme");
    let origins = |list: &[&str]| CreateViewerToken {
        origins: list.iter().map(|one| (*one).to_owned()).collect(),
        ..new(&[])
    };
    for (field, bad) in [
        ("expires_in", CreateViewerToken { good_for_ms: 0, ..new(&[]) }),
        ("expires_in", CreateViewerToken { good_for_ms: VIEWER_TOKEN_MS_MAX + 1, ..new(&[]) }),
        ("features", new(&[Feature::Export])),
        ("origins", origins(&[])),
        ("origins", origins(&["*"])),
        ("origins", origins(&["https://a.example", "https://a.example/x"])),
        ("origins", origins(&["https://a.example"; 21])),
    ] {
        let refused = auth.create_viewer_token(&root, &acme, bad).await.unwrap_err();
        assert!(
            matches!(refused, PeopleError::Invalid { field: found, .. } if found == field),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_tokens_that_ended_are_no_guesses() {
    let world = World::new().await;
    let auth = world.node().await;
    let from: Option<IpAddr> = Some("203.0.113.9".parse().unwrap());
    let ended = token(&auth, "acme").await;
    world.advance(VIEWER_TOKEN_MS_MAX);
    for _ in 0..100 {
        assert!(is_refused(&auth.authenticate_viewer(&ended.token, from).await));
    }
    let good = token(&auth, "acme").await;
    let guess = Secret::from("tsv_0123456789");
    let mut last = None;
    for _ in 0..100 {
        last = Some(auth.authenticate_viewer(&guess, from).await);
    }
    assert!(matches!(last, Some(Err(ViewerError::TooManyFailures { .. }))));
    assert!(auth.authenticate_viewer(&good.token, from).await.is_ok());
}

#[tokio::test]
async fn a_token_does_not_outlive_the_key_that_made_it() {
    let world = World::new().await;
    let auth = world.node().await;
    let mut request = crate::request(&[Scope::ViewersWrite, Scope::EventsRead], Some("acme"));
    request.expires_ms = Some(crate::START_MS + 60_000);
    let key = auth.create_key(&*root(&auth).await, request).await.unwrap();
    let maker = auth.authenticate(&key.token, None).await.unwrap();
    let made = auth.create_viewer_token(&maker, &org("acme"), new(&[])).await.unwrap();
    assert_eq!(made.stored.expires_ms, crate::START_MS + 60_000);
    auth.revoke_key(&*root(&auth).await, &key.key.id.parse().unwrap()).await.unwrap();
    assert!(is_refused(&auth.authenticate_viewer(&made.token, None).await));
}
