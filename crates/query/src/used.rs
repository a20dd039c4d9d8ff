//! The fields that a query asks about.

use crate::ast::{Node, Query};
use crate::fields::FieldRef;

impl Query {
    /// Every field that stands in the query, as often as it does. Free text asks about all of an event.
    pub fn fields(&self) -> Vec<&FieldRef> {
        let mut found = Vec::new();
        if let Some(root) = &self.root {
            collect(root, &mut found);
        }
        found
    }
}

fn collect<'a>(node: &'a Node, found: &mut Vec<&'a FieldRef>) {
    match node {
        Node::And { children, .. } | Node::Or { children, .. } => {
            for child in children {
                collect(child, found);
            }
        }
        Node::Not { child, .. } => collect(child, found),
        Node::Text { .. } => {}
        Node::Term(term) => found.push(&term.field),
        Node::Group { field, child, .. } => {
            found.push(field);
            collect(child, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;

    #[test]
    fn fields_are_found_however_deep_they_stand() {
        let text = "login -(actor:(ana metadata.team:red) OR NOT request:r1) metadata.a.b:1 action:(x OR y)";
        let query = parse(text).query.unwrap();
        let names: Vec<String> = query.fields().iter().map(ToString::to_string).collect();
        for name in ["actor", "actor.metadata.team", "request", "metadata.a.b", "action"] {
            assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
        }
        assert!(parse("").query.unwrap().fields().is_empty());
    }
}
