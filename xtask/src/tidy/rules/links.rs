//! Every relative link in a document leads to a file, and every anchor to a heading.

use std::collections::BTreeSet;

use crate::tidy::{File, Problem, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let documents = tree.written().filter(|file| file.extension() == "md");
    documents.flat_map(|file| of_document(tree, file)).collect()
}

fn of_document(tree: &Tree, file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in prose(&file.text) {
        for link in links(&line) {
            if let Some(message) = broken(tree, file, link) {
                problems.push(Problem::at(&file.path, number, message));
            }
        }
    }
    problems
}

fn broken(tree: &Tree, file: &File, link: &str) -> Option<String> {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| link.starts_with(scheme)) {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let Some(target) = resolve(&file.path, path) else {
        return Some(format!("{link} leaves the repository"));
    };
    if !tree.has(&target) {
        return Some(format!("{link} leads nowhere"));
    }
    let anchor = anchor?;
    let known = tree.get(&target).is_some_and(|document| anchors(&document.text).contains(anchor));
    (!known).then(|| format!("{link}: no such heading"))
}

/// The path from the root that `link` means in the document `from`; none if it climbs out.
pub(super) fn resolve(from: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Targets of `[text](target)` and `![text](target "title")` on one line.
pub(super) fn links(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(|(at, _)| {
        let rest = &line[at + 2..];
        rest[..rest.find(')')?].split(' ').next()
    })
}

/// The lines outside code blocks, with their numbers, and code spans taken out.
pub(super) fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        let text: String = line.split('`').step_by(2).collect();
        (!fence && !in_code && !line.starts_with("    ")).then_some((index + 1, text))
    })
}

/// Anchors as code hosts make them of headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings =
        text.lines().filter_map(|line| Some(line.strip_prefix('#')?.trim_start_matches('#').trim()));
    headings
        .map(|heading| {
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let tree =
            Tree::of(&[("docs/a.md", text), ("docs/formats/wal.md", "# The file\n"), ("README.md", "")]);
        check(&tree).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn links_to_files_folders_and_headings_hold() {
        let text = "# My heading, 2\n[a](formats/wal.md) [b](../README.md) [c](formats) [d](#my-heading-2) \
                    [e](formats/wal.md#the-file) [f](https://example.com/x)\n";
        assert_eq!(found(text), Vec::<String>::new());
    }

    #[test]
    fn broken_links_are_found() {
        assert_eq!(found("[a](no.md)\n"), ["no.md leads nowhere"]);
        assert_eq!(found("[a](formats/wal.md#no)\n"), ["formats/wal.md#no: no such heading"]);
        assert_eq!(found("[a](../../x.md)\n"), ["../../x.md leaves the repository"]);
    }

    #[test]
    fn code_is_not_a_link() {
        assert!(found("```\n[a](no.md)\n```\nand `[a](no.md)` and\n\n    [a](no.md)\n").is_empty());
    }
}
