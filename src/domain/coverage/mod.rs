//! Coverage: which image is available in which region, and what is missing where.
//!
//! A row is a family of images, with its versions; a column is a region. Copies belong to the version that they descend from,
//! whatever they are called. Pure, and independent of the order of its input.

mod cells;
mod differences;
mod families;
mod lineage;
mod order;
mod table;
mod types;

pub use cells::{Cell, CellState, Cells, Difference};
pub use table::{Input, compute};
pub use types::{Column, Coverage, Family, KnownCopy, KnownCopyState, Listed, Version};

#[cfg(test)]
mod tests;
