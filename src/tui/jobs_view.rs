//! The jobs as they stand in the store: what is shown is what was committed, whoever drives it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{AccountKey, Failure, Region},
    driver::DriverStatus,
    engine::{BatchId, Job, JobId, Status, Waiting},
};

/// The jobs, as they were committed last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobsView {
    /// Whose.
    pub account: Option<AccountKey>,
    jobs: BTreeMap<JobId, Arc<Job>>,
    /// How things stand beside them.
    pub status: Status,
    /// Who drives.
    pub driver: DriverStatus,
    /// When something was asked for last that changes jobs: for a moment it does not show yet.
    pub(super) asked: Option<Timestamp>,
    /// What the board was when that was asked for.
    asked_at_version: Option<u64>,
    /// Why nothing can be written down.
    pub trouble: Option<Failure>,
    /// So long without progress is said to be stalled.
    pub stall: SignedDuration,
    /// What a person should have read, such as where a damaged store was put.
    pub notices: Vec<Failure>,
    ended: Vec<JobId>,
    version: u64,
}

impl JobsView {
    /// An empty board that warns of copies that make no progress for so long.
    pub fn new(stall: SignedDuration) -> Self {
        Self { stall, ..Self::default() }
    }

    /// The jobs, oldest first.
    pub fn jobs(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.jobs.values().map(AsRef::as_ref)
    }

    /// One job.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id).map(AsRef::as_ref)
    }

    /// Notes that something was asked for that changes jobs.
    pub(super) fn note_request(&mut self, now: Timestamp) {
        (self.asked, self.asked_at_version) = (Some(now), Some(self.version));
    }

    /// Returns true while nothing has changed here since something was asked for: it is written down, and whoever drives has
    /// not taken it up.
    pub fn request_waits(&self) -> bool {
        self.asked_at_version == Some(self.version)
    }

    /// The jobs that were asked for together.
    pub fn batch<'a>(&'a self, batch: &'a BatchId) -> impl DoubleEndedIterator<Item = &'a Job> {
        self.jobs().filter(move |j| j.batch == *batch)
    }

    /// Grows with every change of the jobs: what is made of them is made anew only then.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The failure that keeps a region from being watched, if its last look failed.
    pub fn region_problem(&self, region: &Region) -> Option<&Failure> {
        self.status.regions.get(region)?.problem.as_ref()
    }

    /// What a queued job waits for: its own reason, else its destination's.
    pub fn waiting<'a>(&'a self, job: &'a Job) -> Option<&'a Waiting> {
        let of_region = || self.status.regions.get(&job.request.destination)?.waiting.as_ref();
        job.waiting.as_ref().or_else(of_region)
    }

    /// Whether every job has ended.
    pub fn idle(&self) -> bool {
        self.jobs.values().all(|j| j.state.ended())
    }

    /// Forgets everything: another account's jobs come.
    pub fn clear(&mut self) {
        let notices = std::mem::take(&mut self.notices);
        *self = Self { notices, version: self.version + 1, ..Self::new(self.stall) };
    }

    /// Takes changed jobs in.
    pub(super) fn change(&mut self, jobs: Vec<Arc<Job>>) {
        self.version += 1;
        for job in jobs {
            let before = self.jobs.get(&job.id);
            if job.state.ended() && before.is_some_and(|b| !b.state.ended()) {
                self.ended.push(job.id);
            }
            if job.dismissed {
                self.jobs.remove(&job.id);
            } else {
                self.jobs.insert(job.id, job);
            }
        }
    }

    /// Takes all jobs of an account in. Who drives, and whether the store can be written, is told apart from it.
    pub(super) fn open(&mut self, account: AccountKey, jobs: Vec<Arc<Job>>, status: Status) {
        if self.account.as_ref() != Some(&account) {
            self.jobs.clear();
            self.ended.clear();
        }
        self.account = Some(account);
        self.status = status;
        let here: BTreeSet<JobId> = jobs.iter().map(|j| j.id).collect();
        self.jobs.retain(|id, _| here.contains(id));
        self.change(jobs);
    }

    /// Jobs that ended since this was last asked: the bell rings for them.
    pub(super) fn take_ended(&mut self) -> Vec<JobId> {
        std::mem::take(&mut self.ended)
    }
}
