//! Opening, loading and closing the history.

use std::sync::Arc;

use super::history::{History, HistoryLoad};
use crate::{
    domain::Failure,
    engine::Job,
    tui::{
        model::{Model, PendingReply},
        msg::Effect,
    },
};

/// Shows the history, or the jobs again.
pub(super) fn toggle(model: &mut Model, effects: &mut Vec<Effect>) {
    model.jobs.changed = true;
    if model.jobs.history.take().is_none() {
        model.jobs.history = Some(History::loading());
        request(model, effects);
    }
}

/// Requests the history from the store; the reply to an earlier request is dropped.
pub(super) fn request(model: &mut Model, effects: &mut Vec<Effect>) {
    model.pending.retain(|_, pending| *pending != PendingReply::History);
    let id = model.expect_reply(PendingReply::History);
    effects.push(Effect::History { id });
}

pub fn on_reply(model: &mut Model, result: Result<Vec<Arc<Job>>, Failure>) {
    let Some(history) = &mut model.jobs.history else { return };
    match result {
        Ok(jobs) => history.set_jobs(jobs, model.jobs.filter.value(), model.now),
        Err(failure) => {
            history.load = HistoryLoad::Failed(failure.clone());
            model.show_failure("history", &failure);
        }
    }
}
