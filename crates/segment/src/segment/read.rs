//! The segment read as rows.

use std::{borrow::Cow, cell::RefCell, collections::BinaryHeap, ops::ControlFlow};

use roaring::RoaringBitmap;
use tallystick_event::{EventId, LeafForm, OrgId, Outcome, Units};

use crate::{
    blocks::Block,
    error::{Result, SegmentError},
    layout::{Section, TABLE_BLOCK_ENTRIES, WORD_VALUES_UNION_MAX},
    packed::BLOCK_VALUES,
    rows::{Meta, OrgRows, OrgSpan, Row, Rows, Table, ValueNo, ValueText, WordNo},
    segment::Segment,
    tail::{assemble, text_of},
    template::{self, Known},
    write::source::MergeSource,
};

const OTHER_ID_BYTES: usize = 20;
const ZONE_BYTES: usize = 16;
/// Position of the unit `event` in a body.
pub(super) const EVENT_COLUMN: usize = 2;
/// So many actions are kept unpacked: more than any catalogue of actions has.
const ACTIONS_KEPT_MAX: u32 = 4096;

thread_local! {
    // Unpacking is most of what reading an event costs, and a page of events reads the same few blocks again and
    // again; so each thread keeps the last ones of the segment it read last, and their buffers.
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new());
}

/// Unpacked table blocks that a thread keeps, each table.
const TABLE_BLOCKS_KEPT: usize = 16;
/// The same of a thread that reads very many events: about as many as the people of a large organization take.
const TABLE_BLOCKS_KEPT_WIDE: usize = 2_048;

/// Tells this thread that it is going to read very many events: it keeps more of what it unpacks, some 10 MB, until
/// it ends.
pub fn expect_many_reads() {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.actors.widen();
        scratch.targets.widen();
    });
}

struct Scratch {
    /// The segment that the blocks are of.
    owner: u64,
    body: Block<4>,
    actors: KeptBlocks,
    targets: KeptBlocks,
    entry: Block<1>,
    event: Vec<u8>,
}

impl Scratch {
    fn new() -> Self {
        Self {
            owner: 0,
            body: Block::empty(),
            actors: KeptBlocks::new(),
            targets: KeptBlocks::new(),
            entry: Block::empty(),
            event: Vec::new(),
        }
    }

    /// Forgets the blocks of any other segment.
    fn claim(&mut self, owner: u64) {
        if self.owner != owner {
            self.owner = owner;
            self.body.forget();
            self.actors.forget();
            self.targets.forget();
        }
    }
}

/// The last table blocks that were read; the oldest makes room for the next. Where many are kept each has a place of
/// its own, so that none has to be looked for.
struct KeptBlocks {
    blocks: Vec<Block<1>>,
    oldest: usize,
    is_wide: bool,
}

impl KeptBlocks {
    fn new() -> Self {
        Self { blocks: (0..TABLE_BLOCKS_KEPT).map(|_| Block::empty()).collect(), oldest: 0, is_wide: false }
    }

    fn widen(&mut self) {
        if !self.is_wide {
            self.blocks = (0..TABLE_BLOCKS_KEPT_WIDE).map(|_| Block::empty()).collect();
            self.is_wide = true;
        }
    }

    /// Where the block with entry `no` is, if it is kept; and where it is to be put.
    fn place(&self, no: usize) -> (bool, usize) {
        if self.is_wide {
            let at = no / TABLE_BLOCK_ENTRIES % self.blocks.len();
            return (self.blocks[at].holds(no), at);
        }
        let kept = self.blocks.iter().position(|block| block.holds(no));
        (kept.is_some(), kept.unwrap_or(self.oldest))
    }

    fn forget(&mut self) {
        self.blocks.iter_mut().for_each(Block::forget);
    }

    /// The block that holds entry `no`, unpacked now if it is not kept.
    fn block(&mut self, segment: &Segment, table: Table, no: usize) -> Result<&Block<1>> {
        let (is_kept, at) = self.place(no);
        if !is_kept {
            let table = segment.table(table);
            table.entries.load(&segment.file, &table.unpacker, no, &mut self.blocks[at])?;
            self.oldest = (at + 1) % self.blocks.len();
        }
        Ok(&self.blocks[at])
    }
}

impl Rows for Segment {
    fn len(&self) -> u32 {
        self.file.rows()
    }

    fn orgs(&self) -> Vec<OrgSpan> {
        self.spans().to_vec()
    }

    fn org_span(&self, org: &OrgId) -> Option<OrgSpan> {
        self.orgs.span(org).cloned()
    }

    fn org_rows(&self, org: &OrgId) -> OrgRows {
        OrgRows::Range(self.orgs.range(org))
    }

    fn org_of(&self, row: Row) -> Result<OrgId> {
        self.check(row)?;
        Ok(self.spans()[self.orgs.of_row(row)].org.clone())
    }

    fn occurred_us(&self, row: Row) -> Result<i64> {
        self.columns.occurred.get(&self.file, self.check(row)?)
    }

    fn seq(&self, row: Row) -> Result<u64> {
        Ok(self.columns.seq.get(&self.file, self.check(row)?)? as u64)
    }

    fn received_ms(&self, row: Row) -> Result<i64> {
        let occurred_ms = self.occurred_us(row)?.div_euclid(1000);
        Ok(occurred_ms.wrapping_add(self.columns.received.get(&self.file, row as usize)?))
    }

    fn outcome(&self, row: Row) -> Result<Outcome> {
        let number = self.columns.outcome.get(&self.file, self.check(row)?)?;
        let outcome = u8::try_from(number).ok().and_then(Outcome::from_u8);
        outcome.ok_or(SegmentError::corrupt(Section::Outcome, "unknown outcome"))
    }

    fn meta(&self, row: Row) -> Result<Meta> {
        Ok(Meta {
            seq: self.seq(row)?,
            received_ms: self.received_ms(row)?,
            occurred_us: self.occurred_us(row)?,
            id: self.id(row)?,
            salt: self.salt(row)?,
            units_root: self.fixed_bytes(Section::UnitsRoot, row)?,
            outcome: self.outcome(row)?,
            leaf_form: self.leaf_form(row)?,
        })
    }

    fn units(&self, row: Row) -> Result<Units> {
        let index = self.check(row)?;
        let actor = self.table_no(Table::Actor, row)? as usize;
        let targets = self.table_no(Table::Targets, row)? as usize;
        let action = self.action_of(row)?;
        let known = self.known(row, &action)?;
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.claim(self.instance);
            if !scratch.body.holds(index) {
                self.bodies.load(&self.file, &self.body_unpacker, index, &mut scratch.body)?;
            }
            let actor_block = scratch.actors.block(self, Table::Actor, actor)?;
            let targets_block = scratch.targets.block(self, Table::Targets, targets)?;
            join_event(scratch.body.get(index, EVENT_COLUMN), &known, &mut scratch.event)?;
            let mut parts = [0, 1, 2, 3].map(|column| scratch.body.get(index, column));
            parts[EVENT_COLUMN] = &scratch.event;
            Ok(assemble(actor_block.get(actor, 0), targets_block.get(targets, 0), parts))
        })
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<ValueNo>> {
        self.index()?.keys.lookup(&self.file, key)
    }

    fn key(&self, value: ValueNo) -> Result<Vec<u8>> {
        self.index()?.keys.key(&self.file, value)
    }

    fn scan(
        &self,
        from: &[u8],
        to_exclusive: Option<&[u8]>,
        f: &mut dyn FnMut(&[u8], ValueNo) -> ControlFlow<()>,
    ) -> Result<()> {
        let mut keys = self.index()?.keys.seek(&self.file, from)?;
        while keys.advance()? {
            if to_exclusive.is_some_and(|to| keys.key() >= to) || f(keys.key(), keys.no()).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn postings(&self, value: ValueNo) -> Result<RoaringBitmap> {
        let postings = &self.index()?.postings;
        self.within(postings.bitmap(postings.list(&self.file, value)?)?)
    }

    fn cardinality(&self, value: ValueNo) -> Result<u32> {
        self.index()?.postings.count(&self.file, value)
    }

    fn count_values(
        &self,
        prefix: &[u8],
        rows: &RoaringBitmap,
        f: &mut dyn FnMut(&[u8], u32) -> ControlFlow<()>,
    ) -> Result<()> {
        self.count_values_in(prefix, rows, f)
    }

    fn word(&self, word: &str) -> Result<Option<WordNo>> {
        self.index()?.words.lookup(&self.file, word.as_bytes())
    }

    fn scan_words(&self, prefix: &str, f: &mut dyn FnMut(&str, WordNo) -> ControlFlow<()>) -> Result<()> {
        let mut words = self.index()?.words.seek(&self.file, prefix.as_bytes())?;
        while words.advance()? {
            let word = std::str::from_utf8(words.key())
                .map_err(|_| SegmentError::corrupt(Section::Words, "word is not text"))?;
            if !word.starts_with(prefix) || f(word, words.no()).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn word_cardinality(&self, word: WordNo) -> Result<u32> {
        self.index()?.word_values.count(&self.file, word)
    }

    fn word_values(&self, word: WordNo) -> Result<Vec<ValueNo>> {
        let lists = &self.index()?.word_values;
        let mut values = Vec::new();
        lists.decode_into(lists.list(&self.file, word)?, &mut values)?;
        Ok(values)
    }

    fn word_rows(&self, word: WordNo) -> Result<RoaringBitmap> {
        let index = self.index()?;
        let list = index.word_values.list(&self.file, word)?;
        if list.count() > WORD_VALUES_UNION_MAX {
            return self.stored_word_rows(word);
        }
        let (mut values, mut rows) = (Vec::new(), RoaringBitmap::new());
        index.word_values.decode_into(list, &mut values)?;
        for value in values {
            rows |= index.postings.bitmap(index.postings.list(&self.file, value)?)?;
        }
        self.within(rows)
    }

    fn value_text(&self, value: ValueNo) -> Result<ValueText> {
        Ok(text_of(&self.key(value)?))
    }

    fn opaque(&self, hash: u64) -> Result<Vec<Row>> {
        let rows = self.index()?.opaque.lookup(&self.file, hash)?;
        rows.iter().try_for_each(|row| self.check(*row).map(drop))?;
        Ok(rows)
    }

    fn find_id(&self, id: &EventId) -> Result<Option<Row>> {
        let wanted_ms = id.timestamp_ms();
        let zones = self.file.read_all(Section::Zones)?;
        let mut columns = [const { Vec::new() }; 3];
        for (block, zone) in zones.chunks_exact(ZONE_BYTES).enumerate() {
            let bound = |at: usize| i64::from_le_bytes(zone[at..at + 8].try_into().expect("eight bytes"));
            if wanted_ms < bound(0) || wanted_ms > bound(8) {
                continue;
            }
            let start = block * BLOCK_VALUES;
            let end = (start + BLOCK_VALUES).min(self.len() as usize);
            for (column, values) in [&self.columns.occurred, &self.columns.received, &self.columns.id_time]
                .into_iter()
                .zip(&mut columns)
            {
                values.clear();
                column.unpack(&self.file, start, end, values)?;
            }
            let [occurred, delays, ages] = &columns;
            for (row, ((us, delay), age)) in (start as Row..).zip(occurred.iter().zip(delays).zip(ages)) {
                let id_ms = us.div_euclid(1000).wrapping_add(*delay).wrapping_sub(*age);
                if id_ms == wanted_ms && self.id(row)? == *id {
                    return Ok(Some(row));
                }
            }
        }
        Ok(None)
    }

    fn rows_by_seq(&self, org: &OrgId, from_seq: u64, limit: usize) -> Result<Vec<Row>> {
        let range = self.orgs.range(org);
        // The `limit` smallest: a heap with the largest of them on top, blocks that cannot matter are skipped.
        let mut smallest: BinaryHeap<(u64, Row)> = BinaryHeap::new();
        let mut seqs = Vec::with_capacity(BLOCK_VALUES);
        let mut start = range.start as usize;
        while start < range.end as usize && limit > 0 {
            let end = (range.end as usize).min((start / BLOCK_VALUES + 1) * BLOCK_VALUES);
            let (min, max) = self.columns.seq.bounds(&self.file, start / BLOCK_VALUES)?;
            let full_below =
                if smallest.len() == limit { smallest.peek().map(|(seq, _)| *seq) } else { None };
            if max as u64 >= from_seq && full_below.is_none_or(|top| (min as u64) < top) {
                seqs.clear();
                self.columns.seq.unpack(&self.file, start, end, &mut seqs)?;
                for (row, &seq) in (start as Row..).zip(&seqs) {
                    if seq as u64 >= from_seq {
                        smallest.push((seq as u64, row));
                        if smallest.len() > limit {
                            smallest.pop();
                        }
                    }
                }
            }
            start = end;
        }
        Ok(smallest.into_sorted_vec().into_iter().map(|(_, row)| row).collect())
    }

    fn table_no(&self, table: Table, row: Row) -> Result<u32> {
        let index = self.check(row)?;
        let no = self.table(table).numbers.get_usize(&self.file, index)?;
        if no < self.table(table).entries.rows() {
            Ok(no as u32)
        } else {
            Err(SegmentError::corrupt(Section::ActorNo, "number past the last entry"))
        }
    }

    fn table_len(&self, table: Table) -> u32 {
        self.table(table).entries.rows() as u32
    }

    fn table_entry(&self, table: Table, no: u32) -> Result<Vec<u8>> {
        let table = self.table(table);
        SCRATCH.with_borrow_mut(|scratch| {
            table.entries.load(&self.file, &table.unpacker, no as usize, &mut scratch.entry)?;
            Ok(scratch.entry.get(no as usize, 0).to_vec())
        })
    }
}

impl Segment {
    /// Rows of the index refer to rows that exist, or it is damaged.
    fn within(&self, rows: RoaringBitmap) -> Result<RoaringBitmap> {
        match rows.max() {
            Some(last) if last >= self.len() => {
                Err(SegmentError::corrupt(Section::Postings, "row past the end"))
            }
            _ => Ok(rows),
        }
    }

    fn stored_word_rows(&self, word: WordNo) -> Result<RoaringBitmap> {
        let index = self.index()?;
        let (mut low, mut high) = (0, index.frequent.len());
        while low < high {
            let middle = low.midpoint(high);
            if index.frequent.get_usize(&self.file, middle)? < word as usize {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if low == index.frequent.len() || index.frequent.get_usize(&self.file, low)? != word as usize {
            return Err(SegmentError::corrupt(Section::FrequentWords, "frequent word is missing"));
        }
        self.within(index.word_rows.bitmap(index.word_rows.list(&self.file, low as u32)?)?)
    }

    /// What a row's leaf records. Files without the column hold events only, and those with all their units.
    pub(super) fn leaf_form(&self, row: Row) -> Result<LeafForm> {
        let Some(column) = &self.columns.leaf_form else { return Ok(LeafForm::of_event(&self.units(row)?)) };
        let code = column.get(&self.file, self.check(row)?)?;
        let form = u32::try_from(code).ok().and_then(LeafForm::from_code);
        form.ok_or(SegmentError::corrupt(Section::LeafForm, "unknown kind of leaf"))
    }

    fn id(&self, row: Row) -> Result<EventId> {
        if let Some(id) = self.other_id(row)? {
            return Ok(id);
        }
        let age = self.columns.id_time.get(&self.file, row as usize)?;
        Ok(EventId::derive(self.received_ms(row)?.wrapping_sub(age), &self.salt(row)?))
    }

    /// The id of a row whose id is stored because it does not follow from the salt.
    fn other_id(&self, row: Row) -> Result<Option<EventId>> {
        let bytes = self.file.read_all(Section::OtherIds)?;
        let (entries, _) = bytes.as_chunks::<OTHER_ID_BYTES>();
        let row_of =
            |entry: &[u8; OTHER_ID_BYTES]| u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
        Ok(entries
            .binary_search_by_key(&row, row_of)
            .ok()
            .map(|at| EventId(entries[at][4..].try_into().expect("sixteen bytes follow the row"))))
    }

    /// The text of a row's action.
    pub(super) fn action_of(&self, row: Row) -> Result<Cow<'_, [u8]>> {
        let no = self.table_no(Table::Action, row)?;
        let count = self.table_len(Table::Action);
        if count > ACTIONS_KEPT_MAX {
            return self.table_entry(Table::Action, no).map(Cow::Owned);
        }
        if let Some(actions) = self.actions.get() {
            return Ok(Cow::Borrowed(&actions[no as usize]));
        }
        let mut actions: Vec<Box<[u8]>> = Vec::with_capacity(count as usize);
        self.each_entry(Table::Action, &mut |text| {
            actions.push(text.into());
            Ok(())
        })?;
        Ok(Cow::Borrowed(&self.actions.get_or_init(|| actions)[no as usize]))
    }

    /// What the columns say of a row and its body therefore does not.
    pub(super) fn known<'a>(&'a self, row: Row, action: &'a [u8]) -> Result<Known<'a>> {
        Ok(Known {
            action,
            org: self.spans()[self.orgs.of_row(row)].org.as_str(),
            occurred_us: self.occurred_us(row)?,
            outcome: self.outcome(row)?,
        })
    }

    fn salt(&self, row: Row) -> Result<[u8; 16]> {
        self.fixed_bytes(Section::Salt, row)
    }

    fn fixed_bytes<const N: usize>(&self, section: Section, row: Row) -> Result<[u8; N]> {
        let start = self.check(row)? * N;
        Ok(self.file.read(section, start..start + N)?.try_into().expect("length asked for"))
    }
}

/// The unit `event` from its stored form.
pub(super) fn join_event(stored: &[u8], known: &Known<'_>, out: &mut Vec<u8>) -> Result<()> {
    template::join(stored, known, out).ok_or(SegmentError::corrupt(Section::Bodies, "unit event"))
}
