//! What is being typed into, for a recording that is redacted: there the user's texts are replaced, and keys that act are not.

use crate::tui::{
    model::Model,
    screens::{Overlay, picker::PickerKind},
};

/// Where the characters go that are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// Into a filter of images, of jobs or of names to choose from.
    Filter,
    /// Into the palette.
    Command,
    /// Into a field of the form, or a line of its own.
    Text,
}

impl Model {
    /// Returns what is typed into; `None` where characters are keys, and where regions or times are chosen by typing.
    pub fn typing(&self) -> Option<Typing> {
        match self.overlays.last() {
            None => (self.images.editing || self.jobs.editing).then_some(Typing::Filter),
            Some(Overlay::Form(form)) => form.takes_text().then_some(Typing::Text),
            Some(Overlay::Review(screen)) => screen.typing.as_ref().map(|_| Typing::Text),
            Some(Overlay::Coverage(screen)) => screen.editing.then_some(Typing::Filter),
            Some(Overlay::InputLine(_)) => Some(Typing::Text),
            Some(Overlay::Palette(_)) => Some(Typing::Command),
            Some(Overlay::Picker(picker)) => {
                let harmless =
                    matches!(picker.kind(), PickerKind::Regions | PickerKind::Destinations | PickerKind::Completion);
                (picker.typing && !harmless).then_some(Typing::Filter)
            }
            Some(Overlay::Pager(_) | Overlay::Confirmation(_)) => None,
        }
    }
}
