//! A growing list of ascending rows: one inline, few in a list, many in a bitmap.

use roaring::RoaringBitmap;

use crate::rows::Row;

/// A longer list becomes a bitmap, which search can use without building one.
const LIST_ROWS_MAX: usize = 512;

/// Room of a list when it begins: most lists stay short, but growing from two would move each of them twice.
const FIRST_LIST_ROWS: usize = 4;

/// Rows that wait beside a bitmap: inserting one by one is what a bitmap is slowest at.
const WAITING_ROWS_MAX: usize = 1024;

/// Rows of one value, or values of one word.
#[derive(Debug)]
pub(crate) enum GrowingRows {
    One(Row),
    Few(Vec<Row>),
    Many(Box<Many>),
}

/// A bitmap, and the last rows, which are not in it yet.
#[derive(Debug, Default)]
pub(crate) struct Many {
    bitmap: RoaringBitmap,
    waiting: Vec<Row>,
    /// Rows in both.
    count: u32,
}

impl Many {
    /// Adds a row larger than any before.
    #[inline]
    pub(crate) fn push(&mut self, row: Row) {
        if self.waiting.len() == WAITING_ROWS_MAX {
            self.bitmap |= bitmap_of(&self.waiting);
            self.waiting.clear();
        }
        self.waiting.push(row);
        self.count += 1;
    }

    pub(crate) fn last(&self) -> Option<Row> {
        self.waiting.last().copied()
    }

    pub(crate) fn bitmap(&self) -> RoaringBitmap {
        &self.bitmap | bitmap_of(&self.waiting)
    }
}

fn in_set(rows: &[Row], set: &RoaringBitmap) -> u32 {
    rows.iter().filter(|row| set.contains(**row)).count() as u32
}

fn bitmap_of(rows: &[Row]) -> RoaringBitmap {
    RoaringBitmap::from_sorted_iter(rows.iter().copied()).expect("rows ascend")
}

impl GrowingRows {
    /// Adds a row that is not smaller than any before; adding the last one again does nothing.
    #[inline]
    pub(crate) fn push(&mut self, row: Row) {
        match self {
            Self::One(first) if *first == row => {}
            Self::One(first) => {
                let mut rows = Vec::with_capacity(FIRST_LIST_ROWS);
                rows.extend([*first, row]);
                *self = Self::Few(rows);
            }
            Self::Few(rows) => {
                if rows.last() == Some(&row) {
                    return;
                }
                rows.push(row);
                if rows.len() > LIST_ROWS_MAX {
                    let count = rows.len() as u32;
                    let waiting = std::mem::take(rows);
                    *self = Self::Many(Box::new(Many { bitmap: RoaringBitmap::new(), waiting, count }));
                }
            }
            Self::Many(many) => {
                if many.last() != Some(row) {
                    many.push(row);
                }
            }
        }
    }

    pub(crate) fn count(&self) -> u32 {
        match self {
            Self::One(_) => 1,
            Self::Few(rows) => rows.len() as u32,
            Self::Many(many) => many.count,
        }
    }

    pub(crate) fn bitmap(&self) -> RoaringBitmap {
        match self {
            Self::One(row) => RoaringBitmap::from_iter([*row]),
            Self::Few(rows) => bitmap_of(rows),
            Self::Many(many) => many.bitmap(),
        }
    }

    /// How many of the rows are in `set`.
    pub(crate) fn count_in(&self, set: &RoaringBitmap) -> u32 {
        match self {
            Self::One(row) => u32::from(set.contains(*row)),
            Self::Few(rows) => in_set(rows, set),
            Self::Many(many) => many.bitmap.intersection_len(set) as u32 + in_set(&many.waiting, set),
        }
    }

    pub(crate) fn extend_into(&self, out: &mut Vec<Row>) {
        match self {
            Self::One(row) => out.push(*row),
            Self::Few(rows) => out.extend_from_slice(rows),
            Self::Many(many) => {
                out.extend(&many.bitmap);
                out.extend_from_slice(&many.waiting);
            }
        }
    }

    /// Memory used on the heap, bytes, about.
    pub(crate) fn heap(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Few(rows) => rows.capacity() * size_of::<Row>(),
            Self::Many(many) => {
                many.bitmap.serialized_size() + many.waiting.capacity() * size_of::<Row>() + size_of::<Many>()
            }
        }
    }
}
