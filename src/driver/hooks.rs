//! The hook of an ended copy: which copies have ended, and what the hook's environment says of each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use uuid::Uuid;

use super::hook_launcher::Launcher;
use crate::{
    config::{Hooks, hooks::variables},
    domain::{
        AccountKey, Failure,
        text::{clean, without_user_info},
    },
    engine::{BatchId, Job, JobId, JobState, Origin, StepState},
    store::DueHook,
};

/// The commands that the user's settings name, none of them run by a shell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HookSettings {
    /// Program and arguments, run for each own copy that has ended; empty for none.
    pub job_ended: Vec<String>,
    /// How long one may take.
    pub timeout: Duration,
    /// How it is separated from the terminal.
    pub launcher: Launcher,
    /// The profile of the account whose queue it is, which AWS's programs under a hook are to use.
    pub profile: Option<String>,
}

impl From<&Hooks> for HookSettings {
    fn from(hooks: &Hooks) -> Self {
        Self {
            job_ended: hooks.job_ended.clone(),
            timeout: Duration::from_secs(hooks.timeout_seconds),
            launcher: Launcher::ThisProgram,
            profile: None,
        }
    }
}

/// Why a copy is not what was requested, and how many of its post-copy steps were not carried out.
fn shortcomings(job: &Job) -> (Option<Failure>, usize) {
    match &job.state {
        JobState::Failed { failure, .. } => (Some(Failure::clone(failure)), 0),
        JobState::Available { .. } => {
            let failed = |state: &StepState| matches!(state, StepState::Failed(_)) || state.is_given_up();
            let mut failed = job.steps().filter(|(_, state)| failed(state)).peekable();
            let first = failed.peek().map(|(_, state)| match state {
                StepState::Failed(failure) => Failure::clone(failure),
                _ => Failure::new("carry out a post-copy step", "it was given up"),
            });
            (first, failed.count())
        }
        _ => (None, 0),
    }
}

/// The hook of a copy that has ended, with what is to be said of it.
fn due_hook(job: &Job, account: &AccountKey, batch_left: usize) -> DueHook {
    let (failure, steps_failed) = shortcomings(job);
    let text = |text: Option<String>| text.unwrap_or_default();
    let variables = [
        (variables::JOB, job.id.to_string()),
        (variables::BATCH, job.batch.to_string()),
        (variables::BATCH_LEFT, batch_left.to_string()),
        (variables::STATE, job.phase().as_str().to_owned()),
        (variables::NAME, job.request.name.to_string()),
        (variables::REGION, job.request.destination.to_string()),
        (variables::IMAGE_ID, text(job.image().map(ToString::to_string))),
        (variables::SOURCE_IMAGE_ID, job.request.source.to_string()),
        (variables::SOURCE_REGION, job.request.source_region.to_string()),
        (variables::ACCOUNT, text(account.account().map(|account| account.to_string()))),
        (variables::ENDPOINT, text(account.endpoint().map(without_user_info))),
        (variables::STEPS_FAILED, steps_failed.to_string()),
        (variables::FAILURE, text(failure.as_ref().map(ToString::to_string))),
        (variables::FAILURE_CODE, text(failure.and_then(|failure| failure.code))),
    ];
    DueHook {
        key: Uuid::new_v4().as_u128(),
        job: job.id,
        title: format!("copy {} to {}", job.request.name, job.request.destination),
        // AWS's texts may have anything in them; the environment takes no NUL.
        variables: variables.map(|(name, text)| (name.to_owned(), clean(&text).into_owned())).into(),
    }
}

/// Returns true if the copy will end without a person's decision, and so its hook is to be waited for.
pub(super) fn is_awaited(job: &Job) -> bool {
    job.origin == Origin::Here && !is_over(job) && !matches!(job.state, JobState::InDoubt { .. })
}

/// The own copies that have not ended, so that each one's end is noticed once. Of those that ended before the loop began nothing
/// is known: the process that saw it has stored their hooks.
pub(super) struct OpenJobs {
    open: BTreeMap<JobId, BatchId>,
    /// Ended since the loop began.
    ended: BTreeSet<JobId>,
    /// Failed copies whose images are being removed: one may turn out to be available, which is another end.
    removed: BTreeSet<JobId>,
    since: Timestamp,
}

/// Returns true if nothing more happens to the copy by itself: it has ended, and so have its post-copy steps. One that failed does not
/// end once more when its image is removed.
fn is_over(job: &Job) -> bool {
    (job.state.ended() || job.is_failed_being_removed()) && !job.has_open_steps()
}

impl OpenJobs {
    pub(super) fn new<'a>(jobs: impl Iterator<Item = &'a Job>, now: Timestamp) -> Self {
        let (mut open, mut removed) = (BTreeMap::new(), BTreeSet::new());
        for job in jobs.filter(|job| job.origin == Origin::Here) {
            if job.is_failed_being_removed() {
                removed.insert(job.id);
            }
            if !is_over(job) {
                open.insert(job.id, job.batch.clone());
            }
        }
        Self { open, ended: BTreeSet::new(), removed, since: now }
    }

    /// Takes in jobs that are about to be committed, and adds the hooks of those that have just ended, in their order. One that continues
    /// after all, before its end was committed, has none.
    pub(super) fn take_in(&mut self, jobs: &[Arc<Job>], account: &AccountKey, due: &mut Vec<DueHook>) {
        let own = || jobs.iter().filter(|job| job.origin == Origin::Here);
        for job in own().filter(|job| !is_over(job)) {
            self.ended.remove(&job.id);
            due.retain(|hook| hook.job != job.id);
            self.open.insert(job.id, job.batch.clone());
        }
        for job in own().filter(|job| is_over(job)) {
            if job.is_failed_being_removed() {
                self.removed.insert(job.id);
            } else if self.removed.remove(&job.id) && matches!(job.state, JobState::Available { .. }) {
                self.ended.remove(&job.id);
                self.open.insert(job.id, job.batch.clone());
            }
            // One that failed at once was never open.
            let is_new = self.open.remove(&job.id).is_some() || job.requested >= self.since;
            if is_new && self.ended.insert(job.id) {
                let left = self.open.values().filter(|batch| **batch == job.batch).count();
                due.push(due_hook(job, account, left));
            }
        }
    }
}
