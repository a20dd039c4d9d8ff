//! A sealed segment: opens in constant time, reads what a question needs, believes no byte unchecked.

mod facets;
mod merge;
mod orgs;
mod read;

pub use read::expect_many_reads;

use std::{
    path::Path,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;

use crate::{
    blocks::Blocks,
    compress::Unpacker,
    dictionary::Dictionary,
    error::{Result, SegmentError},
    file::SegmentFile,
    layout::{BODY_BLOCK_ROWS, SEGMENT_ROWS_MAX, Section, TABLE_BLOCK_ENTRIES},
    mapping::Mapping,
    opaque::Opaque,
    packed::Packed,
    postings::Postings,
    rows::{OrgSpan, Row, Table},
    segment::orgs::Orgs,
    write::{SegmentInfo, TableSections},
};

/// Segments opened so far, from 1.
static INSTANCES: AtomicU64 = AtomicU64::new(1);

/// An immutable file of events with its index.
#[derive(Debug)]
pub struct Segment {
    /// Number of this opened segment in this process; what a thread keeps of another one is not taken for ours.
    instance: u64,
    file: SegmentFile,
    orgs: Orgs,
    columns: Columns,
    bodies: Blocks<4>,
    body_unpacker: Unpacker,
    tables: [SegmentTable; 3],
    /// The texts of the actions, unpacked on first use.
    actions: OnceLock<Vec<Box<[u8]>>>,
    /// Opened on first use, so that damage of the index does not stand in the way of reading events.
    index: OnceLock<Index>,
}

#[derive(Debug)]
struct Columns {
    seq: Packed,
    occurred: Packed,
    received: Packed,
    id_time: Packed,
    outcome: Packed,
    /// Absent in older files; then an event's own units tell.
    leaf_form: Option<Packed>,
}

#[derive(Debug)]
struct SegmentTable {
    numbers: Packed,
    entries: Blocks<1>,
    unpacker: Unpacker,
}

/// The derived sections, opened.
#[derive(Debug)]
struct Index {
    keys: Dictionary,
    postings: Postings,
    words: Dictionary,
    word_values: Postings,
    word_rows: Postings,
    frequent: Packed,
    opaque: Opaque,
}

/// Whether the index can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexState {
    /// It opens; every part of it is checked when it is touched.
    Usable,
    /// It is damaged: [`crate::rebuild_index`] makes a new file from the bodies.
    Damaged {
        /// The damaged section.
        section: Section,
        /// Where in the file.
        offset: u64,
    },
}

/// A damaged place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The section.
    pub section: Section,
    /// Byte offset in the file of the first bad chunk of it.
    pub offset: u64,
    /// What is wrong.
    pub what: &'static str,
}

impl Segment {
    /// Opens a file by mapping it into memory.
    ///
    /// Checks the frame, the organizations and the column headers; everything else is checked on first touch. A damaged
    /// index does not fail here: see [`Segment::index_state`].
    pub fn open(path: &Path) -> Result<Self> {
        Self::from_mapping(Mapping::open(path)?)
    }

    /// Opens a segment held in memory.
    pub fn from_bytes(bytes: Bytes) -> Result<Self> {
        Self::from_mapping(Mapping::Memory(bytes))
    }

    fn from_mapping(mapping: Mapping) -> Result<Self> {
        let file = SegmentFile::open(mapping)?;
        let rows = file.rows();
        if rows > SEGMENT_ROWS_MAX {
            return Err(SegmentError::corrupt(Section::Frame, "number of rows"));
        }
        let orgs = Orgs::open(&file)?;
        let columns = Columns {
            seq: column(&file, Section::Seq)?,
            occurred: column(&file, Section::Occurred)?,
            received: column(&file, Section::Received)?,
            id_time: column(&file, Section::IdTime)?,
            outcome: column(&file, Section::Outcome)?,
            leaf_form: match file.section_len(Section::LeafForm) {
                0 => None,
                _ => Some(column(&file, Section::LeafForm)?),
            },
        };
        for (section, width) in [(Section::Salt, 16), (Section::UnitsRoot, 32)] {
            if file.section_len(section) != rows as usize * width {
                return Err(SegmentError::corrupt(section, "length"));
            }
        }
        let bodies =
            Blocks::open(&file, Section::Bodies, Section::BodyOffsets, 0, BODY_BLOCK_ROWS, rows as usize)?;
        let body_unpacker = Unpacker::new(Section::Bodies, file.read_all(Section::BodyDictionary)?);
        let [action, actor, targets] = Table::ALL.map(|table| SegmentTable::open(&file, table));
        let tables = [action?, actor?, targets?];
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
        Ok(Self {
            instance,
            file,
            orgs,
            columns,
            bodies,
            body_unpacker,
            tables,
            actions: OnceLock::new(),
            index: OnceLock::new(),
        })
    }

    /// Number of organizations, rows, values and bytes by section.
    pub fn info(&self) -> SegmentInfo {
        let size = |section| (section, self.file.section_len(section) as u64);
        let mut sections: Vec<(Section, u64)> =
            Section::ALL.iter().filter(|s| **s != Section::Frame).map(|s| size(*s)).collect();
        let data: u64 = sections.iter().map(|(_, bytes)| bytes).sum();
        sections.push((Section::Frame, self.file.file_bytes() - data));
        let counts = self.index().map_or((0, 0), |index| (index.keys.len(), index.words.len()));
        SegmentInfo {
            rows: self.file.rows(),
            orgs: self.orgs.spans().to_vec(),
            file_bytes: self.file.file_bytes(),
            sections,
            values: counts.0,
            words: counts.1,
        }
    }

    /// Whether the index opens. Damage deeper inside shows up as an error of the read that meets it
    /// ([`SegmentError::is_index_damage`]), or all at once in [`Segment::verify`].
    pub fn index_state(&self) -> IndexState {
        match self.index() {
            Err(SegmentError::Corrupt { section, offset, .. }) => IndexState::Damaged { section, offset },
            _ => IndexState::Usable,
        }
    }

    /// Reads and checks every byte. Returns the first damaged place of each damaged section.
    pub fn verify(&self) -> Vec<Damage> {
        let mut damages: Vec<Damage> = Vec::new();
        for &section in Section::ALL.iter().filter(|section| **section != Section::Frame) {
            if let Err(SegmentError::Corrupt { section, offset, what }) = self.file.read_all(section) {
                damages.push(Damage { section, offset, what });
            }
        }
        if let Err(SegmentError::Corrupt { section, offset, what }) = self.file.verify_rest() {
            damages.push(Damage { section, offset, what });
        }
        damages
    }

    fn index(&self) -> Result<&Index> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let index = Index::open(&self.file)?;
        Ok(self.index.get_or_init(|| index))
    }

    fn check(&self, row: Row) -> Result<usize> {
        let len = self.file.rows();
        if row < len { Ok(row as usize) } else { Err(SegmentError::Row { row, len }) }
    }

    fn table(&self, table: Table) -> &SegmentTable {
        &self.tables[table as usize]
    }

    fn spans(&self) -> &[OrgSpan] {
        self.orgs.spans()
    }
}

/// A column with one number for each row.
fn column(file: &SegmentFile, section: Section) -> Result<Packed> {
    let column = Packed::open(file, section, 0)?;
    if column.len() == file.rows() as usize {
        Ok(column)
    } else {
        Err(SegmentError::corrupt(section, "number of rows"))
    }
}

impl SegmentTable {
    fn open(file: &SegmentFile, table: Table) -> Result<Self> {
        let sections = TableSections::of(table);
        let count = file.read(sections.offsets, 0..8)?;
        let count = u64::from_le_bytes(count.try_into().expect("eight bytes were read"));
        if count > u64::from(SEGMENT_ROWS_MAX) {
            return Err(SegmentError::corrupt(sections.offsets, "number of entries"));
        }
        let entries =
            Blocks::open(file, sections.entries, sections.offsets, 8, TABLE_BLOCK_ENTRIES, count as usize)?;
        let unpacker = Unpacker::new(sections.entries, file.read_all(sections.dictionary)?);
        Ok(Self { numbers: column(file, sections.numbers)?, entries, unpacker })
    }
}

impl Index {
    fn open(file: &SegmentFile) -> Result<Self> {
        Ok(Self {
            keys: Dictionary::open(file, Section::Keys, Section::KeyOffsets)?,
            postings: Postings::open(file, Section::Postings, Section::PostingOffsets)?,
            words: Dictionary::open(file, Section::Words, Section::WordOffsets)?,
            word_values: Postings::open(file, Section::WordValues, Section::WordValueOffsets)?,
            word_rows: Postings::open(file, Section::WordRows, Section::WordRowOffsets)?,
            frequent: Packed::open(file, Section::FrequentWords, 0)?,
            opaque: Opaque::open(file)?,
        })
    }
}
