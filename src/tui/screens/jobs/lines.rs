//! Which lines the jobs pane has, in which order, and where the cursor is among them.

use super::{Line, Shown, filter::JobFilter};
use crate::{
    engine::{Job, JobId, JobState, Origin},
    tui::{
        jobs_view::JobsView,
        model::Model,
        screens::jobs::{JobsPane, history},
        widgets::list::List,
    },
};

/// Jobs as they are shown: the newest first, those under way before those that ended.
fn order<'a>(board: &'a JobsView, words: &JobFilter) -> Vec<&'a Job> {
    let fitting = || board.jobs().rev().filter(|j| words.fit(j));
    let (mut live, mut ended): (Vec<&Job>, Vec<&Job>) = (Vec::new(), Vec::new());
    for job in fitting() {
        if job.state.ended() { ended.push(job) } else { live.push(job) }
    }
    live.append(&mut ended);
    live
}

fn shown(board: &JobsView, pane: &JobsPane) -> Shown {
    let mut shown = Shown { version: Some(board.version()), ..Shown::default() };
    for job in order(board, &JobFilter::parse(pane.filter.value())) {
        let request = &job.request;
        // Names and regions are ASCII by their types: a byte is a cell.
        shown.name = shown.name.max(request.name.as_str().len());
        shown.short_route = shown.short_route.max(2 + request.destination.as_str().len());
        let both = request.source_region.as_str().len() + 3 + request.destination.as_str().len();
        shown.route = shown.route.max(both);
        shown.jobs.push(job.id);
        shown.lines.push(Line::Job(job.id));
        if pane.expanded.contains(&job.id) {
            // A removed copy's snapshots are gone.
            let gone = matches!(job.state, JobState::Cancelled | JobState::Deregistered);
            let snapshots = if gone { 0 } else { job.snapshots.len() };
            shown.lines.extend((0..snapshots).map(|n| Line::Snapshot(job.id, n)));
            shown.lines.push(Line::Note(job.id));
        }
    }
    shown
}

/// Makes lines anew if something changed, and keeps the cursor on its job.
pub fn refresh_lines(model: &mut Model) {
    if model.jobs.history.is_some() {
        history::refresh(&mut model.jobs);
        return;
    }
    let pane = &mut model.jobs;
    if std::mem::take(&mut pane.changed) || pane.shown.version != Some(model.board.version()) {
        pane.shown = shown(&model.board, pane);
    }
    if let Some(after) = pane.after {
        let ours = |id: &&JobId| **id > after && model.board.job(**id).is_some_and(|j| j.origin == Origin::Here);
        if let Some(new) = pane.shown.jobs.iter().find(ours) {
            (pane.current, pane.after) = (Some(*new), None);
        }
    }
    let lines = &pane.shown.lines;
    let at = |id: Option<JobId>| id.and_then(|id| lines.iter().position(|l| *l == Line::Job(id)));
    let cursor = at(pane.current);
    if cursor.is_none() {
        pane.current = pane.shown.jobs.first().copied();
    }
    pane.list.cursor = cursor.unwrap_or(0);
    pane.lines = lines.len();
}

/// Moves the cursor from job to job.
pub(super) fn moved(pane: &mut JobsPane, action: crate::tui::bindings::Action) -> bool {
    let jobs = &pane.shown.jobs;
    let cursor = jobs.iter().position(|id| Some(*id) == pane.current).unwrap_or(0);
    let mut list = List { cursor, offset: 0 };
    if !list.act(action, jobs.len(), pane.height) {
        return false;
    }
    pane.current = jobs.get(list.cursor).copied();
    pane.after = None;
    true
}

/// Keeps the window on the cursor.
pub fn clamp_scroll(model: &mut Model, height: usize) {
    let pane = &mut model.jobs;
    match &mut pane.history {
        Some(history) => {
            // Its headings take a line.
            pane.height = height.saturating_sub(1);
            history.clamp_scroll(pane.height);
        }
        None => {
            pane.height = height;
            pane.list.clamp(pane.lines, height);
        }
    }
}
