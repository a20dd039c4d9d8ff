//! Libraries do not print: only the binary and the development tools talk to a terminal. Clippy denies it by default;
//! this rule also catches a crate that expects its way around that.

use crate::tidy::{Problem, Tree};

const PRINTERS: &[&str] = &["crates/tallystick/", "crates/auditor/", "xtask/", "fuzz/"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree.rust().filter(|file| !may_print(&file.path)) {
        for (number, line) in file.shipped_lines() {
            if ["print!(", "println!("].iter().any(|call| line.contains(call)) {
                problems.push(Problem::at(
                    &file.path,
                    number,
                    "only the binary prints; return it or trace it",
                ));
            }
        }
    }
    problems
}

/// A build script talks to Cargo by printing.
fn may_print(path: &str) -> bool {
    path.ends_with("/build.rs") || PRINTERS.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_do_not_print_and_the_binary_may() {
        let text = "//! x\nfn a() { eprintln!(\"a\") }\n";
        assert_eq!(check(&Tree::of(&[("crates/engine/src/lib.rs", text)]))[0].line, 2);
        assert!(check(&Tree::of(&[("crates/tallystick/src/main.rs", text)])).is_empty());
        assert!(check(&Tree::of(&[("crates/engine/tests/it/main.rs", text)])).is_empty());
        assert!(check(&Tree::of(&[("crates/segment/examples/measure.rs", text)])).is_empty());
        assert!(check(&Tree::of(&[("crates/catalog/build.rs", text)])).is_empty());
    }
}
