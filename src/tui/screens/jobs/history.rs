//! The history: copies that ended, as the store keeps them, in place of the jobs.

use std::sync::Arc;

use super::{JobsPane, filter::JobFilter};
use crate::{
    domain::Failure,
    engine::Job,
    tui::{
        bindings::Action,
        model::{Awaited, Model},
        msg::Effect,
        widgets::list::List,
    },
};

/// Whether the store has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    /// Not yet.
    Awaited,
    /// As it was then.
    Done,
    /// It could not be read.
    Failed(Failure),
}

/// What is shown of it.
#[derive(Debug)]
pub struct History {
    pub(super) read: Read,
    jobs: Vec<Arc<Job>>,
    /// Those that fit the filter.
    rows: Vec<usize>,
    pub(super) list: List,
    /// The rows must be made anew.
    changed: bool,
}

impl History {
    /// The jobs shown, the newest end first.
    pub(super) fn shown(&self) -> impl ExactSizeIterator<Item = &Arc<Job>> {
        self.rows.iter().map(|at| &self.jobs[*at])
    }

    pub(super) fn total(&self) -> usize {
        self.jobs.len()
    }

    /// The job under the cursor.
    pub fn current(&self) -> Option<&Arc<Job>> {
        self.rows.get(self.list.cursor).map(|at| &self.jobs[*at])
    }

    pub(super) fn moved(&mut self, action: Action, height: usize) -> bool {
        self.list.act(action, self.rows.len(), height)
    }

    pub(super) fn clamp_scroll(&mut self, height: usize) {
        self.list.clamp(self.rows.len(), height);
    }
}

/// Shows the history, or the jobs again.
pub(super) fn toggle(model: &mut Model, effects: &mut Vec<Effect>) {
    model.jobs.changed = true;
    if model.jobs.history.take().is_none() {
        let list = List::default();
        model.jobs.history =
            Some(History { read: Read::Awaited, jobs: Vec::new(), rows: Vec::new(), list, changed: true });
        ask(model, effects);
    }
}

/// Asks the store for it; an earlier answer is of no use any more.
pub(super) fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    model.awaited.retain(|_, a| *a != Awaited::History);
    let id = model.ask(Awaited::History);
    effects.push(Effect::History { id });
}

/// The store has answered.
pub fn arrived(model: &mut Model, result: Result<Vec<Arc<Job>>, Failure>) {
    let Some(history) = &mut model.jobs.history else { return };
    let current = history.current().map(|j| j.id);
    match result {
        Ok(jobs) => {
            (history.jobs, history.read, history.changed) = (jobs, Read::Done, true);
            refresh(&mut model.jobs);
            if let Some(history) = &mut model.jobs.history {
                let at = history.shown().position(|j| Some(j.id) == current);
                history.list.cursor = at.unwrap_or(history.list.cursor);
            }
        }
        Err(failure) => {
            let words = failure.lines().join(". ");
            history.read = Read::Failed(failure);
            model.complain(words);
        }
    }
}

/// Makes the rows anew if something changed.
pub(super) fn refresh(pane: &mut JobsPane) {
    let Some(history) = &mut pane.history else { return };
    if std::mem::take(&mut pane.changed) || std::mem::take(&mut history.changed) {
        let words = JobFilter::parse(pane.filter.value());
        history.rows = (0..history.jobs.len()).filter(|at| words.fit(&history.jobs[*at])).collect();
    }
    // Headings and rows.
    pane.lines = history.rows.len().max(1) + 1;
}
