//! Free text: words point to values, values to rows. Adjacency is checked on the values' texts, so a phrase that
//! thousands of events share is checked once.

use std::ops::ControlFlow;

use roaring::RoaringBitmap;
use tallystick_event::{terms::Opaque, text::words};
use tallystick_query::{Pattern, WordField};
use tallystick_segment::{Rows, SegmentError, ValueNo, WordNo};

use super::{evaluate::LeafRows, opaque};
use crate::error::ReadError;

/// Rows in which any text contains the words, or in which an opaque id is the whole text.
pub(super) fn anywhere(
    rows: &dyn Rows,
    patterns: &[Pattern],
    whole: Option<&str>,
) -> Result<LeafRows, ReadError> {
    let found = match patterns {
        // One word needs no look at the texts: that a value has it is what the index says.
        [pattern] => {
            let mut set = RoaringBitmap::new();
            for word in words_like(rows, pattern)? {
                set |= rows.word_rows(word)?;
            }
            LeafRows::Exact(set)
        }
        _ => phrase(rows, patterns, |_| true)?,
    };
    let Some(whole) = whole else { return Ok(found) };
    let mut ids = RoaringBitmap::new();
    let mut unsure = RoaringBitmap::new();
    for field in Opaque::ALL {
        match opaque::equal(rows, field, whole)? {
            LeafRows::Exact(set) => ids |= set,
            LeafRows::Inexact { may, must } => {
                unsure |= may;
                ids |= must;
            }
        }
    }
    Ok(match found {
        LeafRows::Exact(set) if unsure.is_empty() => LeafRows::Exact(set | ids),
        LeafRows::Exact(set) => {
            let must = set | ids;
            LeafRows::Inexact { may: unsure | &must, must }
        }
        LeafRows::Inexact { may, must } => LeafRows::Inexact { may: may | &ids | unsure, must: must | ids },
    })
}

/// Rows in which one field contains the words.
pub(super) fn in_field(
    rows: &dyn Rows,
    field: WordField,
    patterns: &[Pattern],
) -> Result<LeafRows, ReadError> {
    let tag = field.term_field().tag();
    phrase(rows, patterns, |key| key.first() == Some(&tag))
}

/// The words of the index that a pattern stands for.
fn words_like(rows: &dyn Rows, pattern: &Pattern) -> Result<Vec<WordNo>, SegmentError> {
    if let Some(word) = pattern.as_literal() {
        return Ok(rows.word(word)?.into_iter().collect());
    }
    let mut found = Vec::new();
    rows.scan_words(pattern.prefix(), &mut |word, no| {
        if pattern.matches(word) {
            found.push(no);
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Rows of the values that have the words side by side, in order.
fn phrase(
    rows: &dyn Rows,
    patterns: &[Pattern],
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<LeafRows, ReadError> {
    let mut sure = RoaringBitmap::new();
    let mut unsure = RoaringBitmap::new();
    for value in candidates(rows, patterns)? {
        if !wanted(&rows.key(value)?) {
            continue;
        }
        let text = rows.value_text(value)?;
        if patterns.len() == 1 || contains(&text.text, patterns) {
            sure |= rows.postings(value)?;
        } else if text.cut {
            unsure |= rows.postings(value)?;
        }
    }
    Ok(if unsure.is_empty() {
        LeafRows::Exact(sure)
    } else {
        LeafRows::Inexact { may: &sure | unsure, must: sure }
    })
}

/// The values that have all the words, in any order.
fn candidates(rows: &dyn Rows, patterns: &[Pattern]) -> Result<Vec<ValueNo>, SegmentError> {
    let mut lists = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        let words = words_like(rows, pattern)?;
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let mut size = 0u64;
        for word in &words {
            size += u64::from(rows.word_cardinality(*word)?);
        }
        lists.push((size, words));
    }
    lists.sort_by_key(|(size, _)| *size);
    let mut result: Option<RoaringBitmap> = None;
    for (_, words) in lists {
        let mut values = RoaringBitmap::new();
        for word in words {
            values.extend(rows.word_values(word)?);
        }
        let narrowed = match result {
            None => values,
            Some(before) => before & values,
        };
        if narrowed.is_empty() {
            return Ok(Vec::new());
        }
        result = Some(narrowed);
    }
    Ok(result.unwrap_or_default().into_iter().collect())
}

/// Whether the text's words contain the patterns' words side by side, in order.
fn contains(text: &str, patterns: &[Pattern]) -> bool {
    let mut found: Vec<String> = Vec::new();
    words(text, |word| found.push(word.to_owned()));
    found
        .windows(patterns.len())
        .any(|window| window.iter().zip(patterns).all(|(word, pattern)| pattern.matches(word)))
}
