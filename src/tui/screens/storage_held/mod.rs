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
        storage_held::{Group, GroupBy, Held, Row, StorageHeld},
        text::clean,
    },
    labels,
    tui::{
        bindings::Context,
        widgets::{
            list::List,
            list_page::{ListPage, ListScreen},
            text_fit::width,
        },
    },
};
pub use update::on_reply;

/// Lines about the row under the cursor and the sums.
const STATUS_LINES: usize = 3;

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

/// What is shown.
#[derive(Debug, Clone, Default)]
struct Shown {
    by: GroupBy,
    /// Only images of this row of the table before.
    within: Option<Group>,
}

/// What was shown before a row was opened, to go back to.
#[derive(Debug, Clone)]
struct Before {
    shown: Shown,
    filter: Input,
    /// The row that the cursor was on.
    current: Option<String>,
}

/// The screen's state.
#[derive(Debug, Clone, Default)]
pub struct StorageHeldScreen {
    held: StorageHeld,
    shown: Shown,
    before: Option<Before>,
    /// What there is to know about the sums, a sentence each.
    notes: Vec<String>,
    /// The sum of the rows shown, each snapshot once.
    sum: Held,
    /// All rows, the largest first.
    all: Vec<Row>,
    /// Cells of the longest name.
    longest: usize,
    table: ListPage,
    sort: Sort,
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
        if self.table.editing {
            vec![Context::Filter, Context::Lists]
        } else {
            vec![Context::Storage, Context::Lists, Context::Everywhere]
        }
    }

    fn row(&self, at: usize) -> Option<&Row> {
        self.all.get(*self.table.rows.get(at)?)
    }

    /// The rows shown, in their order.
    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.table.rows.iter().filter_map(|at| self.all.get(*at))
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

    /// Puts the cursor on a row. Returns true if it was there.
    pub(in crate::tui) fn select(&mut self, row: usize) -> bool {
        let was_there = self.table.list.cursor == row;
        self.go_to(row) && was_there
    }

    /// Shows the images of a row.
    fn open(&mut self, group: Group) {
        let shown = std::mem::replace(&mut self.shown, Shown { by: GroupBy::Image, within: Some(group) });
        let (filter, current) = self.reset_table();
        self.before = Some(Before { shown, filter, current });
        self.group();
    }

    /// Goes back to what was shown before a row was opened. Returns false if none was.
    fn close(&mut self) -> bool {
        let Some(before) = self.before.take() else { return false };
        (self.shown, self.table.filter, self.table.current) = (before.shown, before.filter, before.current);
        self.group();
        true
    }

    /// Groups by what comes next; all images count again.
    fn group_by_next(&mut self) {
        let by = self.before.take().map_or(self.shown.by, |before| before.shown.by);
        let at = GroupBy::ALL.iter().position(|one| *one == by).map_or(0, |at| at + 1);
        self.shown = Shown { by: GroupBy::ALL[at % GroupBy::ALL.len()], within: None };
        self.reset_table();
        self.group();
    }

    /// Goes to the first row, without a filter. Returns the filter, and the row that the cursor was on.
    fn reset_table(&mut self) -> (Input, Option<String>) {
        self.table.list = List::default();
        (std::mem::take(&mut self.table.filter), self.table.current.take())
    }
}

impl ListScreen for StorageHeldScreen {
    fn table(&self) -> &ListPage {
        &self.table
    }

    fn table_mut(&mut self) -> &mut ListPage {
        &mut self.table
    }

    fn status_lines(&self) -> usize {
        STATUS_LINES
    }

    fn row_id(&self, row: usize) -> Option<String> {
        Some(match &self.row(row)?.group {
            Group::Family(owner, name) => format!("{owner} {name}"),
            Group::Image(region, image) => format!("{region} {image}"),
            group => group.name().to_owned(),
        })
    }

    fn choose_rows(&mut self) {
        let mut words = self.table.words();
        let all = &self.all;
        let mut rows: Vec<usize> = (0..all.len()).filter(|at| words.pass(|| texts(&all[*at]))).collect();
        match self.sort {
            // They come so.
            Sort::Size => {}
            Sort::Cost => rows.sort_by_key(|at| Reverse(all[*at].held.month)),
            Sort::Name => rows.sort_by_key(|at| name(&all[*at])),
        }
        self.show(rows);
        let shown: BTreeSet<&Group> = self.rows().map(|row| &row.group).collect();
        self.sum = self.held.sum_of(self.shown.by, &shown);
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
