//! The segment as a source of a new one.

use crate::{
    blocks::Block,
    dictionary::Keys,
    error::{Result, SegmentError},
    layout::Section,
    rows::{Row, Rows, Table, ValueNo, WordNo},
    segment::{
        Segment,
        read::{EVENT_COLUMN, join_event},
    },
    write::source::{Bodies, Column, FixedColumn, MergeSource, SortedStrings},
};

impl MergeSource for Segment {
    fn as_rows(&self) -> &dyn Rows {
        self
    }

    fn column(&self, column: Column, out: &mut Vec<i64>) -> Result<()> {
        let rows = self.len() as usize;
        let file = &self.file;
        match column {
            Column::Org => {
                for no in 0..self.spans().len() {
                    out.extend(self.orgs.range_of(no).map(|_| no as i64));
                }
                Ok(())
            }
            Column::Seq => self.columns.seq.unpack(file, 0, rows, out),
            Column::Occurred => self.columns.occurred.unpack(file, 0, rows, out),
            Column::Received => {
                let start = out.len();
                self.columns.received.unpack(file, 0, rows, out)?;
                for (row, value) in out[start..].iter_mut().enumerate() {
                    let occurred_ms = self.columns.occurred.get(file, row)?.div_euclid(1000);
                    *value = value.wrapping_add(occurred_ms);
                }
                Ok(())
            }
            Column::IdTime => {
                let start = out.len();
                self.column(Column::Received, out)?;
                for (row, value) in out[start..].iter_mut().enumerate() {
                    *value = value.wrapping_sub(self.columns.id_time.get(file, row)?);
                }
                Ok(())
            }
            Column::Outcome => self.columns.outcome.unpack(file, 0, rows, out),
            Column::LeafForm => {
                if let Some(column) = &self.columns.leaf_form {
                    return column.unpack(file, 0, rows, out);
                }
                for row in 0..self.len() {
                    out.push(i64::from(self.leaf_form(row)?.code()));
                }
                Ok(())
            }
            Column::Table(table) => {
                let start = out.len();
                let table = self.table(table);
                table.numbers.unpack(file, 0, rows, out)?;
                let entries = table.entries.rows() as i64;
                if out[start..].iter().any(|no| !(0..entries).contains(no)) {
                    return Err(SegmentError::corrupt(Section::ActorNo, "number past the last entry"));
                }
                Ok(())
            }
        }
    }

    fn fixed(&self, column: FixedColumn, row: Row) -> Result<&[u8]> {
        let start = self.check(row)? * column.bytes();
        self.file.read(column.section(), start..start + column.bytes())
    }

    fn other_ids(&self) -> Result<Vec<(Row, [u8; 16])>> {
        let bytes = self.file.read_all(Section::OtherIds)?;
        let (entries, _) = bytes.as_chunks::<20>();
        let split = |entry: &[u8; 20]| {
            let row = u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
            self.check(row)?;
            Ok((row, entry[4..].try_into().expect("sixteen bytes follow the row")))
        };
        entries.iter().map(split).collect()
    }

    fn bodies(&self) -> Box<dyn Bodies + '_> {
        Box::new(SegmentBodies { segment: self, block: Block::empty(), event: Vec::new() })
    }

    fn each_entry(&self, table: Table, f: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let table = self.table(table);
        let mut block = Block::<1>::empty();
        for no in 0..table.entries.rows() {
            if !block.holds(no) {
                table.entries.load(&self.file, &table.unpacker, no, &mut block)?;
            }
            f(block.get(no, 0))?;
        }
        Ok(())
    }

    fn sorted_keys(&self) -> Result<Box<dyn SortedStrings + '_>> {
        Ok(Box::new(self.index()?.keys.keys_from_block(&self.file, 0)))
    }

    fn sorted_words(&self) -> Result<Box<dyn SortedStrings + '_>> {
        Ok(Box::new(self.index()?.words.keys_from_block(&self.file, 0)))
    }

    fn rows_of(&self, value: ValueNo, out: &mut Vec<u32>) -> Result<()> {
        let postings = &self.index()?.postings;
        postings.decode_into(postings.list(&self.file, value)?, out)
    }

    fn values_of_word(&self, word: WordNo, out: &mut Vec<u32>) -> Result<()> {
        let lists = &self.index()?.word_values;
        lists.decode_into(lists.list(&self.file, word)?, out)
    }

    fn each_opaque(&self, f: &mut dyn FnMut(u32, Row)) -> Result<()> {
        self.index()?.opaque.each(&self.file, f)
    }

    fn values_len(&self) -> u32 {
        self.index().map_or(0, |index| index.keys.len())
    }
}

impl SortedStrings for Keys<'_> {
    fn advance(&mut self) -> Result<bool> {
        Keys::advance(self)
    }

    fn bytes(&self) -> &[u8] {
        self.key()
    }

    fn no(&self) -> u32 {
        Keys::no(self)
    }
}

struct SegmentBodies<'a> {
    segment: &'a Segment,
    block: Block<4>,
    event: Vec<u8>,
}

impl Bodies for SegmentBodies<'_> {
    fn get(&mut self, row: Row) -> Result<[&[u8]; 4]> {
        let index = self.segment.check(row)?;
        if !self.block.holds(index) {
            let Segment { file, bodies, body_unpacker, .. } = self.segment;
            bodies.load(file, body_unpacker, index, &mut self.block)?;
        }
        let action = self.segment.action_of(row)?;
        let known = self.segment.known(row, &action)?;
        join_event(self.block.get(index, EVENT_COLUMN), &known, &mut self.event)?;
        let mut parts = [0, 1, 2, 3].map(|column| self.block.get(index, column));
        parts[EVENT_COLUMN] = &self.event;
        Ok(parts)
    }
}
