//! How some actions read: `actions.txt`, which says what a line may have.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::inflected;
use super::{Part, Said, Side, Thing, named, text};

const FILE: &str = include_str!("actions.txt");
/// Stands for a target of any type.
const ANY: &str = "target";

pub(super) static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::read(FILE));

/// Templates by action, in the order in which they are tried.
pub(super) struct Templates(HashMap<&'static str, Vec<Template>>);

/// What stands behind the actor.
pub(super) struct Template(Vec<Piece>);

enum Piece {
    Text(&'static str),
    Verb(&'static str),
    Target(&'static str),
}

impl Templates {
    fn read(file: &'static str) -> Self {
        let mut all: HashMap<_, Vec<Template>> = HashMap::new();
        for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some((action, template)) = line.split_once(' ') {
                all.entry(action).or_default().push(Template::read(template.trim_start()));
            }
        }
        Self(all)
    }

    /// Those of an action.
    pub(super) fn iter_of(&self, action: &str) -> impl Iterator<Item = &Template> {
        self.0.get(action).map_or(&[][..], Vec::as_slice).iter()
    }
}

impl Template {
    fn read(line: &'static str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = line;
        while let Some(at) = rest.find(['[', '{']) {
            let end = rest.find([']', '}']).filter(|end| *end > at).unwrap_or(rest.len() - 1);
            let inside = &rest[at + 1..end];
            if at > 0 {
                pieces.push(Piece::Text(&rest[..at]));
            }
            pieces.push(if rest[at..].starts_with('[') {
                Piece::Verb(inside)
            } else {
                Piece::Target(inside)
            });
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        Self(pieces)
    }

    /// The template with what the event has; none if it has not all that is named.
    pub(super) fn fill(&self, said: &Said<'_>, targets: &[&Thing<'_>]) -> Option<Vec<Part>> {
        let mut left = targets.to_vec();
        let mut parts = vec![text(" ")];
        for piece in &self.0 {
            parts.push(match piece {
                Piece::Text(words) => text(words),
                Piece::Verb(verb) => text(&inflected(verb, &said.outcome)),
                Piece::Target(kind) => {
                    let at = left.iter().position(|one| *kind == ANY || one.kind == *kind)?;
                    named(left.remove(at), Side::Target)
                }
            });
        }
        Some(joined(parts))
    }
}

/// Texts that stand beside each other as one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match out.last_mut() {
            Some(last) if last.entity.is_none() && part.entity.is_none() => last.text.push_str(&part.text),
            _ => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::verbs::is_participle;
    use super::*;

    #[test]
    fn every_line_is_read_whole() {
        for line in FILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (action, template) = line.split_once(' ').expect("an action and a template");
            assert!(action.contains('.') && !action.contains(char::is_uppercase), "{line}");
            for (open, close) in [('[', ']'), ('{', '}')] {
                let count = |wanted| template.chars().filter(|c| *c == wanted).count();
                assert_eq!(count(open), count(close), "{line}");
            }
            let verbs = Template::read(template.trim_start()).0;
            for piece in &verbs {
                if let Piece::Verb(verb) = piece {
                    assert!(is_participle(verb), "{line}: no infinitive");
                }
            }
        }
    }
}
