//! The images pane: rows of every chosen region in one table, filtered, sorted, marked.

mod rows;
mod shelf;
pub mod update;
pub mod view;

use std::collections::BTreeSet;

use tui_input::Input;

use crate::{
    domain::{Image, ImageId, Region},
    tui::widgets::list::List,
};

pub use rows::{Rows, Sort};

/// An image is known by its region and id: a public image has one id in one region only, but nothing says so.
pub type ImageRef = (Region, ImageId);

/// The key of an image.
pub fn key(image: &Image) -> ImageRef {
    (image.region.clone(), image.id.clone())
}

/// The pane's state.
#[derive(Debug, Default)]
pub struct ImagesPane {
    /// Every image that is here, in order, and those that fit the filter: what is on the screen.
    pub rows: Rows,
    /// The cursor.
    pub list: List,
    /// Marked images, shown or not.
    pub marked: BTreeSet<ImageRef>,
    /// The filter.
    pub filter: Input,
    /// Whether keys go to the filter.
    pub editing: bool,
    /// The order.
    pub sort: Sort,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// The catalogue, the account or the order changed: rows must be made anew.
    pub changed: bool,
    /// The filter changed.
    pub changed_filter: bool,
    /// The image the cursor is to stay on.
    under_cursor: Option<ImageRef>,
    height: usize,
}

impl ImagesPane {
    /// Images in all, before the filter.
    pub fn total(&self) -> usize {
        self.rows.total()
    }

    /// Drops every row and mark; the filter and the order stay.
    pub fn start_over(&mut self) {
        self.rows = Rows::default();
        self.marked.clear();
        self.list = List::default();
        self.under_cursor = None;
        self.changed = true;
    }
}
