//! The columns of a listing by name.

use crate::cli::{
    output::{Column, Record as _},
    records::ImageRecord,
};

/// Returns the column of this name.
pub(super) fn column(name: &str) -> Option<&'static Column<ImageRecord>> {
    ImageRecord::columns().iter().find(|column| column.name == name)
}
