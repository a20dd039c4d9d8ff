//! Every error code that can leave the server is explained in docs/errors.md, because scripts depend on the codes.

use crate::tidy::{File, Problem, Tree};

/// Where codes are defined; a file that does not exist defines none.
const DEFINED_IN: &[&str] = &["crates/server/src/error/codes.rs", "crates/event/src/error.rs"];
const EXPLAINED_IN: &str = "docs/errors.md";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let explained = tree.get(EXPLAINED_IN).map_or("", |file| &file.text);
    let mut problems = Vec::new();
    for file in DEFINED_IN.iter().filter_map(|path| tree.get(path)) {
        for (number, code) in codes(file) {
            if !explained.contains(&format!("`{code}`")) {
                problems.push(Problem::at(
                    &file.path,
                    number,
                    format!("{code} is not explained in {EXPLAINED_IN}"),
                ));
            }
        }
    }
    problems
}

/// String literals that are nothing but a snake_case word.
fn codes(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.shipped_lines().flat_map(|(number, line)| {
        let literals = line.split('"').skip(1).step_by(2);
        literals.filter(|text| is_code(text)).map(move |code| (number, code))
    })
}

fn is_code(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unexplained_code_is_found() {
        let text =
            "//! x\nSelf::A => \"not_found\",\nSelf::B => \"rate_limited\",\nSelf::C => \"Not found\",\n";
        let tree = Tree::of(&[(DEFINED_IN[0], text), (EXPLAINED_IN, "| `not_found` | 404 |\n")]);
        let found = check(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 3);
    }

    #[test]
    fn without_codes_there_is_nothing_to_explain() {
        assert!(check(&Tree::of(&[("README.md", "")])).is_empty());
    }
}
