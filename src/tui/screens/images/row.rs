//! Where an image is in the indexes, and what becomes of rows when the lists change.

use std::{cmp::Ordering, ops::Range};

/// An image: which region's index, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) index: u32,
    pub(super) at: u32,
}

/// How the lists differ from those that were indexed before.
#[derive(Debug)]
pub(super) struct Changes {
    /// For each list before: its number now, and how many of its first images are as they were. `None` if it is gone.
    pub(super) before: Vec<Option<(u32, usize)>>,
    /// For each list now: which of its images are new.
    pub(super) now: Vec<Range<usize>>,
}

impl Changes {
    /// Returns those rows whose images are as they were, with their lists' numbers of now.
    pub(super) fn kept(&self, rows: &[Row]) -> Vec<Row> {
        let kept = |row: &Row| {
            let (index, kept) = (*self.before.get(row.index as usize)?)?;
            ((row.at as usize) < kept).then_some(Row { index, at: row.at })
        };
        rows.iter().filter_map(kept).collect()
    }

    /// Returns the rows of the new images.
    pub(super) fn new_rows(&self) -> Vec<Row> {
        rows(self.now.iter().cloned()).collect()
    }
}

/// Returns the rows of parts of the indexes, which come in the indexes' order.
pub(super) fn rows(parts: impl Iterator<Item = Range<usize>>) -> impl Iterator<Item = Row> {
    let row = |index, at| u32::try_from(at).ok().map(|at| Row { index, at });
    parts.zip(0..).flat_map(move |(part, index)| part.filter_map(move |at| row(index, at)))
}

/// Merges sorted rows into sorted rows that are many more.
pub(super) fn merged(many: &[Row], few: &[Row], compare: impl Fn(Row, Row) -> Ordering) -> Vec<Row> {
    let mut merged = Vec::with_capacity(many.len() + few.len());
    let mut rest = many;
    for row in few {
        let (before, after) = rest.split_at(rest.partition_point(|other| compare(*other, *row).is_lt()));
        merged.extend_from_slice(before);
        merged.push(*row);
        rest = after;
    }
    merged.extend_from_slice(rest);
    merged
}
