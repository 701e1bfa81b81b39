//! The hook of an ended copy: which copies have ended, and what the hook's environment says of each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    config::{Hooks, hooks::variables},
    domain::{AccountKey, text::clean},
    engine::{BatchId, Job, JobId, JobState, Origin},
};

/// The commands that the user's settings name, none of them run by a shell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HookSettings {
    /// Program and arguments, run for each own copy that has ended; empty for none.
    pub job_ended: Vec<String>,
    /// How long one may take.
    pub timeout: Duration,
}

impl From<&Hooks> for HookSettings {
    fn from(hooks: &Hooks) -> Self {
        Self { job_ended: hooks.job_ended.clone(), timeout: Duration::from_secs(hooks.timeout_seconds) }
    }
}

/// A copy that has ended, as its hook sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EndedJob {
    /// The copy in words.
    pub(super) title: String,
    pub(super) variables: Vec<(&'static str, String)>,
}

impl EndedJob {
    fn new(job: &Job, account: &AccountKey, batch_left: usize) -> Self {
        let failure = if let JobState::Failed { failure, .. } = &job.state { Some(&**failure) } else { None };
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
            (variables::ACCOUNT, account.to_string()),
            (variables::FAILURE, text(failure.map(ToString::to_string))),
            (variables::FAILURE_CODE, text(failure.and_then(|failure| failure.code.clone()))),
        ];
        Self {
            title: format!("copy {} to {}", job.request.name, job.request.destination),
            // AWS's texts may have anything in them; the environment takes no NUL.
            variables: variables.map(|(name, text)| (name, clean(&text).into_owned())).into(),
        }
    }
}

/// Returns true if the copy will end without a person's decision, and so its hook is to be waited for.
pub(super) fn is_awaited(job: &Job) -> bool {
    job.origin == Origin::Here && !is_over(job) && !matches!(job.state, JobState::InDoubt { .. })
}

/// The own copies that have not ended, so that each one's end is noticed once. Of those that ended before the loop began nothing
/// is known: their hooks were run by the process that saw it.
pub(super) struct OpenJobs {
    open: BTreeMap<JobId, BatchId>,
    /// Ended since the loop began.
    ended: BTreeSet<JobId>,
    since: Timestamp,
}

/// Returns true if nothing more happens to the copy by itself: it has ended, and so have its post-copy steps.
fn is_over(job: &Job) -> bool {
    job.state.ended() && !job.has_open_steps()
}

impl OpenJobs {
    pub(super) fn new<'a>(jobs: impl Iterator<Item = &'a Job>, now: Timestamp) -> Self {
        let open = jobs.filter(|job| job.origin == Origin::Here && !is_over(job));
        Self { open: open.map(|job| (job.id, job.batch.clone())).collect(), ended: BTreeSet::new(), since: now }
    }

    /// Takes in jobs that were committed, and returns those that have just ended, in their order.
    pub(super) fn committed(&mut self, jobs: &[Arc<Job>], account: &AccountKey) -> Vec<EndedJob> {
        let own = || jobs.iter().filter(|job| job.origin == Origin::Here);
        for job in own().filter(|job| !is_over(job)) {
            self.ended.remove(&job.id);
            self.open.insert(job.id, job.batch.clone());
        }
        let mut ended = Vec::new();
        for job in own().filter(|job| is_over(job)) {
            // One that failed at once was never open.
            let is_new = self.open.remove(&job.id).is_some() || job.requested >= self.since;
            if is_new && self.ended.insert(job.id) {
                let left = self.open.values().filter(|batch| **batch == job.batch).count();
                ended.push(EndedJob::new(job, account, left));
            }
        }
        ended
    }
}
