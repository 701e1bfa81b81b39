//! Current problems: where, and what. Counted for every frame, so failures are borrowed where possible.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use jiff::SignedDuration;

use crate::{
    domain::{Failure, Region, Retry},
    engine::{Job, JobState},
    labels,
    tui::{
        banner,
        bindings::{Action, Context},
        catalogue::ListState,
        model::{Connection, Model},
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
            Self::Lookup(what) => f.write_str(what),
            Self::Images(region) => write!(f, "{region}"),
            Self::Copy(job) => write!(f, "copy {} to {}", job.request.name, job.request.destination),
            Self::CopiesTo(region) => write!(f, "copies to {region}"),
        }
    }
}

pub type Problem<'a> = (ProblemLocation<'a>, Cow<'a, Failure>);

impl Model {
    /// All current problems. What stops all work comes first, single copies last.
    pub fn problems(&self) -> Vec<Problem<'_>> {
        let mut problems: Vec<Problem<'_>> = Vec::new();
        let mut add = |location, failure| problems.push((location, Cow::Borrowed(failure)));
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
            problems.push((ProblemLocation::OtherDriver, Cow::Owned(Failure::new("run the queue", silent))));
        }
        let mut add = |location, failure| problems.push((location, Cow::Borrowed(failure)));
        for (what, failure) in &self.lookup_problems {
            add(ProblemLocation::Lookup(what), failure);
        }
        for (region, listing) in self.catalogue.listings() {
            if let ListState::Failed(failure) = &listing.state {
                add(ProblemLocation::Images(region), failure);
            }
        }
        let cancel = self.keymap.key(Context::Jobs, Action::Cancel);
        let mut polled = BTreeSet::new();
        let mut failed: Vec<Problem<'_>> = Vec::new();
        for job in self.jobs_view.jobs() {
            if let JobState::Failed { failure, .. } = &job.state {
                failed.push((ProblemLocation::Copy(job), Cow::Borrowed(&**failure)));
            }
            if let Some(idle) = job.stalled(self.now, self.jobs_view.stall) {
                failed.push((ProblemLocation::Copy(job), Cow::Owned(stalled(job, idle, &cancel))));
            }
            // A region without running copies is not polled any more, so its last problem would stay forever.
            if !job.state.ended() && self.jobs_view.region_problem(&job.request.destination).is_some() {
                polled.insert(&job.request.destination);
            }
        }
        for region in polled {
            if let Some(failure) = self.jobs_view.region_problem(region) {
                add(ProblemLocation::CopiesTo(region), failure);
            }
        }
        problems.append(&mut failed);
        problems
    }
}

/// `cancel` is the key that cancels it.
fn stalled(job: &Job, idle: SignedDuration, cancel: &str) -> Failure {
    let at = job.percent().map_or_else(String::new, |p| format!(" at {p}%"));
    Failure::new("this copy", format!("no progress for {}{at}", labels::progress::idle(idle)))
        .hint(format!(
            "Copies can take hours; nothing is cancelled automatically. Press {cancel} in the jobs pane to cancel the copy."
        ))
        .retry(Retry::Later)
}
