//! Events over time: clock-aligned buckets, whole or split by a field.

use roaring::RoaringBitmap;
use tallystick_segment::Rows;

use super::{
    buckets::{Grid, Interval},
    facets::{FacetRequest, top},
    parts::{Part, TimeRange, first_at_or_after, parts, spans},
    select::Selection,
    values::ValueField,
};
use crate::{Engine, error::ReadError};

/// Series beside which the rest of a split histogram is summed up as [`OTHER`].
const SERIES_MAX: usize = 9;
/// Name of the series that sums up all values beyond the most frequent.
pub const OTHER: &str = "other";

/// What to count over time.
#[derive(Debug, Clone)]
pub struct HistogramRequest {
    /// Which events.
    pub selection: Selection,
    /// The field to split by, as written in queries; `None` for totals only.
    pub by: Option<String>,
    /// Buckets at most.
    pub buckets: usize,
    /// Whose days and hours the buckets are aligned to.
    pub zone: jiff::tz::TimeZone,
}

/// One bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Start, Unix microseconds; it ends where the next one starts.
    pub start_us: i64,
    /// Events in it.
    pub count: u64,
    /// Events by value of the field, in the order of [`Histogram::series`]; empty when not split.
    pub by: Vec<u64>,
}

/// Counts over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// Width of a bucket.
    pub interval: Interval,
    /// In order, without gaps; empty buckets included.
    pub buckets: Vec<Bucket>,
    /// The values that `by` splits into, most frequent first.
    pub series: Vec<String>,
    /// Whether all counts are exact.
    pub exact: bool,
}

impl Engine {
    /// Counts events over time. Blocks; call it off the async threads.
    pub fn histogram(&self, request: &HistogramRequest) -> Result<Histogram, ReadError> {
        let selection = &request.selection;
        self.require_scope(&selection.scope)?;
        let parts = parts(&self.view());
        let range = self.closed_range(selection);
        let Some(range) = range else {
            return Ok(Histogram {
                interval: Interval::HOUR,
                buckets: Vec::new(),
                series: Vec::new(),
                exact: true,
            });
        };
        let grid = Grid::over(range, request.buckets, &request.zone);
        let series = Self::series(&parts, request)?;
        let mut buckets: Vec<Bucket> =
            grid.starts().map(|start_us| Bucket { start_us, count: 0, by: vec![0; series.len()] }).collect();
        let mut exact = true;
        for part in &parts {
            part.read(|rows| -> Result<(), ReadError> {
                let selected = selection.of(rows)?;
                exact &= selected.exact;
                if selected.rows.is_empty() {
                    return Ok(());
                }
                let mut sets = Vec::with_capacity(series.len());
                for (field, key) in series.iter().map(|series| (&series.field, &series.key)) {
                    sets.push(field.rows(rows, key, &selected.rows)?);
                }
                fill(rows, selection, &grid, &selected.rows, &sets, &mut buckets)
            })?;
        }
        let mut names: Vec<String> = series.into_iter().map(|series| series.name).collect();
        if request.by.is_some() {
            add_other(&mut buckets, &mut names);
        }
        Ok(Histogram { interval: grid.interval(), buckets, series: names, exact })
    }

    /// The range to draw: the bounds asked for, or those of the data where there are none.
    fn closed_range(&self, selection: &Selection) -> Option<TimeRange> {
        let mut extremes: Option<(i64, i64)> = None;
        for part in parts(&self.view()) {
            part.read(|rows| {
                for span in spans(rows, &selection.scope, selection.range) {
                    let (min, max) = extremes.unwrap_or(span.occurred_us);
                    extremes = Some((min.min(span.occurred_us.0), max.max(span.occurred_us.1)));
                }
            });
        }
        let asked = selection.range;
        let from_us = if asked.from_us == i64::MIN { extremes?.0 } else { asked.from_us };
        let to_us = if asked.to_us == i64::MAX { extremes?.1.saturating_add(1) } else { asked.to_us };
        (from_us < to_us).then_some(TimeRange { from_us, to_us })
    }

    fn series(parts: &[Part], request: &HistogramRequest) -> Result<Vec<Series>, ReadError> {
        let Some(by) = &request.by else { return Ok(Vec::new()) };
        let field = ValueField::parse(by).ok_or_else(|| ReadError::BadField { field: by.clone() })?;
        let request = FacetRequest {
            selection: request.selection.clone(),
            field: by.clone(),
            limit: SERIES_MAX,
            contains: None,
        };
        let top = top(parts, &request, &field)?.values;
        Ok(top
            .into_iter()
            .map(|(key, _)| Series { name: field.display(&key), field: field.clone(), key })
            .collect())
    }
}

struct Series {
    name: String,
    field: ValueField,
    key: Vec<u8>,
}

/// Events that are in none of the series: values beyond the most frequent, or no value at all.
fn add_other(buckets: &mut [Bucket], names: &mut Vec<String>) {
    let rest = |bucket: &Bucket| bucket.count.saturating_sub(bucket.by.iter().sum());
    if buckets.iter().all(|bucket| rest(bucket) == 0) {
        return;
    }
    for bucket in buckets {
        let rest = rest(bucket);
        bucket.by.push(rest);
    }
    names.push(OTHER.to_owned());
}

fn fill(
    rows: &dyn Rows,
    selection: &Selection,
    grid: &Grid,
    selected: &RoaringBitmap,
    series: &[RoaringBitmap],
    buckets: &mut [Bucket],
) -> Result<(), ReadError> {
    for span in spans(rows, &selection.scope, selection.range) {
        match rows.org_rows(&span.org) {
            tallystick_segment::OrgRows::Range(range) => {
                let mut start = first_at_or_after(rows, range.clone(), grid.start_of(0))?;
                let first = grid.bucket_of(span.occurred_us.0.max(grid.start_of(0))).unwrap_or(0);
                for (index, bucket) in buckets.iter_mut().enumerate().skip(first) {
                    if start == range.end {
                        break;
                    }
                    let end = first_at_or_after(rows, start..range.end, grid.start_of(index + 1))?;
                    if start < end {
                        bucket.count += selected.range_cardinality(start..end);
                        for (count, set) in bucket.by.iter_mut().zip(series) {
                            *count += set.range_cardinality(start..end);
                        }
                    }
                    start = end;
                }
            }
            tallystick_segment::OrgRows::List(list) => {
                for row in &(&list & selected) {
                    let Some(index) = grid.bucket_of(rows.occurred_us(row)?) else { continue };
                    let bucket = &mut buckets[index];
                    bucket.count += 1;
                    for (count, set) in bucket.by.iter_mut().zip(series) {
                        *count += u64::from(set.contains(row));
                    }
                }
            }
        }
    }
    Ok(())
}
