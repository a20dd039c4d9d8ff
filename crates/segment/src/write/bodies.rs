//! The bodies: rows in their new order, in compressed blocks of 64.

use std::io::Write;

use crate::{
    blocks::{BlockBuilder, BlockWriter},
    compress,
    error::Result,
    file::FileWriter,
    layout::{BODY_BLOCK_ROWS, Section},
    write::{
        order::Order,
        source::{Bodies, SegmentSource},
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
    let dictionary = train(sources, order)?;
    file.section(Section::BodyDictionary, &dictionary)?;
    file.begin(Section::Bodies)?;
    let mut readers: Vec<Box<dyn Bodies + '_>> = sources.iter().map(|source| source.bodies()).collect();
    let mut writer = BlockWriter::<4>::new(BODY_BLOCK_ROWS, &dictionary);
    let mut out = |bytes: &[u8]| file.write(bytes);
    for &(source, row) in &order.rows {
        writer.push(readers[source as usize].get(row)?, &mut out)?;
    }
    let offsets = writer.finish(&mut out)?;
    file.section(Section::BodyOffsets, &offsets)
}

fn train(sources: &[&dyn SegmentSource], order: &Order) -> Result<Vec<u8>> {
    let mut readers: Vec<Box<dyn Bodies + '_>> = sources.iter().map(|source| source.bodies()).collect();
    let blocks = order.rows.len() / BODY_BLOCK_ROWS;
    let step = blocks.div_ceil(SAMPLE_BLOCKS).max(1);
    let (mut samples, mut sizes) = (Vec::new(), Vec::new());
    let mut builder = BlockBuilder::<4>::new();
    for rows in order.rows.chunks_exact(BODY_BLOCK_ROWS).step_by(step) {
        for &(source, row) in rows {
            builder.push(readers[source as usize].get(row)?);
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
