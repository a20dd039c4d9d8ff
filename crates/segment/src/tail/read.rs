//! The tail read as rows.

use std::{collections::BTreeMap, ops::ControlFlow};

use roaring::RoaringBitmap;
use tallystick_event::{EventId, OrgId, Outcome, Unit, Units, terms::text_of_key};

use crate::{
    error::{Result, SegmentError},
    opaque::stored_hash,
    rows::{Meta, OrgRows, OrgSpan, Row, Rows, Table, ValueNo, ValueText, WordNo},
    tail::{
        Tail,
        arena::{Interner, spread},
        id_hash,
        postings::GrowingRows,
    },
};

impl Rows for Tail {
    fn len(&self) -> u32 {
        self.rows.len() as u32
    }

    fn orgs(&self) -> Vec<OrgSpan> {
        let mut orgs: Vec<_> = self.orgs.iter().map(|org| org.span.clone()).collect();
        orgs.sort_unstable_by(|a, b| a.org.cmp(&b.org));
        orgs
    }

    fn org_span(&self, org: &OrgId) -> Option<OrgSpan> {
        self.org_numbers.get(org).map(|no| self.orgs[*no as usize].span.clone())
    }

    fn org_rows(&self, org: &OrgId) -> OrgRows {
        let no = self.org_numbers.get(org);
        OrgRows::List(no.map(|no| self.orgs[*no as usize].rows.bitmap()).unwrap_or_default())
    }

    fn org_of(&self, row: Row) -> Result<OrgId> {
        Ok(self.orgs[self.row(row)?.org as usize].span.org.clone())
    }

    fn occurred_us(&self, row: Row) -> Result<i64> {
        Ok(self.row(row)?.occurred_us)
    }

    fn seq(&self, row: Row) -> Result<u64> {
        Ok(self.row(row)?.seq)
    }

    fn received_ms(&self, row: Row) -> Result<i64> {
        Ok(self.row(row)?.received_ms)
    }

    fn outcome(&self, row: Row) -> Result<Outcome> {
        Ok(self.row(row)?.outcome)
    }

    fn meta(&self, row: Row) -> Result<Meta> {
        let row = self.row(row)?;
        Ok(Meta {
            seq: row.seq,
            received_ms: row.received_ms,
            occurred_us: row.occurred_us,
            id: row.id,
            salt: row.salt,
            units_root: row.units_root,
            outcome: row.outcome,
            leaf_form: row.leaf_form,
        })
    }

    fn units(&self, row: Row) -> Result<Units> {
        let row = self.row(row)?;
        let actor = self.actors.get(row.actor);
        let targets = self.targets.get(row.targets);
        Ok(assemble(actor, targets, self.body(row)))
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<ValueNo>> {
        Ok(self.keys.find(key))
    }

    fn key(&self, value: ValueNo) -> Result<Vec<u8>> {
        self.value_rows(value)?;
        Ok(self.keys.get(value).to_vec())
    }

    fn scan(
        &self,
        from: &[u8],
        to_exclusive: Option<&[u8]>,
        f: &mut dyn FnMut(&[u8], ValueNo) -> ControlFlow<()>,
    ) -> Result<()> {
        for (key, value) in in_range(&self.keys, from, |key| to_exclusive.is_none_or(|to| key < to)) {
            if f(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn postings(&self, value: ValueNo) -> Result<RoaringBitmap> {
        Ok(self.value_rows(value)?.bitmap())
    }

    fn cardinality(&self, value: ValueNo) -> Result<u32> {
        Ok(self.value_rows(value)?.count())
    }

    fn count_values(
        &self,
        prefix: &[u8],
        rows: &RoaringBitmap,
        f: &mut dyn FnMut(&[u8], u32) -> ControlFlow<()>,
    ) -> Result<()> {
        for (key, value) in in_range(&self.keys, prefix, |key| key.starts_with(prefix)) {
            let count = self.value_rows(value)?.count_in(rows);
            if count > 0 && f(key, count).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn word(&self, word: &str) -> Result<Option<WordNo>> {
        Ok(self.words.find(word.as_bytes()))
    }

    fn scan_words(&self, prefix: &str, f: &mut dyn FnMut(&str, WordNo) -> ControlFlow<()>) -> Result<()> {
        let prefix = prefix.as_bytes();
        for (word, no) in in_range(&self.words, prefix, |word| word.starts_with(prefix)) {
            let word = std::str::from_utf8(word).expect("words came in as text");
            if f(word, no).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn word_cardinality(&self, word: WordNo) -> Result<u32> {
        Ok(self.values_of(word)?.count())
    }

    fn word_values(&self, word: WordNo) -> Result<Vec<ValueNo>> {
        let mut values = Vec::new();
        self.values_of(word)?.extend_into(&mut values);
        Ok(values)
    }

    fn word_rows(&self, word: WordNo) -> Result<RoaringBitmap> {
        let mut union = RoaringBitmap::new();
        let mut rows = Vec::new();
        for value in self.word_values(word)? {
            match self.value_rows(value)? {
                many @ GrowingRows::Many(_) => union |= many.bitmap(),
                few => few.extend_into(&mut rows),
            }
        }
        rows.sort_unstable();
        rows.dedup();
        union |= RoaringBitmap::from_sorted_iter(rows).expect("sorted above");
        Ok(union)
    }

    fn value_text(&self, value: ValueNo) -> Result<ValueText> {
        self.value_rows(value)?;
        Ok(text_of(self.keys.get(value)))
    }

    fn opaque(&self, hash: u64) -> Result<Vec<Row>> {
        let hash = stored_hash(hash);
        let found = self.opaque.iter_hash(spread(hash)).filter(|(stored, _)| *stored == hash);
        let mut rows: Vec<Row> = found.map(|&(_, row)| row).collect();
        rows.sort_unstable();
        rows.dedup();
        Ok(rows)
    }

    fn find_id(&self, id: &EventId) -> Result<Option<Row>> {
        let same = |&(_, row): &(u32, Row)| self.rows[row as usize].id == *id;
        Ok(self.ids.find(spread(id_hash(id)), same).map(|&(_, row)| row))
    }

    fn rows_by_seq(&self, org: &OrgId, from_seq: u64, limit: usize) -> Result<Vec<Row>> {
        let Some(&no) = self.org_numbers.get(org) else { return Ok(Vec::new()) };
        let rows = self.orgs[no as usize].rows.bitmap();
        // A log's rows arrive in order of seq, so the first one can be searched for.
        let (mut low, mut high) = (0, rows.len() as u32);
        while low < high {
            let middle = low.midpoint(high);
            let row = rows.select(middle).expect("below the number of rows");
            if self.rows[row as usize].seq < from_seq { low = middle + 1 } else { high = middle }
        }
        let Some(first) = rows.select(low) else { return Ok(Vec::new()) };
        Ok(rows.range(first..).take(limit).collect())
    }

    fn table_no(&self, table: Table, row: Row) -> Result<u32> {
        let row = self.row(row)?;
        Ok(match table {
            Table::Action => row.action,
            Table::Actor => row.actor,
            Table::Targets => row.targets,
        })
    }

    fn table_len(&self, table: Table) -> u32 {
        self.table(table).len()
    }

    fn table_entry(&self, table: Table, no: u32) -> Result<Vec<u8>> {
        let entries = self.table(table);
        if no >= entries.len() {
            return Err(SegmentError::Row { row: no, len: entries.len() });
        }
        Ok(entries.get(no).to_vec())
    }
}

impl Tail {
    pub(super) fn value_rows(&self, value: ValueNo) -> Result<&GrowingRows> {
        self.keys.payload(value).ok_or(SegmentError::Row { row: value, len: self.keys.len() })
    }

    pub(super) fn values_of(&self, word: WordNo) -> Result<&GrowingRows> {
        self.words.payload(word).ok_or(SegmentError::Row { row: word, len: self.words.len() })
    }
}

/// Units of a row from the two interned ones and the four of the body.
pub(crate) fn assemble(actor: &[u8], targets: &[u8], body: [&[u8]; 4]) -> Units {
    let [changes, context, event, metadata] = body;
    let mut parts = [None; Unit::ALL.len()];
    for (unit, bytes) in [
        (Unit::Actor, actor),
        (Unit::Changes, changes),
        (Unit::Context, context),
        (Unit::Event, event),
        (Unit::Metadata, metadata),
        (Unit::Targets, targets),
    ] {
        parts[unit as usize] = (!bytes.is_empty()).then_some(bytes);
    }
    Units::from_parts(parts)
}

/// Textual form of a key.
pub(crate) fn text_of(key: &[u8]) -> ValueText {
    let (text, cut) = text_of_key(key).unwrap_or_default();
    ValueText { text: text.into_owned(), cut }
}

/// Strings in order. A tail has no sorted form: what is in the range is gathered, then sorted.
fn in_range<'a>(
    strings: &'a Interner<GrowingRows>,
    from: &[u8],
    below: impl Fn(&[u8]) -> bool,
) -> BTreeMap<&'a [u8], u32> {
    (0..strings.len())
        .map(|no| (strings.get(no), no))
        .filter(|(string, _)| *string >= from && below(string))
        .collect()
}
