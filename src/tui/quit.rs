//! Leaving. Copies that EC2 has taken go on without us; those queued, and removals under way, need somebody to drive them:
//! this process, another, or one in the background.

use jiff::SignedDuration;

use crate::{
    driver::DriverStatus,
    engine::{Job, JobState, RemovalReason},
    tui::{
        model::Model,
        msg::Effect,
        screens::{
            Overlay,
            confirm::{Confirmation, PendingWork},
        },
    },
};

/// What would stand still if this process just ended.
fn undone(model: &Model) -> PendingWork {
    let mut undone = PendingWork::default();
    for job in model.board.jobs().filter(|j| j.needs_driving()) {
        *place(&mut undone, job) += 1;
    }
    undone
}

fn place<'a>(undone: &'a mut PendingWork, job: &Job) -> &'a mut usize {
    match &job.state {
        JobState::Removing { reason: RemovalReason::Deregister, .. } => &mut undone.deregistering,
        JobState::Removing { reason: RemovalReason::Retry { .. }, .. } => &mut undone.queued,
        _ if job.leaving() => &mut undone.cancelling,
        _ => &mut undone.queued,
    }
}

/// Whether it is on this process that the queue goes on, now and after it.
fn ours(model: &Model) -> bool {
    model.board.driver == DriverStatus::Us && model.start.demo.is_none() && !model.start.config.read_only
}

/// A person wants to leave.
pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    // Asked already: whoever says so twice wants out, and no process left behind.
    if model.overlays.iter().any(|o| matches!(o, Overlay::Confirmation(q) if q.quits())) {
        effects.push(Effect::Quit);
        return;
    }
    let undone = undone(model);
    if !undone.any() || model.start.config.read_only {
        effects.push(Effect::Quit);
    } else if model.start.demo.is_some() {
        model.overlays.push(Overlay::Confirmation(Confirmation::quit_demo(&undone)));
    } else if ours(model) {
        model.overlays.push(Overlay::Confirmation(Confirmation::quit(&undone)));
    } else {
        effects.push(Effect::Quit);
    }
}

/// Whether something was asked for so lately that it may not show on the board yet.
fn just_asked(model: &Model) -> bool {
    /// Far more than a commit takes; a process too many ends by itself.
    const LATELY: SignedDuration = SignedDuration::from_secs(10);
    model.board.asked.is_some_and(|at| model.now.duration_since(at).abs() < LATELY)
}

/// Another profile was chosen: what would stand still without this process goes on in another, under the last one.
pub(super) fn leave_profile(model: &mut Model, effects: &mut Vec<Effect>) {
    if ours(model) && (undone(model).any() || just_asked(model)) {
        let profile = model.profile.as_deref().map_or_else(String::new, |name| format!(" of {name}"));
        effects.push(Effect::Background);
        model.say(format!("The queue{profile} goes on in the background."));
    }
}

/// The terminal is gone: nobody can be asked.
pub(super) fn hang_up(model: &Model, effects: &mut Vec<Effect>) {
    let left = undone(model).any() || just_asked(model);
    if ours(model) && model.start.config.jobs.background_on_hangup && left {
        effects.push(Effect::Background);
    }
    effects.push(Effect::Quit);
}
