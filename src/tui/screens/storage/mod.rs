//! The pages of storage: orphaned snapshots, which can be deleted, and the Recycle Bin, from which can be restored.

mod answers;
mod entry;
pub mod line_mode;
pub mod update;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tui_input::Input;

use crate::{
    domain::{
        Failure, Region,
        filter::{Clauses, Parsed, Scratch},
        orphans::Orphan,
    },
    tui::{bindings::Context, widgets::list::List},
};
pub use answers::on_reply;
use entry::{Entry, EntryKind, EntryRef};

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoragePage {
    Orphans,
    RecycleBin,
}

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Sort {
    #[default]
    Region,
    /// The largest first.
    Size,
    /// The oldest first; in the bin what EC2 deletes soonest.
    Time,
}

/// What is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    /// So many regions are being read.
    Reading(usize),
    /// So many snapshots are being read again and deleted.
    Deleting(usize),
    /// So many are being restored.
    Restoring(usize),
}

/// What was read of regions.
struct Read {
    entries: Vec<Entry>,
    regions: usize,
    failures: Vec<(Region, Failure)>,
    unknown: Vec<(Region, Failure)>,
}

/// There are no terms, only words.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NoTerm {}

/// The screen's state.
#[derive(Debug, Clone)]
pub struct StorageScreen {
    page: StoragePage,
    entries: Vec<Entry>,
    /// The entries shown, in their order.
    rows: Vec<usize>,
    list: List,
    /// The entry that the cursor stays on.
    current: Option<EntryRef>,
    marked: BTreeSet<EntryRef>,
    pub(in crate::tui) filter: Input,
    /// True while keys go to the filter.
    pub(in crate::tui) editing: bool,
    /// What is wrong with the filter.
    mistake: Option<String>,
    sort: Sort,
    /// Snapshots that a rule keeps are shown as well.
    shows_kept: bool,
    /// Rows of the window.
    window: usize,
    /// How many regions were read.
    regions: usize,
    /// The regions that could not be read.
    failures: Vec<(Region, Failure)>,
    /// What else is not known of regions.
    unknown: Vec<(Region, Failure)>,
    waiting: Option<Activity>,
    /// What came of entries that are still there.
    outcomes: BTreeMap<EntryRef, String>,
    /// When it was read.
    read: Option<Timestamp>,
}

impl StorageScreen {
    fn new(page: StoragePage) -> Self {
        Self {
            page,
            entries: Vec::new(),
            rows: Vec::new(),
            list: List::default(),
            current: None,
            marked: BTreeSet::new(),
            filter: Input::default(),
            editing: false,
            mistake: None,
            sort: Sort::default(),
            shows_kept: false,
            window: 1,
            regions: 0,
            failures: Vec::new(),
            unknown: Vec::new(),
            waiting: None,
            outcomes: BTreeMap::new(),
            read: None,
        }
    }

    /// The contexts whose keys apply, innermost first.
    pub(in crate::tui) fn contexts(&self) -> Vec<Context> {
        let own = match self.page {
            StoragePage::Orphans => Context::Orphans,
            StoragePage::RecycleBin => Context::RecycleBin,
        };
        if self.editing {
            vec![Context::Filter, Context::Lists]
        } else {
            vec![own, Context::Lists, Context::Everywhere]
        }
    }

    /// Returns the page's name, for line mode.
    pub(in crate::tui) fn name(&self) -> &'static str {
        match self.page {
            StoragePage::Orphans => "orphans",
            StoragePage::RecycleBin => "recycle bin",
        }
    }

    fn entry(&self, row: usize) -> Option<&Entry> {
        self.entries.get(*self.rows.get(row)?)
    }

    /// The entries shown, in their order.
    fn shown(&self) -> impl Iterator<Item = &Entry> {
        self.rows.iter().filter_map(|at| self.entries.get(*at))
    }

    fn is_marked(&self, entry: &Entry) -> bool {
        !self.marked.is_empty() && self.marked.contains(&entry.reference())
    }

    /// Returns the marked entries, else the one under the cursor; kept ones are none of them.
    fn chosen(&self) -> Vec<&Entry> {
        let marked: Vec<&Entry> = self.entries.iter().filter(|entry| self.is_marked(entry)).collect();
        let chosen = if self.marked.is_empty() { self.entry(self.list.cursor).into_iter().collect() } else { marked };
        chosen.into_iter().filter(|entry| !entry.is_kept()).collect()
    }

    /// Returns the orphans among the marked entries, else the one under the cursor.
    fn chosen_orphans(&self) -> Vec<Orphan> {
        let orphan = |entry: &Entry| match &entry.kind {
            EntryKind::Orphan(orphan) => Some(orphan.as_ref().clone()),
            _ => None,
        };
        self.chosen().into_iter().filter_map(orphan).collect()
    }

    /// Takes in what was read.
    fn set(&mut self, read: Read, now: Timestamp) {
        let Read { entries, regions, failures, unknown } = read;
        let there: BTreeSet<EntryRef> = entries.iter().map(Entry::reference).collect();
        self.marked.retain(|one| there.contains(one));
        (self.entries, self.regions, self.failures, self.unknown) = (entries, regions, failures, unknown);
        self.read = Some(now);
        self.outcomes.clear();
        self.waiting = None;
        self.choose_rows();
    }

    /// Chooses and sorts the rows anew, and keeps the cursor on its entry.
    fn choose_rows(&mut self) {
        let none = |_: &str, _: &str| Parsed::Unknown;
        let clauses: Clauses<NoTerm> = Clauses::parse(self.filter.value(), none);
        self.mistake = clauses.mistake().map(str::to_owned);
        let mut scratch = Scratch::default();
        let mut passes = |entry: &Entry| {
            let texts = entry.texts();
            clauses.is_empty() || clauses.pass(|| texts.iter().map(String::as_str), |term| match *term {}, &mut scratch)
        };
        let shown = |entry: &Entry| self.shows_kept || !entry.is_kept();
        let entries = self.entries.iter().enumerate();
        let mut rows: Vec<usize> =
            entries.filter(|(_, entry)| shown(entry) && passes(entry)).map(|(at, _)| at).collect();
        let entries = &self.entries;
        match self.sort {
            Sort::Region => rows.sort_by_key(|at| (entries[*at].is_kept(), entries[*at].region.clone())),
            Sort::Size => rows.sort_by_key(|at| std::cmp::Reverse(entries[*at].size())),
            Sort::Time => rows.sort_by_key(|at| (entries[*at].exits(), entries[*at].since())),
        }
        self.rows = rows;
        let row = self.current.as_ref().and_then(|current| self.shown().position(|one| one.reference() == *current));
        self.list.cursor = row.unwrap_or(self.list.cursor);
        self.clamp();
    }

    fn clamp(&mut self) {
        self.list.clamp(self.rows.len(), self.window);
    }

    /// Makes the cursor stay on the entry it is on now.
    fn follow_cursor(&mut self) {
        self.current = self.entry(self.list.cursor).map(Entry::reference);
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

    /// Filters by another text.
    pub(in crate::tui) fn set_filter(&mut self, filter: Input, editing: bool) {
        (self.filter, self.editing) = (filter, editing);
        self.choose_rows();
    }

    /// Returns the order, for `by ...`.
    fn order(&self) -> &'static str {
        match (self.sort, self.page) {
            (Sort::Region, _) => "region",
            (Sort::Size, _) => "size",
            (Sort::Time, StoragePage::Orphans) => "age",
            (Sort::Time, StoragePage::RecycleBin) => "expiry",
        }
    }

    fn sort_next(&mut self) {
        self.sort = match (self.sort, self.page) {
            (Sort::Region, StoragePage::Orphans) => Sort::Size,
            (Sort::Region | Sort::Size, _) => Sort::Time,
            (Sort::Time, _) => Sort::Region,
        };
        self.choose_rows();
    }
}
