//! Organizations.

use std::collections::HashSet;

use tallystick_catalog::{
    Catalog, CatalogError, Conflict, NAME_CHARS_MAX, NewOrganization, OrgState, OrganizationChange,
};

use super::seals::{head, seal};
use super::{Case, keys, new_org, org};
use crate::doubles::START_MS;

pub(crate) async fn are_created_changed_and_read(case: &Case) {
    let catalog = case.open().await;
    let new = NewOrganization { id: Some(org("acme")), name: Some("Acmé GmbH".into()) };
    let made = catalog.create_organization(new).await.unwrap();
    assert_eq!((made.created_ms, made.updated_ms, made.state), (START_MS, START_MS, OrgState::Active));
    assert_eq!((made.log_id.0[6] >> 4, made.log_id.0[8] >> 6), (4, 2), "a random UUID");
    assert_eq!(case.open().await.organization(&org("acme")).await.unwrap(), made);

    case.clock.advance(5);
    let change = OrganizationChange { name: Some("Acme".into()), state: Some(OrgState::Archived) };
    let changed = catalog.update_organization(&made.id, change.clone()).await.unwrap();
    assert_eq!(changed.before, made);
    assert_eq!((changed.after.name.as_str(), changed.after.state), ("Acme", OrgState::Archived));
    assert_eq!((changed.after.created_ms, changed.after.updated_ms), (START_MS, START_MS + 5));
    assert_eq!(catalog.organization(&made.id).await.unwrap(), changed.after);

    case.clock.advance(5);
    let again = catalog.update_organization(&made.id, change).await.unwrap();
    assert_eq!(again.after, changed.after, "no change, no new time");

    let unnamed = catalog.create_organization(NewOrganization::default()).await.unwrap();
    assert_eq!(unnamed.name, unnamed.id.as_str());
    assert_ne!(unnamed.log_id, made.log_id);
    let missing = catalog.organization(&org("other")).await.unwrap_err();
    assert!(matches!(missing, CatalogError::NotFound { kind: "organization", .. }));
    let missing =
        catalog.update_organization(&org("other"), OrganizationChange::default()).await.unwrap_err();
    assert!(matches!(missing, CatalogError::NotFound { kind: "organization", .. }));
}

pub(crate) async fn ids_differing_in_case_conflict(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "Acme").await;
    for id in ["Acme", "acme", "ACME"] {
        let new = NewOrganization { id: Some(org(id)), name: None };
        let error = catalog.create_organization(new).await.unwrap_err();
        let CatalogError::Conflict(conflict) = error else { panic!("{error:?}") };
        assert_eq!(conflict, Conflict::OrganizationExists { existing: "Acme".into() });
    }
    let error = catalog.organization(&org("acme")).await.unwrap_err();
    assert!(matches!(error, CatalogError::NotFound { .. }), "ids are exact otherwise");
}

pub(crate) async fn one_of_many_concurrent_creators_wins(case: &Case) {
    let nodes = [case.open().await, case.open().await];
    let mut creators = tokio::task::JoinSet::new();
    for i in 0..16 {
        let node = nodes[i % 2].clone();
        let id = if i % 3 == 0 { "race" } else { "RACE" };
        creators.spawn(async move {
            node.create_organization(NewOrganization { id: Some(org(id)), name: None }).await
        });
    }
    let outcomes = creators.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(error, CatalogError::Conflict(_)), "{error:?}");
    }
    assert_eq!(nodes[0].list_organizations(None, 10).await.unwrap().len(), 1);
}

pub(crate) async fn are_listed_in_byte_order(case: &Case) {
    let catalog = case.open().await;
    let mut ids = ["Z", "a", "a-b", "a.b", "a:b", "a_b", "aC", "B", "b2", "b10", "0", "z_"].map(String::from);
    for id in &ids {
        new_org(&catalog, id).await;
    }
    ids.sort_unstable();
    for limit in [1, 5, 1000] {
        assert_eq!(ids_by_page(&catalog, limit).await, ids, "pages of {limit}");
    }
    assert!(catalog.list_organizations(Some(&org("zz")), 10).await.unwrap().is_empty());
}

async fn ids_by_page(catalog: &Catalog, limit: u32) -> Vec<String> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = catalog.list_organizations(after.as_ref(), limit).await.unwrap();
        assert!(page.len() <= limit as usize);
        let Some(last) = page.last() else { return ids };
        after = Some(last.id.clone());
        ids.extend(page.iter().map(|org| org.id.to_string()));
    }
}

pub(crate) async fn invalid_names_are_refused(case: &Case) {
    let catalog = case.open().await;
    new_org(&catalog, "acme").await;
    for bad in ["", " ", "a\tb", &"é".repeat(NAME_CHARS_MAX + 1)] {
        let new = NewOrganization { id: Some(org("bad")), name: Some(bad.into()) };
        let error = catalog.create_organization(new).await.unwrap_err();
        assert!(matches!(error, CatalogError::Invalid { what: "name", .. }), "{error:?}");
        let change = OrganizationChange { name: Some(bad.into()), state: None };
        let error = catalog.update_organization(&org("acme"), change).await.unwrap_err();
        assert!(matches!(error, CatalogError::Invalid { what: "name", .. }), "{error:?}");
    }
    let long = "é".repeat(NAME_CHARS_MAX);
    let change = OrganizationChange { name: Some(long.clone()), state: None };
    assert_eq!(catalog.update_organization(&org("acme"), change).await.unwrap().after.name, long);
}

pub(crate) async fn are_deleted_only_with_an_empty_log(case: &Case) {
    let catalog = case.open().await;
    let full = new_org(&catalog, "full").await;
    let empty = new_org(&catalog, "empty").await;
    catalog.commit_seal(&seal(0..3, vec![head("full", 3)])).await.unwrap();
    let key = catalog.create_key(keys::new_key(Some("empty"))).await.unwrap();
    let other = catalog.create_key(keys::new_key(Some("full"))).await.unwrap();

    let error = catalog.delete_organization(&full.id).await.unwrap_err();
    let CatalogError::Conflict(conflict) = error else { panic!("{error:?}") };
    assert_eq!(conflict, Conflict::LogNotEmpty { org: "full".into() });

    let deleted = catalog.delete_organization(&empty.id).await.unwrap();
    assert_eq!(deleted.organization, empty);
    assert_eq!(deleted.revoked_keys.iter().map(|key| &key.id).collect::<Vec<_>>(), [&key.id]);
    assert!(catalog.key(&key.id).await.unwrap().revoked_ms.is_some());
    assert!(catalog.key(&other.id).await.unwrap().revoked_ms.is_none());
    let error = catalog.delete_organization(&empty.id).await.unwrap_err();
    assert!(matches!(error, CatalogError::NotFound { .. }));

    let again = new_org(&catalog, "empty").await;
    let logs = HashSet::from([full.log_id, empty.log_id, again.log_id]);
    assert_eq!(logs.len(), 3, "an organization made again has another log");
}
