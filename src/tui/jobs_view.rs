//! The screen's copy of the jobs: what was committed last, by whichever process runs the queue.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{AccountKey, Failure, Region, text::clean},
    engine::{BatchId, Job, JobId, Status},
    store::DriverProcess,
};

/// Who brings the queue on.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum DriverStatus {
    /// Not known yet.
    #[default]
    Unknown,
    /// This process.
    Us,
    /// Another process: it carries out what is asked here. None if it gives no sign of life that this program knows.
    Another(Option<OtherProcess>),
    /// Nobody: jobs can be looked at, and nothing can be asked for.
    Nobody(Failure),
}

/// Another process that brings the queue on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherProcess {
    /// Which.
    pub process: DriverProcess,
    /// Whether it runs on this host.
    pub here: bool,
    /// It is an older amigrate than this one.
    pub older: bool,
    /// It has given no sign of life for so long that it must be stopped, or hang.
    pub silent: bool,
}

impl OtherProcess {
    /// Who it is: `another amigrate (pid 1234)`.
    pub fn name(&self) -> String {
        let kind = if self.older { "an older amigrate" } else { "another amigrate" };
        let version = if self.older { format!("{}, ", clean(&self.process.version)) } else { String::new() };
        let host = if self.here { String::new() } else { format!(" on {}", clean(&self.process.host)) };
        format!("{kind} ({version}pid {}{host})", self.process.pid)
    }
}

impl DriverStatus {
    /// What another process does, if one drives.
    pub fn other(&self) -> Option<String> {
        let Self::Another(other) = self else { return None };
        let name = other.as_ref().map_or_else(|| "another amigrate".into(), OtherProcess::name);
        Some(format!("{name} is running the queue"))
    }

    /// What is the matter with another process that gives no sign of life, and what to do about it.
    pub fn silent(&self) -> Option<String> {
        let Self::Another(Some(other)) = self else { return None };
        if !other.silent {
            return None;
        }
        let (name, pid) = (other.name(), other.process.pid);
        // To end it is not advised by its number: that may have been given to another process meanwhile.
        let place = if other.here { String::new() } else { format!(" on {}", clean(&other.process.host)) };
        Some(format!(
            "{name} holds the queue and is stopped or hangs: continue it with `fg` in its shell or `kill -CONT {pid}`{place}, \
             or end it: then this one takes over"
        ))
    }
}

/// News of the jobs.
#[derive(Debug, Clone, PartialEq)]
pub enum JobUpdate {
    /// The jobs of an account as they stand; replaces all earlier ones.
    Opened {
        /// Whose.
        account: AccountKey,
        /// All that are not history.
        jobs: Vec<Arc<Job>>,
        /// How things stand beside them.
        status: Status,
    },
    /// Some have changed.
    Changed {
        /// Those that have.
        jobs: Vec<Arc<Job>>,
        /// How things stand beside them, if that has changed.
        status: Option<Status>,
    },
    /// Who drives has changed.
    Driver(DriverStatus),
    /// Something could not be asked for; nothing of it will happen.
    NotAsked(Failure),
    /// The store is in trouble (`None`: no more): nothing is sent that could not be written down first.
    Trouble(Option<Failure>),
    /// Something a person should know, such as where a damaged store was put.
    Notice(String),
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
    pub trouble: Option<Failure>,
    /// A copy without progress for this long is stalled.
    pub stall: SignedDuration,
    /// What the user should know about the store, such as where a damaged one was kept.
    pub notices: Vec<Failure>,
    /// Jobs that ended since [`JobsView::take_ended`].
    ended: Vec<JobId>,
    version: u64,
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

    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id).map(AsRef::as_ref)
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

    /// What a queued job waits for: its own reason, or else its destination's.
    pub fn waiting<'a>(&'a self, job: &'a Job) -> Option<&'a str> {
        let of_region = || self.status.regions.get(&job.request.destination)?.waiting.as_deref();
        job.waiting.as_deref().or_else(of_region)
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

    /// Replaces all jobs by those of an account. The driver and the store's state arrive separately.
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

    /// The jobs that ended since the last call: the bell rings for them.
    pub(super) fn take_ended(&mut self) -> Vec<JobId> {
        std::mem::take(&mut self.ended)
    }
}
