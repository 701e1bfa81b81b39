//! The images pane: the images of all chosen regions in one table, filtered, sorted, marked.

mod columns;
mod marks;
mod region_index;
mod rows;
pub mod update;
pub mod view;

use tui_input::Input;

use crate::{
    domain::{Image, ImageId, Region},
    tui::widgets::list::List,
};

pub use marks::Marks;
pub use rows::{Rows, Sort};

/// Reference to an image. AWS does not promise that ids are unique across regions.
pub type ImageRef = (Region, ImageId);

pub fn image_ref(image: &Image) -> ImageRef {
    (image.region.clone(), image.id.clone())
}

/// The pane's state.
#[derive(Debug, Default)]
pub struct ImagesPane {
    /// The images in order, and those that match the filter.
    pub rows: Rows,
    pub list: List,
    pub marked: Marks,
    pub filter: Input,
    /// True while keys go to the filter.
    pub editing: bool,
    pub sort: Sort,
    pub reversed: bool,
    /// The catalogue, the account or the order changed: the rows must be rebuilt.
    pub changed: bool,
    pub filter_changed: bool,
    /// The image the cursor stays on.
    current: Option<ImageRef>,
    /// Rows of the window.
    height: usize,
}

impl ImagesPane {
    /// Number of images before the filter.
    pub fn total(&self) -> usize {
        self.rows.total()
    }

    /// Drops all rows and marks; filter and order stay.
    pub fn reset(&mut self) {
        self.rows = Rows::default();
        self.marked.clear();
        self.list = List::default();
        self.current = None;
        self.changed = true;
    }
}
