//! What all pages that are lists do with the model.

use crate::{
    term::input::KeyEvent,
    tui::{
        bindings::Action, layout, line_mode::text::PAGE, model::Model, screens::Overlay, widgets::list_page::ListScreen,
    },
};

/// Returns true if a page can be opened. Otherwise says that a dialog is answered first.
pub fn may_open_page(model: &mut Model) -> bool {
    let is_free = model.overlays.iter().all(Overlay::is_page);
    if !is_free {
        model.show_notice("Close the open dialog first.");
    }
    is_free
}

/// Brings the windows of the open pages up to date. Once a frame.
pub fn refresh(model: &mut Model) {
    let rows = (!model.start.caps.line_mode).then(|| layout::rows(layout::now(model).body, 1));
    for screen in model.overlays.iter_mut().filter_map(Overlay::list_screen_mut) {
        let window = rows.map_or(PAGE, |rows| rows.saturating_sub(screen.status_lines()));
        screen.table_mut().resize(window);
    }
}

fn on_top(model: &mut Model) -> Option<&mut dyn ListScreen> {
    model.overlays.last_mut().and_then(Overlay::list_screen_mut)
}

/// Gives a key to the filter of the page on top. Returns true if it was used.
pub fn type_into(model: &mut Model, key: &KeyEvent) -> bool {
    on_top(model).is_some_and(|screen| screen.type_into(key))
}

/// Inserts pasted text into the filter of the page on top. Returns false if it is not being typed.
pub fn paste(model: &mut Model, text: &str) -> bool {
    on_top(model).is_some_and(|screen| screen.paste(text))
}

/// Runs an action that all pages have on the one on top. Returns whether it was used; `None` if it is the page's own.
pub fn act(model: &mut Model, action: Action) -> Option<bool> {
    refresh(model);
    if on_top(model)?.act_on_list(action) {
        return Some(true);
    }
    match action {
        Action::ImagesOnly => model.overlays.clear(),
        Action::JobsOnly => {
            model.overlays.clear();
            return Some(false);
        }
        // Pane actions do nothing: these pages cover the panes.
        Action::OtherPane | Action::Grow | Action::Shrink | Action::ResetSizes | Action::SaveFilter => {}
        _ => return None,
    }
    Some(true)
}
