//! A list to choose one or several from: regions, destinations, KMS keys, owners, profiles.

pub mod accounts;
pub mod columns;
pub mod form_lists;
pub mod line_mode;
pub mod open;
pub mod saved_filters;
pub mod update;
pub mod view;

use std::collections::BTreeSet;

use tui_input::Input;

use crate::{
    config::KeyMap,
    domain::{
        ImageColumn, OwnerFilter, Region,
        completion::CompletionDuration,
        draft::Field,
        filter::{Clauses, Parsed, Scratch},
        preset::Preset,
        text::count,
    },
    term::input::{KeyCode, KeyEvent, KeyModifiers},
    tui::{
        bindings::{Action, Context},
        others::ProfileId,
        screens::input::OwnerInput,
        widgets::{editor, list::List},
    },
};

/// What is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PickerKind {
    /// The regions to list.
    Regions,
    /// The form's destinations.
    Destinations,
    /// A KMS key that all these regions have, for a field of the form.
    KmsKey(Vec<Region>, Field),
    /// Keys of the sources' tags that go along.
    SourceTags,
    /// The time within which copies complete.
    Completion,
    /// Stored contents of the form.
    Preset,
    /// Whose images are listed.
    Owner,
    Profile,
    /// The account that images are copied into.
    Account,
    /// Columns of the image list, in their order.
    Columns,
    /// A saved filter.
    Filter,
}

/// The value of a row.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Region(Region),
    Text(String),
    Account(ProfileId),
    Owner(OwnerFilter),
    /// An owner that is typed next.
    OwnerInput(OwnerInput),
    Column(ImageColumn),
    Filter(String),
    RecentFilter(String),
    Completion(Option<CompletionDuration>),
    Preset(Box<Preset>),
    LastValues(Box<Preset>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    value: Value,
    label: String,
    note: String,
    /// Disabled rows are shown grey, with the reason as the note.
    enabled: bool,
}

/// The picker's state.
#[derive(Debug, Clone)]
pub struct Picker {
    kind: PickerKind,
    items: Vec<Item>,
    /// Indexes of the items that match the filter.
    shown: Vec<usize>,
    /// Indexes of the marked items.
    marked: BTreeSet<usize>,
    /// True once a mark was removed: then nothing marked means nothing chosen, where that is possible.
    unmarked: bool,
    /// The regions marked while nobody chooses any: as long as these are, the regions stay automatic.
    automatic: Option<BTreeSet<Region>>,
    /// Allows several items to be chosen.
    multiple: bool,
    list: List,
    pub filter: Input,
    /// True while keys go to the filter.
    pub typing: bool,
    /// A line above the rows.
    message: String,
    /// The value that the field has now, where the picker is of one.
    present: Option<Value>,
}

/// Rows by which a page continues; the screen shows as many as fit.
const PAGE: usize = 14;

impl Picker {
    /// The label of a row that is shown.
    pub(in crate::tui) fn label_at(&self, row: usize) -> Option<&str> {
        Some(&self.items.get(*self.shown.get(row)?)?.label)
    }

    /// The row that is shown of the item with this label.
    pub(in crate::tui) fn row_of(&self, label: &str) -> Option<usize> {
        self.shown.iter().position(|at| self.items.get(*at).is_some_and(|item| item.label == label))
    }

    /// What is chosen.
    pub fn kind(&self) -> &PickerKind {
        &self.kind
    }

    fn new(kind: PickerKind, items: Vec<Item>, multiple: bool) -> Self {
        let mut picker = Self {
            kind,
            items,
            shown: Vec::new(),
            marked: BTreeSet::new(),
            unmarked: false,
            automatic: None,
            multiple,
            list: List::default(),
            filter: Input::default(),
            typing: false,
            message: String::new(),
            present: None,
        };
        picker.apply_filter();
        picker
    }

    /// Puts the cursor on the value that the field has now, so that choosing at once changes nothing.
    fn go_to_present(&mut self) {
        let is_present = |at: &usize| self.present.as_ref() == Some(&self.items[*at].value);
        if let Some(row) = self.shown.iter().position(is_present).filter(|_| self.list.cursor == 0) {
            self.list.cursor = row;
            self.list.clamp(self.shown.len(), PAGE);
        }
    }

    /// Puts the cursor on a row. Returns true if it was there.
    pub fn select(&mut self, row: Option<usize>) -> bool {
        row.is_some_and(|row| std::mem::replace(&mut self.list.cursor, row) == row)
    }

    /// Puts the cursor on a row. Returns false if there is no such row.
    pub(in crate::tui) fn go_to(&mut self, row: usize) -> bool {
        row < self.shown.len() && {
            self.list.cursor = row;
            true
        }
    }

    /// Applies another filter.
    pub(in crate::tui) fn filter_anew(&mut self) {
        self.list.cursor = 0;
        self.apply_filter();
    }

    /// Drops the filter. The cursor stays on its row.
    fn clear_filter(&mut self) {
        let current = self.current();
        self.typing = false;
        self.filter.reset();
        self.apply_filter();
        if let Some(row) = self.shown.iter().position(|at| Some(*at) == current) {
            self.list.cursor = row;
            self.list.clamp(self.shown.len(), PAGE);
        }
    }

    /// Its title, without what is marked.
    pub(in crate::tui) fn heading(&self, keys: &KeyMap) -> String {
        self.title(keys)
    }

    /// Applies the filter.
    pub fn apply_filter(&mut self) {
        let typed = self.filter.value();
        let filter: Clauses<()> = Clauses::parse(typed, |_, _| Parsed::Unknown);
        let mut scratch = Scratch::default();
        let is_duration = self.kind == PickerKind::Completion;
        let mut matches = |item: &Item| {
            if is_duration {
                return begins_a_word(
                    &item.label.to_lowercase(),
                    &typed.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase(),
                );
            }
            filter.pass(|| [&*item.label, &*item.note].into_iter(), |()| true, &mut scratch)
        };
        self.shown = (0..self.items.len()).filter(|i| matches(&self.items[*i])).collect();
        self.list.clamp(self.shown.len(), PAGE);
    }

    /// Applies a key to the filter. Returns false if it is not an editing key.
    pub fn edit(&mut self, key: &KeyEvent) -> bool {
        let edited = editor::edit(&mut self.filter, key);
        if edited {
            self.list.cursor = 0;
            self.apply_filter();
        }
        edited
    }

    /// Begins the filter with a letter or digit that is no key here: who types a name means the row.
    pub fn begin_filter(&mut self, key: &KeyEvent) {
        let types = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
            && matches!(key.code, KeyCode::Char(c) if c.is_alphanumeric());
        if types {
            self.filter.reset();
        }
        self.typing = types && self.edit(key);
    }

    /// Inserts pasted text into the filter; where none is typed, it becomes the filter. A list of regions marks them instead. Returns
    /// what is to be said about that.
    pub(in crate::tui) fn paste(&mut self, text: &str) -> Option<String> {
        if let Some(said) = self.mark_list(text) {
            return Some(said);
        }
        if !std::mem::replace(&mut self.typing, true) {
            self.filter.reset();
        }
        editor::paste(&mut self.filter, text);
        self.filter_anew();
        None
    }

    /// Marks the regions of a list with blanks or commas between them, if the text is one. Returns which were marked, and which not.
    fn mark_list(&mut self, text: &str) -> Option<String> {
        let is_of_regions = matches!(self.kind, PickerKind::Regions | PickerKind::Destinations);
        let names = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace()).filter(|name| !name.is_empty());
        let regions: Vec<Region> = names.map(Region::new).collect::<Result<_, _>>().ok()?;
        if !is_of_regions || regions.len() < 2 {
            return None;
        }
        let (mut marked, mut others) = (0, Vec::new());
        for region in regions {
            let is_it = |item: &Item| item.enabled && matches!(&item.value, Value::Region(one) if *one == region);
            match self.items.iter().position(is_it) {
                Some(at) => marked += usize::from(self.marked.insert(at)),
                None => others.push(region.to_string()),
            }
        }
        let marked = format!("{} marked", count(marked, "more region", "more regions"));
        Some(match others.as_slice() {
            [] => format!("{marked}."),
            others => format!("{marked}; cannot be chosen: {}.", others.join(", ")),
        })
    }

    fn current(&self) -> Option<usize> {
        self.shown.get(self.list.cursor).copied()
    }

    fn mark(&mut self) {
        let Some(at) = self.current().filter(|_| self.multiple) else { return };
        if self.marked.remove(&at) {
            self.unmarked = true;
        } else if self.items[at].enabled {
            self.marked.insert(at);
        }
        self.list.act(Action::Down, self.shown.len(), PAGE);
    }

    fn mark_none(&mut self) {
        self.unmarked |= !self.marked.is_empty();
        self.marked.clear();
    }

    /// Returns true if nothing is marked and that is a choice, so that the row under the cursor is not chosen instead.
    fn chooses_nothing(&self) -> bool {
        let may_be_empty = match self.kind {
            PickerKind::SourceTags | PickerKind::Columns => true,
            PickerKind::Destinations => self.unmarked,
            _ => false,
        };
        may_be_empty && self.marked.is_empty()
    }

    /// The marked items, or the one under the cursor if none is marked; without disabled ones.
    fn chosen(&self) -> Vec<&Item> {
        let rows: Vec<usize> = if self.chooses_nothing() {
            Vec::new()
        } else if self.marked.is_empty() {
            self.current().into_iter().collect()
        } else {
            self.marked.iter().copied().collect()
        };
        rows.into_iter().map(|i| &self.items[i]).filter(|i| i.enabled).collect()
    }

    /// Returns false for an action that does nothing here.
    pub fn offers(&self, action: Action) -> bool {
        match action {
            Action::Mark => self.multiple,
            Action::MoveUp | Action::MoveDown => self.kind == PickerKind::Columns,
            _ => true,
        }
    }

    /// Returns true if several rows can be marked.
    pub(in crate::tui) fn marks_several(&self) -> bool {
        self.multiple
    }

    /// The marked regions.
    fn marked_regions(&self) -> BTreeSet<Region> {
        let region =
            |at: &usize| if let Value::Region(region) = &self.items[*at].value { Some(region.clone()) } else { None };
        self.marked.iter().filter_map(region).collect()
    }

    /// Returns true if the marks are those of the regions that are listed automatically.
    fn stays_automatic(&self) -> bool {
        self.automatic.as_ref().is_some_and(|automatic| *automatic == self.marked_regions())
    }

    /// The number of marked rows that the filter hides.
    fn hidden_marks(&self) -> usize {
        self.marked.iter().filter(|at| !self.shown.contains(at)).count()
    }

    /// The number of marked rows, where several can be marked.
    fn marks(&self) -> String {
        let n = self.marked.len();
        match self.kind {
            PickerKind::SourceTags => count(n, "key", "keys"),
            PickerKind::Columns => count(n, "column", "columns"),
            PickerKind::Profile => count(n, "profile", "profiles"),
            _ => count(n, "region", "regions"),
        }
    }

    fn title(&self, keys: &KeyMap) -> String {
        let remove = keys.key(Context::Picker, Action::RemovePreset);
        match &self.kind {
            PickerKind::Regions => "Regions to list".into(),
            PickerKind::Destinations => "Regions to copy to".into(),
            PickerKind::KmsKey(regions, _) => match regions.as_slice() {
                [one] => format!("KMS keys in {one}"),
                many => format!("KMS keys in {} regions", many.len()),
            },
            PickerKind::SourceTags => "The source's tags that the copies get".into(),
            PickerKind::Completion => "Complete within".into(),
            PickerKind::Preset => format!("Presets ({remove} removes one)"),
            PickerKind::Owner => "Whose images".into(),
            PickerKind::Profile => "Profiles".into(),
            PickerKind::Account => "Account to copy into".into(),
            PickerKind::Columns => "Columns".into(),
            PickerKind::Filter => format!("Filters ({remove} removes a saved one)"),
        }
    }
}

/// Returns true if a duration has this text where one of its words begins: `2 h` is in `2 h 15 min`, and not in `12 h`. Notes have
/// prices, and those have digits too.
fn begins_a_word(label: &str, text: &str) -> bool {
    label.match_indices(text).any(|(at, _)| at == 0 || label[..at].ends_with(' '))
}
