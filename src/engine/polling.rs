//! What to ask, where and when: one look per region whatever the number of copies, slower while nothing moves,
//! slower still after throttles.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};

use super::{Call, Engine, JobState, Limits, job::Job};
use crate::domain::{Failure, ImageId, Region};

/// When a region is looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Rhythm {
    /// `None` while a look is under way, or before the first.
    next: Option<Timestamp>,
    in_flight: bool,
    interval: SignedDuration,
    looks: u64,
    problem: Option<Failure>,
}

impl Rhythm {
    pub(super) fn problem(&self) -> Option<&Failure> {
        self.problem.as_ref()
    }

    /// Brings the next look forward.
    pub(super) fn look_at(&mut self, at: Timestamp) {
        if !self.in_flight {
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
        }
    }

    /// Notes that things go well: quick while something moves, slower while not.
    pub(super) fn went_well(&mut self, region: &Region, moved: bool, limits: &Limits, now: Timestamp) {
        self.problem = None;
        self.interval =
            if moved { limits.fastest } else { (self.interval * 3 / 2).clamp(limits.fastest, limits.slowest) };
        self.plan(region, now);
    }

    /// Notes a failed look: twice the wait, up to the limit.
    pub(super) fn went_wrong(&mut self, region: &Region, failure: Failure, limits: &Limits, now: Timestamp) {
        self.problem = Some(failure);
        self.interval = (self.interval * 2).clamp(limits.fastest, limits.throttled);
        self.plan(region, now);
    }

    /// Spreads looks by up to a tenth, so that regions do not ask in step. Seeded by region and count: replays agree.
    fn plan(&mut self, region: &Region, now: Timestamp) {
        let mut hasher = DefaultHasher::new();
        (region, self.looks).hash(&mut hasher);
        let tenth = i64::try_from(self.interval.as_millis() / 10).unwrap_or(0);
        let spread = i64::try_from(hasher.finish() % 1_000).unwrap_or(0) * tenth / 1_000;
        self.in_flight = false;
        self.next = Some(now + self.interval + SignedDuration::from_millis(spread));
    }
}

fn watched(job: &Job) -> Option<&ImageId> {
    match &job.state {
        JobState::Copying { image } => Some(image),
        _ => None,
    }
}

impl Engine {
    /// Asks about every region whose time has come and that has copies under way.
    pub(super) fn look(&mut self, now: Timestamp, calls: &mut Vec<Call>) {
        for (region, rhythm) in &mut self.regions {
            if rhythm.in_flight || rhythm.next.is_none_or(|next| next > now) {
                continue;
            }
            let here = || self.jobs.values().filter(|j| j.request.destination == *region);
            let images: Vec<ImageId> = here().filter_map(watched).cloned().collect();
            if images.is_empty() {
                rhythm.next = None;
                continue;
            }
            let snapshots = here()
                .filter(|j| watched(j).is_some())
                .flat_map(|j| j.snapshots.iter().map(|s| s.id.clone()))
                .collect();
            rhythm.in_flight = true;
            rhythm.next = None;
            rhythm.looks += 1;
            calls.push(Call::Watch { region: region.clone(), images, snapshots });
        }
    }

    /// A copy began in this region: look soon.
    pub(super) fn look_soon(&mut self, region: &Region, now: Timestamp) {
        let at = now + self.limits.fastest;
        let rhythm = self.regions.entry(region.clone()).or_default();
        rhythm.interval = self.limits.fastest;
        rhythm.look_at(at);
    }

    pub(super) fn next_look(&self) -> Option<Timestamp> {
        self.regions.values().filter(|r| !r.in_flight).filter_map(|r| r.next).min()
    }
}
