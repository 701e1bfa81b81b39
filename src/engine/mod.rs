//! The lifecycle of a copy, sans-IO: (state, event, now) gives changed jobs and requests; responses come back as events.
//!
//! Decides everything that happens to a copy from the moment it is requested: when it starts, when it is polled, when it has
//! ended, how it is cancelled, what is done about a request whose answer was lost. The driver, the tests and the simulations run
//! this one engine. Nothing here reads a clock, waits, or can fail, and nothing is stored here: the driver commits
//! [`Engine::take_changed`] before it sends the requests of the same round.

mod audit;
mod cleanup;
mod clock_step;
mod config;
mod coverage;
mod credentials;
mod deregistration;
mod derived_tokens;
mod deviations;
mod edit_steps;
mod end_time;
mod ending;
mod external;
mod ids;
mod job;
mod job_cleanups;
mod jobs;
mod messages;
mod note;
mod orphans;
mod ownership;
mod poll_results;
mod polling;
mod post_copy;
mod queue;
mod reconcile;
mod removal;
mod request_check;
mod responses;
mod review_context;
mod state;
mod steps;
mod token_bucket;
mod transitions;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;

pub use audit::{AnsweredRequest, AuditEntry, Change, Outcome, SentRequest};
pub use cleanup::{Leftover, LeftoverReason, SnapshotCleanup};
pub use config::EngineConfig;
pub use coverage::requested_copy;
pub use end_time::EndTime;
pub use ids::{AuditId, BatchId, JobId, JobTags};
pub use job::{Job, Origin};
pub use messages::{
    CheckedImage, Command, Deregistration, Event, PolledCopies, RegionStatus, Request, Resolution, Response,
    SnapshotReturnCode, Status,
};
pub use note::{Note, Waiting};
pub use orphans::claims;
pub use ownership::{Evidence, Unproven};
pub use post_copy::{PostCopyAnswer, PostCopyCall, StepProgress, StepState};
pub use request_check::{Deviation, Property, RequestCheck};
pub use state::{JobPhase, JobState, RemovalReason, RemovalStep, UnknownOutcome};

use crate::domain::{ClientToken, CopyRequest, Failure, ImageId, Region};
use credentials::{CredentialCheck, CredentialState};
use jobs::Jobs;
use messages::ResponseSubject;
use polling::PollSchedules;
use queue::StartLimiters;
use steps::StepLimiters;

/// All copies of an account that are not history, and what is known about the regions they go to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Engine {
    config: EngineConfig,
    jobs: Jobs,
    schedules: PollSchedules,
    limiters: StartLimiters,
    step_limiters: StepLimiters,
    credentials: CredentialState,
}

impl Engine {
    /// Makes an engine without jobs.
    pub fn new(config: EngineConfig) -> Self {
        Self { config, ..Self::default() }
    }

    /// Takes jobs from the store after their driver ended: none of their requests will be answered. Numbers for new jobs are
    /// higher than `last`.
    pub fn restore(&mut self, jobs: Vec<Job>, last: u64, now: Timestamp) {
        self.jobs.raise_last_id(last);
        for mut job in jobs {
            job.clamp_times(now);
            if !job.state.ended() || job.request_check.is_due() {
                self.schedules.poll_at(&job.request.destination, now);
            }
            let id = job.id;
            self.jobs.restore(job);
            if let Some(job) = self.jobs.get_mut(id) {
                job.resume(self.config.snapshot_delay, now);
            }
        }
    }

    /// Looks for copies started elsewhere in these regions as well.
    pub fn list_pending_in(&mut self, regions: &[Region], now: Timestamp) {
        for region in regions {
            self.schedules.list_pending_in(region, now);
        }
    }

    /// Returns the jobs, oldest first.
    pub fn jobs(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.jobs.values()
    }

    /// Returns the jobs with which something is still to be done.
    pub fn unfinished(&self) -> Vec<Arc<Job>> {
        let unfinished = self.jobs.values().filter(|job| job.is_unfinished() || !job.state.ended());
        unfinished.map(|job| Arc::new(job.clone())).collect()
    }

    /// Returns one job.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(id)
    }

    /// Returns true if no job needs this program to continue: EC2 completes by itself what it has accepted.
    pub fn can_exit(&self) -> bool {
        !self.jobs.values().any(Job::needs_driving)
    }

    /// Returns true if every job has ended.
    pub fn idle(&self) -> bool {
        self.jobs.values().all(|j| j.state.ended())
    }

    /// Returns the jobs that changed since this was last called. They are to be committed before the requests of the same
    /// round are sent.
    pub fn take_changed(&mut self) -> Vec<Arc<Job>> {
        let changed = self.jobs.take_changed();
        for job in changed.iter().filter(|j| j.dismissed && j.state.ended()) {
            self.jobs.remove(job.id);
        }
        changed
    }

    /// Returns what concerns more than one job.
    pub fn status(&self) -> Status {
        let (paused, next_try) = (self.credentials.failure().cloned(), self.credentials.next_probe());
        let mut status = Status { paused, next_try, ..Status::default() };
        for (region, schedule) in self.schedules.iter() {
            let (problem, progress_problem) = (schedule.problem.clone(), schedule.progress_problem.clone());
            if problem.is_some() || progress_problem.is_some() {
                let region = status.regions.entry(region.clone()).or_default();
                (region.problem, region.progress_problem) = (problem, progress_problem);
            }
        }
        for (region, waiting) in self.limiters.waiting() {
            status.regions.entry(region.clone()).or_default().waiting = Some(waiting.clone());
        }
        status
    }

    /// Handles an event and returns the resulting requests.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Request> {
        let mut requests = match event {
            Event::Command(command) => {
                self.command(command, now);
                Vec::new()
            }
            Event::Response(response) => self.response(response, now),
            Event::Tick => Vec::new(),
        };
        if self.credentials.take_probe(now) {
            requests.push(Request::ProbeCredentials);
        }
        if !self.credentials.is_paused() {
            if !self.config.read_only {
                self.advance(now, &mut requests);
            }
            requests.extend(self.schedules.due_requests(&self.jobs, &self.config, now));
        }
        requests
    }

    /// Returns when the engine needs the next [`Event::Tick`]; `None` while it only waits for answers or has nothing to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.credentials.is_paused() {
            return self.credentials.next_probe();
        }
        let mut deadlines = vec![self.schedules.next()];
        if !self.config.read_only {
            deadlines.push(self.limiters.next(&self.jobs, &self.schedules, &self.config));
            let of_job = |j: &Job| [j.removal_due(), j.reconcile_due(), j.cleanup_due()].into_iter().flatten().min();
            deadlines.push(self.jobs.values().filter_map(of_job).min());
            deadlines.push(self.step_limiters.next(&self.jobs));
        }
        deadlines.into_iter().flatten().min()
    }

    /// Takes everything that is due one step further.
    fn advance(&mut self, now: Timestamp, requests: &mut Vec<Request>) {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        for id in self.jobs.ids(|j| is_due(j.reconcile_due())) {
            if let Some(job) = self.jobs.get_mut(id) {
                requests.extend(job.reconcile(&self.config, now));
            }
        }
        requests.extend(self.limiters.start_queued(&mut self.jobs, &mut self.schedules, &self.config, now));
        for id in self.jobs.ids(|j| is_due(j.removal_due())) {
            if let Some(job) = self.jobs.get_mut(id) {
                requests.extend(job.removal_request(now));
            }
        }
        for id in self.jobs.ids(|j| is_due(j.cleanup_due())) {
            if let Some(job) = self.jobs.get_mut(id) {
                requests.extend(job.cleanup_requests(now));
            }
        }
        requests.extend(self.step_limiters.due_requests(&mut self.jobs, now));
    }

    /// Changes one job, and polls its region as its new state needs it.
    fn update<T>(&mut self, id: JobId, now: Timestamp, change: impl FnOnce(&mut Job, &EngineConfig) -> T) -> Option<T> {
        let job = self.jobs.get_mut(id)?;
        let before = job.state.phase();
        let result = change(job, &self.config);
        let region = &job.request.destination;
        match (before, job.state.phase()) {
            (before, after) if before == after => {}
            // An available copy is compared with its request.
            (_, JobPhase::Copying | JobPhase::Available) => self.schedules.poll_soon(region, &self.config, now),
            // An image that may be this copy can still be pending, and belongs to no job from here on: count again before the next
            // request.
            (JobPhase::InDoubt, JobPhase::Queued | JobPhase::Cancelled) => self.schedules.count_again(region, now),
            (JobPhase::Failed | JobPhase::Gone | JobPhase::RemovingFailed, JobPhase::Queued) => {
                self.schedules.poll_at(region, now);
            }
            _ => {}
        }
        Some(result)
    }

    fn command(&mut self, command: Command, now: Timestamp) {
        match command {
            Command::Copy(requests) => self.copy(requests, now),
            Command::Cancel(jobs) => jobs.into_iter().for_each(|id| {
                self.update(id, now, |job, _| job.cancel(now));
            }),
            Command::Retry(jobs) => jobs.into_iter().for_each(|(id, token)| {
                self.update(id, now, |job, config| job.retry(token, config.tagging, now));
            }),
            Command::RetrySteps(jobs) => jobs.into_iter().for_each(|id| {
                self.update(id, now, |job, _| job.retry_steps(false));
            }),
            Command::ReopenSteps(jobs) => jobs.into_iter().for_each(|id| {
                self.update(id, now, |job, _| job.retry_steps(true));
            }),
            Command::EditSteps { job: id, steps, known } => {
                self.update(id, now, |job, _| job.edit_steps(&steps, known));
            }
            Command::Deregister(jobs) => jobs.into_iter().for_each(|id| {
                self.update(id, now, |job, _| job.deregister(now));
            }),
            Command::RemoveFailed(id, replaced_by) => {
                self.update(id, now, |job, _| job.remove_failed(Some(replaced_by), now));
            }
            Command::DeregisterImages(images) => {
                for image in &images {
                    deregistration::deregister(&mut self.jobs, image, now);
                }
            }
            Command::Resolve { job: id, resolution } => {
                let others = |image: &ImageId| self.jobs.values().any(|j| j.id != id && j.images.contains(image));
                let is_taken = matches!(&resolution, Resolution::ThisImage(image) if others(image));
                self.update(id, now, |job, config| job.resolve(resolution, is_taken, config, now));
            }
            Command::Dismiss(jobs) => {
                for id in jobs {
                    if let Some(job) = self.jobs.get_mut(id).filter(|j| j.state.ended() && !j.is_unfinished()) {
                        job.dismissed = true;
                    }
                }
            }
            Command::ListPendingIn(regions) => self.list_pending_in(&regions, now),
            Command::RefreshNow => {
                self.credentials.probe_now(now);
                self.schedules.list_all(now);
            }
        }
    }

    fn copy(&mut self, mut requests: Vec<CopyRequest>, now: Timestamp) {
        let Some(batch) = BatchId::of_copies(&requests) else { return };
        // Two processes that received the same request at the same time have derived the same token: that is one copy. A job that ended
        // without an image has not used its token. It is reused, so that each token has one job.
        let derived = |j: &&Job| j.request.token.is_derived();
        let (unused, used): (Vec<&Job>, Vec<&Job>) =
            self.jobs.values().filter(derived).partition(|j| j.state.ended() && j.images.is_empty());
        let of_job = |j: &Job| j.earlier_derived_tokens().chain([&j.request.token]).cloned().collect::<Vec<_>>();
        let mut known: HashSet<ClientToken> = used.into_iter().flat_map(of_job).collect();
        let unused: HashMap<ClientToken, JobId> = unused.into_iter().map(|j| (j.request.token.clone(), j.id)).collect();
        requests.retain(|r| !r.token.is_derived() || known.insert(r.token.clone()));
        let tagged = self.config.tagging;
        for request in requests {
            self.schedules.poll_at(&request.destination, now);
            match unused.get(&request.token).and_then(|id| self.jobs.get_mut(*id)) {
                Some(job) => job.request_again(batch.clone(), request, tagged, now),
                None => {
                    let id = self.jobs.next_id();
                    self.jobs.insert(Job { tagged, ..Job::new(id, batch.clone(), request, now) });
                }
            }
        }
    }

    fn response(&mut self, mut response: Response, now: Timestamp) -> Vec<Request> {
        self.check_credentials(&mut response, now);
        match response {
            Response::CopyImage(job, result) => self.copy_answered(job, result, now),
            Response::Reconcile(job, result) => self.reconcile_answered(job, result, now),
            Response::ListPending(region, result) => self.pending_listed(&region, result, now),
            Response::PollCopies(region, result) => self.copies_polled(&region, result, now),
            Response::CheckImage(job, result) => {
                self.update(job, now, |job, config| job.image_checked(result, config, now));
            }
            Response::DeregisterImage(job, result) => {
                self.update(job, now, |job, config| job.image_deregistered(result, config, now));
            }
            Response::FindSnapshots(job, image, result) => {
                let found = self.update(job, now, |job, config| job.snapshots_found(&image, result, config, now));
                return found.unwrap_or_default();
            }
            Response::DeleteSnapshot(job, image, snapshot, result) => {
                self.update(job, now, |job, config| job.snapshot_deleted(&image, &snapshot, result, config, now));
            }
            Response::PostCopy(job, step, call, result) => {
                self.update(job, now, |job, config| job.step_answered(step, call, result, config, now));
            }
            Response::ProbeCredentials(result) => {
                if self.credentials.probed(result, now) {
                    self.resume_after_pause(now);
                }
            }
        }
        Vec::new()
    }

    /// Updates the credential state from a response.
    fn check_credentials(&mut self, response: &mut Response, now: Timestamp) {
        let region = match response.subject() {
            Some(ResponseSubject::Region(region)) => Some(region.clone()),
            Some(ResponseSubject::Job(id)) => self.jobs.get(id).map(|j| j.request.destination.clone()),
            None => None,
        };
        let Some(region) = region else { return };
        let Some(failure) = response.failure_mut() else { return self.credentials.region_answered(&region) };
        if self.credentials.check(&region, failure, now) == CredentialCheck::RegionUnverified {
            self.limiters.back_off(&region, Waiting::CredentialsCheck, &self.config, now);
        }
    }

    /// Resumes everything once the credentials work again.
    fn resume_after_pause(&mut self, now: Timestamp) {
        self.schedules.poll_all(now);
        self.limiters.release_all();
        for id in self.jobs.ids(|j| j.reconcile_due().is_some()) {
            if let Some(job) = self.jobs.get_mut(id) {
                job.reconcile_at(now);
            }
        }
    }

    /// Starts nothing in the region for a while because of this failure. Returns until when.
    fn back_off(&mut self, region: &Region, failure: &Failure, now: Timestamp) -> Timestamp {
        let why = queue::backoff_reason(&self.jobs, region, failure);
        self.limiters.back_off(region, why, &self.config, now)
    }
}

#[cfg(test)]
mod tests;
