//! The screens, and which of them a key goes to. An overlay that is open takes every key before the panes do.

pub mod form;
pub mod images;
pub mod jobs;
pub mod picker;
pub mod prompt;
pub mod question;
pub mod reading;

use crate::{
    term::input::KeyEvent,
    tui::{
        keys::{Action, Context},
        model::{Model, Pane},
        msg::Effect,
        widgets::editor,
    },
};

/// What lies over the panes.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// Something to read: details, help, problems.
    Reading(reading::Reading),
    /// The copy form.
    Form(Box<form::Form>),
    /// A list to choose from.
    Picker(picker::Picker),
    /// A line to type.
    Prompt(prompt::Prompt),
    /// A question.
    Question(question::Question),
}

impl Overlay {
    /// Whose keys hold while this is on top.
    pub fn contexts(&self) -> Vec<Context> {
        match self {
            Self::Reading(reading) => vec![reading.context(), Context::Lists, Context::Everywhere],
            Self::Form(_) => vec![Context::Form],
            Self::Picker(p) if p.typing => vec![Context::Prompt],
            Self::Picker(_) => vec![Context::Picker, Context::Lists],
            Self::Prompt(_) => vec![Context::Prompt],
            Self::Question(_) => vec![Context::Question],
        }
    }
}

/// Offers a key to whatever is being typed into. Whether it took it.
pub(super) fn type_into(model: &mut Model, key: &KeyEvent, effects: &mut Vec<Effect>) -> bool {
    match model.overlays.last_mut() {
        Some(Overlay::Form(_)) => form::type_into(model, key),
        Some(Overlay::Picker(picker)) if picker.typing => picker.edit(key),
        Some(Overlay::Prompt(prompt)) => editor::edit(&mut prompt.line, key),
        Some(_) => false,
        None => images::type_into(model, key, effects),
    }
}

/// Offers a paste likewise.
pub(super) fn paste_into(model: &mut Model, text: &str) -> bool {
    match model.overlays.last_mut() {
        Some(Overlay::Form(_)) => form::paste(model, text),
        Some(Overlay::Picker(picker)) if picker.typing => {
            editor::paste(&mut picker.filter, text);
            picker.narrow();
            true
        }
        Some(Overlay::Prompt(prompt)) => {
            editor::paste(&mut prompt.line, text);
            true
        }
        None if model.images.editing => {
            editor::paste(&mut model.images.filter, text);
            model.images.changed_filter = true;
            true
        }
        _ => false,
    }
}

/// Offers an action to the screen that has the focus. Whether it was one of its own.
pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    match model.overlays.last() {
        Some(Overlay::Reading(_)) => reading::act(model, action, effects),
        Some(Overlay::Form(_)) => form::act(model, action, effects),
        Some(Overlay::Picker(_)) => picker::act(model, action, effects),
        Some(Overlay::Prompt(_)) => prompt::act(model, action, effects),
        Some(Overlay::Question(_)) => question::act(model, action, effects),
        None => match model.focus {
            Pane::Images => images::act(model, action, effects),
            Pane::Jobs => jobs::act(model, action, effects),
        },
    }
}

/// Sends a text to the clipboard of the user's terminal. Nobody answers, so it is never said to be copied.
pub(super) fn yank(model: &mut Model, text: String, effects: &mut Vec<Effect>) {
    model.say(format!("Sent to your terminal: {text}"));
    effects.push(Effect::Clipboard(text));
}
