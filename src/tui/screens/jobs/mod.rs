//! The jobs pane: every copy with a live bar; a copy opens into its snapshots. In its place, on demand, the history.

mod filter;
pub mod history;
mod history_view;
pub mod lines;
pub mod update;
pub mod view;
pub mod words;

use std::collections::BTreeSet;

use tui_input::Input;

use crate::{engine::JobId, tui::widgets::list::List};

pub use history::History;
pub use update::{in_doubt, offers};

/// The pane's state.
#[derive(Debug, Default)]
pub struct JobsPane {
    /// The job of the cursor: lines come and go, the cursor stays.
    pub current: Option<JobId>,
    /// Lines in all.
    pub lines: usize,
    /// The window, counted in lines.
    pub list: List,
    /// The filter, of jobs and history alike.
    pub filter: Input,
    /// Whether keys go to the filter.
    pub editing: bool,
    /// The history, while it is shown in place of the jobs.
    pub history: Option<History>,
    /// The filter or what is opened changed: lines must be made anew.
    pub changed: bool,
    /// The cursor goes to the first copy of ours after this one, unless it is moved before.
    after: Option<JobId>,
    /// Jobs that show their snapshots.
    expanded: BTreeSet<JobId>,
    shown: Shown,
    height: usize,
}

impl JobsPane {
    /// Back to all jobs. The cursor goes to the copies just asked for, once they are there: they come after this one.
    pub fn await_new(&mut self, last: Option<JobId>) {
        let expanded = std::mem::take(&mut self.expanded);
        let after = Some(last.unwrap_or(JobId(0)));
        *self = Self { expanded, after, current: self.current, height: self.height, ..Self::default() };
    }

    /// Another account's jobs come: nothing of the old ones stays.
    pub fn forget(&mut self) {
        *self = Self { height: self.height, ..Self::default() };
    }
}

/// What is made of the jobs for the screen; kept, because there may be thousands.
#[derive(Debug, Default)]
struct Shown {
    /// Of which version of the board.
    version: Option<u64>,
    jobs: Vec<JobId>,
    lines: Vec<Line>,
    /// The longest name and routes, in cells.
    name: usize,
    route: usize,
    short_route: usize,
}

/// One line of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Job(JobId),
    /// This one of the job's snapshots.
    Snapshot(JobId, usize),
    /// A note below an opened job.
    Note(JobId),
}
