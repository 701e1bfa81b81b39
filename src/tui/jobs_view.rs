//! The jobs as they stand in the store: what is shown is what was committed, whoever drives it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{AccountKey, Failure, Region, text::clean},
    engine::{BatchId, Job, JobId, Status, Waiting},
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
