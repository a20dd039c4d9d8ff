//! Every source file opens by saying why it exists.

use crate::tidy::{File, Problem, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.written().filter_map(|file| Some(Problem::at(&file.path, 1, missing(file)?))).collect()
}

fn missing(file: &File) -> Option<&'static str> {
    let text = file.text.as_str();
    match file.extension() {
        "rs" if !says_something(text, &["//!"]) => Some("starts with //! and why the file exists"),
        "mjs" | "js" if !says_something(text, &["//", "/*"]) => {
            Some("starts with a comment saying why it exists")
        }
        "css" if !says_something(text, &["/*"]) => Some("starts with a comment saying why it exists"),
        "sql" if !says_something(text, &["--"]) => Some("starts with a comment saying why it exists"),
        "sh" if !text.starts_with("#!") => Some("starts with #! and its interpreter"),
        _ => None,
    }
}

fn says_something(text: &str, openings: &[&str]) -> bool {
    let first = text.lines().next().unwrap_or_default();
    openings.iter().any(|opening| first.strip_prefix(opening).is_some_and(|rest| !rest.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_reason_is_found() {
        let tree = Tree::of(&[
            ("a.rs", "//! Why.\n"),
            ("b.rs", "use std::fmt;\n"),
            ("c.rs", "//!\n"),
            ("d.mjs", "// Why.\n"),
            ("e.css", "a { b: c }\n"),
            ("f.css", "/* Why. */\n"),
        ]);
        let found: Vec<_> = check(&tree).into_iter().map(|problem| problem.path).collect();
        assert_eq!(found, ["b.rs", "c.rs", "e.css"]);
    }
}
