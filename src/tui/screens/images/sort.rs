//! The order of the rows.

use std::cmp::Ordering;

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

/// The value of a row in the column it is sorted by, ready to be compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct SortKey<'a> {
    /// A number, or the first 16 bytes of a text in lower case, which distinguish most texts without reading them; `None` sorts
    /// last whichever way round.
    start: Option<u128>,
    /// The rest of a longer text.
    rest: &'a [u8],
}

impl Sort {
    /// Returns the order by a column as one wants it first: the newest, the largest, or from A to Z.
    pub fn by(column: ImageColumn) -> Self {
        Self { descending: column.starts_descending(), column }
    }

    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { descending: !self.descending, column: self.column.clone() }
    }

    /// Returns the key of a row in the column.
    pub(super) fn key<'a>(&'a self, entry: &Entry<'a>, region: u64) -> SortKey<'a> {
        let value = match &self.column {
            ImageColumn::Name if entry.name().is_empty() => SortValue::Missing,
            ImageColumn::Name => SortValue::Text(entry.name()),
            ImageColumn::Region => SortValue::Number(region),
            ImageColumn::Size => SortValue::Number(entry.size()),
            ImageColumn::Profile if entry.profile().is_empty() => SortValue::Missing,
            ImageColumn::Profile => SortValue::Text(entry.profile()),
            other => other.sort_value(entry.image),
        };
        match value {
            SortValue::Missing => SortKey { start: None, rest: &[] },
            SortValue::Number(number) => SortKey { start: Some(number.into()), rest: &[] },
            SortValue::Text(text) => {
                SortKey { start: Some(start(text)), rest: text.as_bytes().get(16..).unwrap_or_default() }
            }
        }
    }

    /// Compares two keys. Equal ones stay in the order they are in.
    pub(super) fn compare(&self, a: &SortKey<'_>, b: &SortKey<'_>) -> Ordering {
        let (Some(a_start), Some(b_start)) = (a.start, b.start) else {
            return a.start.is_none().cmp(&b.start.is_none());
        };
        let ascending = a_start
            .cmp(&b_start)
            .then_with(|| if a.rest == b.rest { Ordering::Equal } else { lower(a.rest).cmp(lower(b.rest)) });
        if self.descending { ascending.reverse() } else { ascending }
    }
}

/// The first 16 bytes of a text in lower case, as a number of the same order.
pub(super) fn start(text: &str) -> u128 {
    lower(text.as_bytes()).chain([0; 16]).take(16).fold(0, |start, byte| start << 8 | u128::from(byte))
}

fn lower(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    text.iter().map(u8::to_ascii_lowercase)
}
