//! Presets: asking for the stored ones, filling the form in, saving, removing.

use super::open::form_on_top as form;
use crate::{
    domain::{Failure, preset::Preset},
    tui::{
        model::{FormRequest, Model, PendingReply},
        msg::{Effect, StoredForms},
        screens::{Overlay, input::InputLine, picker},
    },
};

/// Asks for the presets; their picker opens once they are read.
pub(super) fn load(model: &mut Model, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Forms(FormRequest::Read));
    effects.push(Effect::ReadForms { id });
}

/// Asks for the name under which the form is saved.
pub(super) fn save_as(model: &mut Model) {
    let Some(form) = form(model) else { return };
    let preset = Preset::of(&form.draft);
    model.overlays.push(Overlay::InputLine(InputLine::preset(preset)));
}

/// Saves a preset under a name.
pub fn save(model: &mut Model, name: String, preset: Preset, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Forms(FormRequest::Save(name.clone())));
    effects.push(Effect::SavePreset { id, name, preset: Box::new(preset) });
}

/// Removes a preset; the picker, which is on top, is filled again once that is done.
pub fn remove(model: &mut Model, name: String, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Forms(FormRequest::Remove(name.clone())));
    effects.push(Effect::RemovePreset { id, name });
}

/// Opens the picker of the presets, or says what was done.
pub fn on_reply(model: &mut Model, request: FormRequest, result: Result<StoredForms, Failure>) {
    let stored = match result {
        Ok(stored) => stored,
        Err(failure) => return model.show_error(failure.lines().join(". ")),
    };
    match request {
        FormRequest::Read if form(model).is_none() => {}
        FormRequest::Read if stored.presets.is_empty() && stored.last.is_none() => {
            model.show_notice("There are no presets yet. Ctrl-t saves this form as one.");
        }
        FormRequest::Read => picker::form_lists::presets(model, stored),
        FormRequest::Save(name) => model.show_notice(format!("Saved as preset {name}.")),
        FormRequest::Remove(name) => {
            picker::form_lists::remove_preset_row(model, &name);
            model.show_notice(format!("Preset {name} removed."));
        }
    }
}

/// Fills the form in.
pub fn apply(model: &mut Model, preset: Preset) {
    let Some(form) = form(model) else { return };
    form.change(|draft| {
        preset.apply(draft);
        // What the sources do not allow is not taken over.
        if draft.encryption_fixed().is_some() {
            draft.encrypt = draft.sources.iter().all(|s| s.encrypted());
        }
    });
    form.past_failure = None;
    form.focus(form.focus.clone());
}
