//! The jobs pane: every copy with its progress bar, which expands into its snapshots. The history takes its place on demand.

pub mod filter;
mod filter_line;
mod history;
pub mod history_update;
mod history_view;
mod job_line;
pub mod labels;
pub mod line_mode;
pub mod lines;
mod longest;
pub mod update;
pub mod view;

use std::collections::BTreeSet;

use tui_input::Input;

use self::{history::History, longest::Longest};
use crate::{engine::JobId, tui::widgets::list::List};

/// The pane's state.
#[derive(Debug, Default)]
pub struct JobsPane {
    /// The job under the cursor, which stays on it while lines come and go.
    pub current: Option<JobId>,
    /// Lines in all.
    pub lines: usize,
    /// Cursor and window, in lines.
    pub list: List,
    /// The filter of jobs and history.
    pub filter: Input,
    /// True while keys go to the filter.
    pub editing: bool,
    /// The history, while it is shown instead of the jobs.
    pub history: Option<History>,
    /// The filter or the expanded jobs changed: the lines must be rebuilt.
    pub changed: bool,
    /// The cursor moves to the first own copy after this job, unless the user moves it first.
    select_after: Option<JobId>,
    /// Jobs whose snapshots are shown.
    expanded: BTreeSet<JobId>,
    shown: JobLines,
    /// Rows of the window.
    height: usize,
}

impl JobsPane {
    /// Shows all jobs. The cursor moves to the copies requested after `last` once they are there.
    pub fn await_new(&mut self, last: Option<JobId>) {
        let expanded = std::mem::take(&mut self.expanded);
        let after = Some(last.unwrap_or(JobId(0)));
        *self = Self { expanded, select_after: after, current: self.current, height: self.height, ..Self::default() };
    }

    /// The copy under the cursor, counted from 0 without the lines of those that are expanded.
    fn cursor(&self) -> usize {
        self.shown.jobs.iter().position(|id| Some(*id) == self.current).unwrap_or(0)
    }

    /// Drops everything that belongs to the old account's jobs.
    pub fn reset(&mut self) {
        *self = Self { height: self.height, ..Self::default() };
    }
}

/// The jobs that match the filter and their lines; cached, because there may be thousands.
#[derive(Debug, Default)]
struct JobLines {
    /// The version of the jobs it was built from.
    version: Option<u64>,
    jobs: Vec<JobId>,
    lines: Vec<Line>,
    longest: Longest,
}

/// One line of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Job(JobId),
    /// A snapshot of an expanded job, by its index.
    Snapshot(JobId, usize),
    /// A post-copy step of an expanded job, by its index.
    Step(JobId, usize),
    /// Image and batch of an expanded job.
    Note(JobId),
}
