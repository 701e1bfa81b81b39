//! A review: its copies, its checks and their answers, and what the user has chosen.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    checks::{CheckAnswer, CheckRequest},
    choice::{Choice, Decisions},
    context::ReviewContext,
    requests,
};
use crate::domain::{
    copy::{CopyRequest, ImageName},
    failure::Failure,
    ids::SnapshotId,
    plan::{Plan, ValidationMessage},
    region::Region,
};

/// Number of a check within its review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(pub(super) usize);

/// A check.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Check {
    pub(super) request: CheckRequest,
    pub(super) state: CheckState,
    /// When it was answered or failed.
    pub(super) at: Option<Timestamp>,
}

impl Check {
    pub(super) fn waiting(request: CheckRequest) -> Self {
        Self { request, state: CheckState::Waiting, at: None }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, CheckState::Waiting | CheckState::Sent)
    }

    pub(super) fn is_trial(&self) -> bool {
        matches!(self.request, CheckRequest::Permission { .. })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum CheckState {
    Waiting,
    Sent,
    Answered(CheckAnswer),
    Failed(Failure),
}

/// The review of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    pub(super) copies: Vec<CopyRequest>,
    pub(super) warnings: Vec<ValidationMessage>,
    pub(super) context: ReviewContext,
    pub(super) checks: Vec<Check>,
    pub(super) choices: BTreeMap<usize, Choice>,
    /// What is there already is skipped unless something else was chosen for it.
    pub(super) skip_all: bool,
    /// Images made by endpoints that ignore `DryRun`; then no other dry run is sent.
    pub(super) made_by_trials: Vec<(Region, String)>,
    /// Destinations with more kinds of requests than are tried.
    pub(super) untried: BTreeSet<Region>,
    /// Names whose numbered forms were requested.
    pub(super) numbered: HashSet<(Region, ImageName)>,
    /// Snapshots whose keys were requested.
    pub(super) keyed: HashSet<SnapshotId>,
    pub(super) started: Timestamp,
    /// The latest time that is known.
    pub(super) now: Timestamp,
    pub(super) expired: bool,
}

impl Review {
    /// After this long, what was not answered is unknown.
    pub const CHECK_TIMEOUT: SignedDuration = SignedDuration::from_secs(10);
    /// Checks under way at once. Of dry runs, only one in each destination: they count against the rate of copies.
    pub const MAX_CONCURRENT: usize = 16;
    /// Answers of an earlier review are good for this long.
    pub(super) const REUSE: SignedDuration = SignedDuration::from_secs(60);
    /// Copies start on answers no older than this: long enough to read a review, and short enough that it still is as the review says.
    pub const FRESH: SignedDuration = SignedDuration::from_mins(5);

    /// Starts a review of a plan without mistakes.
    pub fn new(plan: Plan, context: ReviewContext, now: Timestamp) -> Self {
        let (requests, untried) = requests::initial(&plan.copies, &context);
        Self {
            copies: plan.copies,
            warnings: plan.warnings,
            context,
            checks: requests.into_iter().map(Check::waiting).collect(),
            choices: BTreeMap::new(),
            skip_all: false,
            made_by_trials: Vec::new(),
            untried,
            numbered: HashSet::new(),
            keyed: HashSet::new(),
            started: now,
            now,
            expired: false,
        }
    }

    /// Tells the time, by which answers are dated.
    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Returns true if new images get amigrate's tags.
    pub fn job_tags(&self) -> bool {
        self.context.limits.job_tags
    }

    /// Returns the copies, before anything is skipped or renamed.
    pub fn copies(&self) -> &[CopyRequest] {
        &self.copies
    }

    /// Returns the requests to send now, which are under way from then on. What had no turn before the deadline still gets one.
    pub fn next_requests(&mut self) -> Vec<(CheckId, CheckRequest)> {
        let mut room = Self::MAX_CONCURRENT.saturating_sub(self.count(|state| *state == CheckState::Sent));
        let mut trying: HashSet<Region> = self
            .checks
            .iter()
            .filter(|check| check.is_trial() && check.state == CheckState::Sent)
            .filter_map(|check| check.request.region().cloned())
            .collect();
        let mut next = Vec::new();
        for (n, check) in self.checks.iter_mut().enumerate() {
            if room == 0 {
                break;
            }
            if check.state != CheckState::Waiting {
                continue;
            }
            if check.is_trial() && !check.request.region().is_some_and(|region| trying.insert(region.clone())) {
                continue;
            }
            check.state = CheckState::Sent;
            next.push((CheckId(n), check.request.clone()));
            room -= 1;
        }
        next
    }

    /// Adds a check.
    pub(super) fn ask(&mut self, request: CheckRequest) {
        if !self.checks.iter().any(|check| check.request == request) {
            self.checks.push(Check::waiting(request));
        }
    }

    /// Asks everything again, first what had no answer. Answers to what was asked before must not be given any more.
    pub fn ask_again(&mut self, now: Timestamp) {
        let (mut requests, _) = requests::initial(&self.copies, &self.context);
        let answered = |request: &CheckRequest| self.checks.iter().any(|c| c.request == *request && !c.is_open());
        requests.sort_by_cached_key(answered);
        self.checks = requests.into_iter().map(Check::waiting).collect();
        self.numbered.clear();
        self.keyed.clear();
        self.restart(now);
    }

    /// Returns true if answers are too old to start on.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.checks.iter().any(|check| is_old(check, now))
    }

    /// Asks again what was answered too long ago.
    pub fn ask_stale(&mut self, now: Timestamp) {
        for check in self.checks.iter_mut().filter(|check| is_old(check, now)) {
            (check.state, check.at) = (CheckState::Waiting, None);
        }
        self.restart(now);
    }

    fn restart(&mut self, now: Timestamp) {
        (self.started, self.now, self.expired) = (now, now, false);
        self.forgo_trials();
    }

    /// Returns when what is still open becomes unknown; `None` if nothing is.
    pub fn deadline(&self) -> Option<Timestamp> {
        (!self.settled()).then(|| self.started + Self::CHECK_TIMEOUT)
    }

    /// Moves the deadline with the clock.
    pub fn shift(&mut self, step: SignedDuration) {
        let times = self.checks.iter_mut().filter_map(|check| check.at.as_mut());
        for time in times.chain([&mut self.started, &mut self.now]) {
            *time = time.checked_add(step).unwrap_or(*time);
        }
    }

    /// Gives up waiting if it is time. Returns true if that changed anything.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        self.now = now;
        let expires = self.deadline().is_some_and(|at| at <= now);
        self.expired |= expires;
        expires
    }

    /// Returns true once every check has answered, failed, or run out of time.
    pub fn settled(&self) -> bool {
        self.expired || self.open() == 0
    }

    /// Returns the number of checks, and of those without an answer.
    pub fn progress(&self) -> (usize, usize) {
        (self.checks.len(), self.open())
    }

    fn open(&self) -> usize {
        self.checks.iter().filter(|check| check.is_open()).count()
    }

    fn count(&self, so: impl Fn(&CheckState) -> bool) -> usize {
        self.checks.iter().filter(|check| so(&check.state)).count()
    }

    /// Records what is done about a copy that is there already.
    pub fn choose(&mut self, copy: usize, choice: Choice) {
        self.choices.insert(copy, choice);
    }

    /// Chooses as was decided before about the same copies.
    #[must_use]
    pub fn decided_before(mut self, decisions: &Decisions) -> Self {
        let known = self.copies.iter().enumerate().filter_map(|(n, copy)| Some((n, decisions.of(copy)?)));
        self.choices = known.collect();
        self
    }
}

/// Returns true if a check was answered too long ago. The account's regions hardly change.
fn is_old(check: &Check, now: Timestamp) -> bool {
    let old = check.at.is_some_and(|at| now.duration_since(at) >= Review::FRESH);
    old && check.request != CheckRequest::Regions
}
