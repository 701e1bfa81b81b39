//! The jobs pane: every copy of this run with a live bar; a copy opens into its snapshots.

pub mod lines;
pub mod update;
pub mod view;

use std::collections::BTreeSet;

use crate::{engine::JobId, tui::widgets::list::List};

/// The pane's state.
#[derive(Debug, Default)]
pub struct JobsPane {
    /// The job of the cursor: lines come and go, the cursor stays.
    pub current: Option<JobId>,
    /// Jobs that show their snapshots.
    pub expanded: BTreeSet<JobId>,
    /// Lines in all.
    pub lines: usize,
    /// The window, counted in lines.
    pub list: List,
    height: usize,
}

/// One line of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Job(JobId),
    /// So many of the job's snapshots, from this one on.
    Snapshot(JobId, usize),
    /// A note below an opened job.
    Note(JobId),
}
