//! Showing another account: what belongs to the screen goes over to its model, what belongs to an account stays.

use super::{ProfileEffect, Workspace};
use crate::tui::{finishing, model::Model, others::ProfileId, view_memory};

impl Workspace {
    /// Shows an account. Returns false if it is not on the screen any more.
    pub(super) fn show(&mut self, id: ProfileId, effects: &mut Vec<ProfileEffect>) -> bool {
        if id == self.shown.id {
            return true;
        }
        let Some(to) = self.hidden.remove(&id) else { return false };
        let mut from = std::mem::replace(&mut self.shown, to);
        hand_over(&mut from, &mut self.shown);
        self.hidden.insert(from.id, from);
        self.look_over(effects);
        let mut of_model = Vec::new();
        finishing::follow_title(&mut self.shown, &mut of_model);
        view_memory::keep_if_changed(&mut self.shown, &mut of_model);
        self.take(id, of_model, effects);
        true
    }
}

/// Gives what belongs to the screen to another account's model.
fn hand_over(from: &mut Model, to: &mut Model) {
    to.images = std::mem::take(&mut from.images);
    to.images.changed = true;
    to.narrowed_for.clone_from(&from.narrowed_for);
    (to.focus, to.full, to.jobs_height) = (from.focus, from.full, from.jobs_height);
    (to.details_beside, to.mouse, to.filter_selected) = (from.details_beside, from.mouse, from.filter_selected);
    to.theme.clone_from(&from.theme);
    to.keymap.clone_from(&from.keymap);
    to.palette_history = std::mem::take(&mut from.palette_history);
    to.line_mode = std::mem::take(&mut from.line_mode);
    to.title = from.title.take();
    to.view_of = from.view_of.take();
    to.welcome = std::mem::take(&mut from.welcome);
    if let Some(notice) = from.notice.take() {
        to.notice = Some(notice);
    }
    from.others.clear();
}
