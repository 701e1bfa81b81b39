//! What is being typed into, for a recording that is redacted: there the user's texts are replaced, and keys that act are not.

use tui_input::Input;

use crate::{
    term::input::{KeyCode, KeyEvent, KeyModifiers},
    tui::{
        keymap,
        line_mode::{Meaning, is_typing, meaning},
        model::Model,
        screens::{
            Overlay,
            picker::{Picker, PickerKind},
        },
    },
};

/// Where the characters go that are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// Into a filter of images, of jobs or of names to choose from.
    Filter,
    /// Into the palette.
    Command,
    /// Into a filter of regions to choose from: their names and places are no secret, other words may be.
    Regions,
    /// Into a field of the form, or a line of its own.
    Text,
}

/// A line that is typed into, with the texts on both sides of the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedLine {
    pub into: Typing,
    pub before: String,
    pub after: String,
}

impl TypedLine {
    fn new(into: Typing, line: &Input) -> Self {
        let text = line.value();
        let cursor = text.char_indices().nth(line.cursor()).map_or(text.len(), |(at, _)| at);
        Self { into, before: text[..cursor].to_owned(), after: text[cursor..].to_owned() }
    }

    fn empty(into: Typing) -> Self {
        Self { into, before: String::new(), after: String::new() }
    }

    /// The line with this text at the cursor.
    pub fn with(&self, text: &str) -> String {
        [&self.before, text, &self.after].concat()
    }
}

impl Model {
    /// Returns the line that a character of this key would go into; `None` where it is a key that acts, and where times are
    /// chosen by typing.
    pub fn typing(&self, key: &KeyEvent) -> Option<TypedLine> {
        let line = self.typed_into(key)?;
        // What is selected is replaced.
        Some(if self.filter_selected { TypedLine::empty(line.into) } else { line })
    }

    fn typed_into(&self, key: &KeyEvent) -> Option<TypedLine> {
        match self.overlays.last() {
            None if self.jobs.editing => Some(TypedLine::new(Typing::Filter, &self.jobs.filter)),
            None => self.images.editing.then(|| TypedLine::new(Typing::Filter, &self.images.filter)),
            Some(Overlay::Form(form)) => form.takes_text().then(|| TypedLine::new(Typing::Text, form.line())),
            Some(Overlay::Review(screen)) => screen.typing.as_ref().map(|line| TypedLine::new(Typing::Text, line)),
            Some(Overlay::Coverage(screen)) => screen.editing.then(|| TypedLine::new(Typing::Filter, &screen.filter)),
            Some(overlay @ (Overlay::Storage(_) | Overlay::StorageHeld(_) | Overlay::SyncPlan(_))) => {
                let table = overlay.list_screen()?.table();
                table.editing.then(|| TypedLine::new(Typing::Filter, &table.filter))
            }
            Some(Overlay::InputLine(line)) => Some(TypedLine::new(Typing::Text, &line.line)),
            Some(Overlay::Palette(palette)) => Some(TypedLine::new(Typing::Command, &palette.line)),
            Some(Overlay::Picker(picker)) => {
                let into = typing_in(picker)?;
                if picker.typing {
                    Some(TypedLine::new(into, &picker.filter))
                } else {
                    self.begins_filter(key).then(|| TypedLine::empty(into))
                }
            }
            Some(Overlay::Pager(pager)) => {
                let search = pager.search.as_ref().filter(|search| search.typing)?;
                Some(TypedLine::new(Typing::Filter, &search.line))
            }
            Some(Overlay::Confirmation(_)) => None,
        }
    }

    /// Returns where the text goes that a line has in line mode, and how many bytes of the line are before it; `None` for a line
    /// without any: a key, the number of a row, a question.
    pub fn typed_line(&self, line: &str) -> Option<(Typing, usize)> {
        let (into, text) = match meaning(self, line) {
            // One letter that is no key of a list filters it.
            Meaning::Key(key) if !is_typing(self) && self.begins_filter(&key) => {
                (self.typing_of_filter(), line.trim().to_owned())
            }
            // More digits than rows have may be an account's id that is looked for.
            Meaning::Row(_) if line.trim().len() > ROW_DIGITS => (Typing::Filter, line.trim().to_owned()),
            Meaning::Again
            | Meaning::Help
            | Meaning::Row(_)
            | Meaning::Key(_)
            | Meaning::Undo
            | Meaning::Doubtful(_) => return None,
            Meaning::Text(text) => match self.overlays.last() {
                Some(Overlay::Form(_) | Overlay::Review(_) | Overlay::InputLine(_)) => (Typing::Text, text),
                _ => (self.typing_of_filter(), text),
            },
            Meaning::Filter(text) => (self.typing_of_filter(), text),
            // Regions stay as they are wherever they stand, but names that only look like those of regions do not.
            Meaning::Destinations(_) => (Typing::Text, line.trim().to_owned()),
            Meaning::Command(text) => (Typing::Command, text),
        };
        Some((into, line.trim_end().len() - text.len()))
    }

    /// Returns where the text of a filter goes here.
    fn typing_of_filter(&self) -> Typing {
        match self.overlays.last() {
            Some(Overlay::Picker(picker)) => typing_in(picker).unwrap_or(Typing::Filter),
            _ => Typing::Filter,
        }
    }

    /// Returns true if this key begins the filter of a picker, as it does nothing else there.
    fn begins_filter(&self, key: &KeyEvent) -> bool {
        let held = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        matches!(self.overlays.last(), Some(Overlay::Picker(_)))
            && matches!(key.code, KeyCode::Char(c) if c.is_alphanumeric() && !held)
            && keymap::lookup(&self.keymap, &self.contexts(), key).is_none()
    }
}

/// The most digits of a row's number that somebody types.
const ROW_DIGITS: usize = 6;

/// Returns where the characters go that are typed in a picker; `None` for times, which are no names.
fn typing_in(picker: &Picker) -> Option<Typing> {
    match picker.kind() {
        PickerKind::Completion => None,
        PickerKind::Regions | PickerKind::Destinations => Some(Typing::Regions),
        _ => Some(Typing::Filter),
    }
}
