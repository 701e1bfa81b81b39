//! Actions in the copy form.

use super::{Form, Item};
use crate::{
    domain::{CopyRequest, draft::Field, text::count},
    engine::Command,
    term::input::{KeyCode, KeyEvent},
    tui::{
        bindings::Action,
        model::{Model, Pane},
        msg::Effect,
        screens::{Overlay, confirm::Confirmation, picker, review},
        widgets::editor,
    },
};

fn form(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

/// Gives a key to the field with the focus. Returns true if it was used.
pub fn type_into(model: &mut Model, key: &KeyEvent) -> bool {
    let Some(form) = form(model) else { return false };
    // These move the focus, press buttons or close the form, though the editor has a use for some of them.
    if matches!(key.code, KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down | KeyCode::Enter | KeyCode::Esc)
    {
        return false;
    }
    let Some(line) = form.text() else { return false };
    let used = editor::edit(line, key);
    form.edited |= used && matches!(key.code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete);
    used
}

/// Inserts pasted text into the field with the focus. Returns false if it takes no text.
pub fn paste(model: &mut Model, text: &str) -> bool {
    let Some(form) = form(model) else { return false };
    let Some(line) = form.text() else { return false };
    editor::paste(line, text);
    form.edited = true;
    true
}

/// Runs an action. Returns false if the form has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(form) = form(model) else { return false };
    match action {
        Action::NextField => form.move_focus(true),
        Action::PreviousField => form.move_focus(false),
        Action::Toggle => toggle(model),
        Action::Press => press(model, effects),
        Action::Start => review(model, effects),
        Action::NextLine => form.command = (form.command + 1) % form.preview().copies.len().max(1),
        Action::PreviousLine => {
            let commands = form.preview().copies.len().max(1);
            form.command = (form.command + commands - 1) % commands;
        }
        Action::YankCommand => {
            let plan = form.preview();
            match plan.copies.get(form.command.min(plan.copies.len().saturating_sub(1))) {
                Some(copy) => model.yank(copy.aws_cli(), effects),
                None => model.show_notice("There is no command yet. Choose a destination first."),
            }
        }
        Action::Back if form.edited => model.overlays.push(Overlay::Confirmation(Confirmation::leave_form())),
        Action::Back => {
            model.overlays.pop();
        }
        _ => return false,
    }
    true
}

/// Toggles the checkbox with the focus.
fn toggle(model: &mut Model) {
    let Some(form) = form(model) else { return };
    match form.focused() {
        Item::Field(Field::Encryption) => match form.draft().encryption_fixed() {
            Some(why) => model.show_notice(why),
            None => (form.encrypt, form.edited) = (!form.encrypt, true),
        },
        Item::Field(Field::SourceTags) => (form.copy_tags, form.edited) = (!form.copy_tags, true),
        _ => {}
    }
}

/// Opens the picker of the field with the focus, toggles it, or presses the button.
fn press(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    let Item::Field(field) = form.focused() else { return review(model, effects) };
    match &field {
        Field::Sources | Field::Destinations => {
            let chosen = form.destinations.clone();
            picker::open::destinations(model, &chosen);
        }
        Field::Encryption | Field::SourceTags => toggle(model),
        Field::Key if form.destinations.is_empty() => {
            model.show_notice("Choose a destination first: KMS keys belong to a region.");
        }
        Field::Key => {
            let regions = form.destinations.clone();
            picker::open::kms_keys(model, &regions, &field, effects);
        }
        Field::KeyFor(region) => picker::open::kms_keys(model, std::slice::from_ref(region), &field, effects),
        _ => form.move_focus(true),
    }
}

/// Opens the review of the copies, or shows the first mistake.
fn review(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    form.submitted = true;
    let (draft, opened) = (form.draft(), form.opened);
    let mistakes = form.preview().mistakes;
    if let Some(first) = mistakes.first() {
        form.focus_on(&first.field);
        let text = first.text.clone();
        model.show_error(format!("Not started. {text}"));
        return;
    }
    let plan = draft.check(opened, || model.next_client_token());
    review::open::open(model, plan, effects);
}

/// Starts the copies that were decided on, and closes the form.
pub(in crate::tui) fn start(model: &mut Model, copies: Vec<CopyRequest>, effects: &mut Vec<Effect>) {
    model.overlays.retain(|o| !matches!(o, Overlay::Form(_)));
    let requested = count(copies.len(), "copy", "copies");
    model.show_notice(if model.jobs_view.driver.is_silent() {
        format!("{requested} requested. They wait until the process that holds the queue continues or ends.")
    } else {
        format!("{requested} requested. See the jobs pane.")
    });
    model.images.marked.clear();
    model.focus = Pane::Jobs;
    if model.full == Some(Pane::Images) {
        model.full = None;
    }
    let last = model.jobs_view.jobs().next_back().map(|j| j.id);
    model.jobs.await_new(last);
    model.send_command(Command::Copy(copies), effects);
}
