//! The bodies: rows in their new order, in compressed blocks of 64.

use std::io::Write;

use tallystick_event::Outcome;

use crate::{
    blocks::{BlockBuilder, BlockWriter},
    compress,
    error::{Result, SegmentError},
    file::FileWriter,
    layout::{BODY_BLOCK_ROWS, Section},
    rows::Table,
    template::{Known, Template},
    write::{
        columns::gather,
        order::Order,
        source::{Bodies, Column, SegmentSource},
    },
};

/// Blocks a dictionary is trained on, spread over the segment.
const SAMPLE_BLOCKS: usize = 48;
/// A sample is a piece of a block: the trainer looks for what many samples share.
const SAMPLE_BYTES: usize = 2048;
const SAMPLE_BYTES_MAX: usize = 1 << 20;

pub(crate) fn write<W: Write>(
    file: &mut FileWriter<W>,
    sources: &[&dyn SegmentSource],
    order: &Order,
) -> Result<()> {
    let known = KnownColumns::new(sources, order)?;
    let dictionary = train(&mut StoredBodies::new(sources, order, &known))?;
    file.section(Section::BodyDictionary, &dictionary)?;
    file.begin(Section::Bodies)?;
    let mut bodies = StoredBodies::new(sources, order, &known);
    let mut writer = BlockWriter::<4>::new(BODY_BLOCK_ROWS, &dictionary);
    let mut out = |bytes: &[u8]| file.write(bytes);
    for row in 0..order.rows.len() {
        writer.push(bodies.get(row)?, &mut out)?;
    }
    let offsets = writer.finish(&mut out)?;
    file.section(Section::BodyOffsets, &offsets)
}

/// The columns a body need not repeat.
struct KnownColumns {
    outcomes: Vec<i64>,
    /// Number in the source's table.
    actions: Vec<i64>,
    action_texts: Vec<Vec<Box<[u8]>>>,
}

impl KnownColumns {
    fn new(sources: &[&dyn SegmentSource], order: &Order) -> Result<Self> {
        let mut action_texts = Vec::new();
        for source in sources {
            let mut texts: Vec<Box<[u8]>> = Vec::new();
            source.each_entry(Table::Action, &mut |text| {
                texts.push(text.into());
                Ok(())
            })?;
            action_texts.push(texts);
        }
        Ok(Self {
            outcomes: gather(sources, order, Column::Outcome)?,
            actions: gather(sources, order, Column::Table(Table::Action))?,
            action_texts,
        })
    }
}

/// Bodies of new rows in the form in which they are stored.
struct StoredBodies<'a> {
    order: &'a Order,
    known: &'a KnownColumns,
    readers: Vec<Box<dyn Bodies + 'a>>,
    /// Organization of the last row read and the end of its rows.
    org: (usize, usize),
    template: Template,
    event: Vec<u8>,
}

impl<'a> StoredBodies<'a> {
    fn new(sources: &[&'a dyn SegmentSource], order: &'a Order, known: &'a KnownColumns) -> Self {
        let readers = sources.iter().map(|source| source.bodies()).collect();
        let end = order.orgs.first().map_or(0, |org| org.rows as usize);
        Self { order, known, readers, org: (0, end), template: Template::default(), event: Vec::new() }
    }

    /// The body of a row; rows are asked for in ascending order.
    fn get(&mut self, row: usize) -> Result<[&[u8]; 4]> {
        while row >= self.org.1 {
            self.org = (self.org.0 + 1, self.org.1 + self.order.orgs[self.org.0 + 1].rows as usize);
        }
        let (source, old) = self.order.rows[row];
        let source = source as usize;
        let outcome = u8::try_from(self.known.outcomes[row]).ok().and_then(Outcome::from_u8);
        let known = Known {
            action: &self.known.action_texts[source][self.known.actions[row] as usize],
            org: self.order.orgs[self.org.0].org.as_str(),
            occurred_us: self.order.occurred_us[row],
            outcome: outcome.ok_or(SegmentError::corrupt(Section::Outcome, "unknown outcome"))?,
        };
        let [changes, context, event, metadata] = self.readers[source].get(old)?;
        self.template.cut(event, &known, &mut self.event);
        Ok([changes, context, &self.event, metadata])
    }
}

fn train(bodies: &mut StoredBodies<'_>) -> Result<Vec<u8>> {
    let rows = bodies.order.rows.len();
    let step = (rows / BODY_BLOCK_ROWS).div_ceil(SAMPLE_BLOCKS).max(1) * BODY_BLOCK_ROWS;
    let (mut samples, mut sizes) = (Vec::new(), Vec::new());
    let mut builder = BlockBuilder::<4>::new();
    for first in (0..rows).step_by(step).take_while(|first| first + BODY_BLOCK_ROWS <= rows) {
        for row in first..first + BODY_BLOCK_ROWS {
            builder.push(bodies.get(row)?);
        }
        let start = samples.len();
        builder.take(&mut samples);
        if samples.len() > SAMPLE_BYTES_MAX {
            samples.truncate(start);
            break;
        }
        let bytes = samples.len() - start;
        sizes.extend((0..bytes).step_by(SAMPLE_BYTES).map(|at| SAMPLE_BYTES.min(bytes - at)));
    }
    Ok(compress::train(&samples, &sizes))
}
