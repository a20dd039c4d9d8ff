//! Passkeys and the challenges that they answer.

use tallystick_catalog::{
    Catalog, CatalogError, Conflict, LinkKind, NewLink, NewPasskey, PASSKEYS_MAX, Passkey, User,
};

use super::Case;
use super::links::new_link;
use super::people::user;
use crate::doubles::START_MS;

fn new_passkey(user: &User, credential_id: &[u8]) -> NewPasskey {
    NewPasskey {
        user: user.id.clone(),
        credential_id: credential_id.to_vec(),
        name: "Laptop".into(),
        credential: "{}".into(),
        sign_count: 0,
        is_synced: false,
    }
}

async fn added(catalog: &Catalog, user: &User, credential_id: &[u8]) -> Passkey {
    catalog.create_passkey(new_passkey(user, credential_id)).await.unwrap()
}

pub(crate) async fn are_found_by_credential_renamed_and_removed(case: &Case) {
    let catalog = case.open().await;
    let (ana, bob) = (user(&catalog, "ana@acme.example").await, user(&catalog, "bob@b").await);
    let passkey = added(&catalog, &ana, b"one").await;
    assert_eq!((passkey.created_ms, passkey.used_ms), (START_MS, None));
    assert_eq!(catalog.passkey_by_credential(b"one").await.unwrap().as_ref(), Some(&passkey));
    assert_eq!(catalog.passkey_by_credential(b"two").await.unwrap(), None);
    let again = catalog.create_passkey(new_passkey(&bob, b"one")).await.unwrap_err();
    assert!(matches!(again, CatalogError::Conflict(Conflict::PasskeyExists)), "{again:?}");

    let foreign = catalog.rename_passkey(&bob.id, &passkey.id, "Mine").await.unwrap_err();
    assert!(matches!(foreign, CatalogError::NotFound { kind: "passkey", .. }), "{foreign:?}");
    assert!(catalog.remove_passkey(&bob.id, &passkey.id).await.is_err());
    let changed = catalog.rename_passkey(&ana.id, &passkey.id, "Phone").await.unwrap();
    assert_eq!((changed.before.name.as_str(), changed.after.name.as_str()), ("Laptop", "Phone"));
    assert!(catalog.rename_passkey(&ana.id, &passkey.id, "").await.is_err());
    assert_eq!(catalog.list_passkeys(&ana.id).await.unwrap(), std::slice::from_ref(&changed.after));
    assert_eq!(catalog.remove_passkey(&ana.id, &passkey.id).await.unwrap(), changed.after);
    assert!(catalog.list_passkeys(&ana.id).await.unwrap().is_empty());
}

pub(crate) async fn are_limited_for_each_account(case: &Case) {
    let catalog = case.open().await;
    let (ana, bob) = (user(&catalog, "ana@acme.example").await, user(&catalog, "bob@b").await);
    for number in 0..PASSKEYS_MAX {
        added(&catalog, &ana, &number.to_be_bytes()).await;
    }
    let beyond = catalog.create_passkey(new_passkey(&ana, b"one more")).await.unwrap_err();
    assert!(
        matches!(beyond, CatalogError::Conflict(Conflict::TooMany { what: "passkeys", .. })),
        "{beyond:?}"
    );
    added(&catalog, &bob, b"one more").await;
}

pub(crate) async fn counters_of_signatures_only_grow(case: &Case) {
    let catalog = case.open().await;
    let ana = user(&catalog, "ana@acme.example").await;
    let passkey = added(&catalog, &ana, b"one").await;
    case.clock.advance(1_000);
    assert!(catalog.use_passkey(&passkey).await.unwrap(), "an authenticator without a counter");
    assert!(catalog.use_passkey(&passkey).await.unwrap());
    let seven = Passkey { sign_count: 7, is_synced: true, credential: "7".into(), ..passkey.clone() };
    assert!(catalog.use_passkey(&seven).await.unwrap());
    for sign_count in [0, 6, 7] {
        assert!(
            !catalog.use_passkey(&Passkey { sign_count, ..passkey.clone() }).await.unwrap(),
            "{sign_count}"
        );
    }
    let stored = catalog.passkey_by_credential(b"one").await.unwrap().unwrap();
    assert_eq!(stored, Passkey { used_ms: Some(START_MS + 1_000), ..seven.clone() });
    catalog.remove_passkey(&ana.id, &passkey.id).await.unwrap();
    let later = Passkey { sign_count: 8, ..seven };
    assert!(!catalog.use_passkey(&later).await.unwrap(), "it was removed meanwhile");
}

pub(crate) async fn challenges_are_spent_once(case: &Case) {
    let catalog = case.open().await;
    let forget_ms = START_MS + 1_000;
    assert!(catalog.spend_challenge(&[1; 32], forget_ms).await.unwrap());
    assert!(!catalog.spend_challenge(&[1; 32], forget_ms).await.unwrap());
    assert!(catalog.spend_challenge(&[2; 32], forget_ms + 1).await.unwrap());
    case.clock.advance(1_001);
    assert!(catalog.spend_challenge(&[1; 32], forget_ms).await.unwrap(), "it is forgotten");
    assert!(!catalog.spend_challenge(&[2; 32], forget_ms).await.unwrap(), "not yet");
}

pub(crate) async fn go_with_a_reset(case: &Case) {
    let catalog = case.open().await;
    let (ana, bob) = (user(&catalog, "ana@acme.example").await, user(&catalog, "bob@b").await);
    let gone = added(&catalog, &ana, b"one").await;
    let kept = added(&catalog, &bob, b"two").await;
    let (new, hash) = new_link(LinkKind::Reset);
    catalog.create_link(NewLink { user: Some(ana.id.clone()), ..new }).await.unwrap();
    let (_, removed) = catalog.redeem_reset(&hash, "new").await.unwrap();
    assert_eq!(removed, [gone]);
    assert!(catalog.list_passkeys(&ana.id).await.unwrap().is_empty());
    assert_eq!(catalog.list_passkeys(&bob.id).await.unwrap(), [kept]);
}
