//! The screens. Of each, `mod` owns the state, `update` what keys do, `view` what it looks like; states know neither the
//! model nor each other's behaviour.

pub mod confirm;
pub mod form;
pub mod images;
pub mod input;
pub mod jobs;
pub mod pager;
pub mod picker;

use crate::tui::bindings::Context;

/// What lies over the panes.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// Something to read: details, help, problems.
    Pager(pager::Pager),
    /// The copy form.
    Form(Box<form::Form>),
    /// A list to choose from.
    Picker(picker::Picker),
    /// A line to type.
    InputLine(input::InputLine),
    /// A question.
    Confirmation(confirm::Confirmation),
}

impl Overlay {
    /// Whose keys hold while this is on top.
    pub fn contexts(&self) -> Vec<Context> {
        match self {
            Self::Pager(reading) => vec![reading.context(), Context::Lists, Context::Everywhere],
            Self::Form(_) => vec![Context::Form],
            Self::Picker(p) if p.typing => vec![Context::Prompt],
            Self::Picker(_) => vec![Context::Picker, Context::Lists],
            Self::InputLine(_) => vec![Context::Prompt],
            Self::Confirmation(_) => vec![Context::Question],
        }
    }
}
