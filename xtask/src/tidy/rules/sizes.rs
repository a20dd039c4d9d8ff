//! A source file has at most 600 lines, its tests included: beyond that nobody holds it in mind. Function length is
//! clippy's. Exceptions stand in a file that may only shrink.

use std::collections::BTreeMap;

use crate::tidy::{File, Problem, Tree};

const LINES_MAX: usize = 600;
const EXCEPTIONS: &str = "xtask/allow/long-files.txt";
/// Lower it with every exception that goes; never raise it.
const EXCEPTIONS_MAX: usize = 0;

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let (allowed, mut problems) = exceptions(tree.get(EXCEPTIONS), EXCEPTIONS_MAX);
    for file in
        tree.written().filter(|file| matches!(file.extension(), "rs" | "mjs" | "js" | "css" | "sql" | "py"))
    {
        let lines = file.text.lines().count();
        let limit = allowed.get(file.path.as_str()).copied().unwrap_or(LINES_MAX);
        if lines > limit {
            let message = format!("{lines} lines, at most {limit}: split it where a reader expects a seam");
            problems.push(Problem::whole(&file.path, message));
        }
    }
    for (path, limit) in allowed {
        let lines = tree.get(path).map_or(0, |file| file.text.lines().count());
        if lines < limit {
            let message =
                format!("{path} has {lines} lines now: lower its {limit}, or take it out at {LINES_MAX}");
            problems.push(Problem::whole(EXCEPTIONS, message));
        }
    }
    problems
}

/// Lines of `path lines`; `#` begins a comment.
fn exceptions(file: Option<&File>, count_max: usize) -> (BTreeMap<&str, usize>, Vec<Problem>) {
    let (mut allowed, mut problems) = (BTreeMap::new(), Vec::new());
    for (index, line) in file.map_or("", |file| &file.text).lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let parsed = line.split_once(' ').and_then(|(path, lines)| Some((path, lines.trim().parse().ok()?)));
        match parsed {
            Some((path, lines)) if lines > LINES_MAX => _ = allowed.insert(path, lines),
            _ => problems.push(Problem::at(
                EXCEPTIONS,
                index + 1,
                "expected a path and a number above the limit",
            )),
        }
    }
    if allowed.len() > count_max {
        let message = format!("{} exceptions, at most {count_max}: the list may only shrink", allowed.len());
        problems.push(Problem::whole(EXCEPTIONS, message));
    }
    (allowed, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> String {
        "x\n".repeat(count)
    }

    #[test]
    fn the_limit_is_exact() {
        assert!(check(&Tree::of(&[("a.rs", &lines(600))])).is_empty());
        assert_eq!(check(&Tree::of(&[("a.rs", &lines(601))])).len(), 1);
        assert!(check(&Tree::of(&[("crates/x/testdata/a.sql", &lines(601))])).is_empty());
    }

    #[test]
    fn an_exception_must_not_be_added() {
        let found = check(&Tree::of(&[("a.rs", &lines(700)), (EXCEPTIONS, "# why\na.rs 700\n")]));
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("only shrink"));
    }

    #[test]
    fn an_exception_must_follow_its_file_down() {
        let found = check(&Tree::of(&[("a.rs", &lines(650)), (EXCEPTIONS, "a.rs 700\n")]));
        assert!(found.iter().any(|problem| problem.message.contains("650 lines now")));
        assert_eq!(check(&Tree::of(&[(EXCEPTIONS, "a.rs many\n")])).len(), 1);
    }
}
