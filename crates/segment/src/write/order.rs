//! The order of the rows of a new segment, and where each source's rows end up.

use tallystick_event::OrgId;

use crate::{
    error::{Result, SegmentError},
    layout::SEGMENT_ROWS_MAX,
    rows::{OrgSpan, Row},
    write::source::{Column, SegmentSource},
};

/// New rows in order, as (source, row of the source), and the way back.
pub(crate) struct Order {
    pub(crate) rows: Vec<(u32, Row)>,
    /// For each source, the new row of each of its rows.
    pub(crate) new_rows: Vec<Vec<Row>>,
    pub(crate) orgs: Vec<OrgSpan>,
    pub(crate) occurred_us: Vec<i64>,
    pub(crate) seq: Vec<i64>,
}

struct SortKey {
    org: u32,
    source: u32,
    occurred_us: i64,
    seq: i64,
    row: Row,
}

/// Sorts all rows of all sources by (organization, occurred_us, seq).
pub(crate) fn order(sources: &[&dyn SegmentSource]) -> Result<Order> {
    let total: u64 = sources.iter().map(|source| u64::from(source.len())).sum();
    if total > u64::from(SEGMENT_ROWS_MAX) {
        return Err(SegmentError::TooLarge("rows"));
    }
    let orgs = merge_orgs(sources);
    let mut keys: Vec<SortKey> = Vec::with_capacity(total as usize);
    for (no, source) in sources.iter().enumerate() {
        push_keys(&orgs, no as u32, *source, &mut keys)?;
    }
    // Stable on purpose: sources are mostly sorted runs, which this sort finds and merges.
    keys.sort_by_key(|key| (key.org, key.occurred_us, key.seq));
    if keys
        .windows(2)
        .any(|w| (w[0].org, w[0].occurred_us, w[0].seq) == (w[1].org, w[1].occurred_us, w[1].seq))
    {
        return Err(SegmentError::Sources("the same row twice"));
    }
    let mut new_rows: Vec<Vec<Row>> = sources.iter().map(|source| vec![0; source.len() as usize]).collect();
    for (new, key) in keys.iter().enumerate() {
        new_rows[key.source as usize][key.row as usize] = new as Row;
    }
    Ok(Order {
        rows: keys.iter().map(|key| (key.source, key.row)).collect(),
        new_rows,
        occurred_us: keys.iter().map(|key| key.occurred_us).collect(),
        seq: keys.iter().map(|key| key.seq).collect(),
        orgs,
    })
}

fn push_keys(orgs: &[OrgSpan], no: u32, source: &dyn SegmentSource, keys: &mut Vec<SortKey>) -> Result<()> {
    let find =
        |org: &OrgId| orgs.binary_search_by(|span| span.org.cmp(org)).expect("merged from the sources");
    let numbers: Vec<u32> = source.orgs().iter().map(|span| find(&span.org) as u32).collect();
    let mut columns = [const { Vec::new() }; 3];
    for (kind, values) in [Column::Org, Column::Occurred, Column::Seq].into_iter().zip(&mut columns) {
        source.column(kind, values)?;
    }
    let [org, occurred, seq] = columns;
    for (row, ((org, occurred_us), seq)) in org.into_iter().zip(occurred).zip(seq).enumerate() {
        keys.push(SortKey { org: numbers[org as usize], source: no, occurred_us, seq, row: row as Row });
    }
    Ok(())
}

fn merge_orgs(sources: &[&dyn SegmentSource]) -> Vec<OrgSpan> {
    let mut spans: Vec<OrgSpan> = sources.iter().flat_map(|source| source.orgs()).collect();
    spans.sort_by(|a, b| a.org.cmp(&b.org));
    let mut merged: Vec<OrgSpan> = Vec::new();
    for span in spans {
        match merged.last_mut().filter(|last| last.org == span.org) {
            None => merged.push(span),
            Some(last) => join(last, &span),
        }
    }
    merged
}

fn join(into: &mut OrgSpan, other: &OrgSpan) {
    // An organization whose log had to be closed goes on in a new one with the next seq.
    if other.seq.1 > into.seq.1 {
        into.log = other.log;
    }
    into.rows += other.rows;
    into.seq = (into.seq.0.min(other.seq.0), into.seq.1.max(other.seq.1));
    into.occurred_us =
        (into.occurred_us.0.min(other.occurred_us.0), into.occurred_us.1.max(other.occurred_us.1));
    into.received_ms =
        (into.received_ms.0.min(other.received_ms.0), into.received_ms.1.max(other.received_ms.1));
}
