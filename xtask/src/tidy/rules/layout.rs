//! What rustfmt leaves alone: tabs, spaces at the end of a line, over-long comments and strings, the end of the file.

use crate::tidy::{File, Problem, Tree};

/// In characters.
const LINE_MAX: usize = 120;
/// Endings of the files whose lines end there; prose wraps where its writer likes.
const LIMITED: &[&str] = &["rs", "js", "mjs", "css", "html"];
/// A line that holds an unbreakable word this long (a hash, an address, a test vector) may be as long as it needs.
const WORD_MIN: usize = 60;

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.written().flat_map(of_file).collect()
}

fn of_file(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut report = |message: &str| problems.push(Problem::at(&file.path, index + 1, message));
        if line.contains('\t') {
            report("tab");
        }
        if line.ends_with([' ', '\r']) {
            report("white space at the end of the line");
        }
        let is_long = LIMITED.contains(&file.extension()) && line.chars().count() > LINE_MAX;
        if is_long && !has_long_word(line) {
            report("longer than 120 characters");
        }
    }
    if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
        problems.push(Problem::whole(&file.path, "must end with one line break"));
    }
    problems
}

fn has_long_word(line: &str) -> bool {
    line.split(' ').any(|word| word.chars().count() >= WORD_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn each_kind_is_found() {
        assert_eq!(found("a.rs", "a\n"), 0);
        assert_eq!(found("a.rs", "\ta\n"), 1);
        assert_eq!(found("a.md", "a  \n"), 1);
        assert_eq!(found("a.md", "a"), 1);
        assert_eq!(found("a.md", "a\n\n"), 1);
    }

    #[test]
    fn long_lines_are_allowed_for_long_words_and_in_prose() {
        let words = format!("// {}\n", "word ".repeat(30).trim_end());
        assert_eq!(found("a.rs", &words), 1);
        assert_eq!(found("web/a.js", &words), 1);
        assert_eq!(found("a.md", &words), 0);
        assert_eq!(found("a.rs", &format!("let leaf = \"{}\";\n", "0".repeat(176))), 0);
    }
}
