//! The images pane: the images of all chosen regions in one table, filtered, sorted, marked.

mod chosen;
pub mod columns;
mod highlights;
pub mod line_mode;
mod marks;
pub mod other_accounts;
mod parallel;
mod region_index;
mod row;
mod rows;
pub mod saved_filters;
mod sort;
pub mod update;
pub mod view;

use tui_input::Input;

use crate::{
    domain::{Image, ImageColumn, ImageId, Region, filter::Filter},
    tui::{
        others::{ListKey, ProfileId},
        widgets::list::List,
    },
};

pub use marks::Marks;
pub use rows::Rows;
pub use sort::Sort;

/// Reference to an image. AWS does not promise that ids are unique across regions.
pub type ImageRef = (Region, ImageId);

pub fn image_ref(image: &Image) -> ImageRef {
    (image.region.clone(), image.id.clone())
}

/// Filters that were used and are offered again.
const RECENT_FILTERS: usize = crate::config::RememberedView::FILTERS;

/// The pane's state.
#[derive(Debug, Default)]
pub struct ImagesPane {
    /// The images in order, those that match the filter, and marks.
    pub rows: Rows,
    pub list: List,
    pub marked: Marks,
    /// How many of the marked images the filter hides.
    pub hidden_marks: usize,
    /// How many were marked when they were counted.
    counted_marks: usize,
    pub filter: Input,
    /// Filters that were used, the last one first.
    pub recent: Vec<String>,
    /// True while keys go to the filter.
    pub editing: bool,
    /// What the filter says, once the rows are filtered by it.
    pub(super) parsed: Filter,
    pub sort: Sort,
    /// The columns that were chosen, in their order; none for those that fit.
    pub columns: Vec<ImageColumn>,
    /// The catalogue, the account or the order changed: the rows must be rebuilt.
    pub changed: bool,
    pub filter_changed: bool,
    /// The image the cursor stays on.
    current: Option<(ListKey, ImageId)>,
    /// Rows of the window.
    height: usize,
}

impl ImagesPane {
    /// Returns a pane that shows the columns of these names; none for those that fit.
    pub fn with_columns(names: &[String]) -> Self {
        Self { columns: names.iter().filter_map(|name| ImageColumn::parse(name)).collect(), ..Self::default() }
    }

    /// Ends the typing of the filter, and notes it.
    pub(in crate::tui) fn accept_filter(&mut self) {
        self.editing = false;
        let filter = self.filter.value().trim();
        if !filter.is_empty() {
            self.recent.retain(|recent| recent != filter);
            self.recent.insert(0, filter.to_owned());
            self.recent.truncate(RECENT_FILTERS);
        }
    }

    /// Number of images before the filter.
    pub fn total(&self) -> usize {
        self.rows.total()
    }

    /// Drops all rows, and the marks of a profile; filter and order stay.
    pub fn reset(&mut self, profile: ProfileId) {
        self.rows = Rows::default();
        self.marked.keep_lists(|list| list.profile != profile);
        (self.hidden_marks, self.counted_marks) = (0, 0);
        self.list = List::default();
        self.current = None;
        self.changed = true;
    }
}
