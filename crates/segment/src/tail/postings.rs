//! A growing list of ascending rows: one inline, few in a list, many in a bitmap.

use roaring::RoaringBitmap;

use crate::rows::Row;

/// A longer list becomes a bitmap, which search can use without building one.
const LIST_ROWS_MAX: usize = 512;

/// Room of a list when it begins: most lists stay short, but growing from two would move each of them twice.
const FIRST_LIST_ROWS: usize = 4;

/// Rows of one value, or values of one word.
#[derive(Debug)]
pub(crate) enum GrowingRows {
    One(Row),
    Few(Vec<Row>),
    Many(Box<Many>),
}

/// A bitmap with the facts that would cost a walk over its containers.
#[derive(Debug)]
pub(crate) struct Many {
    bitmap: RoaringBitmap,
    count: u32,
    last: Row,
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
                    let bitmap = RoaringBitmap::from_sorted_iter(rows.drain(..)).expect("rows ascend");
                    let count = bitmap.len() as u32;
                    *self = Self::Many(Box::new(Many { bitmap, count, last: row }));
                }
            }
            Self::Many(many) => {
                if many.last != row {
                    // Not `try_push`: it looks for the largest number from the far end of the last container.
                    many.bitmap.insert(row);
                    many.count += 1;
                    many.last = row;
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
            Self::Few(rows) => RoaringBitmap::from_sorted_iter(rows.iter().copied()).expect("rows ascend"),
            Self::Many(many) => many.bitmap.clone(),
        }
    }

    /// How many of the rows are in `set`.
    pub(crate) fn count_in(&self, set: &RoaringBitmap) -> u32 {
        match self {
            Self::One(row) => u32::from(set.contains(*row)),
            Self::Few(rows) => rows.iter().filter(|row| set.contains(**row)).count() as u32,
            Self::Many(many) => many.bitmap.intersection_len(set) as u32,
        }
    }

    pub(crate) fn extend_into(&self, out: &mut Vec<Row>) {
        match self {
            Self::One(row) => out.push(*row),
            Self::Few(rows) => out.extend_from_slice(rows),
            Self::Many(many) => out.extend(&many.bitmap),
        }
    }

    /// Memory used on the heap, bytes, about.
    pub(crate) fn heap(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Few(rows) => rows.capacity() * size_of::<Row>(),
            Self::Many(many) => many.bitmap.serialized_size() + size_of::<Many>(),
        }
    }
}
