//! What may start now: a limit on pending copies per destination, pacing, back-off, and whose turn it is.
//! Destinations do not hold each other up; within one, batches take turns.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    BatchId, Engine, EngineConfig, Job, JobState, Request, ids::JobTags, note::Waiting, polling::PollSchedule,
};
use crate::domain::{Failure, FailureKind, Region};

/// One destination's way to `CopyImage`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StartLimiter {
    /// Calls that may go out now.
    tokens: f64,
    refilled: Timestamp,
    /// Nothing starts before this, for this reason.
    hold: Option<(Timestamp, Waiting)>,
    failures: u32,
    /// What the queued copies wait for.
    pub(super) waiting: Option<Waiting>,
    /// When each batch had its last turn, counted.
    turns: BTreeMap<BatchId, u64>,
    turn: u64,
}

impl StartLimiter {
    fn new(limits: &EngineConfig, now: Timestamp) -> Self {
        Self {
            tokens: f64::from(limits.start_burst.max(1)),
            refilled: now,
            hold: None,
            failures: 0,
            waiting: None,
            turns: BTreeMap::new(),
            turn: 0,
        }
    }

    fn refill(&mut self, limits: &EngineConfig, now: Timestamp) {
        let passed = now.duration_since(self.refilled).as_secs_f64().max(0.0);
        self.tokens = (self.tokens + passed * limits.starts_per_second).min(f64::from(limits.start_burst.max(1)));
        self.refilled = now;
    }

    /// When the next call may go out.
    fn ready(&self, limits: &EngineConfig) -> Timestamp {
        let missing = ((1.0 - self.tokens) / limits.starts_per_second.max(0.01)).max(0.0);
        // A millisecond more, so that rounding never makes a tick that comes too early.
        let by_pace = if missing > 0.0 {
            SignedDuration::try_from_secs_f64(missing)
                .map_or(self.refilled, |d| self.refilled + d + SignedDuration::from_millis(1))
        } else {
            self.refilled
        };
        self.hold.as_ref().map_or(by_pace, |(hold, _)| by_pace.max(*hold))
    }

    /// Waits longer after each failure in a row: 2, 4, 8 ... seconds up to the limit.
    pub(super) fn back_off(&mut self, limits: &EngineConfig, why: Waiting, now: Timestamp) -> Timestamp {
        self.failures = (self.failures + 1).min(16);
        let wait = SignedDuration::from_secs(1 << self.failures.min(10)).min(limits.throttled);
        let until = now + wait;
        self.hold = Some((until, why));
        until
    }

    /// All is well here.
    pub(super) fn release(&mut self) {
        (self.failures, self.hold) = (0, None);
    }

    /// Whose turn it is: what may have begun already, then the batch that waited longest, and of it the oldest copy.
    fn next<'a>(&self, queued: &[&'a Job]) -> Option<&'a Job> {
        let turn = |j: &Job| self.turns.get(&j.batch).copied().unwrap_or(0);
        queued.iter().min_by_key(|j| (j.unknown_outcome.is_none(), turn(j), j.id)).copied()
    }

    fn took_turn(&mut self, batch: &BatchId) {
        self.turn += 1;
        self.turns.insert(batch.clone(), self.turn);
    }
}

impl Engine {
    pub(super) fn lane(&mut self, region: &Region, now: Timestamp) -> &mut StartLimiter {
        self.start_limiters.entry(region.clone()).or_insert_with(|| StartLimiter::new(&self.limits, now))
    }

    /// Sends what may be sent.
    pub(super) fn start_queued(&mut self, now: Timestamp, calls: &mut Vec<Request>) {
        let mut pending = self.pending();
        let waiting: BTreeSet<Region> = self.waiting_regions().cloned().collect();
        for (region, lane) in &mut self.start_limiters {
            if !waiting.contains(region) {
                lane.waiting = None;
            }
        }
        for region in waiting {
            self.start_in(&region, pending.remove(&region).unwrap_or(0), now, calls);
        }
    }

    fn start_in(&mut self, region: &Region, mut here: usize, now: Timestamp, calls: &mut Vec<Request>) {
        let limits = self.limits.clone();
        if !self.schedules.get(region).is_some_and(PollSchedule::counted) {
            if self.schedules.get(region).is_none_or(PollSchedule::unplanned) {
                self.poll_at(region, now);
            }
            self.lane(region, now).waiting = Some(Waiting::PendingCount);
            return;
        }
        self.lane(region, now).refill(&limits, now);
        loop {
            let Some(lane) = self.start_limiters.get_mut(region) else { return };
            let queued: Vec<&Job> = self
                .jobs
                .values()
                .filter(|j| j.state == JobState::Queued && j.request.destination == *region)
                .collect();
            let Some(next) = lane.next(&queued) else {
                lane.waiting = None;
                return;
            };
            // One in doubt is counted already: sending it again makes nothing new.
            let counted = next.unknown_outcome.is_some();
            if here >= limits.pending && !counted {
                lane.waiting = Some(Waiting::PendingLimit { pending: here, limit: limits.pending });
                return;
            }
            if lane.ready(&limits) > now {
                lane.waiting = Some(match &lane.hold {
                    Some((until, why)) if *until > now => why.clone(),
                    _ => Waiting::RateLimit,
                });
                return;
            }
            lane.tokens -= 1.0;
            here += usize::from(!counted);
            let next = next.id;
            let Some(job) = self.jobs.get_mut(next) else { return };
            lane.took_turn(&job.batch);
            job.state = JobState::Starting;
            job.waiting = None;
            job.sent.get_or_insert(now);
            if let Some(doubt) = &mut job.unknown_outcome {
                (doubt.last, doubt.clean) = (now, 0);
            }
            let tags = job.tagged.then(|| JobTags { job: job.request.token.clone(), batch: job.batch.clone() });
            calls.push(Request::CopyImage { job: job.id, request: Box::new(job.request.clone()), tags });
        }
    }

    fn waiting_regions(&self) -> impl Iterator<Item = &Region> {
        self.jobs.values().filter(|j| j.state == JobState::Queued).map(|j| &j.request.destination)
    }

    pub(super) fn next_start(&self) -> Option<Timestamp> {
        let waiting: BTreeSet<&Region> = self.waiting_regions().collect();
        if waiting.is_empty() {
            return None;
        }
        let pending = self.pending();
        let doubted = |r: &Region| {
            self.jobs
                .values()
                .any(|j| j.unknown_outcome.is_some() && j.state == JobState::Queued && j.request.destination == *r)
        };
        waiting
            .into_iter()
            .filter(|region| pending.get(region).copied().unwrap_or(0) < self.limits.pending || doubted(region))
            .filter(|region| self.schedules.get(region).is_some_and(PollSchedule::counted))
            .filter_map(|region| self.start_limiters.get(region))
            .map(|lane| lane.ready(&self.limits))
            .min()
    }

    /// Copies that count against the limit, by destination; whoever started them. One in doubt counts.
    fn pending(&self) -> BTreeMap<Region, usize> {
        let mut pending = BTreeMap::new();
        for job in self.jobs.values().filter(|j| !j.state.ended()) {
            if job.state != JobState::Queued || job.unknown_outcome.is_some() {
                *pending.entry(job.request.destination.clone()).or_default() += 1;
            }
        }
        pending
    }

    /// Returns what a destination's copies wait for after this failure.
    pub(super) fn hold_reason(&self, region: &Region, failure: &Failure) -> Waiting {
        match failure.kind {
            FailureKind::LimitReached => {
                let pending = self.pending().get(region).copied().unwrap_or(0).saturating_sub(1);
                Waiting::AwsLimit { pending }
            }
            FailureKind::Throttled => Waiting::Throttled,
            _ => Waiting::RetryAfter(failure.why.clone()),
        }
    }
}
