//! What keys do in the jobs pane.

use super::{
    history,
    lines::{moved, refresh_lines},
};
use crate::{
    engine::{Command, Job, JobId, JobState, Origin},
    term::input::{KeyCode, KeyEvent},
    tui::{
        bindings::Action,
        model::Model,
        msg::Effect,
        screens::{Overlay, confirm::Confirmation, input::InputLine, pager::Pager},
        widgets::editor,
    },
};

/// The job under the cursor as it stands on the board; what is history only does not.
fn current(model: &Model) -> Option<&Job> {
    let id = match &model.jobs.history {
        Some(history) => history.current()?.id,
        None => model.jobs.current?,
    };
    model.board.job(id)
}

/// Whether an action would do something to the job under the cursor: the footer names only such.
pub fn offers(model: &Model, action: Action) -> bool {
    // The history is only to be read.
    let job = current(model).filter(|_| model.jobs.history.is_none());
    let may_write = !model.start.config.read_only;
    match action {
        Action::Cancel => may_write && job.is_some_and(Job::can_be_cancelled),
        Action::CancelBatch => may_write && job.is_some_and(|j| model.board.batch(&j.batch).any(may_be_removed)),
        Action::Retry => may_write && job.is_some_and(|j| may_be_tried_again(j) || is_in_doubt(j)),
        Action::Expand => job.is_some(),
        _ => true,
    }
}

fn may_be_removed(job: &Job) -> bool {
    matches!(job.state, JobState::Available { .. }) || job.can_be_cancelled()
}

fn is_in_doubt(job: &Job) -> bool {
    matches!(job.state, JobState::InDoubt { .. })
}

/// Returns true if the copy under the cursor waits for a person's decision.
pub fn in_doubt(model: &Model) -> bool {
    model.jobs.history.is_none() && current(model).is_some_and(is_in_doubt)
}

fn may_be_tried_again(job: &Job) -> bool {
    job.origin == Origin::Here && matches!(job.state, JobState::Failed { .. } | JobState::Gone { .. })
}

/// Offers a key to the filter line.
pub fn type_into(model: &mut Model, pressed: &KeyEvent, effects: &mut Vec<Effect>) -> bool {
    let pane = &mut model.jobs;
    let action = match pressed.code {
        KeyCode::Enter => {
            pane.editing = false;
            return true;
        }
        KeyCode::Esc => {
            clear_filter(model);
            return true;
        }
        KeyCode::Up => Action::Up,
        KeyCode::Down => Action::Down,
        KeyCode::PageUp => Action::PageUp,
        KeyCode::PageDown => Action::PageDown,
        _ => {
            let took = editor::edit(&mut pane.filter, pressed);
            pane.changed |= took;
            return took;
        }
    };
    act(model, action, effects)
}

fn clear_filter(model: &mut Model) {
    let pane = &mut model.jobs;
    pane.editing = false;
    pane.filter.reset();
    pane.changed = true;
}

/// Does what a key asks for. Whether it was one for this screen.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    // A key may come before the frame that would have brought the lines up to date.
    refresh_lines(model);
    let pane = &mut model.jobs;
    let height = pane.height;
    let took = match &mut pane.history {
        Some(history) => history.moved(action, height),
        None => moved(pane, action),
    };
    if took {
        return true;
    }
    match action {
        Action::Cancel | Action::CancelBatch | Action::Retry | Action::RetryBatch => change(model, action, effects),
        Action::Expand if model.jobs.history.is_none() => {
            if let Some(id) = model.jobs.current
                && !model.jobs.expanded.remove(&id)
            {
                model.jobs.expanded.insert(id);
            }
            model.jobs.changed = true;
        }
        Action::Dismiss => dismiss(model, effects),
        Action::Details | Action::Expand => details(model),
        Action::YankId => yank(model, effects),
        Action::Filter => model.jobs.editing = true,
        Action::Back if !model.jobs.filter.value().is_empty() => clear_filter(model),
        Action::Back if model.jobs.history.is_none() => {}
        Action::Back | Action::History => history::toggle(model, effects),
        // The rest of a refresh is not this pane's.
        Action::Refresh if model.jobs.history.is_some() => {
            history::ask(model, effects);
            return false;
        }
        _ => return false,
    }
    true
}

/// What changes something in AWS: asked for only where it can be.
fn change(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if model.start.config.read_only {
        model.complain("Read-only: nothing is changed in AWS.");
        return;
    }
    if current(model).is_none() {
        match model.jobs.history {
            Some(_) => model.say("This is history: it is not on the board any more. H goes back to the copies."),
            None => model.say("There is no copy here."),
        }
        return;
    }
    if !model.can_ask() {
        return;
    }
    match action {
        Action::Cancel => ask_cancel(model),
        Action::CancelBatch => ask_batch(model),
        Action::Retry => retry(model, effects),
        _ => retry_batch(model, effects),
    }
}

fn details(model: &mut Model) {
    let reading = match &model.jobs.history {
        Some(history) => history.current().map(|job| Pager::past(job.clone())),
        None => model.jobs.current.map(Pager::job),
    };
    model.overlays.extend(reading.map(Overlay::Pager));
}

fn yank(model: &mut Model, effects: &mut Vec<Effect>) {
    let job = match &model.jobs.history {
        Some(history) => history.current().map(AsRef::as_ref),
        None => current(model),
    };
    match job.map(|j| j.image().or(j.images.last()).map(ToString::to_string)) {
        Some(Some(id)) => model.yank(id, effects),
        Some(None) => model.say("This copy has no image id."),
        None => model.say("There is no copy here."),
    }
}

/// Those shown, so that a filter narrows this too.
fn dismiss(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.jobs.history.is_some() {
        model.say("The history keeps ended copies. H goes back to the copies.");
        return;
    }
    let shown = model.jobs.shown.jobs.iter().filter_map(|id| model.board.job(*id));
    let ended: Vec<JobId> = shown.filter(|j| j.state.ended() && !j.needs_cleanup()).map(|j| j.id).collect();
    if ended.is_empty() {
        model.say("None of these copies has ended, with all of its snapshots removed.");
    } else {
        model.ask_for(Command::Dismiss(ended), effects);
    }
}

fn ask_cancel(model: &mut Model) {
    let Some(job) = current(model) else { return };
    match &job.state {
        JobState::Available { .. } => {
            model.say(
                "It is available already; cancelling is for copies under way. Nothing is deleted. X deregisters a batch.",
            );
        }
        state if state.ended() => model.say("It has ended already."),
        _ if !job.can_be_cancelled() => model.say("Already being removed."),
        _ => {
            let question = Confirmation::cancel(job);
            model.overlays.push(Overlay::Confirmation(question));
        }
    }
}

/// Copies under way are cancelled after a question; available ones are deregistered only once the batch's name is typed.
fn ask_batch(model: &mut Model) {
    let Some(batch) = current(model).map(|j| j.batch.clone()) else { return };
    let open: Vec<&Job> = model.board.batch(&batch).filter(|j| j.can_be_cancelled()).collect();
    let available: Vec<&Job> =
        model.board.batch(&batch).filter(|j| matches!(j.state, JobState::Available { .. })).collect();
    let overlay = match (open.is_empty(), available.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Overlay::InputLine(InputLine::deregister(&batch, &available))),
        (false, _) => Some(Overlay::Confirmation(Confirmation::cancel_batch(&batch, &open, &available))),
    };
    match overlay {
        Some(overlay) => model.overlays.push(overlay),
        None => model.say(format!("Every copy of {batch} has ended or is being cancelled.")),
    }
}

fn retry(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(job) = current(model) else { return };
    if is_in_doubt(job) {
        let question = Confirmation::in_doubt(job);
        model.overlays.push(Overlay::Confirmation(question));
    } else if may_be_tried_again(job) {
        let jobs = [job];
        match Confirmation::try_again(&jobs) {
            Some(question) => model.overlays.push(Overlay::Confirmation(question)),
            None => model.try_again(&[jobs[0].id], effects),
        }
    } else if matches!(job.state, JobState::Failed { .. } | JobState::Gone { .. }) {
        model.say("It was started elsewhere, with settings unknown here: copy the image again with c.");
    } else {
        let word = job.phase().as_str();
        model.say(format!("Only failed copies are tried again; this one is {word}."));
    }
}

fn retry_batch(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(batch) = current(model).map(|j| j.batch.clone()) else { return };
    let failed = |j: &&Job| matches!(j.state, JobState::Failed { .. } | JobState::Gone { .. });
    let jobs: Vec<&Job> = model.board.batch(&batch).filter(failed).filter(|j| may_be_tried_again(j)).collect();
    let ids: Vec<JobId> = jobs.iter().map(|j| j.id).collect();
    match Confirmation::try_again(&jobs) {
        Some(question) => model.overlays.push(Overlay::Confirmation(question)),
        None if !ids.is_empty() => model.try_again(&ids, effects),
        None if model.board.batch(&batch).any(|j| failed(&j)) => {
            model.say("They were started elsewhere, with settings unknown here: copy the images again with c.");
        }
        None => model.say(format!("No copy of {batch} has failed.")),
    }
}
