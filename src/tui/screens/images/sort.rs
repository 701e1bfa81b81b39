//! The order of the rows.

use crate::domain::{ImageColumn, filter::Entry, image_column::SortValue};

/// The column that rows are sorted by, and which way its values go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    pub column: ImageColumn,
    pub descending: bool,
}

impl Default for Sort {
    /// Newest first.
    fn default() -> Self {
        Self::by(ImageColumn::Age)
    }
}

/// The rank of rows without a value, which are last whichever way round.
const MISSING: u64 = u64::MAX;

impl Sort {
    /// Returns the order by a column as one wants it first: the newest, the largest, or from A to Z.
    pub fn by(column: ImageColumn) -> Self {
        Self { descending: column.starts_descending(), column }
    }

    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { descending: !self.descending, column: self.column.clone() }
    }

    /// Returns a number by which most rows are told apart, and the text by which the others are: the column's own, else the name.
    pub(super) fn key<'a>(&'a self, entry: &Entry<'a>, region: u64) -> (u64, &'a str) {
        let value = match &self.column {
            ImageColumn::Name if entry.name().is_empty() => SortValue::Missing,
            ImageColumn::Name => SortValue::Text(entry.name()),
            ImageColumn::Region => SortValue::Number(region),
            ImageColumn::Size => SortValue::Number(entry.size()),
            other => other.sort_value(entry.image),
        };
        match value {
            SortValue::Missing => (MISSING, entry.name()),
            SortValue::Number(number) => (self.rank(number), entry.name()),
            SortValue::Text(text) => {
                let start = lower(text).chain([0; 8]).take(8);
                // The last bit is given up for MISSING.
                (self.rank(start.fold(0, |rank, byte| rank << 8 | u64::from(byte)) >> 1), text)
            }
        }
    }

    fn rank(&self, number: u64) -> u64 {
        if self.descending { SortValue::MOST.saturating_sub(number) } else { number }
    }

    /// Compares two keys.
    pub(super) fn compare(&self, (a_rank, a): (u64, &str), (b_rank, b): (u64, &str)) -> std::cmp::Ordering {
        a_rank.cmp(&b_rank).then_with(|| match &self.column {
            _ if a_rank == MISSING => a.cmp(b),
            // Names are indexed without case.
            ImageColumn::Name if self.descending => b.cmp(a),
            ImageColumn::Name => a.cmp(b),
            column if !column.sorts_by_text() => a.cmp(b),
            _ if self.descending => lower(b).cmp(lower(a)),
            _ => lower(a).cmp(lower(b)),
        })
    }
}

fn lower(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}
