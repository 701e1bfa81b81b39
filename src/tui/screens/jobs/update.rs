//! Actions of the jobs pane.

use std::sync::Arc;

use super::{
    filter_line, history_update,
    lines::{move_cursor, refresh_lines},
};
use crate::{
    domain::text::count,
    engine::{Command, Job, JobId, JobState, Origin},
    term::input::KeyEvent,
    tui::{
        bindings::{Action, Context},
        model::Model,
        msg::Effect,
        screens::{
            Overlay,
            confirm::Confirmation,
            form,
            input::{self, InputLine},
            pager::{Pager, beside, comparison},
        },
        widgets::editor,
    },
};

/// The job under the cursor; `None` for one that is only in the history.
fn current(model: &Model) -> Option<&Job> {
    let id = match &model.jobs.history {
        Some(history) => history.current()?.id,
        None => model.jobs.current?,
    };
    model.jobs_view.job(id)
}

/// Returns true if an action would do something to the job under the cursor. The footer shows only those.
pub fn is_applicable(model: &Model, action: Action) -> bool {
    // The history cannot be changed.
    let job = current(model).filter(|_| model.jobs.history.is_none());
    let may_write = !model.start.config.read_only;
    match action {
        Action::Cancel => may_write && job.is_some_and(|j| j.can_be_cancelled() || j.can_give_up_steps()),
        Action::CancelBatch => {
            may_write && job.is_some_and(|j| model.jobs_view.batch(&j.batch).any(can_be_cancelled_or_deregistered))
        }
        Action::Retry => {
            let has_steps = |j: &Job| j.can_retry_steps() || j.has_given_up_steps();
            may_write && job.is_some_and(|j| can_be_retried(j) || has_steps(j) || is_in_doubt(j))
        }
        Action::Edit => may_write && job.is_some_and(form::again::can_be_edited),
        Action::Verify => current(model).is_some_and(|j| matches!(j.state, JobState::Available { .. })),
        Action::Expand => job.is_some(),
        Action::Dismiss => model.jobs.history.is_none() && shown_ended(model).next().is_some(),
        Action::Details => current(model).is_some(),
        _ => true,
    }
}

fn can_be_cancelled_or_deregistered(job: &Job) -> bool {
    matches!(job.state, JobState::Available { .. }) || job.can_be_cancelled()
}

fn is_in_doubt(job: &Job) -> bool {
    matches!(job.state, JobState::InDoubt { .. })
}

/// Returns true if the copy under the cursor waits for the user's decision.
pub fn is_current_in_doubt(model: &Model) -> bool {
    model.jobs.history.is_none() && current(model).is_some_and(is_in_doubt)
}

/// Returns true if no copy of the current batch can be cancelled any more, so that its available images are offered for
/// deregistration instead.
pub fn only_deregisters_batch(model: &Model) -> bool {
    let batch = |job: &Job| !model.jobs_view.batch(&job.batch).any(Job::can_be_cancelled);
    current(model).is_some_and(batch)
}

fn can_be_retried(job: &Job) -> bool {
    job.origin == Origin::Here && matches!(job.state, JobState::Failed { .. } | JobState::Gone { .. })
}

/// Gives a key to the filter. Returns true if it was used.
pub fn edit_filter(model: &mut Model, pressed: &KeyEvent) -> bool {
    let pane = &mut model.jobs;
    let edited = pane.editing && editor::edit(&mut pane.filter, pressed);
    pane.changed |= edited;
    edited
}

fn clear_filter(model: &mut Model) {
    let pane = &mut model.jobs;
    pane.editing = false;
    pane.filter.reset();
    pane.changed = true;
}

/// Runs an action. Returns false if the pane does not handle it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    // A key may come before the frame that rebuilds the lines.
    refresh_lines(model);
    let pane = &mut model.jobs;
    let height = pane.height;
    let moved = match &mut pane.history {
        Some(history) => history.move_cursor(action, height),
        None => move_cursor(pane, action),
    };
    if moved {
        return true;
    }
    match action {
        Action::Cancel | Action::CancelBatch | Action::Retry | Action::RetryBatch => {
            change_copies(model, action, effects);
        }
        Action::Expand if model.jobs.history.is_none() => {
            if let Some(id) = model.jobs.current
                && !model.jobs.expanded.remove(&id)
            {
                model.jobs.expanded.insert(id);
            }
            model.jobs.changed = true;
        }
        Action::Dismiss => ask_to_dismiss(model, effects),
        Action::Edit => edit(model, effects),
        Action::Verify => verify(model),
        Action::Details | Action::Expand => details(model),
        Action::YankId => yank(model, effects),
        Action::Filter => model.jobs.editing = true,
        Action::Complete if model.jobs.editing => filter_line::complete(model),
        Action::SaveFilter => model.show_notice("Only filters of the images can be saved."),
        Action::Accept if model.jobs.editing => model.jobs.editing = false,
        Action::Back if model.jobs.editing => clear_filter(model),
        Action::Back if !model.jobs.filter.value().is_empty() => clear_filter(model),
        Action::Back if model.jobs.history.is_none() => return false,
        Action::Back | Action::History => history_update::toggle(model, effects),
        // Refreshing lists the images as well.
        Action::Refresh if model.jobs.history.is_some() => {
            history_update::request(model, effects);
            return false;
        }
        _ => return false,
    }
    true
}

/// Runs an action that changes something in AWS, if that is possible now.
fn change_copies(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if model.start.config.read_only {
        model.show_error("Read-only: nothing is changed in AWS.");
        return;
    }
    if current(model).is_none() {
        match model.jobs.history {
            Some(_) => model.show_notice("This copy is only in the history now. H goes back to the jobs."),
            None => model.show_notice("There is no copy here."),
        }
        return;
    }
    if !model.can_send_commands() {
        return;
    }
    match action {
        Action::Cancel => confirm_cancel(model),
        Action::CancelBatch => confirm_cancel_batch(model, effects),
        Action::Retry => retry(model, effects),
        _ => retry_batch(model, effects),
    }
}

/// Details of the job under the cursor.
pub fn current_details(model: &Model) -> Option<Pager> {
    match &model.jobs.history {
        Some(history) => history.current().map(|job| Pager::history_job(job.clone())),
        None => model.jobs.current.map(Pager::job),
    }
}

fn details(model: &mut Model) {
    if let Some(pager) = current_details(model) {
        beside::open(model, pager);
    }
}

/// Opens the form with what the copy under the cursor was requested with; also for one of the history.
fn edit(model: &mut Model, effects: &mut Vec<Effect>) {
    let job = match &model.jobs.history {
        Some(history) => history.current().cloned(),
        None => current(model).cloned().map(Arc::new),
    };
    match job {
        Some(job) => form::again::edit(model, job, effects),
        None => model.show_notice("There is no copy here."),
    }
}

/// Opens the comparison of the copy under the cursor with its source; also for one of the history.
fn verify(model: &mut Model) {
    let job = match &model.jobs.history {
        Some(history) => history.current().map(AsRef::as_ref),
        None => current(model),
    };
    match job.map(comparison::of_job) {
        Some(Some(page)) => model.overlays.push(Overlay::Pager(page)),
        Some(None) => model.show_notice("Only an available copy can be compared with its source."),
        None => model.show_notice("There is no copy here."),
    }
}

fn yank(model: &mut Model, effects: &mut Vec<Effect>) {
    let job = match &model.jobs.history {
        Some(history) => history.current().map(AsRef::as_ref),
        None => current(model),
    };
    match job.map(|j| j.image().or(j.images.last()).map(ToString::to_string)) {
        Some(Some(id)) => model.yank(id, effects),
        Some(None) => model.show_notice("This copy has no image id."),
        None => model.show_notice("There is no copy here."),
    }
}

/// Returns the jobs shown that have ended, with nothing left to do.
fn shown_ended(model: &Model) -> impl Iterator<Item = JobId> {
    let shown = model.jobs.shown.jobs.iter().filter_map(|id| model.jobs_view.job(*id));
    shown.filter(|job| job.state.ended() && !job.is_unfinished()).map(|job| job.id)
}

/// Dismisses the ended jobs among those that match the filter; asks first if there are several.
fn ask_to_dismiss(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.jobs.history.is_some() {
        model.show_notice("The history keeps all ended copies. H goes back to the jobs.");
        return;
    }
    let ended: Vec<JobId> = shown_ended(model).collect();
    match ended.len() {
        0 => model.show_notice("Nothing to dismiss: no copy here has ended with nothing left to do."),
        1 => dismiss(model, ended, effects),
        _ => {
            let history = model.keymap.key(Context::Jobs, Action::History);
            model.overlays.push(Overlay::Confirmation(Confirmation::dismiss(ended, &history)));
        }
    }
}

/// Dismisses ended jobs.
pub fn dismiss(model: &mut Model, jobs: Vec<JobId>, effects: &mut Vec<Effect>) {
    let history = model.keymap.key(Context::Jobs, Action::History);
    model.show_notice(format!("{} dismissed. {history} shows the history.", count(jobs.len(), "copy", "copies")));
    model.send_command(Command::Dismiss(jobs), effects);
}

fn confirm_cancel(model: &mut Model) {
    let Some(job) = current(model) else { return };
    match &job.state {
        JobState::Available { .. } if job.can_give_up_steps() => {
            let confirmation = Confirmation::give_up_steps(job);
            model.overlays.push(Overlay::Confirmation(confirmation));
        }
        JobState::Available { .. } => {
            model.show_notice(
                "Already available: only a running copy can be cancelled. Nothing is deleted. X deregisters a batch.",
            );
        }
        state if state.ended() => model.show_notice("Already ended."),
        _ if !job.can_be_cancelled() => model.show_notice("Already being removed."),
        _ => {
            let confirmation = Confirmation::cancel(job);
            model.overlays.push(Overlay::Confirmation(confirmation));
        }
    }
}

/// Running copies are cancelled after a confirmation, available images deregistered only after typing the batch's name.
fn confirm_cancel_batch(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(batch) = current(model).map(|j| j.batch.clone()) else { return };
    let running: Vec<&Job> = model.jobs_view.batch(&batch).filter(|j| j.can_be_cancelled()).collect();
    let available: Vec<&Job> =
        model.jobs_view.batch(&batch).filter(|j| matches!(j.state, JobState::Available { .. })).collect();
    match (running.is_empty(), available.is_empty()) {
        (true, true) => model.show_notice(format!("Every copy of {batch} has ended or is being cancelled.")),
        (true, false) => {
            let line = InputLine::deregister(&batch, &available);
            input::open::open(model, line, effects);
        }
        (false, _) => {
            let confirmation = Confirmation::cancel_batch(&batch, &running, &available);
            model.overlays.push(Overlay::Confirmation(confirmation));
        }
    }
}

fn retry(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(job) = current(model) else { return };
    if job.has_given_up_steps() {
        let confirmation = Confirmation::given_up_steps(job);
        model.overlays.push(Overlay::Confirmation(confirmation));
    } else if job.can_retry_steps() {
        let id = job.id;
        model.show_notice("Trying the failed steps again.");
        model.send_command(Command::RetrySteps(vec![id]), effects);
    } else if is_in_doubt(job) {
        let confirmation = Confirmation::in_doubt(job);
        model.overlays.push(Overlay::Confirmation(confirmation));
    } else if can_be_retried(job) {
        let jobs = [job];
        match Confirmation::retry(&jobs, &[]) {
            Some(confirmation) => model.overlays.push(Overlay::Confirmation(confirmation)),
            None => model.retry(&[jobs[0].id], effects),
        }
    } else if matches!(job.state, JobState::Failed { .. } | JobState::Gone { .. }) {
        model.show_notice(form::again::settings_unknown(model));
    } else {
        let phase = job.phase().as_str();
        let again = if job.state == JobState::Cancelled {
            format!(" {} edits and starts it again.", model.keymap.key(Context::Jobs, Action::Edit))
        } else {
            String::new()
        };
        model.show_notice(format!("Only failed and gone copies can be retried; this one is {phase}.{again}"));
    }
}

fn retry_batch(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(batch) = current(model).map(|j| j.batch.clone()) else { return };
    let steps: Vec<JobId> = model.jobs_view.batch(&batch).filter(|j| j.can_retry_steps()).map(|j| j.id).collect();
    let failed = |j: &&Job| matches!(j.state, JobState::Failed { .. } | JobState::Gone { .. });
    let jobs: Vec<&Job> = model
        .jobs_view
        .batch(&batch)
        .filter(failed)
        .filter(|j| can_be_retried(j))
        .filter(|j| j.replaced_by().is_none() && !j.failed_and_was_removed())
        .collect();
    let ids: Vec<JobId> = jobs.iter().map(|j| j.id).collect();
    match Confirmation::retry(&jobs, &steps) {
        Some(confirmation) => model.overlays.push(Overlay::Confirmation(confirmation)),
        None if !ids.is_empty() || !steps.is_empty() => model.retry_with_steps(&ids, steps, effects),
        None if model.jobs_view.batch(&batch).any(|j| failed(&j)) => {
            model.show_notice(form::again::settings_unknown(model));
        }
        None => model.show_notice(format!("No copy of {batch} has failed.")),
    }
}
