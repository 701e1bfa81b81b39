//! What ended while no screen showed it: said once, when an account's jobs come for the first time.

use jiff::Timestamp;

use crate::{
    engine::{Job, JobPhase, Origin},
    labels,
    tui::{
        bindings::{Action, Context},
        model::Model,
    },
};

/// Until when ends are shown, for the next screen.
pub(super) fn shown_until(model: &Model) -> Option<Timestamp> {
    let now = if model.jobs_view.account.is_some() { model.jobs_view.last_end() } else { None };
    model.shown_ends.until.max(now)
}

/// Says what ended meanwhile, once the account's jobs are there.
pub(super) fn tell_if_due(model: &mut Model) {
    let Some(account) = model.jobs_view.account.clone().filter(|_| model.view_memory.is_some()) else { return };
    if model.shown_ends.account.as_ref() == Some(&account) {
        return;
    }
    model.shown_ends.account = Some(account);
    let Some(until) = model.shown_ends.until else { return };
    let is_news =
        |job: &&Job| job.origin == Origin::Here && job.state.ended() && job.ended.is_some_and(|ended| ended > until);
    let news: Vec<&Job> = model.jobs_view.jobs().filter(is_news).collect();
    if news.is_empty() {
        return;
    }
    let of = |phase: JobPhase| news.iter().filter(|job| job.phase() == phase).count();
    let phases = JobPhase::ALL.into_iter().map(|phase| (of(phase), phase)).filter(|(n, _)| *n > 0);
    let phases: Vec<String> = phases.map(|(n, phase)| format!("{n} {}", phase.as_str())).collect();
    let deregistrations = news.iter().filter(|job| job.is_deregistration()).count();
    let copies = labels::copies_and_deregistrations(news.len() - deregistrations, deregistrations);
    let history = model.keymap.key(Context::Jobs, Action::History);
    model.show_until_a_key(format!(
        "While you were away, {copies} ended: {}. In the jobs pane {history} shows when.",
        phases.join(", ")
    ));
}
