//! What streams can send to: the kinds of destinations, and the lake, which needs what exports are written with.

use std::sync::LazyLock;

use tallystick_destination::Kind;

use crate::lake;

/// Behind which kind the lake is offered: it is one more way to put files somewhere.
const BEFORE_LAKE: &str = "azure_blob";

/// All kinds, in the order in which they are offered.
pub fn kinds() -> &'static [&'static Kind] {
    static KINDS: LazyLock<Vec<&'static Kind>> = LazyLock::new(|| {
        let mut kinds = tallystick_destination::kinds().to_vec();
        let before = kinds.iter().position(|kind| kind.name == BEFORE_LAKE);
        kinds.insert(before.map_or(kinds.len(), |index| index + 1), &lake::KIND);
        kinds
    });
    &KINDS
}

/// The kind of a name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    kinds().iter().copied().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_lake_is_one_of_them_and_its_page_names_its_fields() {
        let names: BTreeSet<&str> = kinds().iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), tallystick_destination::kinds().len() + 1);
        let lake = kind("lake").expect("there is a lake");
        let page = include_str!("../../../../docs/streams/lake.md");
        for field in lake.fields {
            assert!(page.contains(&format!("`{}`", field.name)), "nothing of {}", field.name);
            assert!(!field.title.is_empty() && field.help.ends_with('.'), "{}", field.name);
        }
        assert!(kind("nothing").is_none() && kind("webhook").is_some());
    }
}
