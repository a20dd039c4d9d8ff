//! Viewer tokens.

use tallystick_catalog::{
    Catalog, CatalogError, OrgState, OrganizationChange, VIEWER_TOKENS_KEPT_MS, ViewerToken, ViewerTokenId,
};
use tallystick_event::Random;

use super::keys::new_key;
use super::{Case, new_org, org};
use crate::doubles::{RANDOM, START_MS};

fn new(whose: &str) -> ViewerToken {
    let mut token_sha256 = [0; 32];
    RANDOM.fill(&mut token_sha256);
    ViewerToken {
        id: ViewerTokenId::generate(&**RANDOM),
        org: org(whose),
        token_sha256,
        actor_id: "u_7".into(),
        actor_name: Some("Ana Ruiz".into()),
        filter: "target:service/*".into(),
        features: vec!["search".into(), "raw".into()],
        origins: vec!["https://app.example.com".into()],
        record_views: true,
        created_ms: 0,
        created_by: "root".into(),
        expires_ms: START_MS + 1_000,
        revoked_ms: None,
    }
}

async fn made(catalog: &Catalog, whose: &str) -> ViewerToken {
    catalog.create_viewer_token(new(whose)).await.unwrap()
}

pub(crate) async fn are_found_by_hash_and_end(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let plain = ViewerToken { actor_name: None, features: Vec::new(), record_views: false, ..new("acme") };
    for new in [plain, new("acme")] {
        let made = catalog.create_viewer_token(new.clone()).await.unwrap();
        assert_eq!(made, ViewerToken { created_ms: START_MS, ..new });
        let other = case.open().await;
        assert_eq!(other.viewer_token_by_hash(&made.token_sha256).await.unwrap(), Some(made.clone()));
        assert_eq!(other.viewer_token(&made.id).await.unwrap(), made);
        assert!(made.is_live(START_MS + 999) && !made.is_live(START_MS + 1_000));
    }
    assert_eq!(catalog.viewer_token_by_hash(&[9; 32]).await.unwrap(), None);
    let refused = catalog.create_viewer_token(new("nobody")).await.unwrap_err();
    assert!(matches!(refused, CatalogError::NotFound { kind: "organization", .. }));
    // What ended long ago is forgotten when the next one is made, and not before.
    let old = made(&catalog, "acme").await;
    case.clock.advance(1_000 + VIEWER_TOKENS_KEPT_MS);
    made(&catalog, "acme").await;
    assert!(catalog.viewer_token(&old.id).await.is_ok());
    case.clock.advance(1);
    made(&catalog, "acme").await;
    assert!(matches!(catalog.viewer_token(&old.id).await, Err(CatalogError::NotFound { .. })));
}

pub(crate) async fn are_listed_and_revoked_by_organization(case: &Case) {
    let catalog = case.open().await;
    for whose in ["acme", "other"] {
        new_org(&catalog, whose).await;
    }
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(made(&catalog, "acme").await.id);
    }
    let foreign = made(&catalog, "other").await;
    let ended = ViewerToken { expires_ms: START_MS, ..new("acme") };
    catalog.create_viewer_token(ended).await.unwrap();
    ids.sort();
    let first = catalog.list_viewer_tokens(&org("acme"), None, 3).await.unwrap();
    let rest = catalog.list_viewer_tokens(&org("acme"), Some(&first[2].id), 3).await.unwrap();
    let listed: Vec<_> = first.iter().chain(&rest).map(|one| one.id.clone()).collect();
    assert_eq!(listed, ids);

    case.clock.advance(3);
    let changed = catalog.revoke_viewer_token(&ids[0]).await.unwrap();
    assert_eq!((changed.before.revoked_ms, changed.after.revoked_ms), (None, Some(START_MS + 3)));
    let again = catalog.revoke_viewer_token(&ids[0]).await.unwrap();
    assert_eq!(again.before, changed.after);
    assert_eq!(catalog.revoke_viewer_tokens(&org("acme")).await.unwrap(), 4);
    assert_eq!(catalog.revoke_viewer_tokens(&org("acme")).await.unwrap(), 0);
    assert!(catalog.list_viewer_tokens(&org("acme"), None, 9).await.unwrap().is_empty());
    assert!(catalog.viewer_token(&foreign.id).await.unwrap().is_live(START_MS + 3));
    assert!(catalog.revoke_viewer_tokens(&org("nobody")).await.is_err());
}

pub(crate) async fn end_with_the_key_that_made_them_and_with_their_organization(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let key = catalog.create_key(new_key(Some("acme"))).await.unwrap();
    let of_key = ViewerToken { created_by: key.id.to_string(), ..new("acme") };
    let of_key = catalog.create_viewer_token(of_key).await.unwrap();
    let of_root = made(&catalog, "acme").await;
    catalog.revoke_key(&key.id).await.unwrap();
    assert_eq!(catalog.viewer_token(&of_key.id).await.unwrap().revoked_ms, Some(START_MS));
    assert_eq!(catalog.viewer_token(&of_root.id).await.unwrap().revoked_ms, None);
    // Archiving leaves a log readable, deleting leaves nothing.
    let archived = OrganizationChange { name: None, state: Some(OrgState::Archived) };
    catalog.update_organization(&org("acme"), archived).await.unwrap();
    assert!(catalog.viewer_token(&of_root.id).await.is_ok());
    catalog.delete_organization(&org("acme")).await.unwrap();
    assert!(catalog.viewer_token_by_hash(&of_root.token_sha256).await.unwrap().is_none());
}
