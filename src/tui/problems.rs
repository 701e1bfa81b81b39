//! Everything that is wrong now: where, and what. Counted for every frame, so nothing is copied that need not be.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use jiff::SignedDuration;

use crate::{
    domain::{Failure, Region, Retry, text},
    engine::{Job, JobState},
    labels,
    tui::{
        banner,
        catalogue::Progress,
        model::{Model, Session},
    },
};

/// Where something is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ProblemLocation<'a> {
    /// Signing in, as this profile.
    SignIn(Option<&'a str>),
    /// The credentials of copies under way.
    Credentials,
    /// The store of jobs.
    Store,
    /// What became of the store of jobs.
    Notice,
    /// Who brings the queue on.
    Driver,
    /// Another process that holds the queue and gives no sign of life.
    OtherDriver,
    /// Something that was looked up.
    Lookup(&'static str),
    /// A region's images.
    Images(&'a Region),
    /// One copy.
    Copy(&'a Job),
    /// All copies to a region.
    CopiesTo(&'a Region),
}

impl fmt::Display for ProblemLocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn(Some(profile)) => write!(f, "profile {profile}"),
            Self::SignIn(None) => f.write_str("credentials"),
            Self::Credentials => f.write_str("copies are paused: the credentials cannot be used"),
            Self::Store => f.write_str("nothing is sent: jobs cannot be written down"),
            Self::Notice => f.write_str("the store of jobs"),
            Self::Driver => f.write_str("jobs can only be looked at"),
            Self::OtherDriver => f.write_str("nobody is running the queue"),
            Self::Lookup(what) => f.write_str(what),
            Self::Images(region) => write!(f, "{region}"),
            Self::Copy(job) => write!(f, "copy {} to {}", job.request.name, job.request.destination),
            Self::CopiesTo(region) => write!(f, "copies to {region}"),
        }
    }
}

/// Something that is wrong.
pub type Problem<'a> = (ProblemLocation<'a>, Cow<'a, Failure>);

impl Model {
    /// Everything that is wrong now. What stops everything comes first, single copies last.
    pub fn problems(&self) -> Vec<Problem<'_>> {
        let mut problems: Vec<Problem<'_>> = Vec::new();
        let mut add = |place, failure| problems.push((place, Cow::Borrowed(failure)));
        if let Session::Failed(failure) = &self.session {
            add(ProblemLocation::SignIn(self.profile.as_deref()), failure);
        }
        if let Some(failure) = &self.board.status.paused {
            add(ProblemLocation::Credentials, failure);
        }
        if let Some(failure) = &self.board.trouble {
            add(ProblemLocation::Store, failure);
        }
        for notice in &self.board.notices {
            add(ProblemLocation::Notice, notice);
        }
        if let Some(failure) = banner::nobody_drives(self) {
            add(ProblemLocation::Driver, failure);
        }
        if let Some(silent) = labels::driver::unresponsive(&self.board.driver) {
            problems.push((ProblemLocation::OtherDriver, Cow::Owned(Failure::new("run the queue", silent))));
        }
        let mut add = |place, failure| problems.push((place, Cow::Borrowed(failure)));
        for (what, failure) in &self.lookup_problems {
            add(ProblemLocation::Lookup(what), failure);
        }
        for (region, listing) in self.catalogue.listings() {
            if let Progress::Failed(failure) = &listing.progress {
                add(ProblemLocation::Images(region), failure);
            }
        }
        let mut live = BTreeSet::new();
        let mut failed: Vec<Problem<'_>> = Vec::new();
        for job in self.board.jobs() {
            if let JobState::Failed { failure, .. } = &job.state {
                failed.push((ProblemLocation::Copy(job), Cow::Borrowed(&**failure)));
            }
            if let Some(idle) = job.stalled(self.now, self.board.stall) {
                failed.push((ProblemLocation::Copy(job), Cow::Owned(stalled(job, idle))));
            }
            // Where nothing goes on any more nobody looks again, and so nothing would take a problem back.
            if !job.state.ended() && self.board.region_problem(&job.request.destination).is_some() {
                live.insert(&job.request.destination);
            }
        }
        for region in live {
            if let Some(failure) = self.board.region_problem(region) {
                add(ProblemLocation::CopiesTo(region), failure);
            }
        }
        problems.append(&mut failed);
        problems
    }
}

/// `34m`, `2h05m`: how long nothing has moved.
pub(super) fn idle_text(idle: SignedDuration) -> String {
    let seconds = idle.as_secs();
    if seconds < 3_600 { format!("{}m", seconds / 60) } else { text::duration(seconds) }
}

fn stalled(job: &Job, idle: SignedDuration) -> Failure {
    let at = job.percent().map_or_else(String::new, |p| format!(" at {p}%"));
    Failure::new("this copy", format!("no progress for {}{at}", idle_text(idle)))
        .hint("AWS copies at its own pace; nothing is cancelled because of this. In the jobs pane x cancels the copy.")
        .retry(Retry::Later)
}
