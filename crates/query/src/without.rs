//! A query with the terms on one field left out: what a facet counts its own values with, so that choosing one value
//! does not hide the others.

use crate::ast::{Node, Query};
use crate::fields::{FieldRef, Lookup, lookup};
use crate::parser::parse;
use tallystick_event::text::fold;

impl FieldRef {
    /// The field with this written name, aliases resolved: `user` is `actor`, `metadata."odd key"` has a path.
    pub fn named(name: &str) -> Option<Self> {
        // The parser knows how names are quoted; a field that takes no `*` is still found by its plain name.
        let probe = parse(&format!("{name}:*")).query.and_then(|query| query.root);
        if let Some(Node::Term(term)) = probe {
            return Some(term.field);
        }
        let segments: Vec<String> = name.split('.').map(str::to_owned).collect();
        match lookup(&segments) {
            Lookup::Found(field) => Some(field),
            Lookup::KeyMissing(_) | Lookup::Unknown => None,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.field == other.field
            && self.path.len() == other.path.len()
            && self.path.iter().zip(&other.path).all(|(a, b)| fold(a) == fold(b))
    }
}

impl Query {
    /// The query without those of its parts, joined by AND at the top, that are about this field alone, negated ones
    /// among them. A name that is no field changes nothing. `actor` is not `actor.name`: only the same field counts.
    #[must_use]
    pub fn without_field(self, name: &str) -> Self {
        let Some(field) = FieldRef::named(name) else { return self };
        let root = match self.root {
            Some(node) if is_about(&node, &field) => None,
            Some(Node::And { mut children, span }) => {
                children.retain(|child| !is_about(child, &field));
                if children.len() == 1 { children.pop() } else { Some(Node::And { children, span }) }
            }
            root => root,
        };
        Self { root }
    }
}

/// Whether nothing but this field decides about the node.
fn is_about(node: &Node, field: &FieldRef) -> bool {
    match node {
        Node::And { children, .. } | Node::Or { children, .. } => {
            children.iter().all(|child| is_about(child, field))
        }
        Node::Not { child, .. } => is_about(child, field),
        Node::Text { .. } => false,
        Node::Term(term) => term.field.is_same(field),
        Node::Group { field: own, .. } => own.is_same(field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str, name: &str) -> String {
        parse(text).query.expect("a valid query").without_field(name).to_string()
    }

    #[test]
    fn terms_groups_and_their_negations_go() {
        assert_eq!(without("action:user.login outcome:failure", "outcome"), "action:user.login");
        assert_eq!(without("outcome:failure", "outcome"), "");
        assert_eq!(without("-outcome:denied payments outcome:failure", "outcome"), "payments");
        assert_eq!(without("actor:(u_1 OR u_2) ip:10.0.0.0/8", "actor"), "ip:10.0.0.0/8");
        assert_eq!(without("(outcome:failure OR outcome:denied) payments", "outcome"), "payments");
    }

    #[test]
    fn what_another_field_decides_with_stays() {
        for text in ["outcome:failure OR action:user.login", "-(outcome:failure ip:10.0.0.1)", "payments"] {
            let canonical = parse(text).query.expect("a valid query").to_string();
            assert_eq!(without(text, "outcome"), canonical, "{text}");
        }
        assert_eq!(without("actor.name:ana actor:u_1", "actor"), "actor.name:ana");
    }

    #[test]
    fn names_are_resolved_first() {
        assert_eq!(without("user:u_1 payments", "actor"), "payments");
        assert_eq!(without("actor:u_1 payments", "user"), "payments");
        assert_eq!(without("metadata.Plan:pro metadata.seats:5", "metadata.plan"), "metadata.seats:5");
        assert_eq!(without("metadata.\"odd key\":x payments", "metadata.\"odd key\""), "payments");
        assert_eq!(without("actor:u_1", "nonsense"), "actor:u_1");
        assert_eq!(FieldRef::named("status").expect("an alias").to_string(), "outcome");
    }
}
