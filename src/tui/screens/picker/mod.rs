//! A list to choose one or several from: regions, destinations, keys, whose images, profiles, commands.

pub mod open;
pub mod update;
pub mod view;

use std::collections::BTreeSet;

use tui_input::Input;

use super::input;
use crate::{
    domain::{OwnerFilter, Region, plan::Field},
    term::input::KeyEvent,
    tui::{
        bindings::Action,
        widgets::{editor, list::List},
    },
};

/// What the choice is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PickerKind {
    /// The regions on the screen.
    Regions,
    /// The form's destinations.
    Destinations,
    /// A KMS key that these regions have, for a field of the form.
    Key(Vec<Region>, Field),
    /// Whose images.
    Whose,
    /// Another profile.
    Profile,
    /// A command by its name.
    Command,
}

/// What a row stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Region(Region),
    Text(String),
    Whose(OwnerFilter),
    Ask(input::InputPurpose),
    Action(Action),
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    value: Value,
    label: String,
    note: String,
    /// Rows that cannot be taken are shown, greyed, with the reason as their note.
    enabled: bool,
}

/// A list to choose from.
#[derive(Debug, Clone)]
pub struct Picker {
    purpose: PickerKind,
    items: Vec<Item>,
    /// Rows that fit the filter.
    shown: Vec<usize>,
    marked: BTreeSet<usize>,
    several: bool,
    list: List,
    /// The filter.
    pub filter: Input,
    /// Whether keys go to the filter.
    pub typing: bool,
    /// A line above the rows.
    remark: String,
}

/// Rows seen at a time; the window is smaller on a small screen, the paging is not.
const PAGE: usize = 14;

impl Picker {
    fn new(purpose: PickerKind, items: Vec<Item>, several: bool) -> Self {
        let mut picker = Self {
            purpose,
            items,
            shown: Vec::new(),
            marked: BTreeSet::new(),
            several,
            list: List::default(),
            filter: Input::default(),
            typing: false,
            remark: String::new(),
        };
        picker.filter();
        picker
    }

    /// Looks again at which rows fit the filter.
    pub fn filter(&mut self) {
        let words: Vec<String> = self.filter.value().split_whitespace().map(str::to_lowercase).collect();
        let fits = |item: &Item| {
            let text = format!("{} {}", item.label, item.note).to_lowercase();
            words.iter().all(|w| text.contains(w))
        };
        self.shown = (0..self.items.len()).filter(|i| fits(&self.items[*i])).collect();
        self.list.clamp(self.shown.len(), PAGE);
    }

    /// Lets the filter take a key.
    pub fn edit(&mut self, key: &KeyEvent) -> bool {
        let took = editor::edit(&mut self.filter, key);
        if took {
            self.list.cursor = 0;
            self.filter();
        }
        took
    }

    fn current(&self) -> Option<usize> {
        self.shown.get(self.list.cursor).copied()
    }

    fn mark(&mut self) {
        let Some(at) = self.current().filter(|_| self.several) else { return };
        if self.items[at].enabled && !self.marked.remove(&at) {
            self.marked.insert(at);
        }
        self.list.act(Action::Down, self.shown.len(), PAGE);
    }

    /// The marked rows; without any, the one under the cursor.
    fn taken(&self) -> Vec<&Item> {
        let rows: Vec<usize> = if self.marked.is_empty() {
            self.current().into_iter().collect()
        } else {
            self.marked.iter().copied().collect()
        };
        rows.into_iter().map(|i| &self.items[i]).filter(|i| i.enabled).collect()
    }

    fn title(&self) -> String {
        match &self.purpose {
            PickerKind::Regions => "Regions to list".into(),
            PickerKind::Destinations => "Regions to copy to".into(),
            PickerKind::Key(regions, _) => match regions.as_slice() {
                [one] => format!("KMS keys in {one}"),
                several => format!("KMS keys in {} regions", several.len()),
            },
            PickerKind::Whose => "Whose images".into(),
            PickerKind::Profile => "Profiles".into(),
            PickerKind::Command => "Commands".into(),
        }
    }
}
