//! Every format document is reachable from the index of formats: an implementer of a reader starts there.

use std::collections::BTreeSet;

use super::links::{links, prose, resolve};
use crate::tidy::{Problem, Tree};

const INDEX: &str = "docs/formats/README.md";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let index = tree.get(INDEX).map_or("", |file| &file.text);
    let linked: BTreeSet<String> = prose(index)
        .flat_map(|(_, line)| links(&line).map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|link| resolve(INDEX, link.split('#').next()?))
        .collect();
    let documents =
        tree.written().filter(|file| file.path.starts_with("docs/formats/") && file.path != INDEX);
    documents
        .filter(|file| !linked.contains(&file.path))
        .map(|file| Problem::whole(&file.path, format!("not linked from {INDEX}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unlisted_format_is_found() {
        let tree = Tree::of(&[
            (INDEX, "[commit log](wal.md)\n"),
            ("docs/formats/wal.md", ""),
            ("docs/formats/segment.md", ""),
        ]);
        let found: Vec<_> = check(&tree).into_iter().map(|problem| problem.path).collect();
        assert_eq!(found, ["docs/formats/segment.md"]);
    }
}
