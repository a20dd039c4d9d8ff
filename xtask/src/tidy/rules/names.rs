//! A module is named after what it holds. These names say nothing and so collect everything.

use crate::tidy::{Problem, Tree};

const EMPTY_WORDS: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc", "stuff"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let sources = tree.written().filter(|file| matches!(file.extension(), "rs" | "mjs" | "js"));
    sources
        .filter_map(|file| {
            let mut words = file.path.split(['/', '.', '_', '-']);
            let word = words.find(|word| EMPTY_WORDS.contains(word))?;
            Some(Problem::whole(&file.path, format!("`{word}` names nothing; name what the file holds")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_words_are_found_in_files_and_folders() {
        let tree = Tree::of(&[
            ("a/utils.rs", ""),
            ("a/common/x.rs", ""),
            ("a/commonly.rs", ""),
            ("a/wal_helpers.rs", ""),
        ]);
        assert_eq!(check(&tree).len(), 3);
    }
}
