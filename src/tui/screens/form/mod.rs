//! The copy form: images, destinations, name, encryption. It is checked while the user types.

pub mod open;
pub mod update;
pub mod view;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use tui_input::Input;

use crate::domain::{
    AccountId, ClientToken, Image, Region,
    draft::{Draft, Field, SourceTags},
    plan::Plan,
};

/// What can have the focus.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Field(Field),
    StartButton,
}

/// The form's state.
#[derive(Debug, Clone)]
pub struct Form {
    sources: Vec<Arc<Image>>,
    destinations: Vec<Region>,
    name: Input,
    description: Input,
    encrypt: bool,
    /// The KMS key of all destinations.
    key: Input,
    /// KMS keys of single destinations.
    keys: BTreeMap<Region, Input>,
    copy_tags: bool,
    account: Option<AccountId>,
    /// Index of the item with the focus.
    focus: usize,
    /// Index of the copy whose command is shown.
    command: usize,
    edited: bool,
    /// What dates are relative to, so that they do not change while the user types.
    opened: Timestamp,
    /// True once the user has tried to start: from then on, mistakes in untouched fields are shown too.
    submitted: bool,
}

impl Form {
    fn items(&self) -> Vec<Item> {
        let mut fields = vec![Field::Destinations, Field::Name, Field::Description, Field::Encryption];
        if self.encrypt {
            fields.push(Field::Key);
            if self.destinations.len() > 1 {
                fields.extend(self.destinations.iter().cloned().map(Field::KeyFor));
            }
        }
        fields.push(Field::SourceTags);
        fields.into_iter().map(Item::Field).chain([Item::StartButton]).collect()
    }

    fn focused(&self) -> Item {
        self.items().get(self.focus).cloned().unwrap_or(Item::StartButton)
    }

    /// The text of the field with the focus, if it has one.
    fn text(&mut self) -> Option<&mut Input> {
        let Item::Field(field) = self.focused() else { return None };
        match field {
            Field::Name => Some(&mut self.name),
            Field::Description => Some(&mut self.description),
            Field::Key => Some(&mut self.key),
            Field::KeyFor(region) => Some(self.keys.entry(region).or_default()),
            _ => None,
        }
    }

    fn draft(&self) -> Draft {
        Draft {
            sources: self.sources.clone(),
            destinations: self.destinations.clone(),
            name: self.name.value().to_owned(),
            description: self.description.value().to_owned(),
            encrypt: self.encrypt,
            key: self.key.value().to_owned(),
            keys: self.keys.iter().map(|(r, k)| (r.clone(), k.value().to_owned())).collect(),
            source_tags: if self.copy_tags { SourceTags::All } else { SourceTags::None },
            account: self.account.clone(),
            ..Draft::default()
        }
    }

    /// The plan as it would be started, with placeholders for client tokens.
    fn preview(&self) -> Plan {
        self.draft().check(self.opened, || ClientToken::from_random(0))
    }

    fn move_focus(&mut self, forward: bool) {
        let items = self.items().len();
        self.focus = if forward { self.focus + 1 } else { self.focus + items - 1 } % items;
    }

    /// Gives the focus to a field, or else to the first.
    pub(in crate::tui) fn focus_on(&mut self, field: &Field) {
        let wanted = Item::Field(field.clone());
        self.focus = self.items().iter().position(|item| *item == wanted).unwrap_or(0);
    }

    /// Applies the choice of the destinations' picker.
    pub(in crate::tui) fn set_destinations(&mut self, destinations: Vec<Region>) {
        self.edited |= self.destinations != destinations;
        self.destinations = destinations;
        self.command = 0;
        self.focus_on(&Field::Name);
    }

    /// Applies the choice of a KMS key picker.
    pub(in crate::tui) fn set_key(&mut self, field: &Field, key: String) {
        self.edited = true;
        match field {
            Field::KeyFor(region) => {
                self.keys.insert(region.clone(), Input::new(key));
            }
            _ => self.key = Input::new(key),
        }
    }
}
