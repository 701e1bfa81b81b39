//! Signals about copies besides the screen: the bell, a notification, the window's title.

use crate::{
    domain::text::{clean, count},
    engine::{Job, JobId, JobPhase, Note, StepState},
    labels,
    term::osc::Notification,
    tui::{accounts, model::Model, msg::Effect},
};

/// Rings and notifies for copies that have just ended.
pub(super) fn on_ended(model: &Model, ended: &[JobId], effects: &mut Vec<Effect>) {
    if ended.is_empty() {
        return;
    }
    let ui = &model.start.config.ui;
    effects.extend(ui.bell.then_some(Effect::Bell));
    if Notification::parse(&ui.notification).is_some() {
        effects.push(Effect::Notify(notification(model, ended).into()));
    }
}

/// Says that the post-copy steps of a copy were carried out, as far as they could be: its row may stay as it was.
pub(super) fn on_steps<'a>(model: &mut Model, changed: impl Iterator<Item = &'a Job>) {
    let finished = |job: &&Job| {
        let before = model.jobs_view.job(job.id);
        before.is_some_and(Job::can_give_up_steps) && !job.has_open_steps() && !job.is_being_removed()
    };
    let Some(job) = changed.filter(finished).last() else { return };
    let name = format!("{} in {}", clean(job.request.name.as_str()), job.request.destination);
    let left = labels::after_copy(job);
    if left.is_empty() {
        let last = job.steps().filter(|(_, state)| matches!(state, StepState::Done)).last();
        let step =
            last.map_or_else(String::new, |(step, _)| format!(": {}", labels::step(step, &job.request.destination)));
        model.show_notice(format!("{name}: all that was requested is done{step}."));
    } else {
        model.show_error(format!("{name}: {}.", left.join("; ")));
    }
}

/// Says that a copy became available before it was cancelled: whoever cancelled it expects it to be gone.
pub(super) fn on_late_cancels<'a>(model: &mut Model, changed: impl Iterator<Item = &'a Job>) {
    let is_late = |job: &&Job| matches!(job.note, Some(Note::AvailableBeforeCancel)) && job.state.ended();
    let is_new = |job: &&Job| model.jobs_view.job(job.id).is_some_and(|before| !before.state.ended());
    let late: Vec<&Job> = changed.filter(is_late).filter(is_new).collect();
    let Some(job) = late.last() else { return };
    let more = match late.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let name = format!("{} in {}", clean(job.request.name.as_str()), job.request.destination);
    model.show_error(format!("{name}: {}{more}.", labels::note(&Note::AvailableBeforeCancel)));
}

fn notification(model: &Model, ended: &[JobId]) -> String {
    let jobs: Vec<&Job> = ended.iter().filter_map(|id| model.jobs_view.job(*id)).collect();
    if let [job] = jobs[..] {
        return format!("{} in {}: {}", job.request.name, job.request.destination, job.phase().as_str());
    }
    let of = |phase: JobPhase| jobs.iter().filter(|job| job.phase() == phase).count();
    let phases = JobPhase::ALL.into_iter().map(|phase| (of(phase), phase)).filter(|(n, _)| *n > 0);
    let phases: Vec<String> = phases.map(|(n, phase)| format!("{n} {}", phase.as_str())).collect();
    format!("{} ended: {}", count(ended.len(), "copy", "copies"), phases.join(", "))
}

/// Changes the window's title, if that is wanted and it says something else now.
pub(super) fn follow_title(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.start.config.ui.title {
        return;
    }
    let counts = accounts::job_counts(model);
    // The percent comes first: a tab has room for little.
    let title = match counts.percent() {
        Some(percent) => format!("{percent}% amigrate: {}", count(counts.running(), "copy", "copies")),
        None => "amigrate".to_owned(),
    };
    if model.title.as_ref() != Some(&title) {
        effects.push(Effect::Title(title.clone().into()));
        model.title = Some(title);
    }
}
