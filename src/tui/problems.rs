//! Current problems: where, and what. Counted for every frame, so failures are borrowed where possible. When they began is in the log.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Failure, Region, Retry, text::thousands},
    engine::{Job, JobState},
    labels,
    tui::{
        banner,
        bindings::{Action, Context},
        catalogue::ListState,
        discovery,
        model::{Connection, Model},
        others::OtherProblem,
        problem_log,
    },
};

/// Where a problem is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ProblemLocation<'a> {
    /// Signing in with this profile.
    SignIn(Option<&'a str>),
    /// The credentials of running copies.
    Credentials,
    /// Writing the store of jobs.
    Store,
    /// What happened to the store of jobs.
    Notice,
    /// No process can run the queue.
    Driver,
    /// Another process holds the queue and does not respond.
    OtherDriver,
    /// A hook, and how many failed in this session.
    Hook(usize),
    /// A setting.
    Settings,
    /// Looking up the account or the regions.
    Lookup(&'static str),
    /// Listing a region's images.
    Images(&'a Region),
    Copy(&'a Job),
    /// Polling the copies to a region.
    CopiesTo(&'a Region),
}

impl fmt::Display for ProblemLocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn(Some(profile)) => write!(f, "profile {profile}"),
            Self::SignIn(None) => f.write_str("credentials"),
            Self::Credentials => f.write_str("copies are paused: the credentials do not work"),
            Self::Store => f.write_str("the queue is stopped: jobs cannot be saved"),
            Self::Notice => f.write_str("the store of jobs"),
            Self::Driver => f.write_str("jobs can only be viewed"),
            Self::OtherDriver => f.write_str("nobody is running the queue"),
            Self::Hook(0 | 1) => f.write_str("hook"),
            Self::Hook(failed) => write!(f, "hook, one of {} that failed in this session", thousands(*failed)),
            Self::Settings => f.write_str("settings"),
            Self::Lookup(what) => f.write_str(what),
            Self::Images(region) => write!(f, "{region}"),
            Self::Copy(job) => write!(f, "copy {} to {}", job.request.name, job.request.destination),
            Self::CopiesTo(region) => write!(f, "copies to {region}"),
        }
    }
}

impl<'a> ProblemLocation<'a> {
    /// The place in the log: that of a hook does not change with the number of others.
    fn logged_as(&self) -> String {
        if let Self::Hook(_) = self { Self::Hook(1).to_string() } else { self.to_string() }
    }

    /// The region that it concerns; that of the session where the account or its regions are looked up.
    pub(super) fn region(&self, model: &'a Model) -> Option<&'a Region> {
        match (self, &model.connection) {
            (Self::Images(region) | Self::CopiesTo(region), _) => Some(region),
            (Self::Copy(job), _) => Some(&job.request.destination),
            (Self::Lookup(_), Connection::Ready(connected)) => Some(&connected.home),
            _ => None,
        }
    }
}

/// A current problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem<'a> {
    pub location: ProblemLocation<'a>,
    pub failure: Cow<'a, Failure>,
}

impl<'a> Problem<'a> {
    fn known(location: ProblemLocation<'a>, failure: &'a Failure) -> Self {
        Self { location, failure: Cow::Borrowed(failure) }
    }

    fn made(location: ProblemLocation<'a>, failure: Failure) -> Self {
        Self { location, failure: Cow::Owned(failure) }
    }

    /// When it was first and last seen; of a copy, when it failed or made progress last.
    pub(super) fn times(&self, model: &Model) -> (Timestamp, Timestamp) {
        let once = |at: Timestamp| (at, at);
        match self.location {
            ProblemLocation::Copy(job) if job.state.ended() => once(job.ended.unwrap_or(model.now)),
            ProblemLocation::Copy(job) => once(job.last_progress.or(job.started).unwrap_or(job.requested)),
            _ => model.problem_log.times(&self.location.logged_as(), &self.failure).unwrap_or(once(model.now)),
        }
    }
}

impl Model {
    /// All current problems. What stops all work comes first, single copies last.
    pub fn problems(&self) -> Vec<Problem<'_>> {
        let mut problems = self.general_problems();
        let cancel = self.keymap.key(Context::Jobs, Action::Cancel);
        for job in self.jobs_view.jobs() {
            if let JobState::Failed { failure, .. } = &job.state {
                problems.push(Problem::known(ProblemLocation::Copy(job), failure));
            }
            if let Some(idle) = job.stalled(self.now, self.jobs_view.stall) {
                problems.push(Problem::made(ProblemLocation::Copy(job), stalled(job, idle, &cancel)));
            }
        }
        problems
    }

    /// Returns true if there is a problem, or was one in this session.
    pub(super) fn lists_problems(&self) -> bool {
        let of_others = self.others.iter().any(|other| other.problems > 0);
        of_others || !self.problem_log.over().is_empty() || !self.problems().is_empty()
    }

    /// The current problems other than those of single copies.
    pub(super) fn general_problems(&self) -> Vec<Problem<'_>> {
        let mut problems = self.stopping_problems();
        let settings = self.start.config.unknown_variables.iter();
        problems.extend(settings.map(|failure| Problem::known(ProblemLocation::Settings, failure)));
        let hook = ProblemLocation::Hook(self.jobs_view.hooks_failed);
        problems.extend(self.jobs_view.hook_failures.iter().rev().map(|failure| Problem::known(hook, failure)));
        let lookups = self.lookup_problems.iter();
        problems.extend(lookups.map(|(what, failure)| Problem::known(ProblemLocation::Lookup(what), failure)));
        for (region, listing) in self.catalogue.listings() {
            if let ListState::Failed(failure) = &listing.state {
                problems.push(Problem::known(ProblemLocation::Images(region), failure));
            }
        }
        let left_out = discovery::left_out(self).into_iter();
        problems.extend(left_out.map(|(region, failure)| Problem::made(ProblemLocation::Images(region), failure)));
        // A region without running copies is not polled any more, so its last problem would stay forever.
        let running = self.jobs_view.jobs().filter(|job| !job.state.ended());
        let polled: BTreeSet<&Region> = running.map(|job| &job.request.destination).collect();
        for region in polled {
            if let Some(failure) = self.jobs_view.region_problem(region) {
                problems.push(Problem::known(ProblemLocation::CopiesTo(region), failure));
            }
        }
        problems
    }

    /// What stops all work, or may have.
    fn stopping_problems(&self) -> Vec<Problem<'_>> {
        let mut problems = Vec::new();
        let mut add = |location, failure| problems.push(Problem::known(location, failure));
        if let Connection::Failed(failure) = &self.connection {
            add(ProblemLocation::SignIn(self.profile.as_deref()), failure);
        }
        if let Some(failure) = &self.jobs_view.status.paused {
            add(ProblemLocation::Credentials, failure);
        }
        if let Some(failure) = &self.jobs_view.store_problem {
            add(ProblemLocation::Store, failure);
        }
        for notice in &self.jobs_view.notices {
            add(ProblemLocation::Notice, notice);
        }
        if let Some(failure) = banner::view_only_reason(self) {
            add(ProblemLocation::Driver, failure);
        }
        if let Some(silent) = labels::driver::unresponsive(&self.jobs_view.driver) {
            problems.push(Problem::made(ProblemLocation::OtherDriver, Failure::new("run the queue", silent)));
        }
        problems
    }
}

/// Problems listed in full. Nobody reads thousands, and every key would lay them out again.
pub(super) const LISTED: usize = 200;

/// The current problems as another account on the screen lists them.
pub(super) fn listed(model: &Model) -> Vec<OtherProblem> {
    let problem = |problem: Problem<'_>| OtherProblem {
        place: problem.location.to_string(),
        region: problem.location.region(model).cloned(),
        times: problem.times(model),
        failure: problem.failure.into_owned(),
    };
    model.problems().into_iter().take(LISTED).map(problem).collect()
}

/// Brings the log up to date with the current problems. Once a frame: what came and went between two frames was on no screen.
pub(super) fn follow(model: &mut Model) {
    let mut log = std::mem::take(&mut model.problem_log);
    let mut keys = Vec::new();
    for problem in model.general_problems() {
        let place = problem.location.logged_as();
        log.see(&place, problem.location.region(model), &problem.failure, model.now, true);
        keys.push(problem_log::key(&place, &problem.failure));
    }
    log.keep_current(&keys);
    model.problem_log = log;
}

/// Keeps the failures of copies that are retried or dismissed by what the jobs are about to become.
pub(super) fn on_jobs<'a>(model: &mut Model, changed: impl Iterator<Item = &'a Job>) {
    for job in changed {
        let Some(before) = model.jobs_view.job(job.id) else { continue };
        if let JobState::Failed { failure, .. } = &before.state
            && (job.dismissed || !matches!(job.state, JobState::Failed { .. }) && !job.is_failed_being_removed())
        {
            let place = ProblemLocation::Copy(before).to_string();
            let at = before.ended.unwrap_or(model.now);
            model.problem_log.see(&place, Some(&before.request.destination), failure, at, false);
        }
    }
}

impl Model {
    /// Shows a failure in the footer, and keeps it in the log: a notice ends before everybody has read it.
    pub(super) fn show_failure(&mut self, place: &str, failure: &Failure) {
        self.show_error(failure.lines().join(". "));
        self.problem_log.see(place, None, failure, self.now, false);
    }
}

/// `cancel` is the key that cancels it.
fn stalled(job: &Job, idle: SignedDuration, cancel: &str) -> Failure {
    let at = job.percent().map_or_else(String::new, |p| format!(" at {p}%"));
    Failure::new("this copy", format!("no progress for {}{at}", labels::progress::idle(idle)))
        .hint(format!(
            "Copies can take hours; nothing is cancelled automatically. Press {cancel} on the copy to cancel it."
        ))
        .retry(Retry::Later)
}
