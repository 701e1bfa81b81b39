//! What may start now: a limit on pending copies per destination, pacing, back-off. Order is first come, first
//! served within a destination; destinations do not hold each other up.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Call, Engine, JobId, JobState, Limits, job::Cancelling};
use crate::domain::{Failure, ImageId, Region, Retry};

/// One destination's way to `CopyImage`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lane {
    /// Calls that may go out now.
    tokens: f64,
    refilled: Timestamp,
    /// Nothing starts before this.
    hold: Option<Timestamp>,
    failures: u32,
}

impl Lane {
    fn new(limits: &Limits, now: Timestamp) -> Self {
        Self { tokens: f64::from(limits.start_burst.max(1)), refilled: now, hold: None, failures: 0 }
    }

    fn refill(&mut self, limits: &Limits, now: Timestamp) {
        let passed = now.duration_since(self.refilled).as_secs_f64().max(0.0);
        self.tokens = (self.tokens + passed * limits.starts_per_second).min(f64::from(limits.start_burst.max(1)));
        self.refilled = now;
    }

    /// When the next call may go out.
    fn ready(&self, limits: &Limits) -> Timestamp {
        let missing = ((1.0 - self.tokens) / limits.starts_per_second.max(0.01)).max(0.0);
        // A millisecond more, so that rounding never makes a tick that comes too early.
        let by_pace = if missing > 0.0 {
            SignedDuration::try_from_secs_f64(missing)
                .map_or(self.refilled, |d| self.refilled + d + SignedDuration::from_millis(1))
        } else {
            self.refilled
        };
        self.hold.map_or(by_pace, |hold| hold.max(by_pace))
    }

    /// Waits longer after each failure in a row: 2, 4, 8 ... seconds up to the limit.
    fn back_off(&mut self, limits: &Limits, now: Timestamp) -> Timestamp {
        self.failures = (self.failures + 1).min(16);
        let wait = SignedDuration::from_secs(1 << self.failures.min(10)).min(limits.throttled);
        let until = now + wait;
        self.hold = Some(until);
        until
    }
}

impl Engine {
    /// Sends what may be sent.
    pub(super) fn start_queued(&mut self, now: Timestamp, calls: &mut Vec<Call>) {
        let mut pending = self.pending();
        for job in self.jobs.values_mut().filter(|j| j.state == JobState::Queued) {
            let region = &job.request.destination;
            let lane = self.lanes.entry(region.clone()).or_insert_with(|| Lane::new(&self.limits, now));
            lane.refill(&self.limits, now);
            let here = pending.entry(region.clone()).or_default();
            if *here >= self.limits.pending {
                job.waiting = Some(format!("{region} has {here} of {}", self.limits.pending));
            } else if lane.ready(&self.limits) > now {
                // A reason given by a failed sending says more than "soon".
                job.waiting.get_or_insert_with(|| format!("one copy at a time to {region}"));
            } else {
                lane.tokens -= 1.0;
                *here += 1;
                job.state =
                    if job.cancel_wanted { JobState::Cancelling(Cancelling::AwaitingId) } else { JobState::Starting };
                calls.push(Call::Copy { job: job.id, request: Box::new(job.request.clone()) });
            }
        }
    }

    pub(super) fn next_start(&self) -> Option<Timestamp> {
        let pending = self.pending();
        let waiting: BTreeSet<&Region> =
            self.jobs.values().filter(|j| j.state == JobState::Queued).map(|j| &j.request.destination).collect();
        waiting
            .into_iter()
            .filter(|region| pending.get(region).copied().unwrap_or(0) < self.limits.pending)
            .filter_map(|region| self.lanes.get(region))
            .map(|lane| lane.ready(&self.limits))
            .min()
    }

    /// Copies that count against the limit, by destination.
    fn pending(&self) -> BTreeMap<Region, usize> {
        let mut pending = BTreeMap::new();
        for job in self.jobs.values().filter(|j| !j.state.ended() && j.state != JobState::Queued) {
            *pending.entry(job.request.destination.clone()).or_default() += 1;
        }
        pending
    }

    /// `CopyImage` was answered.
    pub(super) fn copied(&mut self, id: JobId, result: Result<ImageId, Failure>, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let cancelled = job.state == JobState::Cancelling(Cancelling::AwaitingId);
        if !cancelled && job.state != JobState::Starting {
            return;
        }
        let region = job.request.destination.clone();
        match result {
            Ok(image) => {
                job.started = Some(now);
                job.in_doubt = false;
                job.waiting = None;
                if let Some(lane) = self.lanes.get_mut(&region) {
                    (lane.failures, lane.hold) = (0, None);
                }
                if cancelled {
                    job.state = JobState::Cancelling(Cancelling::Looking { image, at: Some(now) });
                } else {
                    job.state = JobState::Copying { image };
                    self.look_soon(&region, now);
                }
            }
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => {
                // A refusal leaves nothing behind; anything else may have been carried out, and only the same
                // token sent again will tell.
                job.in_doubt |= failure.retry == Retry::Later && !failure.is_throttle();
                let lane = self.lanes.entry(region).or_insert_with(|| Lane::new(&self.limits, now));
                lane.back_off(&self.limits, now);
                if cancelled && !job.in_doubt {
                    self.end(id, JobState::Cancelled, now);
                    return;
                }
                job.waiting = Some(format!("trying again: {}", failure.why));
                job.state = JobState::Queued;
                job.cancel_wanted = cancelled;
            }
            Err(_) if cancelled => self.end(id, JobState::Cancelled, now),
            Err(failure) => self.end(id, JobState::Failed { failure: Box::new(failure), image: None }, now),
        }
    }
}
