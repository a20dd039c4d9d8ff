//! Who may make, see and revoke which keys.

use std::collections::HashMap;

use tallystick_auth::{Auth, AuthenticateError, Caller, CreateKey, CreatedKey, KeyError, KeyView, Scope};
use tallystick_catalog::CatalogError;
use tallystick_event::format_ms;

use crate::{START_MS, World, made, org, request};

/// Whether the key is listed, used or not.
fn has(listed: &[KeyView], created: &CreatedKey) -> bool {
    listed.iter().any(|key| key.id == created.key.id)
}

async fn caller(auth: &Auth, scopes: &[Scope], bound_to: Option<&str>) -> Caller {
    let created = made(auth, scopes, bound_to).await;
    let caller: Result<_, AuthenticateError> = auth.authenticate(&created.token, None).await;
    (*caller.unwrap()).clone()
}

#[tokio::test]
async fn nobody_gives_away_more_than_they_have() {
    let world = World::new().await;
    let auth = world.node().await;
    let maker = caller(&auth, &[Scope::KeysWrite, Scope::EventsRead], None).await;
    for scope in Scope::ALL {
        let result = auth.create_key(&maker, request(&[Scope::EventsRead, *scope], None)).await;
        match scope {
            Scope::KeysWrite | Scope::EventsRead => drop(result.unwrap()),
            _ => assert!(matches!(result, Err(KeyError::ScopeNotHeld { scope: found }) if found == *scope)),
        }
    }
    let admin = caller(&auth, &[Scope::Admin], None).await;
    auth.create_key(&admin, request(Scope::ALL, None)).await.unwrap();
    let reader = caller(&auth, &[Scope::EventsRead], None).await;
    let result = auth.create_key(&reader, request(&[Scope::EventsRead], None)).await;
    assert!(matches!(result, Err(KeyError::Denied(denied)) if denied.need() == Some(Scope::KeysWrite)));
}

#[tokio::test]
async fn a_bound_key_makes_keys_of_its_own_organization_only() {
    let world = World::new().await;
    let auth = world.node().await;
    let bound = caller(&auth, &[Scope::Admin], Some("acme")).await;
    for asked in [None, Some("acme")] {
        let created = auth.create_key(&bound, request(&[Scope::Admin], asked)).await.unwrap();
        assert_eq!(created.key.org, Some(org("acme")));
        assert_eq!(created.key.created_by, bound.id.to_string());
    }
    for asked in ["other", "missing"] {
        let result = auth.create_key(&bound, request(&[Scope::Admin], Some(asked))).await;
        assert!(matches!(result, Err(KeyError::Denied(denied)) if denied.code() == "wrong_org"), "{asked}");
    }
    let root = crate::root(&auth).await;
    let result = auth.create_key(&root, request(&[Scope::Admin], Some("missing"))).await;
    assert!(matches!(result, Err(KeyError::Catalog(CatalogError::NotFound { kind: "organization", .. }))));
}

#[tokio::test]
async fn keys_out_of_reach_do_not_exist() {
    let world = World::new().await;
    let auth = world.node().await;
    let bound = caller(&auth, &[Scope::Admin], Some("acme")).await;
    let own = made(&auth, &[Scope::EventsRead], Some("acme")).await;
    let others = made(&auth, &[Scope::EventsRead], Some("other")).await;
    let instance = made(&auth, &[Scope::EventsRead], None).await;
    let missing = "ak_00000000000000000000".parse().unwrap();
    for id in [others.key.id.parse().unwrap(), instance.key.id.parse().unwrap(), missing] {
        for result in
            [auth.key(&bound, &id).await, auth.revoke_key(&bound, &id).await.map(|changed| changed.after)]
        {
            assert!(matches!(result, Err(KeyError::Catalog(CatalogError::NotFound { kind: "api key", .. }))));
        }
    }
    auth.authenticate(&others.token, None).await.unwrap();
    auth.authenticate(&instance.token, None).await.unwrap();
    let listed = auth.list_keys(&bound, None, None, 100).await.unwrap();
    assert!(has(&listed, &own) && listed.iter().all(|key| key.org == Some(org("acme"))), "{listed:?}");
    let all = auth.list_keys(&*crate::root(&auth).await, None, None, 100).await.unwrap();
    assert!([&own, &others, &instance].iter().all(|created| has(&all, created)));
    let result = auth.list_keys(&bound, Some(&org("other")), None, 100).await;
    assert!(matches!(result, Err(KeyError::Denied(denied)) if denied.code() == "wrong_org"));
}

#[tokio::test]
async fn a_key_does_not_outlive_its_maker() {
    let world = World::new().await;
    let auth = world.node().await;
    let root = crate::root(&auth).await;
    let until = |expires_ms| CreateKey { expires_ms, ..request(&[Scope::Admin], None) };
    for past in [START_MS, 0, i64::MIN, i64::MAX] {
        let result = auth.create_key(&root, until(Some(past))).await;
        assert!(matches!(result, Err(KeyError::Expiry)), "{past}");
    }
    let created = auth.create_key(&root, until(Some(START_MS + 1000))).await.unwrap();
    let maker = auth.authenticate(&created.token, None).await.unwrap();
    for later in [None, Some(START_MS + 1001)] {
        assert!(matches!(auth.create_key(&maker, until(later)).await, Err(KeyError::OutlivesMaker)));
    }
    let last = auth.create_key(&maker, until(Some(START_MS + 1000))).await.unwrap();
    assert_eq!(last.key.expires_at, Some(format_ms(START_MS + 1000)));
}

#[tokio::test]
async fn a_key_is_shown_without_its_secret() {
    let world = World::new().await;
    let auth = world.node().await;
    let root = crate::root(&auth).await;
    let asked = request(&[Scope::EventsWrite, Scope::EventsRead, Scope::EventsWrite], Some("acme"));
    let created = auth.create_key(&root, asked).await.unwrap();
    let id = created.key.id.parse().unwrap();
    assert_eq!(auth.key(&root, &id).await.unwrap(), created.key);
    world.advance(1);
    let changed = auth.revoke_key(&root, &id).await.unwrap();
    assert_eq!(changed.before, created.key);
    let revoked_at = Some(format_ms(START_MS + 1));
    assert_eq!(changed.after, KeyView { revoked_at, ..created.key.clone() });

    let json = serde_json::to_string(&changed.after).unwrap();
    let secret = &created.token.expose()[created.key.token_prefix.len()..];
    assert!(!json.contains(secret) && !format!("{created:?}").contains(secret), "{json}");
    let shown: HashMap<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(shown["scopes"], serde_json::json!(["events:write", "events:read"]));
    assert_eq!(shown["org"], "acme");
    assert_eq!(shown["created_by"], "root");
    assert_eq!(shown["expires_at"], serde_json::Value::Null);
    assert_eq!(shown.len(), 10);
}
