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
}

impl Check {
    fn waiting(request: CheckRequest) -> Self {
        Self { request, state: CheckState::Waiting }
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
    /// Destinations with more kinds of requests than are tried.
    pub(super) untried: BTreeSet<Region>,
    /// Names whose numbered forms were asked for.
    pub(super) numbered: HashSet<(Region, ImageName)>,
    /// Snapshots whose keys were asked for.
    pub(super) keyed: HashSet<SnapshotId>,
    pub(super) started: Timestamp,
    pub(super) expired: bool,
}

impl Review {
    /// After this long, what was not answered is unknown.
    pub const PATIENCE: SignedDuration = SignedDuration::from_secs(10);
    /// Checks under way at once. Of dry runs, only one in each destination: they count against the rate of copies.
    pub const AT_ONCE: usize = 16;
    /// Answers of an earlier review are good for this long.
    const REUSE: SignedDuration = SignedDuration::from_secs(60);

    /// Starts a review of a plan without mistakes.
    pub fn new(plan: Plan, context: ReviewContext, now: Timestamp) -> Self {
        let (requests, untried) = requests::initial(&plan.copies, &context);
        Self {
            copies: plan.copies,
            warnings: plan.warnings,
            context,
            checks: requests.into_iter().map(Check::waiting).collect(),
            choices: BTreeMap::new(),
            untried,
            numbered: HashSet::new(),
            keyed: HashSet::new(),
            started: now,
            expired: false,
        }
    }

    /// Returns the copies, before anything is skipped or renamed.
    pub fn copies(&self) -> &[CopyRequest] {
        &self.copies
    }

    /// Returns the answers of an earlier review of the same account that are still good.
    pub(super) fn reusable<'a>(&self, earlier: &'a Self) -> impl Iterator<Item = (&'a CheckRequest, &'a CheckAnswer)> {
        let good = earlier.context.account == self.context.account
            && self.started.duration_since(earlier.started) < Self::REUSE;
        earlier.checks.iter().filter(move |_| good).filter_map(|check| match &check.state {
            CheckState::Answered(answer) => Some((&check.request, answer)),
            _ => None,
        })
    }

    /// Returns the requests to send now, which are under way from then on.
    pub fn next_requests(&mut self) -> Vec<(CheckId, CheckRequest)> {
        let mut room = Self::AT_ONCE.saturating_sub(self.count(|state| *state == CheckState::Sent));
        let trial = |check: &Check| matches!(check.request, CheckRequest::Permission { .. });
        let mut trying: HashSet<Region> = self
            .checks
            .iter()
            .filter(|check| trial(check) && check.state == CheckState::Sent)
            .filter_map(|check| check.request.region().cloned())
            .collect();
        let mut next = Vec::new();
        for (n, check) in self.checks.iter_mut().enumerate() {
            if room == 0 || self.expired {
                break;
            }
            if check.state != CheckState::Waiting {
                continue;
            }
            if trial(check) && !check.request.region().is_some_and(|region| trying.insert(region.clone())) {
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

    /// Asks everything again. Answers to what was asked before must not be given any more.
    pub fn ask_again(&mut self, now: Timestamp) {
        let (requests, _) = requests::initial(&self.copies, &self.context);
        self.checks = requests.into_iter().map(Check::waiting).collect();
        self.numbered.clear();
        self.keyed.clear();
        (self.started, self.expired) = (now, false);
    }

    /// Returns when what is still open becomes unknown; `None` if nothing is.
    pub fn deadline(&self) -> Option<Timestamp> {
        (!self.settled()).then(|| self.started + Self::PATIENCE)
    }

    /// Moves the deadline with the clock.
    pub fn shift(&mut self, step: SignedDuration) {
        self.started = self.started.checked_add(step).unwrap_or(self.started);
    }

    /// Gives up waiting if it is time. Returns true if that changed anything.
    pub fn expire(&mut self, now: Timestamp) -> bool {
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
        self.count(|state| matches!(state, CheckState::Waiting | CheckState::Sent))
    }

    fn count(&self, so: impl Fn(&CheckState) -> bool) -> usize {
        self.checks.iter().filter(|check| so(&check.state)).count()
    }

    /// Records what is done about a copy that is there already.
    pub fn choose(&mut self, copy: usize, choice: Choice) {
        self.choices.insert(copy, choice);
    }

    /// Adds what was chosen to the form's decisions.
    pub fn keep_choices(&self, decisions: &mut Decisions) {
        for (n, choice) in &self.choices {
            if let Some(copy) = self.copies.get(*n) {
                decisions.add(copy, *choice);
            }
        }
    }

    /// Chooses as was decided before about the same copies.
    #[must_use]
    pub fn decided_before(mut self, decisions: &Decisions) -> Self {
        let known = self.copies.iter().enumerate().filter_map(|(n, copy)| Some((n, decisions.of(copy)?)));
        self.choices = known.collect();
        self
    }
}
