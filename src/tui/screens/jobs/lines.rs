//! The lines of the jobs pane, their order, and the cursor.

use jiff::Timestamp;

use super::{JobLines, JobsPane, Line, filter::JobFilter};
use crate::{
    engine::{Job, JobId, JobState, Origin},
    tui::{bindings::Action, jobs_view::JobsView, model::Model, widgets::list::List},
};

/// Matching jobs: unfinished before ended, and newest first.
fn order<'a>(jobs_view: &'a JobsView, filter: &mut JobFilter) -> Vec<&'a Job> {
    let matching = jobs_view.jobs().rev().filter(|j| filter.matches(j));
    let (mut running, mut ended): (Vec<&Job>, Vec<&Job>) = (Vec::new(), Vec::new());
    for job in matching {
        if job.state.ended() && !job.has_open_steps() { ended.push(job) } else { running.push(job) }
    }
    running.append(&mut ended);
    running
}

fn shown(jobs_view: &JobsView, pane: &JobsPane, now: Timestamp) -> JobLines {
    let mut shown = JobLines { version: Some(jobs_view.version()), ..JobLines::default() };
    for job in order(jobs_view, &mut JobFilter::parse(pane.filter.value(), now)) {
        shown.longest.add(job);
        shown.jobs.push(job.id);
        shown.lines.push(Line::Job(job.id));
        if pane.expanded.contains(&job.id) {
            // The snapshots of a removed copy are deleted.
            let gone = matches!(job.state, JobState::Cancelled | JobState::Deregistered);
            let snapshots = if gone { 0 } else { job.snapshots.len() };
            shown.lines.extend((0..snapshots).map(|n| Line::Snapshot(job.id, n)));
            let steps = if gone { 0 } else { job.request.post_copy.len() };
            shown.lines.extend((0..steps).map(|n| Line::Step(job.id, n)));
            shown.lines.push(Line::Note(job.id));
        }
    }
    shown
}

/// Rebuilds the lines if something changed, and keeps the cursor on its job.
pub fn refresh_lines(model: &mut Model) {
    let pane = &mut model.jobs;
    if let Some(history) = &mut pane.history {
        if std::mem::take(&mut pane.changed) {
            history.apply_filter(pane.filter.value(), model.now);
        }
        pane.lines = history.lines();
        return;
    }
    if std::mem::take(&mut pane.changed) || pane.shown.version != Some(model.jobs_view.version()) {
        pane.shown = shown(&model.jobs_view, pane, model.now);
    }
    if let Some(after) = pane.select_after {
        let ours = |id: &&JobId| **id > after && model.jobs_view.job(**id).is_some_and(|j| j.origin == Origin::Here);
        if let Some(new) = pane.shown.jobs.iter().find(ours) {
            (pane.current, pane.select_after) = (Some(*new), None);
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

/// Moves the cursor from job to job. Returns false if the action is not a movement.
pub(super) fn move_cursor(pane: &mut JobsPane, action: Action) -> bool {
    let jobs = &pane.shown.jobs;
    let mut list = List { cursor: pane.cursor(), offset: 0 };
    if !list.act(action, jobs.len(), pane.height) {
        return false;
    }
    pane.current = jobs.get(list.cursor).copied();
    pane.select_after = None;
    true
}

/// Puts the cursor on the job of a line. Returns true if it was there, `None` if there is no such line.
pub fn select(model: &mut Model, line: Option<usize>) -> Option<bool> {
    refresh_lines(model);
    let pane = &mut model.jobs;
    if let Some(history) = &mut pane.history {
        return history.select(line?);
    }
    let (Line::Job(id) | Line::Snapshot(id, _) | Line::Step(id, _) | Line::Note(id)) = *pane.shown.lines.get(line?)?;
    pane.select_after = None;
    Some(pane.current.replace(id) == Some(id))
}

/// Puts the cursor on a copy, counted from 0 without the lines of those that are expanded. Returns false if there is no such copy.
pub fn go_to(model: &mut Model, at: usize) -> bool {
    refresh_lines(model);
    let pane = &mut model.jobs;
    if let Some(history) = &mut pane.history {
        return history.select(at).is_some();
    }
    let Some(id) = pane.shown.jobs.get(at) else { return false };
    (pane.current, pane.select_after) = (Some(*id), None);
    true
}

/// Returns the copy of a row, counted from 0 as [`go_to`] does.
pub fn job_at(model: &Model, row: usize) -> Option<JobId> {
    match &model.jobs.history {
        Some(history) => history.shown().nth(row).map(|job| job.id),
        None => model.jobs.shown.jobs.get(row).copied(),
    }
}

/// Returns the row of a copy.
pub fn row_of(model: &Model, id: JobId) -> Option<usize> {
    match &model.jobs.history {
        Some(history) => history.shown().position(|job| job.id == id),
        None => model.jobs.shown.jobs.iter().position(|job| *job == id),
    }
}

/// Sets the height of the window, and keeps it on the cursor.
pub fn set_height(model: &mut Model, height: usize) {
    let pane = &mut model.jobs;
    match &mut pane.history {
        Some(history) => {
            // The headings take a line.
            pane.height = height.saturating_sub(1);
            history.clamp_scroll(pane.height);
        }
        None => {
            pane.height = height;
            pane.list.clamp(pane.lines, height);
        }
    }
}
