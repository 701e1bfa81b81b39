//! Which lines the jobs pane has, in which order, and where the cursor is among them.

use super::Line;
use crate::{
    engine::{Job, JobId, JobState},
    tui::model::Model,
};

/// Jobs as they are shown: the newest first, those under way before those that ended.
pub(super) fn order(model: &Model) -> Vec<&Job> {
    let mut jobs: Vec<&Job> = model.board.jobs().rev().collect();
    jobs.sort_by_key(|j| j.state.ended());
    jobs
}

pub(super) fn lines(model: &Model) -> Vec<Line> {
    let mut lines = Vec::new();
    for job in order(model) {
        lines.push(Line::Job(job.id));
        if model.jobs.expanded.contains(&job.id) {
            // A cancelled copy's snapshots are gone.
            let snapshots = if job.state == JobState::Cancelled { 0 } else { job.snapshots.len() };
            lines.extend((0..snapshots).map(|n| Line::Snapshot(job.id, n)));
            lines.push(Line::Note(job.id));
        }
    }
    lines
}

/// Counts lines, and keeps the cursor on its job.
pub fn refresh_lines(model: &mut Model) {
    let lines = lines(model);
    let at = |id: Option<JobId>| id.and_then(|id| lines.iter().position(|l| *l == Line::Job(id)));
    let cursor = at(model.jobs.current);
    if cursor.is_none() {
        model.jobs.current = lines.iter().find_map(|l| if let Line::Job(id) = l { Some(*id) } else { None });
    }
    model.jobs.list.cursor = cursor.unwrap_or(0);
    model.jobs.lines = lines.len();
}

/// Keeps the window on the cursor.
pub fn settle(model: &mut Model, height: usize) {
    model.jobs.height = height;
    model.jobs.list.settle(model.jobs.lines, height);
}
