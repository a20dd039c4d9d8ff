//! The stores by name, for files that are whole already: what has to be told to each, and how it is opened.

use std::sync::LazyLock;

use super::{COMPRESSION, CheckedStore, LINGER};
use crate::{BadSettings, Field, Settings, Surroundings, azure_blob, gcs, s3};

type OpenStore = fn(&Settings, &Surroundings) -> Result<Box<dyn CheckedStore>, BadSettings>;

/// A kind of store.
#[derive(Debug)]
pub struct StoreKind {
    /// As the kind of destination is called: `s3`, `gcs`, `azure_blob`.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// What it has to be told, in the order of a form: all that the destination is told but how lines are
    /// compressed and wait for others.
    pub fields: Vec<Field>,
    /// Makes a store of settings that were checked against `fields`.
    pub open: OpenStore,
}

/// All kinds of stores, in the order in which they are offered.
pub fn store_kinds() -> &'static [StoreKind] {
    static KINDS: LazyLock<Vec<StoreKind>> = LazyLock::new(|| {
        let kinds: [(&crate::Kind, OpenStore); 3] = [
            (&s3::KIND, s3::open_store),
            (&gcs::KIND, gcs::open_store),
            (&azure_blob::KIND, azure_blob::open_store),
        ];
        let of = |(kind, open): (&crate::Kind, OpenStore)| {
            let is_of_streams = |field: &Field| [COMPRESSION.name, LINGER.name].contains(&field.name);
            let fields = kind.fields.iter().filter(|field| !is_of_streams(field));
            StoreKind { name: kind.name, title: kind.title, fields: fields.copied().collect(), open }
        };
        kinds.into_iter().map(of).collect()
    });
    &KINDS
}

/// The kind of store of a name.
pub fn store_kind(name: &str) -> Option<&'static StoreKind> {
    store_kinds().iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_told_what_destinations_are_but_what_is_of_streams() {
        let names: Vec<&str> = store_kinds().iter().map(|kind| kind.name).collect();
        assert_eq!(names, ["s3", "gcs", "azure_blob"]);
        for kind in store_kinds() {
            let all = crate::kind(kind.name).expect("a kind of destination").fields;
            assert_eq!(kind.fields.len() + 2, all.len(), "{}", kind.name);
            assert!(kind.fields.iter().any(|field| field.name == "prefix"), "{}", kind.name);
        }
        assert!(store_kind("webhook").is_none());
    }
}
