//! The columns of a listing by name.

use crate::cli::{
    output::{Column, Record as _},
    records::ImageRecord,
};

/// Returns the column of this name, or with this heading on a terminal.
pub(super) fn column(name: &str) -> Option<&'static Column<ImageRecord>> {
    ImageRecord::columns().iter().find(|column| column.is_called(name))
}
