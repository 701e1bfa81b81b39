//! What keys do in the jobs pane.

use super::lines::order;
use crate::{
    engine::{Ask, Job, JobId, JobState},
    tui::{
        keys::Action,
        model::{Model, Pane},
        msg::Effect,
        screens::{Overlay, question::Question, reading::Reading},
        widgets::list::List,
    },
};

fn current(model: &Model) -> Option<&Job> {
    model.board.job(model.jobs.current?)
}

/// Does what a key asks for. Whether it was one for this screen.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let ids: Vec<JobId> = order(model).iter().map(|j| j.id).collect();
    let mut list = List { cursor: ids.iter().position(|id| Some(*id) == model.jobs.current).unwrap_or(0), offset: 0 };
    if list.act(action, ids.len(), model.jobs.height) {
        model.jobs.current = ids.get(list.cursor).copied();
        return true;
    }
    match action {
        Action::Cancel | Action::CancelBatch | Action::Retry if model.start.config.read_only => {
            model.complain("Read-only: nothing is changed in AWS.");
        }
        Action::Expand => {
            if let Some(id) = model.jobs.current
                && !model.jobs.expanded.remove(&id)
            {
                model.jobs.expanded.insert(id);
            }
        }
        Action::Cancel => ask_cancel(model),
        Action::CancelBatch => ask_cancel_batch(model),
        Action::Retry => retry(model, effects),
        Action::Dismiss => {
            let ended: Vec<JobId> = model.board.jobs().filter(|j| j.state.ended()).map(|j| j.id).collect();
            if !ended.is_empty() {
                model.ask_for(Ask::Dismiss(ended), effects);
            }
        }
        Action::Details => {
            if let Some(id) = model.jobs.current {
                model.overlays.push(Overlay::Reading(Reading::job(id)));
            }
        }
        Action::YankId => match current(model).and_then(Job::image).map(ToString::to_string) {
            Some(id) => model.yank(id, effects),
            None if model.jobs.current.is_none() => model.say("There is no copy here."),
            None => model.say("This copy has no image id."),
        },
        Action::Filter => {
            model.focus = Pane::Images;
            model.full = None;
            model.images.editing = true;
        }
        _ => return false,
    }
    true
}

fn ask_cancel(model: &mut Model) {
    let Some(job) = current(model) else { return };
    match &job.state {
        JobState::Available { .. } => {
            model.say("It is available already; cancelling is for copies under way. Nothing is deleted.");
        }
        state if state.ended() => model.say("It has ended already."),
        _ if job.leaving() => model.say("It is on its way out."),
        _ => {
            let question = Question::cancel(job);
            model.overlays.push(Overlay::Question(question));
        }
    }
}

fn ask_cancel_batch(model: &mut Model) {
    let Some(batch) = current(model).map(|j| j.batch.clone()) else { return };
    let open = |j: &&Job| j.batch == batch && !j.state.ended() && !j.leaving();
    let jobs: Vec<&Job> = model.board.jobs().filter(open).collect();
    if jobs.is_empty() {
        model.say("Every copy of this batch has ended or is being cancelled.");
    } else {
        let question = Question::cancel_batch(&jobs);
        model.overlays.push(Overlay::Question(question));
    }
}

fn retry(model: &mut Model, effects: &mut Vec<Effect>) {
    match current(model).map(|j| (j.id, j.state.word())) {
        Some((id, "failed")) => {
            let token = model.token();
            model.ask_for(Ask::TryAgain(vec![(id, token)]), effects);
        }
        Some((_, word)) => model.say(format!("Only failed copies are tried again; this one is {word}.")),
        None => {}
    }
}
