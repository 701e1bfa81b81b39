//! The coverage screen: families of own images against regions, with what is missing where.

pub mod line_mode;
pub mod update;
pub mod view;

use std::collections::BTreeSet;

use tui_input::Input;

use crate::{
    domain::{
        AccountId, Region,
        coverage::{Cell, Column, Coverage, Family, Listed},
        filter::{Filter, Scratch},
        text::clean,
    },
    tui::{
        bindings::Context,
        widgets::{list::List, text_fit::width},
    },
};

/// Reference to a family, by which it is found again when the coverage was computed anew.
type FamilyRef = (AccountId, String);

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sort {
    #[default]
    MostMissing,
    Name,
    Newest,
}

impl Sort {
    fn next(self) -> Self {
        match self {
            Self::MostMissing => Self::Name,
            Self::Name => Self::Newest,
            Self::Newest => Self::MostMissing,
        }
    }

    /// Returns the order, for `by ...`.
    fn label(self) -> &'static str {
        match self {
            Self::MostMissing => "most missing",
            Self::Name => "name",
            Self::Newest => "newest",
        }
    }
}

/// What a coverage was computed from: the versions of the lists and of the jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Basis {
    lists: Vec<(Region, u64, Listed)>,
    /// Regions that nobody chose and that have no image: their columns would say nothing but `missing`.
    empty: Vec<Region>,
    jobs: u64,
    account: Option<AccountId>,
    own: bool,
}

/// The screen's state.
#[derive(Debug, Clone, Default)]
pub struct CoverageScreen {
    coverage: Coverage,
    basis: Option<Basis>,
    /// The families shown, in their order.
    rows: Vec<usize>,
    list: List,
    /// The family that the cursor stays on.
    current: Option<FamilyRef>,
    /// The column of the cursor, and the first one in the window.
    columns: List,
    marked: BTreeSet<FamilyRef>,
    pub(in crate::tui) filter: Input,
    /// True while keys go to the filter.
    pub(in crate::tui) editing: bool,
    /// What the filter says, as of the last refresh, and its text.
    parsed: Filter,
    parsed_text: String,
    /// The filter, the order or the coverage changed: the rows must be chosen anew.
    changed: bool,
    sort: Sort,
    /// Rows and columns of the window.
    window: (usize, usize),
    /// Copies that the families shown lack.
    missing: usize,
    /// Families shown whose newest version is not available to be copied.
    without_source: usize,
    /// Cells of the longest name shown.
    longest: usize,
}

fn family_ref(family: &Family) -> FamilyRef {
    (family.owner.clone(), family.label().to_owned())
}

impl CoverageScreen {
    /// The contexts whose keys apply, innermost first.
    pub(in crate::tui) fn contexts(&self) -> Vec<Context> {
        if self.editing {
            vec![Context::Filter, Context::Lists]
        } else {
            vec![Context::Coverage, Context::Lists, Context::Everywhere]
        }
    }

    /// The family in a row.
    fn family(&self, row: usize) -> Option<&Family> {
        self.coverage.families.get(*self.rows.get(row)?)
    }

    /// The families shown, in their order.
    fn shown(&self) -> impl Iterator<Item = &Family> {
        self.rows.iter().filter_map(|at| self.coverage.families.get(*at))
    }

    /// The family, region and cell under the cursor.
    fn under_cursor(&self) -> Option<(&Family, &Column, &Cell)> {
        let family = self.family(self.list.cursor)?;
        let at = self.columns.cursor;
        Some((family, self.coverage.columns.get(at)?, family.cells.get(at)?))
    }

    fn is_marked(&self, family: &Family) -> bool {
        !self.marked.is_empty() && self.marked.contains(&family_ref(family))
    }

    /// Takes in what was computed.
    fn set(&mut self, coverage: Coverage, basis: Basis) {
        // Columns come and go: the cursor stays on its region.
        let region = self.coverage.columns.get(self.columns.cursor).map(|column| column.region.clone());
        let at = region.and_then(|region| coverage.columns.iter().position(|column| column.region == region));
        self.columns.cursor = at.unwrap_or(self.columns.cursor);
        (self.coverage, self.basis) = (coverage, Some(basis));
        if !self.marked.is_empty() {
            let there: BTreeSet<FamilyRef> = self.coverage.families.iter().map(family_ref).collect();
            self.marked.retain(|family| there.contains(family));
        }
        self.changed = true;
    }

    /// Chooses and sorts the rows anew if something changed, and keeps the cursor on its family.
    fn choose_rows(&mut self) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        let mut scratch = Scratch::default();
        let families = &self.coverage.families;
        let passes = |at: &usize| {
            self.parsed.is_empty()
                || families.get(*at).is_some_and(|family| self.parsed.passes(family.newest(), &mut scratch))
        };
        let mut rows: Vec<usize> = (0..families.len()).filter(passes).collect();
        // They come by name, and equal ones stay so.
        match self.sort {
            Sort::Name => {}
            Sort::MostMissing => rows.sort_by_cached_key(|at| std::cmp::Reverse(families[*at].lacking())),
            Sort::Newest => rows.sort_by_key(|at| std::cmp::Reverse(families[*at].newest().created)),
        }
        self.missing = rows.iter().map(|at| families[*at].lacking()).sum();
        self.without_source = rows.iter().filter(|at| !families[**at].can_be_copied()).count();
        self.longest = rows.iter().map(|at| width(&clean(families[*at].label()))).max().unwrap_or_default();
        self.rows = rows;
        let row =
            self.current.as_ref().and_then(|current| self.shown().position(|family| family_ref(family) == *current));
        self.list.cursor = row.unwrap_or(self.list.cursor);
        self.clamp();
    }

    /// Keeps the cursor on a cell and in the window.
    fn clamp(&mut self) {
        self.list.clamp(self.rows.len(), self.window.0);
        self.columns.clamp(self.coverage.columns.len(), self.window.1);
    }

    /// Makes the cursor stay on the family it is on now.
    fn follow_cursor(&mut self) {
        self.current = self.family(self.list.cursor).map(family_ref);
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

    /// Puts the cursor on the cell of this row and column, where they are known. Returns true if it was there.
    pub(in crate::tui) fn select(&mut self, row: usize, column: Option<usize>) -> bool {
        let before = (self.list.cursor, self.columns.cursor);
        self.columns.cursor = column.unwrap_or(self.columns.cursor);
        self.go_to(row);
        before == (self.list.cursor, self.columns.cursor)
    }

    /// The regions that lack a family's newest version.
    fn lacking(&self, family: &Family) -> Vec<&str> {
        let cells = self.coverage.columns.iter().zip(family.cells.all());
        cells.filter(|(_, cell)| cell.state.lacks_newest()).map(|(column, _)| column.region.as_str()).collect()
    }

    /// Filters by another text, as of the next frame.
    pub(in crate::tui) fn set_filter(&mut self, filter: Input, editing: bool) {
        (self.filter, self.editing) = (filter, editing);
    }
}
