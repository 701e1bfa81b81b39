//! The pages of storage: orphaned snapshots, which can be deleted, and the Recycle Bin, from which can be restored.

mod answers;
mod entry;
pub mod line_mode;
pub mod update;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    domain::{Failure, Region, orphans::Orphan},
    tui::{
        bindings::Context,
        widgets::list_page::{ListPage, ListScreen},
    },
};
pub use answers::on_reply;
use entry::{Entry, EntryKind, EntryRef};

/// Lines about the row under the cursor.
const STATUS_LINES: usize = 2;

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

/// The screen's state.
#[derive(Debug, Clone)]
pub struct StorageScreen {
    page: StoragePage,
    entries: Vec<Entry>,
    table: ListPage,
    marked: BTreeSet<EntryRef>,
    sort: Sort,
    /// Snapshots that a rule keeps are shown as well.
    shows_kept: bool,
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
            table: ListPage::default(),
            marked: BTreeSet::new(),
            sort: Sort::default(),
            shows_kept: false,
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
        if self.table.editing {
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
        self.entries.get(*self.table.rows.get(row)?)
    }

    /// The entries shown, in their order.
    fn shown(&self) -> impl Iterator<Item = &Entry> {
        self.table.rows.iter().filter_map(|at| self.entries.get(*at))
    }

    fn is_marked(&self, entry: &Entry) -> bool {
        !self.marked.is_empty() && self.marked.contains(&entry.reference())
    }

    /// Returns the marked entries, else the one under the cursor; kept ones are none of them.
    fn chosen(&self) -> Vec<&Entry> {
        let marked: Vec<&Entry> = self.entries.iter().filter(|entry| self.is_marked(entry)).collect();
        let chosen =
            if self.marked.is_empty() { self.entry(self.table.list.cursor).into_iter().collect() } else { marked };
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

impl ListScreen for StorageScreen {
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
        self.entry(row).map(|entry| format!("{} {}", entry.region, entry.id))
    }

    fn choose_rows(&mut self) {
        let mut words = self.table.words();
        let entries = &self.entries;
        let shown = |entry: &Entry| self.shows_kept || !entry.is_kept();
        let passing = entries.iter().enumerate().filter(|(_, entry)| shown(entry) && words.pass(|| entry.texts()));
        let mut rows: Vec<usize> = passing.map(|(at, _)| at).collect();
        match self.sort {
            Sort::Region => rows.sort_by_key(|at| (entries[*at].is_kept(), entries[*at].region.clone())),
            Sort::Size => rows.sort_by_key(|at| std::cmp::Reverse(entries[*at].size())),
            Sort::Time => rows.sort_by_key(|at| (entries[*at].exits(), entries[*at].since())),
        }
        self.show(rows);
    }
}
