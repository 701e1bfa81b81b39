//! A copy's life, sans-IO: `(state, event, now)` gives calls to make; their answers come back as events.
//!
//! Owns what happens to a copy from the moment it is asked for: when it starts, what is asked about it, when it
//! is over, how it is cancelled. The screen, line mode and the tests all drive this one engine. Nothing here
//! reads a clock, waits, or can fail.

mod cancel;
pub mod catalogue;
pub mod job;
mod polling;
mod queue;
mod watch;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

pub use job::{BatchId, Job, JobId, JobState};

use crate::domain::{CopyRequest, Failure, Image, ImageId, Region, Snapshot, SnapshotId, SnapshotState};

/// How careful the engine is with AWS. Defaults are EC2's limits as of 2026.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Pending copies per destination region.
    pub pending: usize,
    /// `CopyImage` calls a second, per destination, once the burst is spent.
    pub starts_per_second: f64,
    /// `CopyImage` calls that may go out at once, per destination.
    pub start_burst: u32,
    /// Between two looks while things move.
    pub fastest: SignedDuration,
    /// Between two looks while nothing moves.
    pub slowest: SignedDuration,
    /// The longest wait after throttles and faults.
    pub throttled: SignedDuration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pending: 300,
            starts_per_second: 1.0,
            start_burst: 10,
            fastest: SignedDuration::from_secs(3),
            slowest: SignedDuration::from_secs(15),
            throttled: SignedDuration::from_secs(60),
        }
    }
}

/// What the engine is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Copies are asked for, as one batch.
    Submit(Vec<CopyRequest>),
    /// A copy is to be cancelled.
    Cancel(JobId),
    /// A failed copy is to be tried again under this token.
    Retry(JobId, crate::domain::ClientToken),
    /// An ended copy is to be taken off the list.
    Dismiss(JobId),
    /// A call was answered.
    Answer(Answer),
    /// Time has passed.
    Tick,
    /// Look at everything now: after a suspend, or because a person asked.
    LookNow,
}

/// A call to AWS that the engine wants made. Each is answered exactly once.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// `CopyImage` in the request's destination.
    Copy {
        /// For whom.
        job: JobId,
        /// What.
        request: Box<CopyRequest>,
    },
    /// One `DescribeImages` and one `DescribeSnapshots`, whatever the number of copies.
    Watch {
        /// Where.
        region: Region,
        /// The copies.
        images: Vec<ImageId>,
        /// Snapshots known to be theirs.
        snapshots: Vec<SnapshotId>,
    },
    /// One `DescribeImages`, before a cancel.
    Look {
        /// For whom.
        job: JobId,
        /// Where.
        region: Region,
        /// The copy.
        image: ImageId,
    },
    /// `DeregisterImage` with the snapshots.
    Deregister {
        /// For whom.
        job: JobId,
        /// Where.
        region: Region,
        /// The copy.
        image: ImageId,
    },
    /// `DescribeSnapshots`: what is left of a cancelled copy.
    FindLeftovers {
        /// For whom.
        job: JobId,
        /// Where.
        region: Region,
        /// The copy.
        image: ImageId,
        /// Snapshots known to be its own.
        snapshots: Vec<SnapshotId>,
    },
    /// `DeleteSnapshot`.
    DeleteSnapshot {
        /// For whom.
        job: JobId,
        /// Where.
        region: Region,
        /// Which.
        snapshot: SnapshotId,
    },
}

/// The answer to a [`Call`].
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To [`Call::Copy`]: the new image.
    Copied(JobId, Result<ImageId, Failure>),
    /// To [`Call::Watch`].
    Watched(Region, Result<Watched, Failure>),
    /// To [`Call::Look`]: the image, if it is still there.
    Looked(JobId, Result<Option<Box<Image>>, Failure>),
    /// To [`Call::Deregister`]. An image already gone is a success.
    Deregistered(JobId, Result<(), Failure>),
    /// To [`Call::FindLeftovers`].
    Leftovers(JobId, Result<Vec<Snapshot>, Failure>),
    /// To [`Call::DeleteSnapshot`]. A snapshot already gone is a success.
    Deleted(JobId, SnapshotId, Result<(), Failure>),
}

/// What a look at a region showed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Watched {
    /// The images that are there.
    pub images: Vec<Image>,
    /// Their snapshots.
    pub snapshots: Vec<Snapshot>,
}

/// All copies of this run and what is known of the regions they go to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Engine {
    limits: Limits,
    jobs: BTreeMap<JobId, Job>,
    regions: BTreeMap<Region, polling::Rhythm>,
    lanes: BTreeMap<Region, queue::Lane>,
    next_job: u64,
    next_batch: u64,
    /// Ended since the last [`Engine::take_ended`]: the bell rings for them.
    ended: Vec<JobId>,
}

impl Engine {
    /// An engine without jobs.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The jobs, oldest first.
    pub fn jobs(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.jobs.values()
    }

    /// One job.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id)
    }

    /// The failure that keeps a region from being watched, if its last look failed.
    pub fn region_problem(&self, region: &Region) -> Option<&Failure> {
        self.regions.get(region)?.problem()
    }

    /// Whether every job has ended.
    pub fn idle(&self) -> bool {
        self.jobs.values().all(|j| j.state.ended())
    }

    /// Jobs that ended since this was last asked.
    pub fn take_ended(&mut self) -> Vec<JobId> {
        std::mem::take(&mut self.ended)
    }

    /// Takes an event in and gives the calls it leads to.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Call> {
        let mut calls = Vec::new();
        match event {
            Event::Submit(requests) => self.submit(requests, now),
            Event::Cancel(job) => self.cancel(job, now),
            Event::Retry(job, token) => self.retry(job, token, now),
            Event::Dismiss(job) => {
                if self.jobs.get(&job).is_some_and(|j| j.state.ended()) {
                    self.jobs.remove(&job);
                }
            }
            Event::Answer(answer) => self.answer(answer, now, &mut calls),
            Event::Tick => {}
            Event::LookNow => self.regions.values_mut().for_each(|r| r.look_at(now)),
        }
        self.start_queued(now, &mut calls);
        self.go_on_cancelling(now, &mut calls);
        self.look(now, &mut calls);
        calls
    }

    /// When the engine wants a [`Event::Tick`] next; `None` while it waits only for answers or has nothing to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        [self.next_look(), self.next_start(), self.next_cancel_step()].into_iter().flatten().min()
    }

    fn submit(&mut self, requests: Vec<CopyRequest>, now: Timestamp) {
        self.next_batch += 1;
        let batch = BatchId(self.next_batch);
        for request in requests {
            self.next_job += 1;
            let id = JobId(self.next_job);
            self.jobs.insert(id, Job::new(id, batch, request, now));
        }
    }

    /// A failed copy is asked for anew; the failed image is EC2's to show and is left as it is.
    fn retry(&mut self, id: JobId, token: crate::domain::ClientToken, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if matches!(job.state, JobState::Failed { .. }) {
            let request = CopyRequest { token, ..job.request.clone() };
            *job = Job::new(id, job.batch, request, now);
        }
    }

    fn answer(&mut self, answer: Answer, now: Timestamp, calls: &mut Vec<Call>) {
        match answer {
            Answer::Copied(job, result) => self.copied(job, result, now),
            Answer::Watched(region, result) => self.watched(&region, result, now),
            Answer::Looked(job, result) => self.looked(job, result, now),
            Answer::Deregistered(job, result) => self.deregistered(job, result, now),
            Answer::Leftovers(job, result) => self.leftovers(job, result, now, calls),
            Answer::Deleted(job, snapshot, result) => self.deleted(job, &snapshot, result, now),
        }
    }

    /// Brings a job to an end.
    fn end(&mut self, id: JobId, state: JobState, now: Timestamp) {
        if let Some(job) = self.jobs.get_mut(&id) {
            if matches!(state, JobState::Available { .. }) {
                // The last look may have been long ago; an available image has only whole snapshots.
                for snapshot in &mut job.snapshots {
                    (snapshot.percent, snapshot.state) = (Some(100), SnapshotState::Completed);
                }
            }
            job.state = state;
            job.ended = Some(now);
            job.waiting = None;
            self.ended.push(id);
        }
    }
}

#[cfg(test)]
mod tests;
