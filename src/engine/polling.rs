//! What to ask, where and when: one look per region whatever the number of copies, slower while nothing moves,
//! slower still after throttles. Now and then a look is a survey for copies started elsewhere.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};

use super::{Engine, EngineConfig, JobState, Origin, Request, job::Job};
use crate::domain::{Failure, ImageId, Region};

/// Images whose snapshots are looked for by description in one look: as many values as one filter takes.
const DESCRIPTIONS: usize = 200;
/// Images, and snapshots, asked for by id in one look: as many as one call takes.
const IDS: usize = 1_000;

/// When a region is looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PollSchedule {
    /// `None` while a look is under way, or before the first.
    next: Option<Timestamp>,
    in_flight: bool,
    interval: SignedDuration,
    /// Looks in all; they spread the next ones.
    looks: u64,
    /// Those that were no survey; they go round the snapshots.
    watches: u64,
    /// Whether the last look was a survey.
    was_survey: bool,
    problem: Option<Failure>,
    /// Why the progress of its copies could not be read last.
    pub(super) no_progress: Option<Failure>,
    /// The last survey.
    pub(super) surveyed: Option<Timestamp>,
    /// Whether there was one at all, or it cannot be had.
    counted: bool,
}

impl PollSchedule {
    pub(super) fn problem(&self) -> Option<&Failure> {
        self.problem.as_ref()
    }

    /// Whether the copies under way here were counted.
    pub(super) fn counted(&self) -> bool {
        self.counted
    }

    /// Whether no look is under way or planned.
    pub(super) fn unplanned(&self) -> bool {
        !self.in_flight && self.next.is_none()
    }

    /// The next look is a survey.
    pub(super) fn survey_now(&mut self) {
        self.surveyed = None;
    }

    /// Brings the next look forward.
    pub(super) fn poll_at(&mut self, at: Timestamp) {
        if !self.in_flight {
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
        }
    }

    pub(super) fn was_surveyed(&mut self, region: &Region, limits: &EngineConfig, now: Timestamp) {
        (self.surveyed, self.counted) = (Some(now), true);
        self.problem = None;
        self.interval = self.interval.max(limits.fastest);
        self.plan(region, now);
    }

    /// Notes that things go well: quick while something moves, slower while not.
    pub(super) fn went_well(&mut self, region: &Region, moved: bool, limits: &EngineConfig, now: Timestamp) {
        self.problem = None;
        self.interval =
            if moved { limits.fastest } else { (self.interval * 3 / 2).clamp(limits.fastest, limits.slowest) };
        self.plan(region, now);
    }

    /// Notes a failed look: twice the wait, up to the limit. Bad credentials are not the region's problem.
    pub(super) fn went_wrong(&mut self, region: &Region, failure: Failure, limits: &EngineConfig, now: Timestamp) {
        if !Engine::refused_for_login(&failure) {
            self.problem = Some(failure);
        }
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
    pub(super) fn look(&mut self, now: Timestamp, calls: &mut Vec<Request>) {
        let due: Vec<Region> = self
            .schedules
            .iter()
            .filter(|(_, r)| !r.in_flight && r.next.is_some_and(|next| next <= now))
            .map(|(region, _)| region.clone())
            .collect();
        for region in due {
            let live = || self.jobs.values().filter(|j| j.request.destination == region && !j.state.ended());
            let survey = self.limits.survey;
            let images: Vec<&Job> = live().filter(|j| watched(j).is_some()).collect();
            let wanted = live().next().is_some() || self.followed.contains(&region);
            let call = match self.schedules.get(&region) {
                // Never two in a row while something is watched: where looks are far apart, or surveys fail, it would not be.
                Some(rhythm)
                    if wanted && rhythm.survey_due(survey, now) && (images.is_empty() || !rhythm.was_survey) =>
                {
                    Some(Request::ListPending { region: region.clone() })
                }
                Some(rhythm) if !images.is_empty() => Some(watch(&region, &images, rhythm.watches)),
                _ => None,
            };
            let Some(rhythm) = self.schedules.get_mut(&region) else { continue };
            rhythm.next = match rhythm.surveyed {
                // Nothing to watch: the next thing to do is the next survey.
                Some(last) if call.is_none() && wanted => Some(last + survey),
                _ => None,
            };
            if let Some(call) = call {
                rhythm.in_flight = true;
                rhythm.looks += 1;
                rhythm.was_survey = matches!(call, Request::ListPending { .. });
                rhythm.watches += u64::from(!rhythm.was_survey);
                calls.push(call);
            }
        }
    }

    /// A look at this region is wanted by then.
    pub(super) fn poll_at(&mut self, region: &Region, at: Timestamp) {
        self.schedules.entry(region.clone()).or_default().poll_at(at);
    }

    /// Nothing is sent to this region before the copies under way there were counted again.
    pub(super) fn count_anew(&mut self, region: &Region, now: Timestamp) {
        let rhythm = self.schedules.entry(region.clone()).or_default();
        rhythm.counted = false;
        rhythm.survey_now();
        rhythm.poll_at(now);
    }

    /// A copy began in this region: look soon.
    pub(super) fn poll_soon(&mut self, region: &Region, now: Timestamp) {
        let at = now + self.limits.fastest;
        let rhythm = self.schedules.entry(region.clone()).or_default();
        rhythm.interval = self.limits.fastest;
        rhythm.poll_at(at);
    }

    pub(super) fn next_look(&self) -> Option<Timestamp> {
        self.schedules.values().filter(|r| !r.in_flight).filter_map(|r| r.next).min()
    }
}

/// Up to 1,000 copies by their ids; their snapshots by id where these are known, else by description. Those that are too many
/// come next time.
fn watch(region: &Region, jobs: &[&Job], looks: u64) -> Request {
    let looks = usize::try_from(looks).unwrap_or(0);
    let images: Vec<&Job> = turn(jobs, IDS, looks);
    let (listed, unlisted): (Vec<&Job>, Vec<&Job>) = images.iter().copied().partition(|j| snapshots_known(j));
    let snapshots: Vec<_> = listed.iter().flat_map(|j| j.snapshots.iter().map(|s| &s.id)).collect();
    Request::PollCopies {
        region: region.clone(),
        images: images.iter().filter_map(|j| watched(j)).cloned().collect(),
        unlisted: turn(&unlisted, DESCRIPTIONS, looks).into_iter().filter_map(watched).cloned().collect(),
        snapshots: turn(&snapshots, IDS, looks).into_iter().cloned().collect(),
    }
}

/// As many as one call takes; the others' turn comes at another look.
fn turn<'a, T>(all: &[&'a T], at_once: usize, looks: usize) -> Vec<&'a T> {
    let parts = all.len().div_ceil(at_once).max(1);
    all.chunks(at_once).nth(looks % parts).unwrap_or_default().to_vec()
}

/// Returns true if the ids of all its snapshots are known, or there are none.
fn snapshots_known(job: &Job) -> bool {
    match (job.origin, job.request.volumes.len()) {
        // What somebody else's copy is made of is known once the image lists it.
        (Origin::Elsewhere, 0) => !job.snapshots.is_empty(),
        (_, volumes) => job.snapshots.len() >= volumes,
    }
}
