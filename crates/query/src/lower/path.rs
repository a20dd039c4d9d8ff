//! Metadata and changes: the author of the event chose the path, and the value decides the type.

use tallystick_event::text::fold;

use super::resolve::equality;
use super::{Expr, Leaf, PathField, PathTest, TextBound};
use crate::ast::{Op, Test, Value};
use crate::number;

/// A predicate on the value at a path.
pub(super) fn path_expr(field: PathField, segments: &[String], test: &Test) -> Expr {
    let path = path_key(&segments.join("."));
    Expr::Leaf(Leaf::Path { field, path, test: path_test(test) })
}

/// `changes.<path>.before`, `.after`, or either.
pub(super) fn changes(segments: &[String], test: &Test) -> Expr {
    if let [path @ .., side] = segments
        && !path.is_empty()
    {
        if side.eq_ignore_ascii_case("before") {
            return path_expr(PathField::ChangesBefore, path, test);
        }
        if side.eq_ignore_ascii_case("after") {
            return path_expr(PathField::ChangesAfter, path, test);
        }
    }
    Expr::or(
        [PathField::ChangesBefore, PathField::ChangesAfter].map(|field| path_expr(field, segments, test)),
    )
}

/// A dotted path as the dictionary spells it: folded, control characters replaced, since one of them separates keys.
pub(crate) fn path_key(dotted: &str) -> String {
    fold(dotted).chars().map(|c| if c < ' ' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn path_test(test: &Test) -> PathTest {
    match test {
        Test::Exists => PathTest::Exists,
        Test::Glob { pattern } => PathTest::Glob(pattern.map(|part| fold(part).into_owned())),
        Test::Range { from, to } => range(text_of(from.as_ref()), true, text_of(to.as_ref()), true),
        Test::Compare { op, value } => match (op, text_of(Some(value))) {
            (Op::Gt, from) => range(from, false, None, false),
            (Op::Ge, from) => range(from, true, None, false),
            (Op::Lt, to) => range(None, false, to, false),
            (Op::Le, to) => range(None, false, to, true),
            (Op::Eq | Op::Is, _) => {
                let (text, same_case) = equality(test).unwrap_or_default();
                PathTest::Equals {
                    text: fold(text).into_owned(),
                    exact: same_case.then(|| text.to_owned()),
                    number: number::parse(text),
                    boolean: text.to_ascii_lowercase().parse().ok(),
                }
            }
        },
    }
}

fn text_of(value: Option<&Value>) -> Option<&str> {
    match value {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// Numbers if the ends read as numbers, else texts. The parser has made sure that both are the same.
fn range(from: Option<&str>, from_in: bool, to: Option<&str>, to_in: bool) -> PathTest {
    let numeric = from.or(to).is_some_and(|end| number::parse(end).is_some());
    if numeric {
        return PathTest::Numbers {
            from: from.and_then(number::parse).map_or((f64::NEG_INFINITY, true), |from| (from, from_in)),
            to: to.and_then(number::parse).map_or((f64::INFINITY, true), |to| (to, to_in)),
        };
    }
    let bound = |text: &str, inclusive| TextBound { text: fold(text).into_owned(), inclusive };
    PathTest::Texts { from: from.map(|text| bound(text, from_in)), to: to.map(|text| bound(text, to_in)) }
}
