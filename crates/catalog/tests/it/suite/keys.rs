//! API keys.

use std::collections::HashMap;

use tallystick_catalog::{ApiKey, CatalogError, KeyId, KeyOwner, NewKey};
use tallystick_event::Random;

use super::{Case, new_org, org};
use crate::doubles::{RANDOM, START_MS};

pub(crate) fn new_key(bound_to: Option<&str>) -> NewKey {
    let mut token_sha256 = [0; 32];
    RANDOM.fill(&mut token_sha256);
    NewKey {
        id: KeyId::generate(&**RANDOM),
        org: bound_to.map(org),
        name: "Billing service".into(),
        scopes: vec!["events:write".into(), "events:read".into()],
        token_sha256,
        token_prefix: "tsk_3fG".into(),
        created_by: "root".into(),
        expires_ms: None,
    }
}

pub(crate) async fn are_created_read_and_revoked(case: &Case) {
    let catalog = case.open().await;
    let new = NewKey { expires_ms: Some(START_MS + 10), ..new_key(None) };
    let made = catalog.create_key(new.clone()).await.unwrap();
    assert_eq!((&made.id, &made.scopes, made.token_sha256), (&new.id, &new.scopes, new.token_sha256));
    assert_eq!((made.created_ms, made.last_used_ms, made.revoked_ms), (START_MS, None, None));
    assert_eq!(case.open().await.key(&made.id).await.unwrap(), made);
    assert!(made.is_live(START_MS + 9) && !made.is_live(START_MS + 10));

    case.clock.advance(7);
    let revoked = catalog.revoke_key(&made.id).await.unwrap();
    assert_eq!(revoked.before, made);
    assert_eq!(revoked.after, ApiKey { revoked_ms: Some(START_MS + 7), ..made.clone() });
    assert!(!revoked.after.is_live(START_MS));
    case.clock.advance(7);
    let again = catalog.revoke_key(&made.id).await.unwrap();
    assert_eq!((&again.before, &again.after), (&revoked.after, &revoked.after));
    assert_eq!(catalog.key(&made.id).await.unwrap(), revoked.after);
}

pub(crate) async fn are_listed_by_owner(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "a").await;
    new_org(&catalog, "b").await;
    let mut by_owner: HashMap<KeyOwner, Vec<KeyId>> = HashMap::new();
    for i in 0..9 {
        let (bound, owner) = match i % 3 {
            0 => (None, KeyOwner::Instance),
            1 => (Some("a"), KeyOwner::Org(org("a"))),
            _ => (Some("b"), KeyOwner::Org(org("b"))),
        };
        let key = catalog.create_key(new_key(bound)).await.unwrap();
        by_owner.entry(owner).or_default().push(key.id.clone());
        by_owner.entry(KeyOwner::Any).or_default().push(key.id);
    }
    for (owner, mut ids) in by_owner {
        ids.sort();
        let mut listed = Vec::new();
        loop {
            let page = catalog.list_keys(&owner, listed.last(), 2).await.unwrap();
            if page.is_empty() {
                break;
            }
            listed.extend(page.into_iter().map(|key| key.id));
        }
        assert_eq!(listed, ids, "{owner:?}");
    }
    assert!(catalog.list_keys(&KeyOwner::Org(org("c")), None, 10).await.unwrap().is_empty());
}

pub(crate) async fn invalid_ones_are_refused(case: &Case) {
    let catalog = case.open().await;
    let error = catalog.create_key(new_key(Some("nowhere"))).await.unwrap_err();
    assert!(matches!(error, CatalogError::NotFound { kind: "organization", .. }), "{error:?}");
    for scopes in [vec![], vec![String::new()], vec!["a b".to_owned()]] {
        let error = catalog.create_key(NewKey { scopes, ..new_key(None) }).await.unwrap_err();
        assert!(matches!(error, CatalogError::Invalid { what: "scopes", .. }), "{error:?}");
    }
    let error = catalog.create_key(NewKey { name: "\n".into(), ..new_key(None) }).await.unwrap_err();
    assert!(matches!(error, CatalogError::Invalid { what: "name", .. }), "{error:?}");
    let made = catalog.create_key(new_key(None)).await.unwrap();
    let twin = NewKey { token_sha256: made.token_sha256, ..new_key(None) };
    let error = catalog.create_key(twin).await.unwrap_err();
    assert!(error.is_damage(), "the same token twice cannot be chance: {error:?}");
    let unknown = KeyId::generate(&**RANDOM);
    assert!(matches!(catalog.key(&unknown).await, Err(CatalogError::NotFound { kind: "api key", .. })));
    assert!(matches!(catalog.revoke_key(&unknown).await, Err(CatalogError::NotFound { .. })));
    assert_eq!(catalog.keys_changed_after(0).await.unwrap().change_no, 1, "refusals are no changes");
}

pub(crate) async fn last_use_only_moves_forward(case: &Case) {
    let catalog = case.open().await;
    let key = catalog.create_key(new_key(None)).await.unwrap();
    let unknown = KeyId::generate(&**RANDOM);
    for (used, expected) in [(50, 50), (40, 50), (60, 60)] {
        catalog.touch_keys(&[(unknown.clone(), used), (key.id.clone(), used)]).await.unwrap();
        assert_eq!(catalog.key(&key.id).await.unwrap().last_used_ms, Some(expected));
    }
    assert_eq!(catalog.keys_changed_after(0).await.unwrap().change_no, 1, "a use is no change");
}

pub(crate) async fn changes_are_followed_across_nodes(case: &Case) {
    let (one, two) = (case.open().await, case.open().await);
    let a = one.create_key(new_key(None)).await.unwrap();
    let b = one.create_key(new_key(None)).await.unwrap();
    let seen = two.keys_changed_after(0).await.unwrap();
    assert_eq!((seen.keys, seen.change_no), (vec![a.clone(), b.clone()], 2));
    assert!(two.keys_changed_after(2).await.unwrap().keys.is_empty());

    let revoked = one.revoke_key(&a.id).await.unwrap().after;
    let seen = two.keys_changed_after(2).await.unwrap();
    assert_eq!((seen.keys, seen.change_no), (vec![revoked.clone()], 3));
    let fresh = two.keys_in_use().await.unwrap();
    assert_eq!((fresh.keys, fresh.change_no), (vec![b.clone()], 3), "a new follower needs no revoked keys");
    let seen = two.keys_changed_after(0).await.unwrap();
    assert_eq!((seen.keys, seen.change_no), (vec![b, revoked], 3), "an old follower needs them");
    let error = two.keys_changed_after(4).await.unwrap_err();
    assert!(
        matches!(error, CatalogError::Inconsistent { .. }),
        "an older catalog was put in place: {error:?}"
    );
}

pub(crate) async fn followers_miss_no_concurrent_change(case: &Case) {
    const EACH: usize = 20;
    let follower = case.open().await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let node = case.open().await;
        writers.spawn(async move {
            for _ in 0..EACH {
                node.create_key(new_key(None)).await.unwrap();
            }
        });
    }
    let mut seen = Vec::new();
    let mut change_no = 0;
    while seen.len() < 3 * EACH {
        let changes = follower.keys_changed_after(change_no).await.unwrap();
        assert_eq!(changes.keys.len() as u64, changes.change_no - change_no, "one number for each change");
        change_no = changes.change_no;
        seen.extend(changes.keys.into_iter().map(|key| key.id));
    }
    writers.join_all().await;
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3 * EACH);
}
