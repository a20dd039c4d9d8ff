//! The derived sections: values, words, opaque ids. Sorted streams of the sources are merged; numbers are mapped.

use std::io::Write;

use crate::{
    dictionary::DictionaryWriter,
    error::{Result, SegmentError},
    file::FileWriter,
    layout::{Section, WORD_VALUES_UNION_MAX},
    opaque, packed,
    postings::PostingsWriter,
    rows::Row,
    write::{
        columns::{encode_zones, gather},
        numbers::Sorter,
        order::Order,
        source::{Column, SegmentSource, SortedStrings},
    },
};

/// How much the index holds.
pub(crate) struct Counts {
    pub(crate) values: u32,
    pub(crate) words: u32,
}

/// Merges the indexes of the sources.
pub(crate) struct IndexWriter<'a> {
    sources: &'a [&'a dyn SegmentSource],
    order: &'a Order,
    rows: Sorter,
}

impl<'a> IndexWriter<'a> {
    pub(crate) fn new(sources: &'a [&'a dyn SegmentSource], order: &'a Order) -> Self {
        Self { sources, order, rows: Sorter::new(order.rows.len()) }
    }

    pub(crate) fn write<W: Write>(mut self, file: &mut FileWriter<W>) -> Result<Counts> {
        let id_times = gather(self.sources, self.order, Column::IdTime)?;
        file.section(Section::Zones, &encode_zones(&id_times))?;
        drop(id_times);
        let (new_values, values) = self.write_values(file)?;
        let words = self.write_words(file, &new_values, values)?;
        self.write_opaque(file)?;
        Ok(Counts { values, words })
    }

    /// Returns, for each source, the new number of each of its values.
    fn write_values<W: Write>(&mut self, file: &mut FileWriter<W>) -> Result<(Vec<Vec<u32>>, u32)> {
        let mut new_values: Vec<Vec<u32>> =
            self.sources.iter().map(|source| vec![0; source.values_len() as usize]).collect();
        let streams = self.sources.iter().map(|source| source.sorted_keys()).collect::<Result<Vec<_>>>()?;
        let mut streams = Streams::start(streams)?;
        let (mut keys, mut postings) = (DictionaryWriter::new(Section::Keys), PostingsWriter::default());
        let (mut key, mut rows) = (Vec::new(), Vec::new());
        while streams.next(&mut key)? {
            let value = keys.push(&key)?;
            rows.clear();
            for &(source, old) in &streams.found {
                let slot = new_values[source].get_mut(old as usize);
                *slot.ok_or(SegmentError::corrupt(Section::Keys, "number of keys"))? = value;
                let start = rows.len();
                self.sources[source].rows_of(old, &mut rows)?;
                renumber(&mut rows[start..], &self.order.new_rows[source], Section::Postings)?;
            }
            self.rows.sort(&mut rows);
            postings.push(not_empty(&rows, Section::Postings)?);
        }
        let count = keys.len();
        two_sections(file, [Section::Keys, Section::KeyOffsets], &keys.finish())?;
        two_sections(file, [Section::Postings, Section::PostingOffsets], &postings.finish())?;
        Ok((new_values, count))
    }

    fn write_words<W: Write>(
        &mut self,
        file: &mut FileWriter<W>,
        new_values: &[Vec<u32>],
        values_len: u32,
    ) -> Result<u32> {
        let streams = self.sources.iter().map(|source| source.sorted_words()).collect::<Result<Vec<_>>>()?;
        let mut streams = Streams::start(streams)?;
        let mut words = DictionaryWriter::new(Section::Words);
        let (mut word_values, mut word_rows) = (PostingsWriter::default(), PostingsWriter::default());
        let mut frequent: Vec<i64> = Vec::new();
        let mut sorter = Sorter::new(values_len as usize);
        let (mut word, mut values, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        while streams.next(&mut word)? {
            let no = words.push(&word)?;
            values.clear();
            for &(source, old) in &streams.found {
                let start = values.len();
                self.sources[source].values_of_word(old, &mut values)?;
                renumber(&mut values[start..], &new_values[source], Section::WordValues)?;
            }
            sorter.sort(&mut values);
            word_values.push(not_empty(&values, Section::WordValues)?);
            if values.len() > WORD_VALUES_UNION_MAX as usize {
                frequent.push(i64::from(no));
                self.rows_of_word(&streams.found, &mut rows)?;
                word_rows.push(not_empty(&rows, Section::WordRows)?);
            }
        }
        let count = words.len();
        two_sections(file, [Section::Words, Section::WordOffsets], &words.finish())?;
        two_sections(file, [Section::WordValues, Section::WordValueOffsets], &word_values.finish())?;
        two_sections(file, [Section::WordRows, Section::WordRowOffsets], &word_rows.finish())?;
        file.section(Section::FrequentWords, &packed::encode(&frequent))?;
        Ok(count)
    }

    fn rows_of_word(&mut self, found: &[(usize, u32)], rows: &mut Vec<u32>) -> Result<()> {
        rows.clear();
        for &(source, word) in found {
            let start = rows.len();
            rows.extend(self.sources[source].word_rows(word)?);
            renumber(&mut rows[start..], &self.order.new_rows[source], Section::WordRows)?;
        }
        self.rows.sort(rows);
        Ok(())
    }

    fn write_opaque<W: Write>(&self, file: &mut FileWriter<W>) -> Result<()> {
        let mut entries: Vec<(u32, Row)> = Vec::new();
        for (source, new_rows) in self.sources.iter().zip(&self.order.new_rows) {
            let start = entries.len();
            source.each_opaque(&mut |hash, row| {
                entries.push((hash, row));
            })?;
            for (_, row) in &mut entries[start..] {
                renumber(std::slice::from_mut(row), new_rows, Section::Opaque)?;
            }
        }
        entries.sort_unstable();
        entries.dedup();
        let encoded = opaque::encode(&entries, self.order.rows.len() as u32);
        two_sections(file, [Section::Opaque, Section::OpaqueBuckets], &encoded)
    }
}

/// Old numbers become new ones; one that does not exist is damage that no checksum shows, because it was written.
fn renumber(numbers: &mut [u32], new: &[u32], section: Section) -> Result<()> {
    for number in numbers {
        *number = *new.get(*number as usize).ok_or(SegmentError::corrupt(section, "number past the end"))?;
    }
    Ok(())
}

/// A value without rows or a word without values is in no tail, so only damage explains it.
fn not_empty(numbers: &[u32], section: Section) -> Result<&[u32]> {
    if numbers.is_empty() { Err(SegmentError::corrupt(section, "empty list")) } else { Ok(numbers) }
}

fn two_sections<W: Write>(
    file: &mut FileWriter<W>,
    sections: [Section; 2],
    bytes: &(Vec<u8>, Vec<u8>),
) -> Result<()> {
    file.section(sections[0], &bytes.0)?;
    file.section(sections[1], &bytes.1)
}

/// Several sorted streams read as one.
struct Streams<'a> {
    open: Vec<(usize, Box<dyn SortedStrings + 'a>)>,
    /// The sources that hold the current string, with its number there.
    found: Vec<(usize, u32)>,
}

impl<'a> Streams<'a> {
    fn start(streams: Vec<Box<dyn SortedStrings + 'a>>) -> Result<Self> {
        let mut open = Vec::new();
        for (source, mut stream) in streams.into_iter().enumerate() {
            if stream.advance()? {
                open.push((source, stream));
            }
        }
        Ok(Self { open, found: Vec::new() })
    }

    /// Puts the next string into `out`; false at the end. A merge has few sources, so the smallest is simply
    /// looked for.
    fn next(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        self.found.clear();
        let Some(smallest) = self.open.iter().map(|(_, stream)| stream.bytes()).min() else {
            return Ok(false);
        };
        out.clear();
        out.extend_from_slice(smallest);
        let mut at = 0;
        while at < self.open.len() {
            let (source, stream) = &mut self.open[at];
            if stream.bytes() == out.as_slice() {
                self.found.push((*source, stream.no()));
                if !stream.advance()? {
                    self.open.remove(at);
                    continue;
                }
            }
            at += 1;
        }
        Ok(true)
    }
}
