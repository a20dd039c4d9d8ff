//! The tail as a source of a segment.

use tallystick_event::EventId;

use crate::{
    error::Result,
    rows::{Row, Rows, Table, ValueNo, WordNo},
    tail::{Tail, arena::Interner, postings::GrowingRows},
    write::source::{Bodies, Column, FixedColumn, MergeSource, SortedStrings},
};

impl MergeSource for Tail {
    fn as_rows(&self) -> &dyn Rows {
        self
    }

    fn column(&self, column: Column, out: &mut Vec<i64>) -> Result<()> {
        match column {
            Column::Org => {
                // `orgs()` is sorted by id; rows hold the order of first sight.
                let mut sorted: Vec<usize> = (0..self.orgs.len()).collect();
                sorted.sort_unstable_by(|&a, &b| self.orgs[a].span.org.cmp(&self.orgs[b].span.org));
                let mut rank = vec![0; sorted.len()];
                for (position, &no) in sorted.iter().enumerate() {
                    rank[no] = position as i64;
                }
                out.extend(self.rows.iter().map(|row| rank[row.org as usize]));
            }
            Column::Seq => out.extend(self.rows.iter().map(|row| row.seq as i64)),
            Column::Occurred => out.extend(self.rows.iter().map(|row| row.occurred_us)),
            Column::Received => out.extend(self.rows.iter().map(|row| row.received_ms)),
            Column::IdTime => out.extend(self.rows.iter().map(|row| row.id.timestamp_ms())),
            Column::Outcome => out.extend(self.rows.iter().map(|row| row.outcome as i64)),
            Column::LeafForm => out.extend(self.rows.iter().map(|row| i64::from(row.leaf_form.code()))),
            Column::Table(Table::Action) => out.extend(self.rows.iter().map(|row| i64::from(row.action))),
            Column::Table(Table::Actor) => out.extend(self.rows.iter().map(|row| i64::from(row.actor))),
            Column::Table(Table::Targets) => out.extend(self.rows.iter().map(|row| i64::from(row.targets))),
        }
        Ok(())
    }

    fn fixed(&self, column: FixedColumn, row: Row) -> Result<&[u8]> {
        let row = self.row(row)?;
        Ok(match column {
            FixedColumn::Salt => &row.salt,
            FixedColumn::UnitsRoot => &row.units_root,
        })
    }

    fn other_ids(&self) -> Result<Vec<(Row, [u8; 16])>> {
        let rows = self.rows.iter().enumerate();
        let other = rows.filter(|(_, row)| EventId::derive(row.id.timestamp_ms(), &row.salt) != row.id);
        Ok(other.map(|(no, row)| (no as Row, row.id.0)).collect())
    }

    fn bodies(&self) -> Box<dyn Bodies + '_> {
        Box::new(TailBodies(self))
    }

    fn each_entry(&self, table: Table, f: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let entries = self.table(table);
        (0..entries.len()).try_for_each(|no| f(entries.get(no)))
    }

    fn sorted_keys(&self) -> Result<Box<dyn SortedStrings + '_>> {
        Ok(Box::new(SortedTail::new(&self.keys)))
    }

    fn sorted_words(&self) -> Result<Box<dyn SortedStrings + '_>> {
        Ok(Box::new(SortedTail::new(&self.words)))
    }

    fn rows_of(&self, value: ValueNo, out: &mut Vec<u32>) -> Result<()> {
        self.value_rows(value)?.extend_into(out);
        Ok(())
    }

    fn values_of_word(&self, word: WordNo, out: &mut Vec<u32>) -> Result<()> {
        self.values_of(word)?.extend_into(out);
        Ok(())
    }

    fn each_opaque(&self, f: &mut dyn FnMut(u32, Row)) -> Result<()> {
        self.opaque.iter().for_each(|&(hash, row)| f(hash, row));
        Ok(())
    }

    fn values_len(&self) -> u32 {
        self.keys.len()
    }
}

struct TailBodies<'a>(&'a Tail);

impl Bodies for TailBodies<'_> {
    fn get(&mut self, row: Row) -> Result<[&[u8]; 4]> {
        Ok(self.0.body(self.0.row(row)?))
    }
}

struct SortedTail<'a> {
    strings: &'a Interner<GrowingRows>,
    order: Vec<u32>,
    next: usize,
}

impl<'a> SortedTail<'a> {
    fn new(strings: &'a Interner<GrowingRows>) -> Self {
        Self { strings, order: strings.sorted(), next: 0 }
    }
}

impl SortedStrings for SortedTail<'_> {
    fn advance(&mut self) -> Result<bool> {
        self.next += 1;
        Ok(self.next <= self.order.len())
    }

    fn bytes(&self) -> &[u8] {
        self.strings.get(self.no())
    }

    fn no(&self) -> u32 {
        self.order[self.next - 1]
    }
}
