//! Quitting. Copies that EC2 has accepted continue without us. Queued copies and removals need a process that runs the
//! queue: this one, another, or one in the background.

use jiff::SignedDuration;

use crate::{
    domain::{AccountId, text::count},
    driver::DriverStatus,
    engine::{Job, JobPhase, JobState, Origin, RemovalReason},
    tui::{
        model::{Model, PendingReply, StorageWork, SyncWork},
        msg::Effect,
        screens::{
            Overlay,
            confirm::{Confirmation, PendingWork},
        },
    },
};

/// The work that stops if no process runs the queue after this one.
fn pending_work(model: &Model) -> PendingWork {
    let mut pending = PendingWork::default();
    // In the demo AWS ends with the process, and with it the copies that it has accepted.
    let in_demo = |job: &Job| model.start.demo.is_some() && job.origin == Origin::Here && !job.state.ended();
    for job in model.jobs_view.jobs() {
        if job.needs_driving() {
            *counter(&mut pending, job) += 1;
        } else if in_demo(job) {
            pending.copying += 1;
        }
    }
    // The store has them, or will, before the jobs show them.
    pending.queued += model.requested.len();
    pending
}

fn counter<'a>(pending: &'a mut PendingWork, job: &Job) -> &'a mut usize {
    match &job.state {
        _ if job.state.phase() == JobPhase::Deregistering => &mut pending.deregistering,
        JobState::Removing { reason: RemovalReason::Retry { .. }, .. } => &mut pending.queued,
        _ if job.is_being_removed() => &mut pending.cancelling,
        JobState::Copying { .. } | JobState::Available { .. } => &mut pending.post_copy,
        _ => &mut pending.queued,
    }
}

/// Returns true if this process runs the queue.
fn runs_queue(model: &Model) -> bool {
    model.jobs_view.driver == DriverStatus::ThisProcess && model.start.demo.is_none() && !model.start.config.read_only
}

/// Returns true if a process in the background can go on with the queue: with the credentials of another account it would run that one's.
fn may_leave_queue(model: &Model) -> bool {
    runs_queue(model) && !model.jobs_view.has_other_credentials()
}

/// Returns true if a process in the background is to run hooks: those that are due, and those of copies that continue in AWS.
fn leaves_hooks(model: &Model) -> bool {
    let own = |job: &Job| job.origin == Origin::Here && !job.state.ended();
    let due = model.jobs_view.hooks_due > 0 || model.jobs_view.jobs().any(own);
    may_leave_queue(model) && !model.start.config.hooks.job_ended.is_empty() && due
}

/// Quits, after a confirmation if work would stop.
pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    // Quitting twice means at once, and without a process in the background.
    if model.overlays.iter().any(|o| matches!(o, Overlay::Confirmation(q) if q.quits())) {
        effects.push(Effect::Quit);
        return;
    }
    match confirmation(model) {
        None => {
            effects.extend(leaves_hooks(model).then_some(Effect::Background));
            effects.push(Effect::Quit);
        }
        Some(confirmation) => model.overlays.push(Overlay::Confirmation(confirmation)),
    }
}

/// The confirmation before work would stop; `None` if none would.
fn confirmation(model: &Model) -> Option<Confirmation> {
    let (of_queue, others) = (confirmation_of_queue(model), other_changes(model));
    if others.is_empty() {
        return of_queue;
    }
    Some(of_queue.unwrap_or_else(|| Confirmation::quit_working(leaves_hooks(model))).beginning(others))
}

/// What is being changed besides the queue: what this process deletes, restores and shares, with which no other continues; and the sync plan
/// that is being carried out by another.
pub(super) fn other_changes(model: &Model) -> Vec<String> {
    let text = |pending: &PendingReply| match pending {
        PendingReply::Storage(StorageWork::Delete(snapshots)) => Some(format!(
            "{} being deleted: what is not deleted yet stays.",
            count(*snapshots, "snapshot is", "snapshots are")
        )),
        PendingReply::Storage(StorageWork::Restore(resources)) => Some(format!(
            "{} being restored: what is not restored yet stays in the Recycle Bin.",
            count(*resources, "resource is", "resources are")
        )),
        PendingReply::Access(owner) => Some(format!(
            "Account {owner} is giving access: what it has given stays, and `amigrate audit` with its profile shows it."
        )),
        PendingReply::Sync { work: SyncWork::Apply, account } => {
            let flag = model.account_flag();
            Some(format!(
                "{} It continues without this screen; `amigrate audit{flag}` and `amigrate jobs{flag}` show what it has done.",
                sync_of(account)
            ))
        }
        _ => None,
    };
    model.pending.values().filter_map(text).collect()
}

fn sync_of(account: &AccountId) -> String {
    format!("A sync plan is being carried out in account {account}.")
}

/// The confirmation for the queue, and for what was typed into a form.
fn confirmation_of_queue(model: &Model) -> Option<Confirmation> {
    let pending = pending_work(model);
    if !pending.any() || model.start.config.read_only {
        let edited = |o: &Overlay| matches!(o, Overlay::Form(form) if form.is_edited());
        model.overlays.iter().any(edited).then(|| Confirmation::quit_with_form(leaves_hooks(model)))
    } else if model.start.demo.is_some() {
        Some(Confirmation::quit_demo(&pending))
    } else {
        let other_account = || model.account.as_ref().filter(|_| model.jobs_view.has_other_credentials());
        runs_queue(model).then(|| Confirmation::quit(&pending, other_account().map(|account| &account.id)))
    }
}

/// Keeps an open confirmation true: the jobs, and what is deleted or restored, continue while it is read.
pub(super) fn keep_true(model: &mut Model) {
    let is_open = |o: &Overlay| matches!(o, Overlay::Confirmation(q) if q.quits());
    let Some(open) = model.overlays.iter().position(is_open) else { return };
    let copying = || model.jobs_view.jobs().filter(|job| matches!(job.state, JobState::Copying { .. })).count();
    let now = confirmation(model).unwrap_or_else(|| Confirmation::quit_freely(copying()));
    if let Some(Overlay::Confirmation(shown)) = model.overlays.get_mut(open) {
        shown.replace_text(now);
    }
}

/// Returns true if a command was sent so recently that the jobs may not show it yet.
fn recently_requested(model: &Model) -> bool {
    /// Far more than a commit takes. A background process that finds no work ends by itself.
    const RECENT: SignedDuration = SignedDuration::from_secs(10);
    model.jobs_view.requested_at.is_some_and(|at| model.now.duration_since(at).abs() < RECENT)
}

/// Leaves the old profile's queue to a process in the background.
pub(super) fn continue_in_background(model: &mut Model, effects: &mut Vec<Effect>) {
    if runs_queue(model) && (pending_work(model).any() || recently_requested(model) || leaves_hooks(model)) {
        let profile = model.profile.as_deref().map_or_else(String::new, |name| format!(" of {name}"));
        if may_leave_queue(model) {
            effects.push(Effect::Background);
            model.show_notice(format!("The queue{profile} continues in the background."));
        } else {
            let account = model.account.as_ref().map_or("that account", |account| account.id.as_str());
            model.show_notice(format!(
                "The queue{profile} waits for credentials of account {account}: the profile has another account's now."
            ));
        }
    }
    let applied = model.pending.values().find_map(|pending| match pending {
        PendingReply::Sync { work: SyncWork::Apply, account } => Some(sync_of(account)),
        _ => None,
    });
    if let Some(applied) = applied {
        model.show_notice(format!("{applied} What comes of it is shown here."));
    }
}

/// Quits without a confirmation: the terminal is gone.
pub(super) fn hang_up(model: &Model, effects: &mut Vec<Effect>) {
    let unfinished = pending_work(model).any() || recently_requested(model) || leaves_hooks(model);
    if may_leave_queue(model) && model.start.config.jobs.background_on_hangup && unfinished {
        effects.push(Effect::Background);
    }
    effects.push(Effect::Quit);
}
