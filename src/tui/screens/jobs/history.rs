//! The history: jobs that have ended, as the store keeps them.

use std::sync::Arc;

use jiff::Timestamp;

use super::filter::JobFilter;
use crate::{
    domain::Failure,
    engine::Job,
    tui::{bindings::Action, widgets::list::List},
};

/// State of the request to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HistoryLoad {
    Loading,
    Loaded,
    Failed(Failure),
}

/// The history's state.
#[derive(Debug)]
pub struct History {
    pub(super) load: HistoryLoad,
    jobs: Vec<Arc<Job>>,
    /// Indexes of the jobs that match the filter.
    rows: Vec<usize>,
    pub(super) list: List,
}

impl History {
    pub(super) fn loading() -> Self {
        Self { load: HistoryLoad::Loading, jobs: Vec::new(), rows: Vec::new(), list: List::default() }
    }

    /// The jobs that match the filter, newest end first.
    pub(super) fn shown(&self) -> impl ExactSizeIterator<Item = &Arc<Job>> {
        self.rows.iter().map(|at| &self.jobs[*at])
    }

    pub(super) fn total(&self) -> usize {
        self.jobs.len()
    }

    /// Returns how many of them are no copies.
    pub(super) fn deregistrations(&self) -> usize {
        self.jobs.iter().filter(|job| job.is_deregistration()).count()
    }

    /// The job under the cursor.
    pub fn current(&self) -> Option<&Arc<Job>> {
        self.rows.get(self.list.cursor).map(|at| &self.jobs[*at])
    }

    /// Moves the cursor. Returns false if the action is not a movement.
    pub(super) fn move_cursor(&mut self, action: Action, height: usize) -> bool {
        self.list.act(action, self.rows.len(), height)
    }

    /// The first row in the window.
    pub fn offset(&self) -> usize {
        self.list.offset
    }

    /// Puts the cursor on a row. Returns true if it was there, `None` if there is no such row.
    pub(super) fn select(&mut self, row: usize) -> Option<bool> {
        (row < self.rows.len()).then(|| std::mem::replace(&mut self.list.cursor, row) == row)
    }

    pub(super) fn clamp_scroll(&mut self, height: usize) {
        self.list.clamp(self.rows.len(), height);
    }

    /// Replaces the jobs; the cursor stays on its job.
    pub(super) fn set_jobs(&mut self, jobs: Vec<Arc<Job>>, filter: &str, now: Timestamp) {
        let current = self.current().map(|j| j.id);
        (self.jobs, self.load) = (jobs, HistoryLoad::Loaded);
        self.apply_filter(filter, now);
        let at = self.shown().position(|j| Some(j.id) == current);
        self.list.cursor = at.unwrap_or(self.list.cursor);
    }

    pub(super) fn apply_filter(&mut self, filter: &str, now: Timestamp) {
        let mut filter = JobFilter::parse(filter, now);
        self.rows = (0..self.jobs.len()).filter(|at| filter.matches(&self.jobs[*at])).collect();
    }

    /// Lines of the pane: headings and rows.
    pub(super) fn lines(&self) -> usize {
        1 + self.rows.len().max(1)
    }
}
