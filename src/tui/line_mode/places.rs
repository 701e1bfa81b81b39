//! What has the focus, by name: another name is another screen.

use super::screen::screen;
use crate::tui::{
    model::{Model, Pane},
    screens::{Overlay, pager},
};

/// The screen with the focus.
pub fn place(model: &Model) -> String {
    let depth = model.overlays.len();
    match model.overlays.last() {
        // Its title is the number of copies.
        Some(Overlay::Review(_)) => format!("{depth} review"),
        Some(Overlay::Coverage(screen)) if screen.editing => "filter".into(),
        Some(Overlay::Coverage(_)) => format!("{depth} coverage"),
        Some(overlay) if overlay.is_list_filtered() => "filter".into(),
        Some(Overlay::Storage(screen)) => format!("{depth} {}", screen.name()),
        Some(Overlay::StorageHeld(screen)) => format!("{depth} {}", screen.name()),
        Some(Overlay::SyncPlan(_)) => format!("{depth} sync plan"),
        Some(Overlay::Form(_)) => format!("{depth} form"),
        Some(Overlay::Picker(picker)) => format!("{depth} {}", picker.heading(&model.keymap)),
        Some(Overlay::Pager(pager)) => format!("{depth} {}", pager::line_mode::title(pager, model)),
        Some(_) => format!("{depth} {}", screen(model).title.key()),
        None => match model.focus {
            _ if model.images.editing || model.jobs.editing => "filter".into(),
            Pane::Images => "images".into(),
            Pane::Jobs if model.jobs.history.is_some() => "history".into(),
            Pane::Jobs => "jobs".into(),
        },
    }
}

impl Model {
    /// What a text calls the place of the copies: without a screen there are no panes.
    pub(in crate::tui) fn place_of_jobs(&self) -> &'static str {
        if self.start.caps.line_mode { "the list of copies" } else { "the jobs pane" }
    }
}

/// What is to be read before anything is answered to it, if it opens or changes by itself: the name of a dialog, all that it says where
/// a text is requested, and all that a review knows once it is complete. Empty for the panes.
pub fn question(model: &Model) -> String {
    match model.overlays.last() {
        None => String::new(),
        Some(Overlay::Review(review)) if review.is_complete() => with_lines(model),
        // Who uses an image may come after the line that asks for its name.
        Some(Overlay::InputLine(_)) => with_lines(model),
        Some(_) => place(model),
    }
}

fn with_lines(model: &Model) -> String {
    let lines = screen(model).lines;
    lines.iter().fold(place(model), |all, line| format!("{all}\n{}", line.key()))
}
