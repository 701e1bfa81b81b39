//! What the terminal is told of copies besides the screen: the bell, a notification, the window's title.

use crate::{
    domain::text::count,
    engine::{Job, JobId, JobPhase},
    term::osc::Notification,
    tui::{job_counts::JobCounts, model::Model, msg::Effect},
};

/// Rings and notifies for copies that have just ended.
pub(super) fn on_ended(model: &Model, ended: &[JobId], effects: &mut Vec<Effect>) {
    if ended.is_empty() {
        return;
    }
    let ui = &model.start.config.ui;
    effects.extend(ui.bell.then_some(Effect::Bell));
    if Notification::parse(&ui.notification).is_some() {
        effects.push(Effect::Notify(notification(model, ended)));
    }
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
    let counts = JobCounts::of(model);
    // The percent comes first: a tab has room for little.
    let title = match counts.percent() {
        Some(percent) => format!("{percent}% amigrate: {}", count(counts.running(), "copy", "copies")),
        None => "amigrate".to_owned(),
    };
    if model.title.as_ref() != Some(&title) {
        effects.push(Effect::Title(title.clone()));
        model.title = Some(title);
    }
}
