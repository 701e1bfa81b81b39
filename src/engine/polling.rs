//! When each region is polled: one request per region whatever the number of copies, more rarely while nothing makes progress,
//! and more rarely still after throttling. Every `list_interval` the pending copies are listed, to find those started elsewhere; in
//! listed regions never later than that, however rarely the copies are polled.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use jiff::{SignedDuration, Timestamp};

use super::{
    config::EngineConfig,
    job::{Job, Origin},
    jobs::Jobs,
    messages::Request,
    state::JobState,
};
use crate::domain::{Failure, ImageId, Region, Retry, SnapshotId};

/// Images whose snapshots are searched by description in one poll: as many values as one filter takes.
const MAX_DESCRIPTIONS: usize = 200;
/// Images, and snapshots, polled by id at once: as many as one request takes.
const MAX_IDS: usize = 1_000;
/// Snapshots of copies that are compared with their requests in one poll.
const MAX_COMPARED: usize = MAX_IDS / 2;

/// Poll schedule of one region.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PollSchedule {
    /// `None` while a poll is in flight, or before the first.
    next: Option<Timestamp>,
    in_flight: bool,
    /// When the copies are to be polled; only a list comes before. `None`: at the next request.
    copies_due: Option<Timestamp>,
    interval: SignedDuration,
    /// Requests of either kind so far; they seed the jitter.
    sent: u64,
    /// Polls of copies so far; they rotate through the snapshots.
    polls: u64,
    /// Whether the last request listed the pending copies.
    last_was_list: bool,
    /// Why the last request failed.
    pub(super) problem: Option<Failure>,
    /// Why the progress of the region's copies could not be read last.
    pub(super) progress_problem: Option<Failure>,
    /// When the pending copies were listed last; `None` to have them listed next.
    listed: Option<Timestamp>,
    /// True if the pending copies are known, or cannot be listed.
    pending_known: bool,
}

impl PollSchedule {
    fn is_idle(&self) -> bool {
        !self.in_flight && self.next.is_none()
    }

    fn list_due(&self, every: SignedDuration, now: Timestamp) -> bool {
        self.listed.is_none_or(|last| last + every <= now)
    }

    /// Brings the next poll forward.
    fn poll_at(&mut self, at: Timestamp) {
        if !self.in_flight {
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
            self.copies_due = self.copies_due.map(|due| due.min(at));
        }
    }

    fn list_succeeded(&mut self, region: &Region, is_listed: bool, config: &EngineConfig, now: Timestamp) {
        (self.listed, self.pending_known) = (Some(now), true);
        self.problem = None;
        self.interval = self.interval.max(config.min_poll_interval);
        let due = self.copies_due.filter(|_| is_listed);
        self.schedule_next(region, now);
        if let Some(due) = due {
            self.copies_due = Some(due);
            self.next = Some(due.max(now + config.min_poll_interval));
            self.list_in_time(config, now);
        }
    }

    /// Polls fast while something makes progress, and more rarely while nothing does.
    fn poll_succeeded(
        &mut self,
        region: &Region,
        progress: bool,
        is_listed: bool,
        config: &EngineConfig,
        now: Timestamp,
    ) {
        self.problem = None;
        self.interval = if progress {
            config.min_poll_interval
        } else {
            (self.interval * 3 / 2).clamp(config.min_poll_interval, config.max_poll_interval)
        };
        self.schedule_next(region, now);
        if is_listed {
            self.list_in_time(config, now);
        }
    }

    /// Brings the next request forward to when the next list is due.
    fn list_in_time(&mut self, config: &EngineConfig, now: Timestamp) {
        if let (Some(next), Some(listed)) = (self.next, self.listed) {
            self.next = Some(next.min(listed + config.followed_list_interval).max(now));
        }
    }

    /// Doubles the interval, up to the limit. Bad credentials are not recorded as the region's problem.
    fn failed(&mut self, region: &Region, failure: Failure, config: &EngineConfig, now: Timestamp) {
        if failure.retry != Retry::AfterLogin {
            self.problem = Some(failure);
        }
        self.interval = (self.interval * 2).clamp(config.min_poll_interval, config.max_backoff);
        self.schedule_next(region, now);
    }

    /// Adds jitter of up to a tenth, so that regions are not polled at the same time. Seeded by region and count, so that replays are identical.
    fn schedule_next(&mut self, region: &Region, now: Timestamp) {
        let mut hasher = DefaultHasher::new();
        (region, self.sent).hash(&mut hasher);
        let tenth = i64::try_from(self.interval.as_millis() / 10).unwrap_or(0);
        let jitter = i64::try_from(hasher.finish() % 1_000).unwrap_or(0) * tenth / 1_000;
        self.in_flight = false;
        self.next = Some(now + self.interval + SignedDuration::from_millis(jitter));
        self.copies_due = self.next;
    }

    /// Returns the request that is due, if any, and plans the next one if there is none.
    fn due_request(
        &mut self,
        region: &Region,
        jobs: &Jobs,
        is_listed: bool,
        every: SignedDuration,
        now: Timestamp,
    ) -> Option<Request> {
        let live = || jobs.values().filter(|j| j.request.destination == *region && !j.state.ended());
        let to_region = jobs.values().filter(|j| j.request.destination == *region);
        let copies: Vec<&Job> = to_region.filter(|j| polled_image(j).is_some()).collect();
        let wanted = is_listed || live().next().is_some();
        let poll = !copies.is_empty() && self.copies_due.is_none_or(|due| due <= now);
        // Lists now instead of polling if the list would be overdue by the next poll.
        let by = if is_listed && poll { now + self.interval } else { now };
        // Never two lists in a row while there are copies to poll: where polls are rare, or lists fail, none would be polled.
        let list = wanted && self.list_due(every, by) && !(poll && self.last_was_list);
        let request = if list {
            Some(Request::ListPending { region: region.clone() })
        } else {
            poll.then(|| poll_request(region, &copies, self.polls))
        };
        self.next = match self.listed {
            _ if request.is_some() => None,
            // Nothing to poll yet: the next thing to do may be the next list.
            Some(listed) if wanted => {
                let due = self.copies_due.filter(|_| !copies.is_empty());
                Some(due.map_or(listed + every, |due| due.min(listed + every)))
            }
            _ => None,
        };
        if request.is_some() {
            self.in_flight = true;
            self.sent += 1;
            self.last_was_list = list;
            self.polls += u64::from(!list);
        }
        request
    }
}

/// Poll schedules of all regions.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PollSchedules {
    regions: BTreeMap<Region, PollSchedule>,
    /// Regions whose pending copies are listed though no copy goes there.
    listed_regions: BTreeSet<Region>,
}

impl PollSchedules {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Region, &PollSchedule)> {
        self.regions.iter()
    }

    /// Also lists the pending copies of this region.
    pub(super) fn list_pending_in(&mut self, region: &Region, now: Timestamp) {
        self.poll_at(region, now);
        self.listed_regions.insert(region.clone());
    }

    /// Returns the requests that are due.
    pub(super) fn due_requests(&mut self, jobs: &Jobs, config: &EngineConfig, now: Timestamp) -> Vec<Request> {
        let is_due = |s: &PollSchedule| !s.in_flight && s.next.is_some_and(|next| next <= now);
        let due = self.regions.iter_mut().filter(|(_, s)| is_due(s));
        due.filter_map(|(region, schedule)| {
            let is_listed = self.listed_regions.contains(region);
            let every = if is_listed { config.followed_list_interval } else { config.list_interval };
            schedule.due_request(region, jobs, is_listed, every, now)
        })
        .collect()
    }

    /// Brings the region's next poll forward.
    pub(super) fn poll_at(&mut self, region: &Region, at: Timestamp) {
        self.regions.entry(region.clone()).or_default().poll_at(at);
    }

    /// Polls the region soon: a copy started there.
    pub(super) fn poll_soon(&mut self, region: &Region, config: &EngineConfig, now: Timestamp) {
        let schedule = self.regions.entry(region.clone()).or_default();
        schedule.interval = config.min_poll_interval;
        schedule.poll_at(now + config.min_poll_interval);
    }

    /// Polls every region that has a schedule, now.
    pub(super) fn poll_all(&mut self, now: Timestamp) {
        self.regions.values_mut().for_each(|s| s.poll_at(now));
    }

    /// Lists the pending copies of every region that has a schedule, now.
    pub(super) fn list_all(&mut self, now: Timestamp) {
        for schedule in self.regions.values_mut() {
            schedule.listed = None;
            schedule.poll_at(now);
        }
    }

    /// Returns true if the region's pending copies are known.
    pub(super) fn is_pending_known(&self, region: &Region) -> bool {
        self.regions.get(region).is_some_and(|s| s.pending_known)
    }

    /// Makes sure that the region's pending copies will be counted.
    pub(super) fn plan_count(&mut self, region: &Region, now: Timestamp) {
        if self.regions.get(region).is_none_or(PollSchedule::is_idle) {
            self.poll_at(region, now);
        }
    }

    /// Requires a new count of the region's pending copies before anything else is sent there.
    pub(super) fn count_again(&mut self, region: &Region, now: Timestamp) {
        let schedule = self.regions.entry(region.clone()).or_default();
        (schedule.pending_known, schedule.listed) = (false, None);
        schedule.poll_at(now);
    }

    /// Handles the response to a listing of pending copies.
    pub(super) fn list_answered(
        &mut self,
        region: &Region,
        result: Result<(), Failure>,
        config: &EngineConfig,
        now: Timestamp,
    ) {
        let is_listed = self.listed_regions.contains(region);
        let schedule = self.regions.entry(region.clone()).or_default();
        match result {
            Ok(()) => schedule.list_succeeded(region, is_listed, config, now),
            Err(failure) => {
                // Where listing is not allowed, copies can be made all the same, uncounted.
                if !matches!(failure.retry, Retry::Later | Retry::AfterLogin) {
                    schedule.list_succeeded(region, is_listed, config, now);
                }
                schedule.failed(region, failure, config, now);
            }
        }
    }

    /// Takes in a poll that succeeded; `progress_problem` says why the progress could not be read.
    pub(super) fn poll_succeeded(
        &mut self,
        region: &Region,
        progress: bool,
        progress_problem: Option<Failure>,
        config: &EngineConfig,
        now: Timestamp,
    ) {
        if let Some(schedule) = self.regions.get_mut(region) {
            schedule.progress_problem = progress_problem;
            schedule.poll_succeeded(region, progress, self.listed_regions.contains(region), config, now);
        }
    }

    pub(super) fn poll_failed(&mut self, region: &Region, failure: Failure, config: &EngineConfig, now: Timestamp) {
        if let Some(schedule) = self.regions.get_mut(region) {
            schedule.failed(region, failure, config, now);
        }
    }

    /// Returns when the next poll is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.regions.values().filter(|s| !s.in_flight).filter_map(|s| s.next).min()
    }
}

/// The image of a copy that is under way, or is to be compared with its request.
fn polled_image(job: &Job) -> Option<&ImageId> {
    match &job.state {
        JobState::Copying { image } => Some(image),
        JobState::Available { image } if job.request_check.is_due() => Some(image),
        _ => None,
    }
}

/// Polls up to 1,000 copies by their ids; their snapshots by id where these are known, else by description. The rest follow
/// in later polls; but copies to be compared come first, each with all its snapshots.
fn poll_request(region: &Region, jobs: &[&Job], polls: u64) -> Request {
    let polls = usize::try_from(polls).unwrap_or(0);
    let (compared, running): (Vec<&Job>, Vec<&Job>) = jobs.iter().copied().partition(|j| j.request_check.is_due());
    let mut total = 0;
    let fits = |job: &&&Job| {
        total += job.snapshots.len().max(1);
        total <= MAX_COMPARED
    };
    let compared: Vec<&Job> = compared.iter().take_while(fits).copied().collect();
    let running = rotate(&running, MAX_IDS - compared.len(), polls);
    let images: Vec<&Job> = compared.iter().chain(&running).copied().collect();
    let (listed, unlisted): (Vec<&Job>, Vec<&Job>) = images.iter().copied().partition(|j| snapshots_known(j));
    let ids = |jobs: &[&Job], compared: bool| -> Vec<SnapshotId> {
        let jobs = jobs.iter().filter(|j| j.request_check.is_due() == compared);
        jobs.flat_map(|j| j.snapshots.iter().map(|s| s.id.clone())).collect()
    };
    let (mut snapshots, others) = (ids(&listed, true), ids(&listed, false));
    let others: Vec<&SnapshotId> = others.iter().collect();
    snapshots.extend(rotate(&others, MAX_IDS - snapshots.len(), polls).into_iter().cloned());
    Request::PollCopies {
        region: region.clone(),
        images: images.iter().filter_map(|j| polled_image(j)).cloned().collect(),
        unlisted: rotate(&unlisted, MAX_DESCRIPTIONS, polls).into_iter().filter_map(polled_image).cloned().collect(),
        snapshots,
    }
}

/// Returns as many as one request takes, different ones at each poll.
fn rotate<'a, T>(all: &[&'a T], at_once: usize, polls: usize) -> Vec<&'a T> {
    let parts = all.len().div_ceil(at_once).max(1);
    all.chunks(at_once).nth(polls % parts).unwrap_or_default().to_vec()
}

/// Returns true if the ids of all its snapshots are known, or there are none.
fn snapshots_known(job: &Job) -> bool {
    match (job.origin, job.request.volumes.len()) {
        // The volumes of a copy started elsewhere are known once the image lists its snapshots.
        (Origin::Elsewhere, 0) => !job.snapshots.is_empty(),
        (_, volumes) => job.snapshots.len() >= volumes,
    }
}
