//! ARCHITECTURE.md has a line for every crate, so that the map cannot fall behind.

use crate::tidy::{Problem, Tree};

const MAP: &str = "ARCHITECTURE.md";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let map = tree.get(MAP).map_or("", |file| &file.text);
    let folders = tree.crates().filter_map(|(_, file)| file.path.strip_suffix("/Cargo.toml"));
    folders
        .filter(|folder| !map.contains(&format!("`{folder}`")))
        .map(|folder| Problem::whole(MAP, format!("has no line for `{folder}`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_a_line_is_found() {
        let tree = Tree::of(&[
            ("ARCHITECTURE.md", "| `crates/event` | the model |\n"),
            ("crates/event/Cargo.toml", ""),
            ("crates/wal/Cargo.toml", ""),
        ]);
        let found = check(&tree);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("crates/wal"));
    }
}
