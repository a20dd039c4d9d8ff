//! The fixed columns and the table of organizations.

use std::io::Write;

use crate::{
    error::Result,
    file::FileWriter,
    layout::Section,
    packed::{self, BLOCK_VALUES},
    rows::OrgSpan,
    varint,
    write::{
        order::Order,
        source::{Column, FixedColumn, SegmentSource},
    },
};

pub(crate) fn write<W: Write>(
    file: &mut FileWriter<W>,
    sources: &[&dyn SegmentSource],
    order: &Order,
) -> Result<()> {
    file.section(Section::Orgs, &encode_orgs(&order.orgs))?;
    file.section(Section::Seq, &packed::encode(&order.seq))?;
    file.section(Section::Occurred, &packed::encode(&order.occurred_us))?;
    // Receipt follows occurrence and the id's time precedes receipt, mostly by little: differences are small numbers.
    let received = gather(sources, order, Column::Received)?;
    let occurred_ms = order.occurred_us.iter().map(|us| us.div_euclid(1000));
    let delays: Vec<i64> = received.iter().zip(occurred_ms).map(|(r, o)| r.wrapping_sub(o)).collect();
    file.section(Section::Received, &packed::encode(&delays))?;
    drop(delays);
    let id_times = gather(sources, order, Column::IdTime)?;
    let ages: Vec<i64> = received.iter().zip(&id_times).map(|(r, i)| r.wrapping_sub(*i)).collect();
    file.section(Section::IdTime, &packed::encode(&ages))?;
    drop(ages);
    file.section(Section::Outcome, &packed::encode(&gather(sources, order, Column::Outcome)?))?;
    for column in [FixedColumn::Salt, FixedColumn::UnitsRoot] {
        file.begin(column.section())?;
        let mut buffer = Vec::with_capacity(1 << 16);
        for &(source, row) in &order.rows {
            buffer.extend_from_slice(sources[source as usize].fixed(column, row)?);
            if buffer.len() >= 1 << 16 {
                file.write(&buffer)?;
                buffer.clear();
            }
        }
        file.write(&buffer)?;
    }
    file.section(Section::OtherIds, &other_ids(sources, order)?)?;
    file.section(Section::LeafForm, &packed::encode(&gather(sources, order, Column::LeafForm)?))
}

/// A column of all sources in the order of new rows.
pub(crate) fn gather(sources: &[&dyn SegmentSource], order: &Order, column: Column) -> Result<Vec<i64>> {
    let mut out = vec![0; order.rows.len()];
    let mut values = Vec::new();
    for (source, new_rows) in sources.iter().zip(&order.new_rows) {
        values.clear();
        source.column(column, &mut values)?;
        for (&value, &new) in values.iter().zip(new_rows) {
            out[new as usize] = value;
        }
    }
    Ok(out)
}

/// Smallest and largest id time of each block of rows.
pub(crate) fn encode_zones(id_times: &[i64]) -> Vec<u8> {
    let mut out = Vec::new();
    for block in id_times.chunks(BLOCK_VALUES) {
        let (min, max) = (block.iter().min(), block.iter().max());
        for bound in [min, max] {
            out.extend_from_slice(&bound.expect("chunks are not empty").to_le_bytes());
        }
    }
    out
}

fn encode_orgs(orgs: &[OrgSpan]) -> Vec<u8> {
    let mut out = Vec::new();
    varint::put(&mut out, orgs.len() as u64);
    for span in orgs {
        varint::put(&mut out, span.org.as_str().len() as u64);
        out.extend_from_slice(span.org.as_str().as_bytes());
        out.extend_from_slice(&span.log.0);
        out.extend_from_slice(&span.rows.to_le_bytes());
        let bounds = [
            span.seq.0,
            span.seq.1,
            span.occurred_us.0 as u64,
            span.occurred_us.1 as u64,
            span.received_ms.0 as u64,
            span.received_ms.1 as u64,
        ];
        out.extend(bounds.into_iter().flat_map(u64::to_le_bytes));
    }
    out
}

/// Row and id of every event whose id does not follow from its time and salt, sorted by row.
fn other_ids(sources: &[&dyn SegmentSource], order: &Order) -> Result<Vec<u8>> {
    let mut ids = Vec::new();
    for (source, new_rows) in sources.iter().zip(&order.new_rows) {
        ids.extend(source.other_ids()?.into_iter().map(|(row, id)| (new_rows[row as usize], id)));
    }
    ids.sort_unstable();
    let mut out = Vec::with_capacity(ids.len() * 20);
    for (row, id) in ids {
        out.extend_from_slice(&row.to_le_bytes());
        out.extend_from_slice(&id);
    }
    Ok(out)
}
