//! Notes to oneself do not stay in the tree: what is worth doing is an issue, and the rest is not worth a note.

use super::places::contains_word;
use crate::tidy::{Problem, Tree};

/// Written in halves so that this file does not find itself.
const MARKERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
    concat!("dbg", "!("),
];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.written() {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(marker) = MARKERS.iter().find(|marker| contains_word(line, marker)) {
                let marker = marker.trim_end_matches('(');
                problems.push(Problem::at(&file.path, index + 1, format!("{marker} left in the tree")));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_whole_words() {
        let note = format!("// {}: later\n", MARKERS[0]);
        let masked = format!("let card = \"{}-1234\";\n", MARKERS[2].repeat(2));
        assert_eq!(check(&Tree::of(&[("a.rs", &note)])).len(), 1);
        assert!(check(&Tree::of(&[("a.rs", &masked)])).is_empty());
        assert!(check(&Tree::of(&[("testdata/a.toml", &note)])).is_empty());
    }
}
