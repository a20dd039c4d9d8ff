//! The interned tables: entries of all sources become one table, numbered in the order in which rows use them.

use std::io::Write;

use crate::{
    blocks::BlockWriter,
    compress,
    error::Result,
    file::FileWriter,
    layout::{Section, TABLE_BLOCK_ENTRIES},
    packed,
    rows::Table,
    tail::arena::Interner,
    write::{
        order::Order,
        source::{Column, SegmentSource},
    },
};

/// Text a dictionary is trained on.
const SAMPLE_BYTES_MAX: usize = 1 << 20;

/// The sections of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableSections {
    pub(crate) numbers: Section,
    pub(crate) dictionary: Section,
    pub(crate) entries: Section,
    pub(crate) offsets: Section,
}

impl TableSections {
    pub(crate) fn of(table: Table) -> Self {
        let [numbers, dictionary, entries, offsets] = match table {
            Table::Action => {
                [Section::ActionNo, Section::ActionDictionary, Section::Actions, Section::ActionOffsets]
            }
            Table::Actor => {
                [Section::ActorNo, Section::ActorDictionary, Section::Actors, Section::ActorOffsets]
            }
            Table::Targets => {
                [Section::TargetsNo, Section::TargetsDictionary, Section::Targets, Section::TargetsOffsets]
            }
        };
        Self { numbers, dictionary, entries, offsets }
    }
}

pub(crate) fn write<W: Write>(
    file: &mut FileWriter<W>,
    sources: &[&dyn SegmentSource],
    order: &Order,
    table: Table,
) -> Result<()> {
    let mut merged = Interner::new();
    let mut column = vec![0_i64; order.rows.len()];
    for (source, new_rows) in sources.iter().zip(&order.new_rows) {
        let mut numbers = Vec::with_capacity(source.table_len(table) as usize);
        source.each_entry(table, &mut |entry| {
            numbers.push(merged.intern(entry, ()).0);
            Ok(())
        })?;
        let mut values = Vec::new();
        source.column(Column::Table(table), &mut values)?;
        for (&value, &new) in values.iter().zip(new_rows) {
            column[new as usize] = i64::from(numbers[value as usize]);
        }
    }
    let used = renumber(&mut column, merged.len() as usize);
    let sections = TableSections::of(table);
    file.section(sections.numbers, &packed::encode(&column))?;
    drop(column);
    write_entries(file, sections, &merged, &used)
}

/// Numbers entries in the order of first use, so that neighbours are used together; returns them in that order.
fn renumber(column: &mut [i64], entries: usize) -> Vec<u32> {
    let mut new = vec![u32::MAX; entries];
    let mut used = Vec::with_capacity(entries);
    for number in column {
        let old = *number as usize;
        if new[old] == u32::MAX {
            new[old] = used.len() as u32;
            used.push(old as u32);
        }
        *number = i64::from(new[old]);
    }
    used
}

fn write_entries<W: Write>(
    file: &mut FileWriter<W>,
    sections: TableSections,
    merged: &Interner,
    used: &[u32],
) -> Result<()> {
    let (mut samples, mut sizes) = (Vec::new(), Vec::new());
    let total: usize = used.len();
    let step = (total / 8192).max(1);
    for &no in used.iter().step_by(step) {
        let entry = merged.get(no);
        if samples.len() + entry.len() > SAMPLE_BYTES_MAX {
            break;
        }
        samples.extend_from_slice(entry);
        sizes.push(entry.len());
    }
    let dictionary = compress::train(&samples, &sizes);
    file.section(sections.dictionary, &dictionary)?;
    file.begin(sections.entries)?;
    let mut writer = BlockWriter::<1>::new(TABLE_BLOCK_ENTRIES, &dictionary);
    let mut out = |bytes: &[u8]| file.write(bytes);
    for &no in used {
        writer.push([merged.get(no)], &mut out)?;
    }
    let offsets = writer.finish(&mut out)?;
    // Blocks alone do not say how many entries the last one has.
    let mut count = (used.len() as u64).to_le_bytes().to_vec();
    count.extend_from_slice(&offsets);
    file.section(sections.offsets, &count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_first_use() {
        let mut column = vec![4, 2, 4, 0, 2];
        assert_eq!(renumber(&mut column, 5), [4, 2, 0]);
        assert_eq!(column, [0, 1, 0, 2, 1]);
    }
}
