//! One predicate of a query as dictionary operations. `tallystick_query::Leaf` defines what each one means.

use std::ops::ControlFlow;

use roaring::RoaringBitmap;
use tallystick_event::terms::{self, DecodedValue, Field, TypedValue};
use tallystick_query::{
    ActionTest, ChangedTest, Expr, Is, KeyField, Leaf, PathField, PathTest, Pattern, StringTest, TextBound,
    TimeField,
};
use tallystick_segment::{OrgRows, Rows, SegmentError, ValueNo};

use super::{
    evaluate::{LeafRows, every_row},
    opaque,
    parts::{TimeRange, Window},
    text,
};
use crate::error::ReadError;

/// Narrow ranges of seq are looked up one by one; wider ones scan the column.
const SEQ_LOOKUP_MAX: u64 = 1_000;

/// The rows that match a leaf.
pub(super) fn rows_of(rows: &dyn Rows, leaf: &Leaf) -> Result<LeafRows, ReadError> {
    Ok(match leaf {
        Leaf::Action(test) => LeafRows::Exact(action(rows, test)?),
        Leaf::Key { field, test } => key(rows, *field, test)?,
        Leaf::TargetKey { kind, id } => LeafRows::Exact(lookup(rows, &terms::key_target(kind, id))?),
        Leaf::SameTarget(expr) => same_target(rows, expr)?,
        Leaf::Outcome(outcome) => {
            LeafRows::Exact(lookup(rows, &terms::key_code(Field::Outcome, *outcome as u8))?)
        }
        Leaf::Crud(crud) => LeafRows::Exact(lookup(rows, &terms::key_code(Field::Crud, *crud as u8))?),
        Leaf::Has(has) => LeafRows::Exact(lookup(rows, &terms::key_code(Field::Has, *has as u8))?),
        Leaf::Is(Is::Late) => LeafRows::Exact(late(rows)?),
        Leaf::Is(Is::Held | Is::Erased | Is::Test) => LeafRows::Exact(RoaringBitmap::new()),
        Leaf::Ip { from, to } => LeafRows::Exact(addresses(rows, from, to)?),
        Leaf::Time { field, from_us, to_us } => LeafRows::Exact(time(rows, *field, *from_us, *to_us)?),
        Leaf::Seq { from, to } => LeafRows::Exact(seq(rows, *from, *to)?),
        Leaf::EventId(id) => LeafRows::Exact(rows.find_id(id)?.into_iter().collect()),
        Leaf::Opaque { field, value } => opaque::equal(rows, *field, value)?,
        Leaf::OpaqueExists(field) => opaque::exists(rows, *field)?,
        Leaf::Path { field, path, test } => path_value(rows, *field, path, test)?,
        Leaf::Changed(test) => changed(rows, test)?,
        Leaf::Words { field, words } => text::in_field(rows, *field, words)?,
        Leaf::Text { words, opaque } => text::anywhere(rows, words, opaque.as_deref())?,
    })
}

/// The rows under one key.
pub(super) fn lookup(rows: &dyn Rows, key: &[u8]) -> Result<RoaringBitmap, SegmentError> {
    match rows.lookup(key)? {
        Some(value) => rows.postings(value),
        None => Ok(RoaringBitmap::new()),
    }
}

/// The values of a key range that satisfy a test.
pub(super) fn values_where(
    rows: &dyn Rows,
    prefix: &[u8],
    mut test: impl FnMut(&[u8]) -> bool,
) -> Result<Vec<ValueNo>, SegmentError> {
    let end = terms::prefix_end(prefix);
    let mut found = Vec::new();
    rows.scan(prefix, end.as_deref(), &mut |key, value| {
        if test(key) {
            found.push(value);
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// The rows of any of these values.
pub(super) fn union(rows: &dyn Rows, values: &[ValueNo]) -> Result<RoaringBitmap, SegmentError> {
    let mut union = RoaringBitmap::new();
    for value in values {
        union |= rows.postings(*value)?;
    }
    Ok(union)
}

fn text_of(key: &[u8]) -> Option<(&str, bool)> {
    let decoded = terms::decode_value(key)?;
    match decoded.value {
        DecodedValue::Text(text) => Some((text, decoded.cut)),
        _ => None,
    }
}

fn action(rows: &dyn Rows, test: &ActionTest) -> Result<RoaringBitmap, ReadError> {
    let prefix = [Field::Action.tag()];
    let below = |folded: &str, category: &str| {
        folded.strip_prefix(category).is_some_and(|rest| rest.starts_with('.'))
    };
    let values = match test {
        ActionTest::Exact(name) => return Ok(lookup(rows, &terms::key_text(Field::Action, name))?),
        // Distinct actions are few, and their stored form keeps its case: look at all of them.
        _ => values_where(rows, &prefix, |key| {
            let Some((name, _)) = text_of(key) else { return false };
            let folded = tallystick_event::text::fold(name);
            match test {
                ActionTest::Category(category) => folded == *category || below(&folded, category),
                ActionTest::Below(category) => below(&folded, category),
                ActionTest::Glob(pattern) => pattern.matches(&folded),
                ActionTest::Exact(_) => unreachable!("answered above"),
            }
        })?,
    };
    Ok(union(rows, &values)?)
}

fn key(rows: &dyn Rows, key_field: KeyField, test: &StringTest) -> Result<LeafRows, ReadError> {
    let Some(field) = key_field.term_field() else { return Ok(LeafRows::Exact(org(rows, test))) };
    Ok(match test {
        StringTest::Equals(text) => LeafRows::Exact(lookup(rows, &terms::key_text(field, text))?),
        StringTest::IsExactly(text) => LeafRows::may(lookup(rows, &terms::key_text(field, text))?),
        StringTest::Glob(pattern) => {
            glob(rows, &terms::text_prefix(field, pattern.prefix()), pattern, field)?
        }
        StringTest::Exists => match key_field {
            KeyField::ActorId | KeyField::ActorType => LeafRows::Exact(every_row(rows)),
            KeyField::TargetId => LeafRows::Exact(lookup(rows, &terms::key_has(terms::Has::Target))?),
            KeyField::Reason => LeafRows::Exact(lookup(rows, &terms::key_has(terms::Has::Reason))?),
            _ => LeafRows::Exact(union(rows, &values_where(rows, &[field.tag()], |_| true)?)?),
        },
    })
}

/// Values that match a pattern as a whole. Of a cut value only the start is known, so it may match.
fn glob(rows: &dyn Rows, prefix: &[u8], pattern: &Pattern, field: Field) -> Result<LeafRows, ReadError> {
    let upper = (field == Field::Country).then(|| pattern.map(str::to_ascii_uppercase));
    let pattern = upper.as_ref().unwrap_or(pattern);
    let mut unsure = Vec::new();
    let mut sure = Vec::new();
    let end = terms::prefix_end(prefix);
    rows.scan(prefix, end.as_deref(), &mut |key, value| {
        match text_of(key) {
            Some((_, true)) => unsure.push(value),
            Some((text, false)) if pattern.matches(text) => sure.push(value),
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    let must = union(rows, &sure)?;
    if unsure.is_empty() {
        return Ok(LeafRows::Exact(must));
    }
    Ok(LeafRows::Inexact { may: &must | union(rows, &unsure)?, must })
}

fn org(rows: &dyn Rows, test: &StringTest) -> RoaringBitmap {
    let mut set = RoaringBitmap::new();
    for span in rows.orgs() {
        let id = span.org.as_str();
        let wanted = match test {
            StringTest::Equals(text) | StringTest::IsExactly(text) => id == text,
            StringTest::Glob(pattern) => pattern.matches(id),
            StringTest::Exists => true,
        };
        if wanted {
            match rows.org_rows(&span.org) {
                OrgRows::Range(range) => {
                    set.insert_range(range);
                }
                OrgRows::List(list) => set |= list,
            }
        }
    }
    set
}

/// All leaves on the targets of an event, then a check that one and the same target satisfies them.
fn same_target(rows: &dyn Rows, expr: &Expr) -> Result<LeafRows, ReadError> {
    if let Expr::Leaf(leaf) = expr {
        return rows_of(rows, leaf);
    }
    Ok(LeafRows::may(some_target(rows, expr)?))
}

fn some_target(rows: &dyn Rows, expr: &Expr) -> Result<RoaringBitmap, ReadError> {
    match expr {
        Expr::And(children) => {
            children.iter().try_fold(with_target(rows)?, |set, child| Ok(set & some_target(rows, child)?))
        }
        Expr::Or(children) => {
            children.iter().try_fold(RoaringBitmap::new(), |set, child| Ok(set | some_target(rows, child)?))
        }
        // Another target of the event may satisfy what is negated, so this excludes nothing.
        Expr::Not(_) => with_target(rows),
        Expr::Leaf(leaf) => Ok(match rows_of(rows, leaf)? {
            LeafRows::Exact(set) | LeafRows::Inexact { may: set, .. } => set,
        }),
    }
}

fn with_target(rows: &dyn Rows) -> Result<RoaringBitmap, ReadError> {
    Ok(lookup(rows, &terms::key_has(terms::Has::Target))?)
}

fn late(rows: &dyn Rows) -> Result<RoaringBitmap, ReadError> {
    let late_us = tallystick_query::limits::LATE_AFTER_US;
    let mut set = RoaringBitmap::new();
    for row in 0..rows.len() {
        if rows.received_ms(row)?.saturating_mul(1_000) - rows.occurred_us(row)? > late_us {
            set.insert(row);
        }
    }
    Ok(set)
}

fn addresses(rows: &dyn Rows, from: &[u8; 16], to: &[u8; 16]) -> Result<RoaringBitmap, ReadError> {
    let key = |address: &[u8; 16]| [&[Field::Ip.tag()], address.as_slice()].concat();
    let mut end = key(to);
    end.push(0); // the first key after `to` itself
    let mut values = Vec::new();
    rows.scan(&key(from), Some(&end), &mut |_, value| {
        values.push(value);
        ControlFlow::Continue(())
    })?;
    Ok(union(rows, &values)?)
}

fn time(rows: &dyn Rows, field: TimeField, from_us: i64, to_us: i64) -> Result<RoaringBitmap, ReadError> {
    let range = TimeRange { from_us, to_us };
    let mut set = RoaringBitmap::new();
    for span in rows.orgs() {
        match field {
            TimeField::Created => {
                if range.overlaps(span.occurred_us) {
                    Window::of(rows, &span, range)?.add_to(&mut set);
                }
            }
            TimeField::Received => {
                let (min, max) = span.received_ms;
                if !range.overlaps((min.saturating_mul(1_000), max.saturating_mul(1_000))) {
                    continue;
                }
                for row in &org_set(rows, &span.org) {
                    if range.contains(rows.received_ms(row)?.saturating_mul(1_000)) {
                        set.insert(row);
                    }
                }
            }
        }
    }
    Ok(set)
}

fn org_set(rows: &dyn Rows, org: &tallystick_event::OrgId) -> RoaringBitmap {
    match rows.org_rows(org) {
        OrgRows::Range(range) => {
            let mut set = RoaringBitmap::new();
            set.insert_range(range);
            set
        }
        OrgRows::List(list) => list,
    }
}

fn seq(rows: &dyn Rows, from: u64, to: u64) -> Result<RoaringBitmap, ReadError> {
    let mut set = RoaringBitmap::new();
    for span in rows.orgs() {
        let (from, to) = (from.max(span.seq.0), to.min(span.seq.1));
        if from > to {
            continue;
        }
        if (from, to) == span.seq {
            set |= org_set(rows, &span.org);
        } else if to - from < SEQ_LOOKUP_MAX {
            for row in rows.rows_by_seq(&span.org, from, (to - from + 1) as usize)? {
                if rows.seq(row)? <= to {
                    set.insert(row);
                }
            }
        } else {
            for row in &org_set(rows, &span.org) {
                let seq = rows.seq(row)?;
                if from <= seq && seq <= to {
                    set.insert(row);
                }
            }
        }
    }
    Ok(set)
}

fn changed(rows: &dyn Rows, test: &ChangedTest) -> Result<LeafRows, ReadError> {
    let named = |path: &str, name: &str| {
        path == name
            || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
            || path.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
    };
    let values = match test {
        ChangedTest::IsExactly(path) => {
            return Ok(LeafRows::may(lookup(rows, &terms::key_text(Field::Changed, path))?));
        }
        ChangedTest::Glob(pattern) => {
            return glob(
                rows,
                &terms::text_prefix(Field::Changed, pattern.prefix()),
                pattern,
                Field::Changed,
            );
        }
        ChangedTest::Named(name) => values_where(rows, &[Field::Changed.tag()], |key| {
            text_of(key).is_some_and(|(path, cut)| cut || named(path, name))
        })?,
    };
    let cut = values
        .iter()
        .any(|value| rows.key(*value).is_ok_and(|key| text_of(&key).is_some_and(|(_, cut)| cut)));
    let set = union(rows, &values)?;
    Ok(if cut { LeafRows::may(set) } else { LeafRows::Exact(set) })
}

fn path_prefix(field: PathField, path: &str) -> Vec<u8> {
    match field.term_field() {
        (_, Some(side)) => terms::side_prefix(path, side),
        (field, None) => terms::path_prefix(field, path),
    }
}

fn path_value(rows: &dyn Rows, field: PathField, path: &str, test: &PathTest) -> Result<LeafRows, ReadError> {
    let prefix = path_prefix(field, path);
    let typed = |value: TypedValue<'_>| match field.term_field() {
        (_, Some(side)) => terms::key_change(path, side, value),
        (field, None) => terms::key_path(field, path, value),
    };
    Ok(match test {
        PathTest::Equals { text, exact, number, boolean } => {
            let mut sure = RoaringBitmap::new();
            if let Some(number) = number {
                sure |= lookup(rows, &typed(TypedValue::Number(*number)))?;
            }
            if let Some(boolean) = boolean {
                sure |= lookup(rows, &typed(TypedValue::Bool(*boolean)))?;
            }
            let texts = lookup(rows, &typed(TypedValue::Text(text)))?;
            if exact.is_some() {
                LeafRows::Inexact { may: &sure | texts, must: sure }
            } else {
                LeafRows::Exact(sure | texts)
            }
        }
        PathTest::Numbers { from, to } => LeafRows::Exact(typed_where(
            rows,
            &prefix,
            |value, _| matches!(value, DecodedValue::Number(number) if above(*number, *from) && below(*number, *to)),
        )?),
        PathTest::Texts { from, to } => LeafRows::Exact(typed_where(rows, &prefix, |value, _| {
            matches!(value, DecodedValue::Text(text) if text_above(text,
                from.as_ref()) && text_below(text, to.as_ref()))
        })?),
        PathTest::Glob(pattern) => {
            let mut cut = false;
            let set = typed_where(rows, &prefix, |value, is_cut| match value {
                DecodedValue::Text(_) if is_cut => {
                    cut = true;
                    true
                }
                DecodedValue::Text(text) => pattern.matches(text),
                _ => false,
            })?;
            if cut { LeafRows::may(set) } else { LeafRows::Exact(set) }
        }
        PathTest::Exists => {
            let mut values = values_where(rows, &prefix, |_| true)?;
            let (dictionary_field, side) = field.term_field();
            let mut deeper = terms::path_prefix(dictionary_field, path);
            *deeper.last_mut().expect("it ends with a separator") = b'.';
            values.extend(values_where(rows, &deeper, |key| side.is_none_or(|side| has_side(key, side)))?);
            LeafRows::Exact(union(rows, &values)?)
        }
    })
}

fn has_side(key: &[u8], side: terms::Side) -> bool {
    terms::decode_value(key).is_some_and(|decoded| decoded.side == Some(side))
}

fn typed_where(
    rows: &dyn Rows,
    prefix: &[u8],
    mut test: impl FnMut(&DecodedValue<'_>, bool) -> bool,
) -> Result<RoaringBitmap, SegmentError> {
    let values = values_where(rows, prefix, |key| {
        terms::decode_value(key).is_some_and(|decoded| test(&decoded.value, decoded.cut))
    })?;
    union(rows, &values)
}

fn above(number: f64, (bound, inclusive): (f64, bool)) -> bool {
    if inclusive { number >= bound } else { number > bound }
}

fn below(number: f64, (bound, inclusive): (f64, bool)) -> bool {
    if inclusive { number <= bound } else { number < bound }
}

fn text_above(text: &str, bound: Option<&TextBound>) -> bool {
    bound.is_none_or(
        |bound| {
            if text.starts_with(&bound.text) { bound.inclusive } else { text > bound.text.as_str() }
        },
    )
}

fn text_below(text: &str, bound: Option<&TextBound>) -> bool {
    bound.is_none_or(
        |bound| {
            if text.starts_with(&bound.text) { bound.inclusive } else { text < bound.text.as_str() }
        },
    )
}
