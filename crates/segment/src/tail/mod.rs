//! The events that are not in a segment yet: the same columns, values, words and tables as a segment, growing
//! in memory.
//!
//! Rows keep the order of arrival; sealing sorts them. Nothing is ever removed: a full tail is frozen, sealed
//! and dropped.

pub(crate) mod arena;
mod merge;
mod postings;
mod read;

pub(crate) use read::{assemble, text_of};

use std::collections::HashMap;

use hashbrown::HashTable;
use tallystick_event::{
    EventId, LeafForm, LogId, OrgId, Outcome, Prepared, Unit, Units,
    terms::{Field, Term, TermSink, Terms, of_unit},
};

use crate::{
    error::{Result, SegmentError},
    layout::SEGMENT_ROWS_MAX,
    opaque::stored_hash,
    rows::{OrgSpan, Row, Table},
    tail::{
        arena::{Arena, Interner, Span, spread},
        postings::{GrowingRows, Many},
    },
};

/// The units a row stores itself, in the order in which they stand in a body; the other two are interned.
pub(crate) const BODY_UNITS: [Unit; 4] = [Unit::Changes, Unit::Context, Unit::Event, Unit::Metadata];

/// An event as the commit log holds it: enough to append it to a tail again.
#[derive(Debug, Clone, Copy)]
pub struct TailEvent<'a> {
    /// Organization.
    pub org: &'a OrgId,
    /// The organization's log.
    pub log: LogId,
    /// Sequence number in the log.
    pub seq: u64,
    /// Time of receipt, Unix milliseconds.
    pub received_ms: i64,
    /// Time of occurrence, Unix microseconds.
    pub occurred_us: i64,
    /// Event id.
    pub id: EventId,
    /// Salt of the event.
    pub salt: [u8; 16],
    /// Hash over the units.
    pub units_root: [u8; 32],
    /// Outcome.
    pub outcome: Outcome,
    /// What its leaf records, and how many units it had.
    pub leaf_form: LeafForm,
    /// The units.
    pub units: &'a Units,
    /// Terms of the units other than `actor` and `targets`, if the caller has them.
    pub terms: Option<&'a Terms>,
}

impl<'a> TailEvent<'a> {
    /// A prepared event with what the sequencer gave it.
    pub fn new(event: &'a Prepared, log: LogId, seq: u64, received_ms: i64) -> Self {
        Self {
            org: &event.org,
            log,
            seq,
            received_ms,
            occurred_us: event.occurred_us,
            id: event.id,
            salt: event.salt,
            units_root: event.units_root,
            outcome: event.outcome,
            leaf_form: event.leaf_form(),
            units: &event.units,
            terms: Some(&event.terms),
        }
    }
}

/// The growing set of rows. Reading needs `&self`, appending `&mut self`: the engine holds it in a lock.
#[derive(Debug)]
pub struct Tail {
    orgs: Vec<TailOrg>,
    org_numbers: HashMap<OrgId, u32>,
    rows: Vec<TailRow>,
    bodies: Arena,
    /// Values with their rows.
    keys: Interner<GrowingRows>,
    /// Words with the values they are in.
    words: Interner<GrowingRows>,
    actions: TailTable,
    actors: TailTable,
    targets: TailTable,
    opaque: HashTable<(u32, Row)>,
    ids: HashTable<(u32, Row)>,
    sink: TermSink,
}

#[derive(Debug)]
struct TailOrg {
    span: OrgSpan,
    rows: Many,
}

#[derive(Debug)]
struct TailRow {
    seq: u64,
    received_ms: i64,
    occurred_us: i64,
    id: EventId,
    salt: [u8; 16],
    units_root: [u8; 32],
    outcome: Outcome,
    leaf_form: LeafForm,
    org: u32,
    action: u32,
    actor: u32,
    targets: u32,
    body: Span,
    body_lengths: [u32; 4],
}

/// An interned unit: its bytes by number, and for each the values its terms are.
type TailTable = Interner<Box<[u32]>>;

/// What is known of a unit before a row is added.
enum UnitLookup {
    Known(u32),
    New(Terms),
}

impl Default for Tail {
    fn default() -> Self {
        Self::new()
    }
}

impl Tail {
    /// An empty tail.
    pub fn new() -> Self {
        Self {
            orgs: Vec::new(),
            org_numbers: HashMap::new(),
            rows: Vec::new(),
            bodies: Arena::default(),
            keys: Interner::new(),
            words: Interner::new(),
            actions: TailTable::new(),
            actors: TailTable::new(),
            targets: TailTable::new(),
            opaque: HashTable::new(),
            ids: HashTable::new(),
            sink: TermSink::new(),
        }
    }

    /// Adds an event; it is searchable when this returns.
    ///
    /// # Errors
    /// `TooLarge` at [`SEGMENT_ROWS_MAX`] rows, `Sources` if the organization already has another log here, `Unit` if a
    /// unit is not canonical. The tail is unchanged then.
    pub fn append(&mut self, event: &TailEvent<'_>) -> Result<Row> {
        let row = self.rows.len() as Row;
        if row >= SEGMENT_ROWS_MAX {
            return Err(SegmentError::TooLarge("rows of a tail"));
        }
        // Everything that can fail comes first: a row is added whole or not at all.
        let known = self.org_numbers.get(event.org).copied();
        if known.is_some_and(|no| self.orgs[no as usize].span.log != event.log) {
            return Err(SegmentError::Sources("two logs for one organization"));
        }
        let actor = self.look_up(Unit::Actor, event.units)?;
        let targets = self.look_up(Unit::Targets, event.units)?;
        let body_terms = if event.terms.is_none() { Some(self.body_terms(event.units)?) } else { None };
        let terms = event.terms.or(body_terms.as_ref()).expect("one of the two is there");

        let org = known.unwrap_or_else(|| self.new_org(event));
        self.append_org(org, row, event);
        let action = self.append_terms(row, terms);
        let actor = self.append_unit(row, Unit::Actor, event.units, &actor);
        let targets = self.append_unit(row, Unit::Targets, event.units, &targets);
        let id_hash = id_hash(&event.id);
        self.ids.insert_unique(spread(id_hash), (id_hash, row), |&(hash, _)| spread(hash));
        let parts = BODY_UNITS.map(|unit| event.units.get(unit).unwrap_or_default());
        self.rows.push(TailRow {
            seq: event.seq,
            received_ms: event.received_ms,
            occurred_us: event.occurred_us,
            id: event.id,
            salt: event.salt,
            units_root: event.units_root,
            outcome: event.outcome,
            leaf_form: event.leaf_form,
            org,
            action: action.unwrap_or_else(|| self.actions.intern(b"", Box::default()).0),
            actor,
            targets,
            body: self.bodies.push(&parts),
            body_lengths: parts.map(|part| part.len() as u32),
        });
        Ok(row)
    }

    /// Memory used, bytes, about: what the limit of the tail is measured by.
    pub fn memory_bytes(&self) -> usize {
        let tables = [&self.actions, &self.actors, &self.targets]
            .map(|table| table.memory(|values| size_of_val::<[u32]>(values)));
        self.bodies.bytes()
            + self.rows.len() * size_of::<TailRow>()
            + self.keys.memory(GrowingRows::heap)
            + self.words.memory(GrowingRows::heap)
            + tables.iter().sum::<usize>()
            + (self.opaque.capacity() + self.ids.capacity()) * 9
    }

    /// Bytes of the events' own text, in constant time: what a sealing rule can ask after every batch.
    pub fn body_bytes(&self) -> usize {
        self.bodies.bytes()
    }

    fn append_org(&mut self, no: u32, row: Row, event: &TailEvent<'_>) {
        let org = &mut self.orgs[no as usize];
        let span = &mut org.span;
        span.rows += 1;
        span.seq = (span.seq.0.min(event.seq), span.seq.1.max(event.seq));
        span.occurred_us =
            (span.occurred_us.0.min(event.occurred_us), span.occurred_us.1.max(event.occurred_us));
        span.received_ms =
            (span.received_ms.0.min(event.received_ms), span.received_ms.1.max(event.received_ms));
        org.rows.push(row);
    }

    fn new_org(&mut self, event: &TailEvent<'_>) -> u32 {
        let no = self.orgs.len() as u32;
        let span = OrgSpan {
            org: event.org.clone(),
            log: event.log,
            rows: 0,
            seq: (u64::MAX, 0),
            occurred_us: (i64::MAX, i64::MIN),
            received_ms: (i64::MAX, i64::MIN),
        };
        self.orgs.push(TailOrg { span, rows: Many::default() });
        self.org_numbers.insert(event.org.clone(), no);
        no
    }

    fn body_terms(&mut self, units: &Units) -> Result<Terms> {
        self.sink.clear();
        for unit in BODY_UNITS {
            if let Some(bytes) = units.get(unit) {
                of_unit(unit, bytes, &mut self.sink)?;
            }
        }
        Ok(self.sink.take())
    }

    /// The number of an interned unit, or its terms if it is seen for the first time.
    fn look_up(&mut self, unit: Unit, units: &Units) -> Result<UnitLookup> {
        let bytes = units.get(unit).unwrap_or_default();
        let table = if unit == Unit::Actor { &self.actors } else { &self.targets };
        if let Some(no) = table.find(bytes) {
            return Ok(UnitLookup::Known(no));
        }
        self.sink.clear();
        if !bytes.is_empty() {
            of_unit(unit, bytes, &mut self.sink)?;
        }
        Ok(UnitLookup::New(self.sink.take()))
    }

    /// Adds a row to its values; returns the number of the action.
    fn append_terms(&mut self, row: Row, terms: &Terms) -> Option<u32> {
        let mut action = None;
        for term in terms {
            match term {
                Term::Opaque(hash) => {
                    let hash = stored_hash(hash);
                    self.opaque.insert_unique(spread(hash), (hash, row), |&(hash, _)| spread(hash));
                }
                Term::Key { key, .. } => {
                    if key[0] == Field::Action.tag() {
                        action = Some(self.actions.intern(&key[1..], Box::default()).0);
                    }
                    let value = self.value(&term, row);
                    self.keys.payload_mut(value).push(row);
                }
            }
        }
        action
    }

    /// The number of a value; a new one starts with `row`, and its words are found.
    fn value(&mut self, term: &Term<'_>, row: Row) -> u32 {
        let Term::Key { key, words } = term else { unreachable!("called with keys only") };
        let (value, new) = self.keys.intern(key, GrowingRows::One(row));
        if new {
            words.for_each_word(|word| {
                let (no, _) = self.words.intern(word.as_bytes(), GrowingRows::One(value));
                self.words.payload_mut(no).push(value);
            });
        }
        value
    }

    /// Adds a row to the values of an interned unit.
    fn append_unit(&mut self, row: Row, unit: Unit, units: &Units, found: &UnitLookup) -> u32 {
        let no = match found {
            UnitLookup::Known(no) => *no,
            UnitLookup::New(terms) => {
                let keys = terms.iter().filter(|term| matches!(term, Term::Key { .. }));
                let mut values: Vec<u32> = keys.map(|term| self.value(&term, row)).collect();
                values.sort_unstable();
                values.dedup();
                let table = if unit == Unit::Actor { &mut self.actors } else { &mut self.targets };
                table.intern(units.get(unit).unwrap_or_default(), values.into_boxed_slice()).0
            }
        };
        let table = if unit == Unit::Actor { &self.actors } else { &self.targets };
        for &value in table.payload(no).expect("found or interned above") {
            self.keys.payload_mut(value).push(row);
        }
        no
    }

    fn table(&self, table: Table) -> &TailTable {
        match table {
            Table::Action => &self.actions,
            Table::Actor => &self.actors,
            Table::Targets => &self.targets,
        }
    }

    fn row(&self, row: Row) -> Result<&TailRow> {
        self.rows.get(row as usize).ok_or(SegmentError::Row { row, len: self.rows.len() as u32 })
    }

    fn body(&self, row: &TailRow) -> [&[u8]; 4] {
        let mut rest = self.bodies.get(row.body);
        row.body_lengths.map(|len| {
            let (part, tail) = rest.split_at(len as usize);
            rest = tail;
            part
        })
    }
}

/// The random end of an id: nobody outside chooses it.
fn id_hash(id: &EventId) -> u32 {
    u32::from_le_bytes([id.0[12], id.0[13], id.0[14], id.0[15]])
}
