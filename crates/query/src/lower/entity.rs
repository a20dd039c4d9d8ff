//! `actor:x` and `target:x`: who or what, by id, name or e-mail; and groups that speak of one and the same target.

use tallystick_event::terms::Has;
use tallystick_event::text::fold;

use super::resolve::{Lowering, equality, is_me, key};
use super::{Expr, KeyField, Leaf, StringTest};
use crate::ast::{Op, Test, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::pattern::Pattern;
use crate::span::Span;

impl Lowering<'_> {
    pub(super) fn actor(&self, test: &Test, span: Span) -> Result<Expr, Diagnostic> {
        if *test == Test::Exists {
            return Ok(Expr::ALL);
        }
        if is_me(test) {
            return self.me(span);
        }
        let fields = [KeyField::ActorId, KeyField::ActorName, KeyField::ActorEmail];
        Ok(Expr::or(fields.map(|field| key(field, test))))
    }

    pub(super) fn me(&self, span: Span) -> Result<Expr, Diagnostic> {
        let Some(me) = self.options.me else {
            let message = "“@me” is the person who is signed in, and this request has none";
            return Err(Diagnostic::new(Code::NoMe, span, message, None));
        };
        let equals = |text: &str| Test::Compare { op: Op::Eq, value: Value::Text(text.to_owned()) };
        let id = key(KeyField::ActorId, &equals(me.id));
        let email = me.email.map(|email| key(KeyField::ActorEmail, &equals(email)));
        Ok(Expr::or(std::iter::once(id).chain(email)))
    }

    pub(super) fn target(test: &Test, one_target: bool) -> Expr {
        if *test == Test::Exists {
            return if one_target { Expr::ALL } else { Expr::Leaf(Leaf::Has(Has::Target)) };
        }
        let id_or_name = [KeyField::TargetId, KeyField::TargetName].map(|field| key(field, test));
        let by_type = match test {
            Test::Glob { pattern } => typed_glob(pattern, one_target),
            other => equality(other).and_then(|(text, _)| {
                let (kind, id) =
                    text.split_once('/').filter(|(kind, id)| !kind.is_empty() && !id.is_empty())?;
                Some(Expr::Leaf(Leaf::TargetKey { kind: fold(kind).into_owned(), id: id.to_owned() }))
            }),
        };
        Expr::or(id_or_name.into_iter().chain(by_type))
    }
}

/// `target:project/p_*`: a type, and an id with stars.
fn typed_glob(pattern: &Pattern, one_target: bool) -> Option<Expr> {
    let (kind, id_start) = pattern.prefix().split_once('/').filter(|(kind, _)| !kind.is_empty())?;
    let mut id = pattern.clone();
    id_start.clone_into(&mut id.parts[0]);
    let kind = Leaf::Key { field: KeyField::TargetType, test: StringTest::Equals(fold(kind).into_owned()) };
    let test = if id.is_any() { StringTest::Exists } else { StringTest::Glob(id) };
    let both = Expr::and([Expr::Leaf(kind), Expr::Leaf(Leaf::Key { field: KeyField::TargetId, test })]);
    Some(if one_target { both } else { same_target(both) })
}

/// Binds an expression over target leaves to one target, as simply as it can be said.
pub(super) fn same_target(expr: Expr) -> Expr {
    match expr {
        Expr::And(parts) if parts.is_empty() => Expr::Leaf(Leaf::Has(Has::Target)),
        // Some target satisfies A or B: some target satisfies A, or some target satisfies B.
        Expr::Or(parts) => Expr::or(parts.into_iter().map(same_target)),
        Expr::Leaf(leaf) => Expr::Leaf(leaf),
        Expr::And(parts) => {
            let key = target_key(&parts);
            Expr::Leaf(key.unwrap_or_else(|| Leaf::SameTarget(Box::new(Expr::And(parts)))))
        }
        Expr::Not(_) => Expr::Leaf(Leaf::SameTarget(Box::new(expr))),
    }
}

/// Exactly a type and an id: one dictionary key.
fn target_key(parts: &[Expr]) -> Option<Leaf> {
    let equals = |wanted: KeyField| {
        parts.iter().find_map(|part| match part {
            Expr::Leaf(Leaf::Key { field, test: StringTest::Equals(text) }) if *field == wanted => {
                Some(text.clone())
            }
            _ => None,
        })
    };
    if parts.len() != 2 {
        return None;
    }
    Some(Leaf::TargetKey { kind: equals(KeyField::TargetType)?, id: equals(KeyField::TargetId)? })
}
