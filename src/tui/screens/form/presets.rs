//! Presets: asking for the stored ones, filling the form in, saving, removing.

use std::collections::BTreeSet;

use super::{Purpose, open::form_on_top as form};
use crate::{
    config::settings::nearest,
    domain::{Failure, Region, preset::Preset},
    tui::{
        bindings::{Action, Context},
        model::{FormRequest, Model, PendingReply},
        msg::{Effect, StoredForms},
        screens::{Overlay, confirm::Confirmation, input::InputLine, picker},
    },
};

/// Asks for the presets; their picker opens once they are read.
pub(super) fn load(model: &mut Model, effects: &mut Vec<Effect>) {
    if is_made(model) {
        return;
    }
    let id = model.expect_reply(PendingReply::Forms(FormRequest::Read));
    effects.push(Effect::ReadForms { id });
}

/// Asks for the name under which the form is saved.
pub(super) fn save_as(model: &mut Model) {
    if is_made(model) {
        return;
    }
    let Some(form) = form(model) else { return };
    let (preset, again) = (Preset::of(&form.draft), form.replaces().is_some());
    model.overlays.push(Overlay::InputLine(InputLine::preset(preset, again)));
}

/// Returns true, and says so, if the form is for a copy that is made already.
fn is_made(model: &mut Model) -> bool {
    let made = form(model).is_some_and(|form| matches!(form.purpose, Purpose::Steps(_)));
    if made {
        model.show_notice("Presets are for new copies; this one is made.");
    }
    made
}

/// Saves a preset under a name; one of that name only if it is to be replaced.
pub fn save(model: &mut Model, name: String, preset: Box<Preset>, replace: bool, effects: &mut Vec<Effect>) {
    let request = FormRequest::Save { name: name.clone(), preset: preset.clone() };
    let id = model.expect_reply(PendingReply::Forms(request));
    effects.push(Effect::SavePreset { id, name, preset, replace });
}

/// Asks whether the preset of this name is replaced, unless something else was opened meanwhile.
pub fn ask_to_replace(model: &mut Model, name: &str, preset: Preset) {
    if form(model).is_some() {
        model.overlays.push(Overlay::Confirmation(Confirmation::replace_preset(name, preset)));
    } else {
        model.show_error(format!("Not saved: there is a preset {name} already."));
    }
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
        Err(failure) => return model.show_failure("presets", &failure),
    };
    match request {
        // They are the palette's.
        FormRequest::Names => {}
        FormRequest::Read | FormRequest::Apply(_) if form(model).is_none() => {}
        FormRequest::Apply(name) => apply_named(model, &name, stored),
        FormRequest::Read => open_picker(model, stored),
        FormRequest::Save { name, .. } if stored.in_memory => {
            model.show_notice(format!(
                "Saved as preset {name}, until amigrate ends: here nothing is written to a file."
            ));
        }
        FormRequest::Save { name, .. } => model.show_notice(format!("Saved as preset {name}.")),
        FormRequest::Remove(name) => {
            picker::form_lists::remove_preset_row(model, &name);
            model.show_notice(format!("Preset {name} removed."));
        }
    }
}

/// Fills the form in from the preset of this name.
fn apply_named(model: &mut Model, name: &str, mut stored: StoredForms) {
    let names: Vec<&str> = stored.presets.keys().map(String::as_str).collect();
    let near = nearest(name, names.into_iter()).map_or_else(String::new, |near| format!(" Did you mean {near}?"));
    match (stored.presets.remove(name), stored.problem) {
        (Some(preset), _) => {
            if apply(model, name, preset) {
                model.show_notice(format!("Preset {name} taken over."));
            }
        }
        (None, Some(failure)) => model.show_failure("presets", &failure),
        (None, None) => model.show_error(format!("There is no preset {name}.{near}")),
    }
}

fn open_picker(model: &mut Model, mut stored: StoredForms) {
    let problem = stored.problem.take();
    if !stored.presets.is_empty() || stored.last.is_some() {
        picker::form_lists::presets(model, stored);
    } else if problem.is_none() {
        let save = model.keymap.key(Context::Form, Action::SavePreset);
        model.show_notice(format!("There are no presets yet. {save} saves this form as one."));
    }
    if let Some(failure) = problem {
        model.show_failure("presets", &failure);
    }
}

/// The form copies in the account that is shown: names the command that assumes roles.
fn refuse_roles(model: &mut Model, name: &str) {
    let sources = form(model).map(|form| form.draft.sources.clone()).unwrap_or_default();
    let regions: BTreeSet<&Region> = sources.iter().map(|source| &source.region).collect();
    let images: Vec<&str> = sources.iter().map(|source| source.id.as_str()).collect();
    // More would not fit.
    let images = if (1..=2).contains(&images.len()) { images.join(" ") } else { "IMAGES".to_owned() };
    let from = match regions.into_iter().collect::<Vec<_>>()[..] {
        [one] => format!(" --from {one}"),
        _ => String::new(),
    };
    model.show_error(format!(
        "Not taken over: {name} copies with roles of other accounts. The command for it: amigrate copy {images}{from} --preset {name}"
    ));
}

/// Fills the form in from the preset of this name. Returns false, and says why, if the preset has roles.
pub fn apply(model: &mut Model, name: &str, preset: Preset) -> bool {
    if preset.has_roles() {
        refuse_roles(model, name);
        return false;
    }
    let Some(form) = form(model) else { return false };
    form.change(|draft| {
        preset.apply(draft);
        // What the sources do not allow is not taken over. An Outpost encrypts too, but the place may be changed again.
        if draft.encryption_fixed_by_sources().is_some() {
            draft.encrypt = draft.sources.iter().all(|s| s.encrypted());
        }
    });
    form.past_failures.clear();
    form.focus(form.focus.clone());
    true
}
