//! Answers a lowered query for one event, without any index: for the live tail and for streams, and as the oracle
//! that
//! the index is tested against. It shares with the index only the definitions of words and folding in `event::text`.

mod facts;
mod value;

pub use facts::EventFacts;

use facts::Target;
use tallystick_event::terms::Has;

use crate::limits::LATE_AFTER_US;
use crate::lower::{
    Expr, Is, KeyField, Leaf, Lowered, PathField, PathTest, StringTest, TimeField, WordField,
};
use crate::pattern::Pattern;

/// Whether the event matches.
pub fn matches(query: &Lowered, event: &EventFacts) -> bool {
    eval(&query.expr, event, &event.targets)
}

/// `targets`: those that target leaves speak of; all of the event's, or one inside a [`Leaf::SameTarget`].
fn eval(expr: &Expr, event: &EventFacts, targets: &[Target]) -> bool {
    match expr {
        Expr::And(parts) => parts.iter().all(|part| eval(part, event, targets)),
        Expr::Or(parts) => parts.iter().any(|part| eval(part, event, targets)),
        Expr::Not(inner) => !eval(inner, event, targets),
        Expr::Leaf(Leaf::SameTarget(inner)) => {
            targets.iter().any(|target| eval(inner, event, std::slice::from_ref(target)))
        }
        Expr::Leaf(leaf) => leaf_matches(leaf, event, targets),
    }
}

fn leaf_matches(leaf: &Leaf, event: &EventFacts, targets: &[Target]) -> bool {
    match leaf {
        Leaf::Action(test) => event.action.as_deref().is_some_and(|action| test.matches(action)),
        Leaf::Key { field, test } => key_matches(*field, test, event, targets),
        Leaf::TargetKey { kind, id } => targets.iter().any(|target| {
            let has = |field, text: &str| {
                target.keys.iter().any(|key| key.field == field && key.compared() == text)
            };
            has(KeyField::TargetType, kind) && has(KeyField::TargetId, id)
        }),
        Leaf::SameTarget(_) => unreachable!("eval answers it"),
        Leaf::Outcome(outcome) => event.outcome == Some(*outcome),
        Leaf::Crud(crud) => event.crud == Some(*crud),
        Leaf::Has(Has::Target) => !targets.is_empty(),
        Leaf::Has(has) => event.has[*has as usize],
        Leaf::Is(Is::Late) => event
            .received_us
            .zip(event.occurred_us)
            .is_some_and(|(received, occurred)| received.saturating_sub(occurred) > LATE_AFTER_US),
        // Holds and erasures are not in the event itself, and no event is marked as a test.
        Leaf::Is(Is::Held | Is::Erased | Is::Test) => false,
        Leaf::Ip { from, to } => event.ip.is_some_and(|ip| *from <= ip && ip <= *to),
        Leaf::Time { field, from_us, to_us } => {
            let time = match field {
                TimeField::Created => event.occurred_us,
                TimeField::Received => event.received_us,
            };
            // The last microsecond of an open end is inside.
            time.is_some_and(|time| *from_us <= time && (time < *to_us || *to_us == i64::MAX))
        }
        Leaf::Seq { from, to } => event.seq.is_some_and(|seq| (*from..=*to).contains(&seq)),
        Leaf::EventId(id) => event.id.as_ref() == Some(id),
        Leaf::Opaque { field, value } => {
            event.opaque.iter().any(|(kind, text)| kind == field && text == value)
        }
        Leaf::OpaqueExists(field) => event.opaque.iter().any(|(kind, _)| kind == field),
        Leaf::Path { field, path, test } => path_matches(*field, path, test, event, targets),
        Leaf::Changed(test) => event.changed.iter().any(|path| test.matches(path)),
        Leaf::Words { field, words } => {
            let field = match field {
                WordField::Ua => KeyField::Ua,
                WordField::Reason => KeyField::Reason,
            };
            let mut values = event.keys.iter().filter(|key| key.field == field);
            values.any(|key| contains(&tallystick_event::text::word_list(&key.exact), words))
        }
        Leaf::Text { words, opaque } => {
            event.texts().iter().any(|text| contains(text, words))
                || opaque.as_ref().is_some_and(|whole| event.opaque.iter().any(|(_, text)| text == whole))
        }
    }
}

fn key_matches(field: KeyField, test: &StringTest, event: &EventFacts, targets: &[Target]) -> bool {
    let is = |key: &&facts::Key| key.field == field && test.matches(key);
    if field.is_target() {
        targets.iter().any(|target| target.keys.iter().any(|key| is(&key)))
    } else {
        event.keys.iter().any(|key| is(&key))
    }
}

fn path_matches(
    field: PathField,
    path: &str,
    test: &PathTest,
    event: &EventFacts,
    targets: &[Target],
) -> bool {
    let is = |value: &facts::PathValue| {
        let here =
            if *test == PathTest::Exists { is_at_or_below(&value.path, path) } else { value.path == path };
        value.field == field && here && test.matches(&value.scalar)
    };
    if field == PathField::TargetMetadata {
        targets.iter().any(|target| target.paths.iter().any(is))
    } else {
        event.paths.iter().any(is)
    }
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether the words stand in `text`, adjacent and in order.
fn contains(text: &[String], words: &[Pattern]) -> bool {
    !words.is_empty()
        && text
            .windows(words.len())
            .any(|window| window.iter().zip(words).all(|(word, pattern)| pattern.matches(word)))
}
