//! The text being edited: which one that is, and what it does with keys and pastes.

use tui_input::Input;

use crate::{
    term::input::{KeyCode, KeyEvent, KeyModifiers},
    tui::{
        model::Model,
        msg::Effect,
        screens::{Overlay, coverage, form, images, jobs, list_screens, pager, palette, review},
        widgets::editor,
    },
};

/// The filter or search being typed.
fn filter_line(model: &mut Model) -> Option<&mut Input> {
    match model.overlays.last_mut() {
        Some(Overlay::Coverage(screen)) => screen.editing.then_some(&mut screen.filter),
        Some(overlay @ (Overlay::Storage(_) | Overlay::StorageHeld(_) | Overlay::SyncPlan(_))) => {
            let table = overlay.list_screen_mut()?.table_mut();
            table.editing.then_some(&mut table.filter)
        }
        Some(Overlay::Picker(picker)) => picker.typing.then_some(&mut picker.filter),
        Some(Overlay::Pager(pager)) => pager.search.as_mut().filter(|search| search.typing).map(|s| &mut s.line),
        Some(_) => None,
        None if model.jobs.editing => Some(&mut model.jobs.filter),
        None => model.images.editing.then_some(&mut model.images.filter),
    }
}

/// Selects the text of the filter that was opened, if it has one.
pub(super) fn select_filter(model: &mut Model) {
    model.filter_selected = filter_line(model).is_some_and(|line| !line.value().is_empty());
}

/// Drops the selected text of a filter if this key types a character; any other key edits it.
pub(super) fn replace_selected(model: &mut Model, key: &KeyEvent) {
    let held = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    if std::mem::take(&mut model.filter_selected) && matches!(key.code, KeyCode::Char(_)) && !held {
        clear(model);
    }
}

fn clear(model: &mut Model) {
    if let Some(line) = filter_line(model) {
        line.reset();
    }
}

/// Gives a key to the text being edited, if there is one. Returns true if it was used.
pub(super) fn type_into(model: &mut Model, key: &KeyEvent, effects: &mut Vec<Effect>) -> bool {
    match model.overlays.last_mut() {
        Some(Overlay::Form(_)) => form::update::type_into(model, key),
        Some(Overlay::Review(_)) => review::update::type_into(model, key),
        Some(Overlay::Coverage(_)) => coverage::update::type_into(model, key),
        Some(Overlay::Storage(_) | Overlay::StorageHeld(_) | Overlay::SyncPlan(_)) => {
            list_screens::type_into(model, key)
        }
        Some(Overlay::Picker(picker)) if picker.typing => picker.edit(key),
        Some(Overlay::Pager(_)) => pager::update::type_into(model, key),
        Some(Overlay::InputLine(line)) => line.edit(key),
        Some(Overlay::Palette(_)) => palette::update::type_into(model, key, effects),
        Some(_) => false,
        None if model.jobs.editing => jobs::update::edit_filter(model, key),
        None => images::update::type_into(model, key),
    }
}

/// Gives pasted text to the text being edited. Returns false if there is none.
pub(super) fn paste_into(model: &mut Model, text: &str) -> bool {
    if std::mem::take(&mut model.filter_selected) {
        clear(model);
    }
    match model.overlays.last_mut() {
        Some(Overlay::Form(_)) => form::update::paste(model, text),
        Some(Overlay::Review(_)) => review::update::paste(model, text),
        Some(Overlay::Coverage(_)) => coverage::update::paste(model, text),
        Some(Overlay::Storage(_) | Overlay::StorageHeld(_) | Overlay::SyncPlan(_)) => list_screens::paste(model, text),
        Some(Overlay::Picker(picker)) => {
            if let Some(said) = picker.paste(text) {
                model.show_notice(said);
            }
            true
        }
        Some(Overlay::Pager(_)) => pager::update::paste(model, text),
        Some(Overlay::InputLine(line)) => {
            editor::paste(&mut line.line, text);
            true
        }
        Some(Overlay::Palette(palette)) => {
            palette.paste(text);
            true
        }
        None if model.images.editing => {
            editor::paste(&mut model.images.filter, text);
            model.images.filter_changed = true;
            true
        }
        None if model.jobs.editing => {
            editor::paste(&mut model.jobs.filter, text);
            model.jobs.changed = true;
            true
        }
        _ => false,
    }
}
