//! The copy form: what is copied, where to, under which name, how encrypted. It checks while one types.

pub mod open;
pub mod update;
pub mod view;

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;
use tui_input::Input;

use crate::domain::{
    ClientToken, Image, Region,
    plan::{Draft, Field, Plan},
};

/// A row one can stand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    Destinations,
    Name,
    Description,
    Encryption,
    Key,
    KeyFor(Region),
    Tags,
    Start,
}

/// The form's state.
#[derive(Debug, Clone)]
pub struct Form {
    sources: Vec<Arc<Image>>,
    destinations: Vec<Region>,
    name: Input,
    description: Input,
    encrypt: bool,
    key: Input,
    keys: BTreeMap<Region, Input>,
    copy_tags: bool,
    account: Option<crate::domain::AccountId>,
    focus: usize,
    /// Which copy's command line is shown.
    line: usize,
    edited: bool,
    today: Date,
    /// Whether a start was tried: from then on, mistakes of untouched fields are shown too.
    tried: bool,
}

impl Form {
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows = vec![Row::Destinations, Row::Name, Row::Description, Row::Encryption];
        if self.encrypt {
            rows.push(Row::Key);
            if self.destinations.len() > 1 {
                rows.extend(self.destinations.iter().cloned().map(Row::KeyFor));
            }
        }
        rows.extend([Row::Tags, Row::Start]);
        rows
    }

    fn row(&self) -> Row {
        self.rows().get(self.focus).cloned().unwrap_or(Row::Start)
    }

    fn text(&mut self) -> Option<&mut Input> {
        match self.row() {
            Row::Name => Some(&mut self.name),
            Row::Description => Some(&mut self.description),
            Row::Key => Some(&mut self.key),
            Row::KeyFor(region) => Some(self.keys.entry(region).or_default()),
            Row::Destinations | Row::Encryption | Row::Tags | Row::Start => None,
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
            copy_tags: self.copy_tags,
            account: self.account.clone(),
        }
    }

    /// As it would be sent, under tokens that are not.
    pub(super) fn preview(&self) -> Plan {
        self.draft().check(self.today, || ClientToken::from_random(0))
    }

    fn move_focus(&mut self, forward: bool) {
        let rows = self.rows().len();
        self.focus = if forward { self.focus + 1 } else { self.focus + rows - 1 } % rows;
    }

    fn focus_on(&mut self, field: &Field) {
        let wanted = match field {
            Field::Sources | Field::Destinations => Row::Destinations,
            Field::Name => Row::Name,
            Field::Description => Row::Description,
            Field::Encryption => Row::Encryption,
            Field::Key => Row::Key,
            Field::KeyFor(region) => Row::KeyFor(region.clone()),
        };
        self.focus = self.rows().iter().position(|r| *r == wanted).unwrap_or(0);
    }

    /// The destinations were chosen.
    pub(in crate::tui) fn set_destinations(&mut self, destinations: Vec<Region>) {
        self.edited |= self.destinations != destinations;
        self.destinations = destinations;
        self.line = 0;
        self.focus = 1;
    }

    /// A key was chosen for a field.
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
