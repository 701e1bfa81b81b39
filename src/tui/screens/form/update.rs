//! What keys do in the copy form.

use super::{Form, Row};
use crate::{
    domain::{plan::Field, text::count},
    engine::Command,
    term::input::{KeyCode, KeyEvent},
    tui::{
        bindings::Action,
        model::{Model, Pane},
        msg::Effect,
        screens::{Overlay, confirm::Confirmation, picker},
        widgets::editor,
    },
};

fn form(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

/// Offers a key to the field with the focus.
pub fn type_into(model: &mut Model, key: &KeyEvent) -> bool {
    let Some(form) = form(model) else { return false };
    // These move between fields and start; the line would take them for its own.
    if matches!(key.code, KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down | KeyCode::Enter | KeyCode::Esc)
    {
        return false;
    }
    let Some(line) = form.text() else { return false };
    let took = editor::edit(line, key);
    form.edited |= took && matches!(key.code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete);
    took
}

/// Offers a paste likewise.
pub fn paste(model: &mut Model, text: &str) -> bool {
    let Some(form) = form(model) else { return false };
    let Some(line) = form.text() else { return false };
    editor::paste(line, text);
    form.edited = true;
    true
}

/// Does what a key asks for. Whether it was one for this screen.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(form) = form(model) else { return false };
    match action {
        Action::NextField => form.move_focus(true),
        Action::PreviousField => form.move_focus(false),
        Action::Toggle => toggle(model),
        Action::Press => press(model, effects),
        Action::Start => start(model, effects),
        Action::NextLine => form.line = (form.line + 1) % form.preview().copies.len().max(1),
        Action::PreviousLine => {
            let lines = form.preview().copies.len().max(1);
            form.line = (form.line + lines - 1) % lines;
        }
        Action::YankCommand => {
            let plan = form.preview();
            match plan.copies.get(form.line.min(plan.copies.len().saturating_sub(1))) {
                Some(copy) => model.yank(copy.aws_cli(), effects),
                None => model.say("There is no command yet: choose a destination first."),
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

fn toggle(model: &mut Model) {
    let Some(form) = form(model) else { return };
    match form.row() {
        Row::Encryption => match form.draft().encryption_fixed() {
            Some(why) => model.say(why),
            None => (form.encrypt, form.edited) = (!form.encrypt, true),
        },
        Row::Tags => (form.copy_tags, form.edited) = (!form.copy_tags, true),
        _ => {}
    }
}

fn press(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    match form.row() {
        Row::Destinations => {
            let chosen = form.destinations.clone();
            picker::open::destinations(model, &chosen);
        }
        Row::Encryption | Row::Tags => toggle(model),
        Row::Key if form.destinations.is_empty() => model.say("Choose a destination first: keys belong to a region."),
        Row::Key => {
            let regions = form.destinations.clone();
            picker::open::keys(model, &regions, &Field::Key, effects);
        }
        Row::KeyFor(region) => {
            let field = Field::KeyFor(region.clone());
            picker::open::keys(model, &[region], &field, effects);
        }
        Row::Start => start(model, effects),
        Row::Name | Row::Description => form.move_focus(true),
    }
}

fn start(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    form.tried = true;
    let (draft, today) = (form.draft(), form.today);
    let mistakes = form.preview().mistakes;
    if let Some(first) = mistakes.first() {
        form.focus_on(&first.field);
        let text = first.text.clone();
        model.complain(format!("Not started. {text}"));
        return;
    }
    if model.start.config.read_only {
        model.complain("Read-only: nothing is changed in AWS. Ctrl-y sends the command line to your terminal.");
        return;
    }
    // A form that nobody will carry out stays as it is.
    if !model.can_ask() {
        return;
    }
    let plan = draft.check(today, || model.token());
    model.overlays.retain(|o| !matches!(o, Overlay::Form(_)));
    let copies = count(plan.copies.len(), "copy", "copies");
    model.say(if model.board.driver.is_silent() {
        format!("{copies} requested. The request waits until the process that holds the queue goes on or ends.")
    } else {
        format!("{copies} requested; the jobs pane shows them.")
    });
    model.images.marked.clear();
    model.focus = Pane::Jobs;
    if model.full == Some(Pane::Images) {
        model.full = None;
    }
    let last = model.board.jobs().next_back().map(|j| j.id);
    model.jobs.await_new(last);
    model.ask_for(Command::Copy(plan.copies), effects);
}
