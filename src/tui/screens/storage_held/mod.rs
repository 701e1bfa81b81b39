//! The page of the storage that the account's own images hold, by family, region, account and image.

pub mod line_mode;
pub mod update;
pub mod view;

use std::{cmp::Reverse, collections::BTreeSet};

use jiff::Timestamp;
use tui_input::Input;

use crate::{
    domain::{
        Failure, Region,
        filter::{Clauses, Parsed, Scratch},
        storage_held::{Group, GroupBy, Held, Row, StorageHeld},
        text::clean,
    },
    labels,
    tui::{
        bindings::Context,
        widgets::{list::List, text_fit::width},
    },
};
pub use update::on_reply;

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Sort {
    /// The largest first.
    #[default]
    Size,
    /// The dearest first.
    Cost,
    Name,
}

impl Sort {
    fn next(self) -> Self {
        match self {
            Self::Size => Self::Cost,
            Self::Cost => Self::Name,
            Self::Name => Self::Size,
        }
    }

    /// Returns the order, for `by ...`.
    fn label(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Cost => "cost",
            Self::Name => "name",
        }
    }
}

/// There are no terms, only words.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NoTerm {}

/// What is shown, to go back to.
#[derive(Debug, Clone, Default)]
struct Shown {
    by: GroupBy,
    /// Only images of this row of the table before.
    within: Option<Group>,
    filter: Input,
    /// The row that the cursor stays on.
    current: Option<Group>,
}

/// The screen's state.
#[derive(Debug, Clone, Default)]
pub struct StorageHeldScreen {
    held: StorageHeld,
    shown: Shown,
    /// What was shown before a row was opened.
    before: Option<Shown>,
    /// What there is to know about the sums, a sentence each.
    notes: Vec<String>,
    /// The sum of the rows shown, each snapshot once.
    sum: Held,
    /// All rows, the largest first.
    all: Vec<Row>,
    /// Cells of the longest name.
    longest: usize,
    /// The rows shown, in their order.
    rows: Vec<usize>,
    list: List,
    /// True while keys go to the filter.
    pub(in crate::tui) editing: bool,
    /// What is wrong with the filter.
    mistake: Option<String>,
    sort: Sort,
    /// Rows of the window.
    window: usize,
    /// So many regions are being read.
    reading: Option<usize>,
    /// The regions that could not be read completely.
    failures: Vec<(Region, Failure)>,
    /// When it was read.
    read: Option<Timestamp>,
}

impl StorageHeldScreen {
    /// The contexts whose keys apply, innermost first.
    pub(in crate::tui) fn contexts(&self) -> Vec<Context> {
        if self.editing {
            vec![Context::Filter, Context::Lists]
        } else {
            vec![Context::Storage, Context::Lists, Context::Everywhere]
        }
    }

    /// Returns the filter.
    pub(in crate::tui) fn filter(&self) -> &Input {
        &self.shown.filter
    }

    /// Returns the filter, to be edited.
    pub(in crate::tui) fn filter_mut(&mut self) -> &mut Input {
        &mut self.shown.filter
    }

    fn row(&self, at: usize) -> Option<&Row> {
        self.all.get(*self.rows.get(at)?)
    }

    /// The rows shown, in their order.
    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter_map(|at| self.all.get(*at))
    }

    /// Takes in what was read.
    fn set(&mut self, held: StorageHeld, failures: Vec<(Region, Failure)>, now: Timestamp) {
        (self.held, self.failures, self.read, self.reading) = (held, failures, Some(now), None);
        self.notes = labels::storage_held::notes(&self.held);
        self.group();
    }

    /// Makes the rows anew.
    fn group(&mut self) {
        self.all = self.held.rows(self.shown.by, self.shown.within.as_ref());
        self.longest = self.all.iter().map(|row| width(&name(row))).max().unwrap_or_default();
        self.choose_rows();
    }

    /// Chooses and sorts the rows anew, and keeps the cursor on its row.
    fn choose_rows(&mut self) {
        let none = |_: &str, _: &str| Parsed::Unknown;
        let clauses: Clauses<NoTerm> = Clauses::parse(self.shown.filter.value(), none);
        self.mistake = clauses.mistake().map(str::to_owned);
        let mut scratch = Scratch::default();
        let mut passes = |row: &Row| {
            let texts = texts(row);
            clauses.is_empty() || clauses.pass(|| texts.iter().map(String::as_str), |term| match *term {}, &mut scratch)
        };
        let mut rows: Vec<usize> = (0..self.all.len()).filter(|at| passes(&self.all[*at])).collect();
        let all = &self.all;
        match self.sort {
            // They come so.
            Sort::Size => {}
            Sort::Cost => rows.sort_by_key(|at| Reverse(all[*at].held.month)),
            Sort::Name => rows.sort_by_key(|at| name(&all[*at])),
        }
        self.rows = rows;
        let shown: BTreeSet<&Group> = self.rows().map(|row| &row.group).collect();
        self.sum = self.held.sum_of(self.shown.by, &shown);
        let row = self.shown.current.as_ref().and_then(|current| self.rows().position(|row| row.group == *current));
        self.list.cursor = row.unwrap_or(self.list.cursor);
        self.clamp();
    }

    fn clamp(&mut self) {
        self.list.clamp(self.rows.len(), self.window);
    }

    /// Makes the cursor stay on the row it is on now.
    fn follow_cursor(&mut self) {
        self.shown.current = self.row(self.list.cursor).map(|row| row.group.clone());
    }

    /// The first row in the window.
    pub(in crate::tui) fn offset(&self) -> usize {
        self.list.offset
    }

    /// Puts the cursor on a row. Returns false if there is no such.
    pub(in crate::tui) fn go_to(&mut self, row: usize) -> bool {
        let is_there = row < self.rows.len();
        if is_there {
            self.list.cursor = row;
            self.follow_cursor();
            self.clamp();
        }
        is_there
    }

    /// Puts the cursor on a row. Returns true if it was there.
    pub(in crate::tui) fn select(&mut self, row: usize) -> bool {
        let was_there = self.list.cursor == row;
        self.go_to(row) && was_there
    }

    /// Filters by another text.
    pub(in crate::tui) fn set_filter(&mut self, filter: Input, editing: bool) {
        (self.shown.filter, self.editing) = (filter, editing);
        self.choose_rows();
    }

    /// Shows the images of a row.
    fn open(&mut self, group: Group) {
        let shown = Shown { by: GroupBy::Image, within: Some(group), ..Shown::default() };
        self.before = Some(std::mem::replace(&mut self.shown, shown));
        self.list = List::default();
        self.group();
    }

    /// Goes back to what was shown before a row was opened. Returns false if none was.
    fn close(&mut self) -> bool {
        let Some(before) = self.before.take() else { return false };
        self.shown = before;
        self.group();
        true
    }

    /// Groups by what comes next; all images count again.
    fn group_by_next(&mut self) {
        let by = self.before.take().unwrap_or_else(|| self.shown.clone()).by;
        let at = GroupBy::ALL.iter().position(|one| *one == by).map_or(0, |at| at + 1);
        self.shown = Shown { by: GroupBy::ALL[at % GroupBy::ALL.len()], ..Shown::default() };
        self.list = List::default();
        self.group();
    }
}

/// What a row is called.
fn name(row: &Row) -> String {
    let images = &row.images;
    let name = match (&row.group, images.first()) {
        (Group::Image(..), Some(image)) if !image.name.is_empty() => &image.name,
        (group, _) => group.name(),
    };
    clean(name).into_owned()
}

/// What a filter searches.
fn texts(row: &Row) -> Vec<String> {
    let mut texts = vec![row.group.name().to_owned(), name(row)];
    texts.extend(row.family.as_ref().map(ToString::to_string));
    if let (Group::Image(region, _), Some(image)) = (&row.group, row.images.first()) {
        texts.push(region.to_string());
        texts.extend(image.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)));
    }
    texts
}
