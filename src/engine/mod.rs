//! A copy's life, sans-IO: `(state, event, now)` gives calls to make; their answers come back as events.
//!
//! Owns what happens to a copy from the moment it is asked for: when it starts, what is asked about it, when it
//! is over, how it is cancelled, what is done about a sending whose answer was lost. The background driver, the tests
//! and the simulations drive this one engine. Nothing here reads a clock, waits, or can fail; nothing here is kept:
//! whoever drives commits [`Engine::take_changed`] before the calls go out.

mod audit;
mod cleanup;
mod config;
mod credentials;
mod external;
mod ids;
mod job;
mod jobs;
mod messages;
mod note;
mod ownership;
mod polling;
mod queue;
mod reconcile;
mod removing;
mod sending;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

pub use audit::{AnsweredRequest, AuditEntry, Change, Outcome, SentRequest};
pub use cleanup::{Leftover, LeftoverReason, SnapshotCleanup};
pub use config::EngineConfig;
pub use ids::{AuditId, BatchId, JobId, JobTags};
pub use job::{Job, JobPhase, JobState, Origin, RemovalReason, RemovalStep, UnknownOutcome};
pub use messages::{
    CheckedImage, Command, Deregistration, Event, PolledCopies, RegionStatus, Request, Resolution, Response,
    SnapshotReturnCode, Status,
};
pub use note::{Note, Waiting};
pub use ownership::{Evidence, Unproven};

use crate::domain::{ClientToken, Failure, Region, SnapshotState};
use jobs::Jobs;

/// All copies of an account that are not history, and what is known of the regions they go to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Engine {
    limits: EngineConfig,
    jobs: Jobs,
    schedules: BTreeMap<Region, polling::PollSchedule>,
    start_limiters: BTreeMap<Region, queue::StartLimiter>,
    /// Regions to be surveyed though no copy goes there.
    followed: BTreeSet<Region>,
    credentials: credentials::CredentialState,
}

impl Engine {
    /// An engine without jobs.
    pub fn new(limits: EngineConfig) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes jobs from the store, after whoever drove them ended: nothing it awaited will be answered. Numbers for new
    /// jobs come after `last`.
    pub fn restore(&mut self, jobs: Vec<Job>, last: u64, now: Timestamp) {
        self.jobs.count_from(last);
        for mut job in jobs {
            job.clamp_times(now);
            let (id, region) = (job.id, job.request.destination.clone());
            if !job.state.ended() {
                self.poll_at(&region, now);
            }
            self.jobs.restore(job);
            self.resume(id, now);
        }
    }

    /// Looks for copies started elsewhere in these regions as well.
    pub fn follow(&mut self, regions: &[Region], now: Timestamp) {
        for region in regions {
            self.poll_at(region, now);
            self.followed.insert(region.clone());
        }
    }

    /// The jobs, oldest first.
    pub fn jobs(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.jobs.values()
    }

    /// One job.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(id)
    }

    /// Whether nothing is left that ends with the program: EC2 carries on what it has taken by itself.
    pub fn can_exit(&self) -> bool {
        !self.jobs.values().any(Job::needs_driving)
    }

    /// Whether every job has ended.
    pub fn idle(&self) -> bool {
        self.jobs.values().all(|j| j.state.ended())
    }

    /// Jobs that changed since this was last asked. They are to be committed before the calls of the same round go out.
    pub fn take_changed(&mut self) -> Vec<Arc<Job>> {
        let changed = self.jobs.take_changed();
        for job in changed.iter().filter(|j| j.dismissed && j.state.ended()) {
            self.jobs.forget(job.id);
        }
        changed
    }

    /// What holds for more than one job.
    pub fn status(&self) -> Status {
        let mut status = self.credentials.status();
        for (region, rhythm) in &self.schedules {
            let (problem, no_progress) = (rhythm.problem().cloned(), rhythm.no_progress.clone());
            if problem.is_some() || no_progress.is_some() {
                let region = status.regions.entry(region.clone()).or_default();
                (region.problem, region.no_progress) = (problem, no_progress);
            }
        }
        for (region, lane) in &self.start_limiters {
            if let Some(waiting) = &lane.waiting {
                status.regions.entry(region.clone()).or_default().waiting = Some(waiting.clone());
            }
        }
        status
    }

    /// Takes an event in and gives the calls it leads to.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Request> {
        let mut calls = Vec::new();
        match event {
            Event::Command(ask) => self.asked(ask, now),
            Event::Response(answer) => self.answer(answer, now, &mut calls),
            Event::Tick => {}
        }
        if self.credentials.work(now, &mut calls) {
            if !self.limits.read_only {
                self.reconcile(now, &mut calls);
                self.start_queued(now, &mut calls);
                self.go_on_removing(now, &mut calls);
                self.clean_up(now, &mut calls);
            }
            self.look(now, &mut calls);
        }
        calls
    }

    /// When the engine wants a [`Event::Tick`] next; `None` while it waits only for answers or has nothing to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.credentials.paused() {
            return self.credentials.next_try();
        }
        let acts = if self.limits.read_only { [None, None] } else { [self.next_start(), self.next_step()] };
        acts.into_iter().chain([self.next_look()]).flatten().min()
    }

    fn asked(&mut self, ask: Command, now: Timestamp) {
        match ask {
            Command::Copy(requests) => {
                let Some(batch) = requests.first().map(|r| BatchId::of(&r.token)) else { return };
                for request in requests {
                    let id = self.jobs.next_id();
                    self.poll_at(&request.destination, now);
                    let tagged = self.limits.tagging;
                    self.jobs.insert(Job { tagged, ..Job::new(id, batch.clone(), request, now) });
                }
            }
            Command::Cancel(jobs) => jobs.into_iter().for_each(|job| self.cancel(job, now)),
            Command::Retry(jobs) => jobs.into_iter().for_each(|(job, token)| self.try_again(job, token, now)),
            Command::Deregister(jobs) => jobs.into_iter().for_each(|job| self.deregister(job, now)),
            Command::Resolve { job, resolution } => self.resolve(job, resolution, now),
            Command::Dismiss(jobs) => {
                for id in jobs {
                    if let Some(job) = self.jobs.get_mut(id).filter(|j| j.state.ended() && j.cleanups.is_empty()) {
                        job.dismissed = true;
                    }
                }
            }
            Command::Follow(regions) => self.follow(&regions, now),
            Command::RefreshNow => {
                self.credentials.retry_now(now);
                for rhythm in self.schedules.values_mut() {
                    rhythm.survey_now();
                    rhythm.poll_at(now);
                }
            }
        }
    }

    /// A failed copy is made anew, once the failed image and its snapshots are gone.
    fn try_again(&mut self, id: JobId, token: ClientToken, now: Timestamp) {
        let tagged = self.limits.tagging;
        let Some(job) = self.jobs.get_mut(id) else { return };
        if job.origin == Origin::Elsewhere {
            job.note = Some(Note::SettingsUnknown);
            return;
        }
        match job.state.clone() {
            JobState::Failed { failure, image: Some(image) } => {
                self.remove(id, image, RemovalReason::Retry { token, failure }, now);
            }
            JobState::Failed { image: None, .. } | JobState::Gone { .. } => {
                job.begin_again(token, now);
                job.tagged = tagged;
                let region = job.request.destination.clone();
                self.poll_at(&region, now);
            }
            _ => {}
        }
    }

    fn answer(&mut self, mut answer: Response, now: Timestamp, calls: &mut Vec<Request>) {
        self.check_credentials_of(&mut answer, now);
        match answer {
            Response::CopyImage(job, result) => self.copied(job, result, now),
            Response::Reconcile(job, result) => self.settled(job, result, now),
            Response::ListPending(region, result) => self.surveyed(&region, result, now),
            Response::PollCopies(region, result) => self.watched(&region, result, now),
            Response::CheckImage(job, result) => self.looked(job, result, now),
            Response::DeregisterImage(job, result) => self.deregistered(job, result, now),
            Response::FindSnapshots(job, image, result) => self.leftovers(job, &image, result, now, calls),
            Response::DeleteSnapshot(job, image, snapshot, result) => self.deleted(job, &image, &snapshot, result, now),
            Response::ProbeCredentials(result) => self.probed(result, now),
        }
    }

    /// Brings a job to an end.
    fn end(&mut self, id: JobId, state: JobState, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if matches!(state, JobState::Available { .. }) {
            // The last look may have been long ago; an available image has only whole snapshots.
            job.percent = Some(100);
            for snapshot in &mut job.snapshots {
                (snapshot.percent, snapshot.state) = (Some(100), SnapshotState::Completed);
            }
        }
        job.state = state;
        job.ended = Some(now);
        job.waiting = None;
        job.cancel_wanted = false;
        job.deregistering = None;
        job.unknown_outcome = None;
    }

    /// What a job that was under way when its driver ended does next.
    fn resume(&mut self, id: JobId, now: Timestamp) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.cleanups.iter_mut().for_each(|c| c.resume(now));
        }
        let state = self.jobs.get(id).map(|j| j.state.clone());
        match state {
            // Committed as sent, and perhaps sent: the answer is lost in any case.
            Some(JobState::Starting) => {
                // An earlier version did not write down when; surely not before it was asked for.
                if let Some(job) = self.jobs.get_mut(id) {
                    job.sent.get_or_insert(job.asked);
                }
                self.doubt(id, None, now, now);
            }
            Some(JobState::Reconciling { .. }) => {
                if let Some(job) = self.jobs.get_mut(id) {
                    job.state = JobState::Reconciling { at: Some(now) };
                }
            }
            Some(JobState::Removing { step: RemovalStep::DeletingSnapshots {}, image, .. }) => {
                let known = |j: &Job| j.cleanups.iter().any(|c| c.evidence.image == image);
                if !self.jobs.get(id).is_some_and(known) {
                    self.begin_cleanup(id, &[], now);
                }
            }
            Some(JobState::Removing { .. }) => {
                if let Some(Job { state: JobState::Removing { step, .. }, .. }) = self.jobs.get_mut(id) {
                    *step = RemovalStep::look(now);
                }
            }
            _ => {}
        }
    }

    /// What somebody else's answer shows of this failure: nothing was carried out.
    fn refused_for_login(failure: &Failure) -> bool {
        failure.retry == crate::domain::Retry::AfterLogin
    }
}

#[cfg(test)]
mod tests;
