//! Warnings that need to know more than the text: what the log holds, and what else limits the search.

use crate::ast::{Node, Query, Term, Test, Value};
use crate::diagnostic::{Code, Diagnostic, Fix};
use crate::fields::{Field, nearest};
use crate::lower::ActionTest;
use crate::span::Span;
use tallystick_event::text::fold;

/// A warning if the query limits `created` itself. For callers that have a `from` or `to` besides.
pub fn time_twice(query: &Query) -> Option<Diagnostic> {
    let mut span = None;
    each_term(query.root.as_ref(), &mut |term| {
        if term.field.field == Field::Created {
            span = span.or(Some(term.span));
        }
    });
    let message = "the time is limited here and by the range; only what is in both is shown";
    Some(Diagnostic::new(Code::TimeTwice, span?, message, None))
}

/// A warning for each action asked for that no event has. `known` are the action names of the logs searched, all of
/// them, or an action that exists would be called unknown.
pub fn unknown_actions(query: &Query, known: &[&str]) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    each_term(query.root.as_ref(), &mut |term| {
        if term.field.field != Field::Action {
            return;
        }
        for item in &term.items {
            let Test::Compare { value: Value::Text(action), .. } = &item.test else { continue };
            let test = ActionTest::Category(fold(action).into_owned());
            if !known.iter().any(|known| test.matches(known)) {
                warnings.push(unknown_action(action, item.span, known));
            }
        }
    });
    warnings
}

fn unknown_action(action: &str, span: Span, known: &[&str]) -> Diagnostic {
    let near = nearest(&fold(action), known.iter().copied());
    let message = near.map_or_else(
        || "no event has this action".to_owned(),
        |near| format!("no event has this action; nearest: {near}"),
    );
    // An action is printable ASCII; only few of these characters need quotes, and a nearest action with one is not
    // offered.
    let plain = |near: &&str| {
        near.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':'))
    };
    let fix = near.filter(plain).map(|near| Fix { replace: span, with: near.to_owned() });
    Diagnostic::new(Code::UnknownAction, span, message, fix)
}

fn each_term(node: Option<&Node>, each: &mut impl FnMut(&Term)) {
    match node {
        None | Some(Node::Text { .. }) => {}
        Some(Node::And { children, .. } | Node::Or { children, .. }) => {
            for child in children {
                each_term(Some(child), each);
            }
        }
        Some(Node::Not { child, .. } | Node::Group { child, .. }) => each_term(Some(child), each),
        Some(Node::Term(term)) => each(term),
    }
}
