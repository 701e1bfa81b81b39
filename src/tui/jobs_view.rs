//! The screen's copy of the jobs: what was committed last, by whichever process runs the queue.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{AccountKey, ClientToken, Failure, FailureKind, ImageId, Region, review::context::CompletedCopy},
    driver::DriverStatus,
    engine::{BatchId, Job, JobId, JobState, Status, Waiting},
    labels,
};

/// Images that are not listed any more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Unlisted {
    pub(super) images: BTreeSet<ImageId>,
    pub(super) basis: UnlistedBasis,
}

/// What they were worked out from: the version of the jobs, and of each complete list, with its time.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct UnlistedBasis {
    pub(super) jobs: u64,
    pub(super) lists: Vec<(Region, u64, Timestamp)>,
}

/// The jobs of one account, as they were committed last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobsView {
    pub account: Option<AccountKey>,
    jobs: BTreeMap<JobId, Arc<Job>>,
    pub status: Status,
    pub driver: DriverStatus,
    /// When the last command was sent that changes jobs.
    pub(super) requested_at: Option<Timestamp>,
    /// The version when it was sent.
    requested_at_version: Option<u64>,
    /// Why the store cannot be written.
    pub store_problem: Option<Failure>,
    /// Why hooks failed in this session, the last of them; and how many did.
    pub hook_failures: Vec<Failure>,
    pub hooks_failed: usize,
    /// Hooks of ended copies that this process, which runs the queue, has not begun.
    pub hooks_due: usize,
    /// A copy without progress for this long is stalled.
    pub stall: SignedDuration,
    /// What the user should know about the store, such as where a damaged one was kept.
    pub notices: Vec<Failure>,
    /// Jobs that ended since [`JobsView::take_ended`].
    ended: Vec<JobId>,
    /// When the last of the jobs ended.
    last_end: Option<Timestamp>,
    version: u64,
    /// Images of available copies that complete lists since then do not have.
    pub(super) unlisted: Unlisted,
    /// How long dismissed copies took.
    dismissed: Vec<CompletedCopy>,
}

impl JobsView {
    /// An empty view, and after how long without progress a copy is stalled.
    pub fn new(stall: SignedDuration) -> Self {
        Self { stall, ..Self::default() }
    }

    /// The jobs, oldest first.
    pub fn jobs(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.jobs.values().map(AsRef::as_ref)
    }

    /// The client tokens that users gave, also those that a retry has replaced: EC2 may know them.
    pub fn sent_tokens(&self) -> Vec<ClientToken> {
        self.jobs().flat_map(|job| job.sent_tokens.iter().chain(&job.request.given_token)).cloned().collect()
    }

    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id).map(AsRef::as_ref)
    }

    /// How long the copies took that have completed, those dismissed in this session first.
    /// Returns true if the credentials have become those of another account: its queue is another one.
    pub fn has_other_credentials(&self) -> bool {
        self.status.paused.as_ref().is_some_and(|failure| failure.kind == FailureKind::OtherAccount)
    }

    pub(super) fn completed(&self) -> Vec<CompletedCopy> {
        self.dismissed.iter().cloned().chain(self.jobs().filter_map(Job::completed_copy)).collect()
    }

    /// Records that a command was sent that changes jobs.
    pub(super) fn note_request(&mut self, now: Timestamp) {
        (self.requested_at, self.requested_at_version) = (Some(now), Some(self.version));
    }

    /// Returns true while no job has changed since the last command: it is stored, but not carried out yet.
    pub fn request_waits(&self) -> bool {
        self.requested_at_version == Some(self.version)
    }

    /// The jobs of a batch, oldest first.
    pub fn batch<'a>(&'a self, batch: &'a BatchId) -> impl DoubleEndedIterator<Item = &'a Job> {
        self.jobs().filter(move |j| j.batch == *batch)
    }

    /// Grows with every change of the jobs, for caches derived from them.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Why the last poll of a region failed, if it did.
    pub fn region_problem(&self, region: &Region) -> Option<&Failure> {
        self.status.regions.get(region)?.problem.as_ref()
    }

    /// Why nothing is known of a running copy at present, if that is so.
    pub fn not_polled(&self, job: &Job) -> Option<String> {
        if self.store_problem.is_some() {
            return Some("queue stopped, not polled".into());
        }
        if self.driver.is_silent() || matches!(self.driver, DriverStatus::NotRunning(_)) {
            return Some("not polled, nobody is running the queue".into());
        }
        labels::progress::not_polled(job, &self.status)
    }

    /// What a queued job waits for: its own reason, or else its destination's.
    pub fn waiting<'a>(&'a self, job: &'a Job) -> Option<&'a Waiting> {
        let of_region = || self.status.regions.get(&job.request.destination)?.waiting.as_ref();
        job.waiting.as_ref().or_else(of_region)
    }

    /// Returns true if an available copy's image is not listed any more.
    pub fn is_unlisted(&self, image: &ImageId) -> bool {
        self.unlisted.images.contains(image)
    }

    /// Returns true if every job has ended.
    pub fn idle(&self) -> bool {
        self.jobs.values().all(|j| j.state.ended())
    }

    /// Drops everything but the notices: another account's jobs come.
    pub fn clear(&mut self) {
        let notices = std::mem::take(&mut self.notices);
        *self = Self { notices, version: self.version + 1, ..Self::new(self.stall) };
    }

    /// Applies changed jobs.
    pub(super) fn change(&mut self, jobs: Vec<Arc<Job>>) {
        self.version += 1;
        for job in jobs {
            let before = self.jobs.get(&job.id);
            // A failed copy does not end once more when its image is removed, unless that has become available.
            let ends = |b: &Arc<Job>| {
                !b.state.ended() && (!b.is_failed_being_removed() || matches!(job.state, JobState::Available { .. }))
            };
            if job.state.ended() && before.is_some_and(ends) {
                self.ended.push(job.id);
            }
            self.last_end = self.last_end.max(job.ended.filter(|_| job.state.ended()));
            if job.dismissed {
                let known = self.jobs.remove(&job.id);
                self.dismissed.extend(known.and_then(|job| job.completed_copy()));
            } else {
                self.jobs.insert(job.id, job);
            }
        }
    }

    /// Replaces all jobs by those of an account. The driver and the store's state arrive separately.
    pub(super) fn open(&mut self, account: AccountKey, jobs: Vec<Arc<Job>>, status: Status) {
        if self.account.as_ref() != Some(&account) {
            self.jobs.clear();
            self.dismissed.clear();
            self.ended.clear();
            self.last_end = None;
        }
        self.account = Some(account);
        self.status = status;
        let here: BTreeSet<JobId> = jobs.iter().map(|j| j.id).collect();
        self.jobs.retain(|id, _| here.contains(id));
        self.change(jobs);
    }

    /// Keeps why a hook failed.
    pub(super) fn hook_failed(&mut self, failure: Failure) {
        /// More are only counted.
        const KEPT: usize = 100;
        self.hooks_failed += 1;
        self.hook_failures.push(failure);
        let first = self.hook_failures.len().saturating_sub(KEPT);
        self.hook_failures.drain(..first);
    }

    /// When the last of the jobs ended that were there since the account was signed in to.
    pub(super) fn last_end(&self) -> Option<Timestamp> {
        self.last_end
    }

    /// The jobs that ended since the last call: the bell rings for them.
    pub(super) fn take_ended(&mut self) -> Vec<JobId> {
        std::mem::take(&mut self.ended)
    }
}
