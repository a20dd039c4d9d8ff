//! The values of a field among matching events, with counts.

use std::{collections::HashMap, ops::ControlFlow};

use roaring::RoaringBitmap;
use serde_json::Value;
use tallystick_event::{
    terms::{self, Field},
    text::fold,
};
use tallystick_segment::Rows;

use super::{
    parts::{Part, parts},
    select::Selection,
    values::ValueField,
};
use crate::{Engine, error::ReadError, facts};

/// Which values to count.
#[derive(Debug, Clone)]
pub struct FacetRequest {
    /// Among which events. The caller has taken the facet's own field out of the query already.
    pub selection: Selection,
    /// The field, as written in queries: `actor`, `metadata.plan`, ...
    pub field: String,
    /// Values at most.
    pub limit: usize,
    /// Only values that contain this text, ignoring case.
    pub contains: Option<String>,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetValue {
    /// The value as a query would write it.
    pub value: String,
    /// The value as a person would read it: an actor's name for its id.
    pub label: String,
    /// Events that have it.
    pub count: u64,
}

/// The most frequent values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facets {
    /// By count, then by value.
    pub values: Vec<FacetValue>,
    /// Number of distinct values, those not listed included.
    pub distinct: u64,
    /// Whether all counts are exact.
    pub exact: bool,
}

/// A value while it is counted.
pub(super) struct Counted {
    count: u64,
    /// Where one event with this value is: part, row.
    example: (usize, u32),
}

impl Engine {
    /// Counts the values of a field. Blocks; call it off the async threads.
    pub fn facets(&self, request: &FacetRequest) -> Result<Facets, ReadError> {
        self.require_scope(&request.selection.scope)?;
        let field = ValueField::parse(&request.field)
            .ok_or_else(|| ReadError::BadField { field: request.field.clone() })?;
        let parts = parts(&self.view());
        let Top { values: top, distinct, exact } = top(&parts, request, &field)?;
        let mut values = Vec::with_capacity(top.len());
        for (key, counted) in top {
            let value = field.display(&key);
            let (part, row) = counted.example;
            let example =
                if field.needs_example() { Some(parts[part].read(|rows| example(rows, row))?) } else { None };
            let label = example.and_then(|event| field.label(&key, &event)).unwrap_or_else(|| value.clone());
            values.push(FacetValue { value, label, count: counted.count });
        }
        Ok(Facets { values, distinct, exact })
    }
}

/// The most frequent values with their dictionary keys.
pub(super) struct Top {
    pub(super) values: Vec<(Vec<u8>, Counted)>,
    distinct: u64,
    exact: bool,
}

/// Counts a field's values over all parts.
pub(super) fn top(parts: &[Part], request: &FacetRequest, field: &ValueField) -> Result<Top, ReadError> {
    let needle = request.contains.as_deref().map(|text| fold(text).into_owned());
    let mut counts: HashMap<Vec<u8>, Counted> = HashMap::new();
    let mut exact = true;
    for (index, part) in parts.iter().enumerate() {
        part.read(|rows| -> Result<(), ReadError> {
            let selected = request.selection.of(rows)?;
            exact &= selected.exact;
            count_part(rows, index, field, &selected.rows, needle.as_deref(), &mut counts)
        })?;
    }
    let distinct = counts.len() as u64;
    let mut top: Vec<(Vec<u8>, Counted)> = counts.into_iter().collect();
    top.sort_unstable_by(|a, b| b.1.count.cmp(&a.1.count).then_with(|| a.0.cmp(&b.0)));
    top.truncate(request.limit);
    Ok(Top { values: top, distinct, exact })
}

fn example(rows: &dyn Rows, row: u32) -> Result<Value, ReadError> {
    facts::json_of(&rows.meta(row)?, &rows.units(row)?)
}

fn count_part(
    rows: &dyn Rows,
    part: usize,
    field: &ValueField,
    selected: &RoaringBitmap,
    needle: Option<&str>,
    counts: &mut HashMap<Vec<u8>, Counted>,
) -> Result<(), ReadError> {
    if selected.is_empty() {
        return Ok(());
    }
    if matches!(field, ValueField::Org) {
        count_orgs(rows, part, selected, needle, counts);
        return Ok(());
    }
    let narrowed;
    let mut set = selected;
    let mut needle = needle;
    if let (Some(text), ValueField::Simple(Field::ActorId)) = (needle, field) {
        // People search an actor by name; the value that is counted is the id.
        narrowed = selected & named_actors(rows, text)?;
        set = &narrowed;
        needle = None;
    }
    let mut found: Vec<(Vec<u8>, u32)> = Vec::new();
    rows.count_values(&field.prefix(), set, &mut |key, count| {
        if needle.is_none_or(|needle| fold(&field.display(key)).contains(needle)) {
            found.push((key.to_vec(), count));
        }
        ControlFlow::Continue(())
    })?;
    for (key, count) in found {
        if let Some(known) = counts.get_mut(&key) {
            known.count += u64::from(count);
            continue;
        }
        let example = if field.needs_example() { first_row(rows, &key, set)? } else { 0 };
        counts.insert(key, Counted { count: u64::from(count), example: (part, example) });
    }
    Ok(())
}

fn first_row(rows: &dyn Rows, key: &[u8], set: &RoaringBitmap) -> Result<u32, ReadError> {
    let Some(value) = rows.lookup(key)? else { return Ok(0) };
    Ok((rows.postings(value)? & set).min().unwrap_or(0))
}

fn count_orgs(
    rows: &dyn Rows,
    part: usize,
    selected: &RoaringBitmap,
    needle: Option<&str>,
    counts: &mut HashMap<Vec<u8>, Counted>,
) {
    for span in rows.orgs() {
        let id = span.org.as_str();
        if needle.is_some_and(|needle| !fold(id).contains(needle)) {
            continue;
        }
        let count = match rows.org_rows(&span.org) {
            tallystick_segment::OrgRows::Range(range) => selected.range_cardinality(range),
            tallystick_segment::OrgRows::List(list) => selected.intersection_len(&list),
        };
        if count > 0 {
            counts.entry(id.as_bytes().to_vec()).or_insert(Counted { count: 0, example: (part, 0) }).count +=
                count;
        }
    }
}

/// Rows whose actor's id, name or e-mail contains a text.
fn named_actors(rows: &dyn Rows, needle: &str) -> Result<RoaringBitmap, ReadError> {
    let mut set = RoaringBitmap::new();
    for field in [Field::ActorId, Field::ActorName, Field::ActorEmail] {
        let values = super::leaf::values_where(rows, &[field.tag()], |key| {
            terms::decode_value(key)
                .is_some_and(|decoded| fold(&decoded.value.display(field)).contains(needle))
        })?;
        set |= super::leaf::union(rows, &values)?;
    }
    Ok(set)
}
