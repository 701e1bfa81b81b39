//! The screens. Of each, `mod` owns the state, `update` what keys do, `view` what it looks like; states know neither the
//! model nor each other's behaviour.

pub mod form;
pub mod images;
pub mod jobs;
pub mod picker;
pub mod prompt;
pub mod question;
pub mod reading;

use crate::tui::keys::Context;

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
