//! Named filters: saving the filter of the images, and choosing one.

use crate::{
    config::{FilterFile, settings::nearest},
    domain::{Failure, text::clean},
    tui::{
        bindings::{Action, Context},
        model::{FilterRequest, Model, PendingReply},
        msg::{Effect, StoredFilters},
        screens::{Overlay, input::InputLine, picker},
    },
};

/// Asks for the saved filters; their picker opens once they are read.
pub fn choose(model: &mut Model, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Filters(FilterRequest::Choose));
    effects.push(Effect::ReadFilters { id });
}

/// Asks for the name under which the filter is saved.
pub fn save_as(model: &mut Model) {
    let filter = model.images.filter.value().trim().to_owned();
    if filter.is_empty() {
        let begin = model.keymap.key(Context::Images, Action::Filter);
        model.show_notice(format!("There is no filter to save. {begin} begins one."));
    } else {
        model.overlays.push(Overlay::InputLine(InputLine::filter(filter)));
    }
}

/// Saves a filter under a name, in place of one of that name.
pub fn save(model: &mut Model, name: String, filter: String, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Filters(FilterRequest::Save(name.clone())));
    effects.push(Effect::ChangeFilter { id, name, filter: Some(filter) });
}

/// Saves the filter of the images under a name.
///
/// # Errors
/// Why it cannot be saved.
pub fn save_current(model: &mut Model, name: String, effects: &mut Vec<Effect>) -> Result<(), String> {
    let filter = model.images.filter.value().trim().to_owned();
    if filter.is_empty() {
        return Err("There is no filter to save.".into());
    }
    if !FilterFile::is_name(&name) {
        return Err("A name has 1 to 64 characters.".into());
    }
    save(model, name, filter, effects);
    Ok(())
}

/// Removes a saved filter.
pub fn remove(model: &mut Model, name: String, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Filters(FilterRequest::Remove(name.clone())));
    effects.push(Effect::ChangeFilter { id, name, filter: None });
}

/// Applies the saved filter of a name, once it is read.
pub fn apply(model: &mut Model, name: String, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Filters(FilterRequest::Apply(name)));
    effects.push(Effect::ReadFilters { id });
}

/// Filters the images.
pub fn set(model: &mut Model, filter: &str) {
    model.images.filter = filter.into();
    model.images.editing = false;
    model.images.filter_changed = true;
}

/// Opens the picker of the saved filters, applies one, or says what was done.
pub fn on_reply(model: &mut Model, request: FilterRequest, result: Result<StoredFilters, Failure>) {
    let stored = match result {
        Ok(stored) => stored,
        Err(failure) => return model.show_failure("saved filters", &failure),
    };
    match request {
        // Something else was opened meanwhile.
        // The palette takes them in.
        FilterRequest::Names => {}
        FilterRequest::Choose if !model.overlays.is_empty() => {}
        FilterRequest::Choose if stored.filters.is_empty() && model.images.recent.is_empty() => {
            let (begin, save) = (
                model.keymap.key(Context::Images, Action::Filter),
                model.keymap.key(Context::Filter, Action::SaveFilter),
            );
            model.show_notice(format!("No filter is saved yet. {begin} begins one, and {save} saves it under a name."));
        }
        FilterRequest::Choose => picker::saved_filters::open(model, stored.filters),
        FilterRequest::Apply(name) => match stored.filters.get(&name) {
            Some(filter) => set(model, filter),
            None => model.show_error(unknown(model, &name, stored.filters.keys().map(String::as_str))),
        },
        FilterRequest::Save(name) => {
            let replaced = stored.before.map(|before| format!(", in place of {before}")).unwrap_or_default();
            let kept = if stored.in_memory { " until amigrate ends: here nothing is written to a file" } else { "" };
            let choose = model.keymap.key(Context::Images, Action::Filters);
            model.show_notice(format!("Saved as filter {name}{replaced}{kept}. {choose} chooses it again."));
        }
        FilterRequest::Remove(name) => {
            picker::saved_filters::remove_row(model, &name);
            let was = stored.before.map(|before| format!(" It was: {before}")).unwrap_or_default();
            model.show_notice(format!("Filter {name} removed.{was}"));
        }
    }
}

fn unknown<'a>(model: &Model, name: &str, saved: impl Iterator<Item = &'a str> + Clone) -> String {
    let name = clean(name);
    let saved: Vec<&str> = saved.collect();
    match nearest(&name, saved.iter().copied()) {
        Some(near) => format!("There is no saved filter {name}; did you mean {}?", clean(near)),
        None if saved.is_empty() => {
            let key = model.keymap.key(Context::Images, Action::Filter);
            format!("No filter is saved yet. {key} begins one.")
        }
        None => format!("There is no saved filter {name}; there are {}.", clean(&saved.join(", "))),
    }
}
