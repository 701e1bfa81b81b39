//! The text with the focus, which a line replaces.

use super::state::Replaced;
use crate::tui::{
    bindings::Action,
    model::Model,
    screens::{Overlay, form, pager, review},
    widgets::editor,
};
use tui_input::Input;

/// Returns true if a text has the focus.
pub(in crate::tui) fn is_typing(model: &Model) -> bool {
    match model.overlays.last() {
        Some(Overlay::Form(form)) => form.is_typing(),
        Some(Overlay::Review(screen)) => screen.is_typing(),
        Some(Overlay::Coverage(screen)) => screen.editing,
        Some(overlay @ (Overlay::Storage(_) | Overlay::StorageHeld(_) | Overlay::SyncPlan(_))) => {
            overlay.is_list_filtered()
        }
        Some(Overlay::Picker(picker)) => picker.typing,
        Some(Overlay::InputLine(_) | Overlay::Palette(_)) => true,
        Some(Overlay::Pager(pager)) => pager.is_typing(),
        Some(Overlay::Confirmation(_)) => false,
        None => model.images.editing || model.jobs.editing,
    }
}

/// Replaces the text with the focus. Returns the action that ends its typing, where there is only one text: a line has an end.
pub(super) fn replace(model: &mut Model, text: &str) -> Option<Action> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(_)) => {
            replace_in_form(model, text);
            None
        }
        Some(Overlay::Review(_)) => {
            review::update::replace(model, text);
            Some(Action::Accept)
        }
        Some(Overlay::InputLine(line)) => {
            line.replace(text);
            Some(Action::Accept)
        }
        Some(_) | None => {
            filter(model, text);
            None
        }
    }
}

/// Replaces the text of the form's field with the focus, and says what it was.
fn replace_in_form(model: &mut Model, text: &str) {
    let Some((field, label, before)) = form::line_mode::focused_text(model) else { return };
    form::update::replace(model, text);
    let after = form::line_mode::focused_text(model).map_or_else(String::new, |(_, _, text)| text);
    let quoted = |text: &str| if text.is_empty() { "empty".to_owned() } else { format!("\"{text}\"") };
    if before == after {
        return model.show_notice(format!("{label}: {}, as before.", quoted(&after)));
    }
    model.line_mode.undo = Some(Replaced { field, before: before.clone(), after: after.clone() });
    model.show_notice(format!("{label}: changed from {} to {}. Type undo to revert.", quoted(&before), quoted(&after)));
}

/// Brings back the text that the last line has replaced, if its field still has the focus.
pub(super) fn undo(model: &mut Model) {
    let focused = form::line_mode::focused_text(model);
    match (model.line_mode.undo.take(), focused) {
        (Some(undo), Some((field, _, text))) if undo.field == field && undo.after == text => {
            replace_in_form(model, &undo.before);
        }
        (undo, _) => {
            model.line_mode.undo = undo;
            model.show_notice(
                "Cannot undo: the replaced text is in another field or has changed since. Return to that field first.",
            );
        }
    }
}

/// Filters the list with the focus. Returns false if there is none.
pub(super) fn filter(model: &mut Model, text: &str) -> bool {
    let mut line = Input::default();
    editor::paste(&mut line, text);
    match model.overlays.last_mut() {
        Some(Overlay::Picker(picker)) => {
            (picker.filter, picker.typing) = (line, false);
            picker.filter_anew();
        }
        Some(Overlay::Pager(_)) => pager::update::find(model, line),
        Some(Overlay::Coverage(screen)) => screen.set_filter(line, false),
        Some(overlay) => match overlay.list_screen_mut() {
            Some(screen) => screen.set_filter(line, false),
            None => return false,
        },
        None if model.focus == crate::tui::model::Pane::Images => {
            model.images.filter = line;
            model.images.filter_changed = true;
            model.images.accept_filter();
        }
        None => {
            (model.jobs.filter, model.jobs.editing) = (line, false);
            model.jobs.changed = true;
        }
    }
    true
}

/// Puts the cursor on a row, counted from 0. Returns false if there is no such row, `None` if there is no list.
pub(super) fn select(model: &mut Model, row: usize) -> Option<bool> {
    use crate::tui::screens::{images, jobs};
    Some(match model.overlays.last_mut() {
        Some(Overlay::Picker(picker)) => picker.go_to(row),
        Some(Overlay::Confirmation(confirmation)) => confirmation.go_to(row),
        Some(Overlay::Review(screen)) => screen.go_to(row),
        Some(Overlay::Coverage(screen)) => screen.go_to(row),
        Some(overlay) => overlay.list_screen_mut()?.go_to(row),
        None if model.focus == crate::tui::model::Pane::Images => images::update::select(model, Some(row)).is_some(),
        None => jobs::lines::go_to(model, row),
    })
}
