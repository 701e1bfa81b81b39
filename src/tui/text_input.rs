//! The text being edited: which one that is, and what it does with keys and pastes.

use crate::{
    term::input::KeyEvent,
    tui::{
        model::Model,
        msg::Effect,
        screens::{Overlay, coverage, form, images, jobs, palette, review, storage},
        widgets::editor,
    },
};

/// Gives a key to the text being edited, if there is one. Returns true if it was used.
pub(super) fn type_into(model: &mut Model, key: &KeyEvent, effects: &mut Vec<Effect>) -> bool {
    match model.overlays.last_mut() {
        Some(Overlay::Form(_)) => form::update::type_into(model, key),
        Some(Overlay::Review(_)) => review::update::type_into(model, key),
        Some(Overlay::Coverage(_)) => coverage::update::type_into(model, key),
        Some(Overlay::Storage(_)) => storage::update::type_into(model, key),
        Some(Overlay::Picker(picker)) if picker.typing => picker.edit(key),
        Some(Overlay::InputLine(line)) => line.edit(key),
        Some(Overlay::Palette(_)) => palette::update::type_into(model, key, effects),
        Some(_) => false,
        None if model.jobs.editing => jobs::update::edit_filter(model, key),
        None => images::update::type_into(model, key),
    }
}

/// Gives pasted text to the text being edited. Returns false if there is none.
pub(super) fn paste_into(model: &mut Model, text: &str) -> bool {
    match model.overlays.last_mut() {
        Some(Overlay::Form(_)) => form::update::paste(model, text),
        Some(Overlay::Review(_)) => review::update::paste(model, text),
        Some(Overlay::Coverage(_)) => coverage::update::paste(model, text),
        Some(Overlay::Storage(_)) => storage::update::paste(model, text),
        Some(Overlay::Picker(picker)) if picker.typing => {
            editor::paste(&mut picker.filter, text);
            picker.apply_filter();
            true
        }
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
