//! Nothing in the tree names the machine it was written on or the hosts packages come from: both differ for everybody
//! else.

use crate::tidy::{Problem, Tree};

/// Written in halves so that this file does not find itself.
const PLACES: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/tmp/", "bash_jobs"),
    concat!("/tmp/", "target-"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("pypi", ".org"),
    concat!("files.", "pythonhosted.org"),
    concat!("registry.", "npmjs.org"),
    concat!("deb.", "debian.org"),
];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.files().iter().filter(|file| !file.is_data() && file.extension() != "lock") {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(place) = PLACES.iter().find(|place| contains_word(line, place)) {
                problems.push(Problem::at(
                    &file.path,
                    index + 1,
                    format!("names {place}, a place of one machine"),
                ));
            }
        }
    }
    problems
}

/// Whether `word` occurs with no letter or digit before it, nor after it if it ends in one itself.
pub(super) fn contains_word(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !(before.is_some_and(joins) || word.ends_with(joins) && after.is_some_and(joins))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_machine_is_found_and_part_of_another_is_not() {
        let absolute = format!("cd {}main\n", PLACES[0]);
        let relative = format!("see docs{}main\n", PLACES[0]);
        assert_eq!(check(&Tree::of(&[("README.md", &absolute)])).len(), 1);
        assert!(check(&Tree::of(&[("README.md", &relative)])).is_empty());
        assert!(check(&Tree::of(&[("Cargo.lock", &absolute), ("a/testdata/x.json", &absolute)])).is_empty());
    }
}
