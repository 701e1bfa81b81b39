//! The images that an action is about: the marked ones of the account, or the one under the cursor.

use std::sync::Arc;

use crate::{
    domain::{Image, plan::too_many_copies, text::count},
    tui::{
        bindings::{Action, Context},
        model::Model,
        others::ListKey,
    },
};

/// The marked images in the order of the table, up to a limit; or the one under the cursor if none is marked.
pub(super) fn images(model: &Model, most: usize) -> Vec<Arc<Image>> {
    let pane = &model.images;
    if pane.marked.is_empty() {
        return model.current_image().cloned().into_iter().collect();
    }
    let is_marked =
        |(list, image): &(&ListKey, &Arc<Image>)| list.profile == model.id && pane.marked.contains(list, &image.id);
    let marked = pane.rows.all_with_lists().filter(is_marked).map(|(_, image)| Arc::clone(image));
    marked.take(pane.marked.of_profile(model.id).min(most)).collect()
}

/// The images to be copied, unless they are more than the form takes.
///
/// # Errors
/// How many it takes.
pub(super) fn to_copy(model: &Model) -> Result<Vec<Arc<Image>>, String> {
    let most = model.start.config.copy.max_copies;
    let advice = too_many_copies(model.images.marked.of_profile(model.id), most);
    match advice.filter(|_| images(model, most + 1).len() > most) {
        Some(advice) => Err(advice),
        None => Ok(images(model, usize::MAX)),
    }
}

/// Says that what is opened is about images that are not seen.
pub(super) fn name_hidden(model: &mut Model) {
    let pane = &model.images;
    if pane.hidden_marks == 0 {
        return;
    }
    let marks = pane.marked.of_profile(model.id);
    let is_marked =
        |(list, image): &(&ListKey, &Arc<Image>)| list.profile == model.id && pane.marked.contains(list, &image.id);
    let hidden = marks - pane.rows.with_lists().filter(is_marked).take(marks).count();
    if hidden > 0 {
        let unmark = model.keymap.key(Context::Images, Action::MarkNone);
        let images = count(hidden, "marked image that the filter hides", "marked images that the filter hides");
        model.show_notice(format!("This is about {images} too. In the list {unmark} unmarks all."));
    }
}
