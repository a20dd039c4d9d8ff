//! Searches that are kept, short links, links to events.

use tallystick_catalog::{
    Catalog, CatalogError, Conflict, NewSearch, NewShare, SHORT_LINK_PATH_BYTES_MAX, SavedSearch,
    SearchChange,
};
use tallystick_event::{EventId, Random};

use super::people::conflict;
use super::{Case, new_org, org};
use crate::doubles::{RANDOM, START_MS};

fn new_search(owner: &str, name: &str) -> NewSearch {
    NewSearch {
        org: org("acme"),
        owner: owner.into(),
        owner_name: "Ana".into(),
        name: name.into(),
        query: "outcome:denied".into(),
        view: "{}".into(),
        is_shared: false,
    }
}

async fn names_seen_by(catalog: &Catalog, owner: &str) -> Vec<String> {
    let seen = catalog.list_searches(&org("acme"), owner).await.unwrap();
    seen.into_iter().map(|search| search.name).collect()
}

async fn shared(catalog: &Catalog, search: &SavedSearch, is_shared: bool) -> SavedSearch {
    let change = SearchChange { is_shared: Some(is_shared), ..SearchChange::default() };
    catalog.update_search(&search.id, change).await.unwrap().after
}

pub(crate) async fn searches_are_kept_for_their_owners_and_shared(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let made = catalog.create_search(new_search("usr_1", " Refused ")).await.unwrap();
    assert_eq!(made.name, "Refused");
    assert_eq!(catalog.search(&made.id).await.unwrap(), made);
    let again = conflict(catalog.create_search(new_search("usr_1", "REFUSED")).await);
    assert_eq!(again, Conflict::SearchExists { name: "Refused".into() });
    let other = catalog.create_search(new_search("usr_2", "Refused")).await.unwrap();
    assert_eq!(names_seen_by(&catalog, "usr_1").await, ["Refused"]);
    let other = shared(&catalog, &other, true).await;
    assert!(other.is_shared && names_seen_by(&catalog, "usr_1").await.len() == 2);
    shared(&catalog, &other, false).await;
    assert_eq!(names_seen_by(&catalog, "usr_1").await.len(), 1);
    case.clock.advance(5);
    let same = catalog.update_search(&made.id, SearchChange::default()).await.unwrap();
    assert_eq!(same.before, same.after);
    let change = SearchChange { query: Some("x".into()), ..SearchChange::default() };
    let changed = catalog.update_search(&made.id, change).await.unwrap();
    assert_eq!((changed.after.query.as_str(), changed.after.updated_ms), ("x", START_MS + 5));
    let long = SearchChange { view: Some("x".repeat(5_000)), ..SearchChange::default() };
    assert!(matches!(catalog.update_search(&made.id, long).await, Err(CatalogError::Invalid { .. })));
    assert!(matches!(
        catalog.create_search(new_search("u", "a\nb")).await,
        Err(CatalogError::Invalid { .. })
    ));
    catalog.delete_search(&made.id).await.unwrap();
    assert!(matches!(catalog.search(&made.id).await, Err(CatalogError::NotFound { kind: "search", .. })));
}

pub(crate) async fn the_same_address_has_one_short_link(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    new_org(&catalog, "other").await;
    let (acme, path) = (org("acme"), "/events?q=\u{65e5}\u{672c}");
    let (made, is_new) = catalog.short_link_to(&acme, path, &[1; 32], "usr_1").await.unwrap();
    assert!(is_new && made.path == path);
    let (again, is_new) = catalog.short_link_to(&acme, path, &[1; 32], "usr_2").await.unwrap();
    assert!(!is_new && again == made);
    let (theirs, is_new) = catalog.short_link_to(&org("other"), path, &[1; 32], "usr_3").await.unwrap();
    assert!(is_new && theirs.id != made.id);
    assert_eq!(catalog.short_link(&made.id).await.unwrap(), Some(made));
    let long = "x".repeat(SHORT_LINK_PATH_BYTES_MAX + 1);
    assert!(catalog.short_link_to(&acme, &long, &[2; 32], "u").await.is_err());
}

pub(crate) async fn shared_events_expire_and_are_revoked(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let new = |hash: [u8; 32], expires_ms: i64| NewShare {
        org: org("acme"),
        event: EventId([7; 16]),
        token_sha256: hash,
        note: "for the auditor".into(),
        created_by: "usr_1".into(),
        created_by_name: "Ana".into(),
        expires_ms,
    };
    let mut hash = [0; 32];
    RANDOM.fill(&mut hash);
    let made = catalog.create_share(new(hash, START_MS + 1_000)).await.unwrap();
    assert_eq!(catalog.share_by_hash(&hash).await.unwrap(), Some(made.clone()));
    assert_eq!(catalog.share_by_hash(&[0; 32]).await.unwrap(), None);
    assert_eq!(made.event, EventId([7; 16]));
    let late = catalog.create_share(new([9; 32], START_MS + 9_000)).await.unwrap();
    assert_eq!(catalog.list_shares(&org("acme")).await.unwrap().len(), 2);
    catalog.note_share_opened(&late.id).await.unwrap();
    assert_eq!(catalog.share(&late.id).await.unwrap().opened_ms, Some(START_MS));
    case.clock.advance(1_000);
    let left = catalog.list_shares(&org("acme")).await.unwrap();
    assert_eq!(left.iter().map(|share| &share.id).collect::<Vec<_>>(), [&late.id]);
    assert!(catalog.revoke_share(&late.id).await.unwrap() && !catalog.revoke_share(&late.id).await.unwrap());
    assert!(catalog.list_shares(&org("acme")).await.unwrap().is_empty());
    assert!(!catalog.share(&late.id).await.unwrap().is_live(START_MS));
    let control = NewShare { note: "a\u{1b}b".into(), ..new([3; 32], START_MS + 9_000) };
    assert!(matches!(catalog.create_share(control).await, Err(CatalogError::Invalid { .. })));
}

pub(crate) async fn all_of_it_goes_with_its_organization(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    let search = catalog.create_search(new_search("usr_1", "x")).await.unwrap();
    let (link, _) = catalog.short_link_to(&org("acme"), "/events", &[1; 32], "usr_1").await.unwrap();
    let new = NewShare {
        org: org("acme"),
        event: EventId([7; 16]),
        token_sha256: [5; 32],
        note: String::new(),
        created_by: "usr_1".into(),
        created_by_name: "Ana".into(),
        expires_ms: START_MS + 1_000,
    };
    catalog.create_share(new).await.unwrap();
    catalog.delete_organization(&org("acme")).await.unwrap();
    assert!(catalog.search(&search.id).await.is_err());
    assert_eq!(catalog.short_link(&link.id).await.unwrap(), None);
    assert_eq!(catalog.share_by_hash(&[5; 32]).await.unwrap(), None);
}
