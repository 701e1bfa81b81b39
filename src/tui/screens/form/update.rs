//! Actions in the copy form.

use tui_input::Input;

use super::{
    Form, Purpose,
    fields::{Item, Kind, Section},
    open::form_on_top as form,
    presets,
    start::submit,
    tags,
};
use crate::{
    domain::draft::Field,
    term::input::{KeyCode, KeyEvent, KeyModifiers},
    tui::{
        bindings::Action,
        model::Model,
        msg::Effect,
        screens::{Overlay, confirm::Confirmation, pager::Pager, picker},
        widgets::editor,
    },
};

/// Gives a key to the field with the focus. Returns true if it was used.
pub fn type_into(model: &mut Model, key: &KeyEvent) -> bool {
    let Some(form) = form(model) else { return false };
    // These move the focus, press buttons or close the form, though the editor has a use for some of them.
    if matches!(key.code, KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down | KeyCode::Enter | KeyCode::Esc)
    {
        return false;
    }
    if begins_region(form, key) {
        let chosen = form.draft.destinations.clone();
        picker::open::destinations(model, &chosen);
        if let Some(Overlay::Picker(picker)) = model.overlays.last_mut() {
            picker.begin_filter(key);
        }
        return true;
    }
    if form.text_field().is_none() || !editor::edit(&mut form.line, key) {
        return false;
    }
    if form.line.value() != form.text() {
        form.keep_line();
    }
    true
}

/// Returns true if a key on the destinations begins the name of a region: no region's begins with the key that quits.
fn begins_region(form: &Form, key: &KeyEvent) -> bool {
    let types = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let on_destinations = matches!(form.focus, Item::Field(Field::Destinations, _));
    on_destinations && types && matches!(key.code, KeyCode::Char(c) if c.is_ascii_lowercase() && c != 'q')
}

/// Inserts pasted text into the field with the focus. Returns false if it takes no text.
pub fn paste(model: &mut Model, text: &str) -> bool {
    let Some(form) = form(model) else { return false };
    if form.text_field().is_none() {
        return false;
    }
    if !tags::paste_lines(form, text) {
        editor::paste(&mut form.line, text);
        form.keep_line();
    }
    true
}

/// Replaces the text with the focus.
pub fn replace(model: &mut Model, text: &str) {
    let Some(form) = form(model).filter(|form| form.text_field().is_some()) else { return };
    form.line = Input::default();
    editor::paste(&mut form.line, text);
    form.keep_line();
}

/// Runs an action. Returns false if the form has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(form) = form(model) else { return false };
    match action {
        Action::NextField => form.move_focus(true),
        Action::PreviousField => form.move_focus(false),
        Action::PageDown | Action::PageUp => form.move_page(action == Action::PageDown),
        Action::Toggle => toggle(model, effects),
        Action::Press => press(model, effects),
        Action::RemoveLine => {
            if !tags::remove(form) {
                model.show_notice("This key removes a tag line; there is none here.");
            }
        }
        Action::Start => submit(model, effects),
        Action::NextLine => form.command = (form.command + 1) % form.plan.copies.len().max(1),
        Action::PreviousLine => {
            let commands = form.plan.copies.len().max(1);
            form.command = (form.command + commands - 1) % commands;
        }
        Action::YankCommand => yank_command(model, effects),
        Action::Presets => presets::load(model, effects),
        Action::SavePreset => presets::save_as(model),
        Action::Help => model.overlays.push(Overlay::Pager(Pager::form_help())),
        Action::Back if form.edited => model.overlays.push(Overlay::Confirmation(Confirmation::leave_form())),
        Action::Back => {
            model.overlays.pop();
        }
        _ => return false,
    }
    true
}

fn yank_command(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    let (command, none) = match &form.purpose {
        Purpose::Steps(steps) => (steps.aws_cli(), "There is no command: nothing more is done."),
        Purpose::Copies | Purpose::Again(_) => {
            let copy = form.plan.copies.get(form.command);
            (copy.map(crate::domain::CopyRequest::aws_cli), "There is no command yet. Choose a destination first.")
        }
    };
    match command {
        Some(command) => model.yank(command, effects),
        None => model.show_notice(none),
    }
}

/// Turns the choice with the focus to its next value, or folds or opens the section with the focus.
fn toggle(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    match form.focus.clone() {
        Item::Section(section) => form.fold_or_open(section),
        Item::Field(field, Kind::Choice) => next_value(model, &field),
        Item::Field(Field::SourceTags, _) => next_value(model, &Field::SourceTags),
        Item::Field(Field::Completion, _) if form.draft.completion.is_some() => {
            form.change(|draft| draft.completion = None);
        }
        Item::Field(..) | Item::StartButton => {}
    }
    list_keys(model, effects);
}

fn next_value(model: &mut Model, field: &Field) {
    let Some(form) = form(model) else { return };
    let changed = form.turn(field);
    let public = form.draft.post_copy.public;
    match (changed, field) {
        (Err(why), _) => model.show_notice(why),
        (Ok(()), Field::Public) if public => model.show_error(
            "Public: everyone with an AWS account can launch these images and read what is on them, secrets included. \
             You are asked again before they start.",
        ),
        (Ok(()), _) => {}
    }
}

/// Folds or opens a section, opens the picker of the field with the focus, toggles it, or presses the button.
fn press(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    let (field, kind) = match form.focus.clone() {
        Item::StartButton => return submit(model, effects),
        Item::Section(_) => return toggle(model, effects),
        Item::Field(field, kind) => (field, kind),
    };
    match (&field, kind) {
        // As in a text: a hand that leaves one field with Enter must not switch the next one on.
        (_, Kind::Choice | Kind::Text) => form.move_focus(true),
        (Field::Destinations, _) => {
            let chosen = form.draft.destinations.clone();
            picker::open::destinations(model, &chosen);
        }
        (Field::SourceTags, _) if form.own_tags.is_empty() => {
            model.show_notice("The images have no tags of their own.");
        }
        (Field::SourceTags, _) => {
            let keys = form.source_tag_keys();
            let sources = form.draft.sources.len();
            picker::form_lists::source_tags(model, &keys, sources);
        }
        (Field::Key, _) if form.draft.destinations.is_empty() => {
            model.show_notice("Choose a destination first: KMS keys belong to a region.");
        }
        (Field::Key, _) => {
            let regions = form.draft.destinations.clone();
            picker::open::kms_keys(model, &regions, &field, effects);
        }
        (Field::Completion, _) => {
            let draft = form.draft.clone();
            let choices = draft.completion_choices(&model.start.prices);
            picker::form_lists::completion(model, &choices, draft.completion);
        }
        (Field::KeyFor(region), _) => picker::open::kms_keys(model, std::slice::from_ref(region), &field, effects),
        _ => {}
    }
}

/// Lists the keys of the destinations while they are shown with their states.
pub fn list_keys(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    if form.draft.encrypts() && form.open.contains(&Section::Encryption) {
        let regions = form.draft.destinations.clone();
        picker::open::list_keys(model, &regions, effects);
    }
}
