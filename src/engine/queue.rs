//! What may start now: a limit of pending copies per destination, a rate, back-off, and round-robin between batches.
//! Destinations do not hold each other up; within one, batches take turns.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    config::EngineConfig,
    ids::{BatchId, JobTags},
    job::Job,
    jobs::Jobs,
    messages::Request,
    note::Waiting,
    polling::PollSchedules,
    state::JobState,
    token_bucket::{Rate, TokenBucket},
};
use crate::domain::{Failure, FailureKind, Region};

/// Start limiter of one destination.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StartLimiter {
    bucket: TokenBucket,
    /// Nothing starts before this time, for this reason.
    hold: Option<(Timestamp, Waiting)>,
    failures: u32,
    /// What the queued copies wait for.
    waiting: Option<Waiting>,
    /// The number of each batch's last turn.
    turns: BTreeMap<BatchId, u64>,
    turn: u64,
}

impl StartLimiter {
    fn new(config: &EngineConfig, now: Timestamp) -> Self {
        Self {
            bucket: TokenBucket::full(rate(config), now),
            hold: None,
            failures: 0,
            waiting: None,
            turns: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Returns when the next request may be sent.
    fn ready_at(&self, config: &EngineConfig) -> Timestamp {
        let by_rate = self.bucket.ready_at(rate(config));
        self.hold.as_ref().map_or(by_rate, |(hold, _)| by_rate.max(*hold))
    }

    /// Waits longer after each failure in a row: 2, 4, 8 ... seconds up to the limit. Returns until when.
    fn back_off(&mut self, config: &EngineConfig, why: Waiting, now: Timestamp) -> Timestamp {
        self.failures = (self.failures + 1).min(16);
        let wait = SignedDuration::from_secs(1 << self.failures.min(10)).min(config.max_backoff);
        let until = now + wait;
        self.hold = Some((until, why));
        until
    }

    /// Chooses the copy that starts next: one whose outcome is unknown, then one of the batch that waited longest, and of it
    /// the oldest.
    fn next<'a>(&self, queued: &[&'a Job]) -> Option<&'a Job> {
        let turn = |j: &Job| self.turns.get(&j.batch).copied().unwrap_or(0);
        queued.iter().min_by_key(|j| (j.unknown_outcome.is_none(), turn(j), j.id)).copied()
    }

    fn took_turn(&mut self, batch: &BatchId) {
        self.turn += 1;
        self.turns.insert(batch.clone(), self.turn);
    }

    /// Starts what may start; `pending` is the number of copies pending in the region.
    fn start(
        &mut self,
        region: &Region,
        jobs: &mut Jobs,
        mut pending: usize,
        config: &EngineConfig,
        now: Timestamp,
    ) -> Vec<Request> {
        let mut requests = Vec::new();
        self.bucket.refill(rate(config), now);
        loop {
            let queued: Vec<&Job> =
                jobs.values().filter(|j| is_queued(j) && j.request.destination == *region).collect();
            let Some(next) = self.next(&queued) else {
                self.waiting = None;
                return requests;
            };
            // One whose outcome is unknown is counted already: sending it again adds no copy.
            let counted = next.unknown_outcome.is_some();
            if pending >= config.pending_limit && !counted {
                self.waiting = Some(Waiting::PendingLimit { pending, limit: config.pending_limit });
                return requests;
            }
            if self.ready_at(config) > now {
                self.waiting = Some(match &self.hold {
                    Some((until, why)) if *until > now => why.clone(),
                    _ => Waiting::RateLimit,
                });
                return requests;
            }
            self.bucket.take();
            pending += usize::from(!counted);
            let id = next.id;
            let Some(job) = jobs.get_mut(id) else { return requests };
            self.took_turn(&job.batch);
            requests.push(send(job, now));
        }
    }
}

/// Start limiters of all destinations.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct StartLimiters {
    regions: BTreeMap<Region, StartLimiter>,
}

impl StartLimiters {
    fn region(&mut self, region: &Region, config: &EngineConfig, now: Timestamp) -> &mut StartLimiter {
        self.regions.entry(region.clone()).or_insert_with(|| StartLimiter::new(config, now))
    }

    /// Returns what the queued copies of each region wait for.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (&Region, &Waiting)> {
        self.regions.iter().filter_map(|(region, limiter)| Some((region, limiter.waiting.as_ref()?)))
    }

    /// Starts nothing in the region for a while. Returns until when.
    pub(super) fn back_off(
        &mut self,
        region: &Region,
        why: Waiting,
        config: &EngineConfig,
        now: Timestamp,
    ) -> Timestamp {
        self.region(region, config, now).back_off(config, why, now)
    }

    /// Ends the region's back-off: a request succeeded.
    pub(super) fn end_backoff(&mut self, region: &Region) {
        if let Some(limiter) = self.regions.get_mut(region) {
            (limiter.failures, limiter.hold) = (0, None);
        }
    }

    pub(super) fn release_all(&mut self) {
        for limiter in self.regions.values_mut() {
            (limiter.failures, limiter.hold) = (0, None);
        }
    }

    /// Starts what may start, in every region.
    pub(super) fn start_queued(
        &mut self,
        jobs: &mut Jobs,
        schedules: &mut PollSchedules,
        config: &EngineConfig,
        now: Timestamp,
    ) -> Vec<Request> {
        let pending = pending(jobs);
        let queued: BTreeSet<Region> = queued_regions(jobs).cloned().collect();
        for (region, limiter) in &mut self.regions {
            if !queued.contains(region) {
                limiter.waiting = None;
            }
        }
        let mut requests = Vec::new();
        for region in queued {
            let limiter = self.region(&region, config, now);
            if schedules.is_pending_known(&region) {
                let here = pending.get(&region).copied().unwrap_or(0);
                requests.extend(limiter.start(&region, jobs, here, config, now));
            } else {
                limiter.waiting = Some(Waiting::PendingCount);
                schedules.plan_count(&region, now);
            }
        }
        requests
    }

    /// Returns when the next queued copy may start.
    pub(super) fn next(&self, jobs: &Jobs, schedules: &PollSchedules, config: &EngineConfig) -> Option<Timestamp> {
        let queued: BTreeSet<&Region> = queued_regions(jobs).collect();
        let pending = pending(jobs);
        let to_resend = |region: &Region| {
            jobs.values().any(|j| is_queued(j) && j.unknown_outcome.is_some() && j.request.destination == *region)
        };
        queued
            .into_iter()
            .filter(|region| pending.get(region).copied().unwrap_or(0) < config.pending_limit || to_resend(region))
            .filter(|region| schedules.is_pending_known(region))
            .filter_map(|region| self.regions.get(region))
            .map(|limiter| limiter.ready_at(config))
            .min()
    }
}

fn rate(config: &EngineConfig) -> Rate {
    Rate { per_second: config.starts_per_second, burst: config.start_burst }
}

/// Marks a queued copy as sent, and returns the request.
fn send(job: &mut Job, now: Timestamp) -> Request {
    job.state = JobState::Starting;
    job.waiting = None;
    job.sent.get_or_insert(now);
    if let Some(given) = job.request.given_token.clone().filter(|given| !job.sent_tokens.contains(given)) {
        job.sent_tokens.push(given);
    }
    if let Some(unknown) = &mut job.unknown_outcome {
        (unknown.last_sent, unknown.empty_checks) = (now, 0);
    }
    let tags = job.tagged.then(|| JobTags { job: job.request.token.clone(), batch: job.batch.clone() });
    Request::CopyImage { job: job.id, request: Box::new(job.request.clone()), tags }
}

fn is_queued(job: &Job) -> bool {
    job.state == JobState::Queued
}

fn queued_regions(jobs: &Jobs) -> impl Iterator<Item = &Region> {
    jobs.values().filter(|j| is_queued(j)).map(|j| &j.request.destination)
}

/// Copies that count against the limit, by destination, whoever started them. One whose outcome is unknown counts.
fn pending(jobs: &Jobs) -> BTreeMap<Region, usize> {
    let mut pending = BTreeMap::new();
    for job in jobs.values().filter(|j| !j.state.ended()) {
        if !is_queued(job) || job.unknown_outcome.is_some() {
            *pending.entry(job.request.destination.clone()).or_default() += 1;
        }
    }
    pending
}

/// Returns what a destination's copies wait for after this failure of a copy that is counted as pending.
pub(super) fn backoff_reason(jobs: &Jobs, region: &Region, failure: &Failure) -> Waiting {
    match failure.kind {
        FailureKind::LimitReached => {
            Waiting::AwsLimit { pending: pending(jobs).get(region).copied().unwrap_or(0).saturating_sub(1) }
        }
        FailureKind::Throttled => Waiting::Throttled,
        _ => Waiting::RetryAfter(failure.why.clone()),
    }
}
