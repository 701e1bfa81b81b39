//! Credentials that do not work: nothing is asked, nothing fails; they are tried again until they do.
//!
//! A region that is not enabled for the account answers as if the credentials were bad. So whoever is told that asks
//! once more with the same credentials in the home region: if they work there, it is the region.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Answer, Call, Engine, JobState, talk::Status};
use crate::domain::{Failure, Region, RegionInfo, Retry};

/// Between two tries, at first; doubled each time.
const FIRST: SignedDuration = SignedDuration::from_secs(5);
/// Between two tries, at most.
const MOST: SignedDuration = SignedDuration::from_secs(30);

/// Codes that mean bad credentials, or a region that is not enabled.
const IDENTITY: &[&str] =
    &["AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "OptInRequired"];

/// What is known of the credentials.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Credentials {
    paused: Option<Paused>,
    /// Regions that refused credentials which then worked elsewhere.
    closed: BTreeSet<Region>,
    suspects: BTreeSet<Region>,
}

#[derive(Debug, Clone, PartialEq)]
struct Paused {
    failure: Failure,
    /// When to try; `None` while it is being tried.
    next: Option<Timestamp>,
    wait: SignedDuration,
    /// Whether only the region is suspected: then nothing is said until the probe has answered.
    quiet: bool,
}

impl Credentials {
    /// Whether they work, as far as is known. Asks for a probe when it is time for one.
    pub(super) fn work(&mut self, now: Timestamp, calls: &mut Vec<Call>) -> bool {
        let Some(paused) = &mut self.paused else { return true };
        if paused.next.is_some_and(|at| at <= now) {
            paused.next = None;
            calls.push(Call::Probe);
        }
        false
    }

    /// Whether nothing is asked of AWS but whether they work again.
    pub(super) fn paused(&self) -> bool {
        self.paused.is_some()
    }

    /// When they are tried next.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        self.paused.as_ref()?.next
    }

    pub(super) fn look_now(&mut self, now: Timestamp) {
        self.closed.clear();
        if let Some(Paused { next: Some(next), .. }) = &mut self.paused {
            *next = now;
        }
    }

    pub(super) fn status(&self) -> Status {
        let loud = self.paused.as_ref().filter(|p| !p.quiet);
        Status { paused: loud.map(|p| p.failure.clone()), next_try: loud.and_then(|p| p.next), ..Status::default() }
    }

    fn pause(&mut self, failure: &Failure, quiet: bool, now: Timestamp) {
        match &mut self.paused {
            Some(paused) if quiet || !paused.quiet => {}
            Some(paused) => (paused.failure, paused.quiet) = (failure.clone(), false),
            // A probe at once: credentials that were renewed meanwhile, or a region alone, hold nobody up.
            None => self.paused = Some(Paused { failure: failure.clone(), next: Some(now), wait: FIRST, quiet }),
        }
    }
}

impl Engine {
    /// Notices answers that speak of the credentials and not of what was asked, and marks them as such.
    pub(super) fn heed_credentials(&mut self, answer: &mut Answer, now: Timestamp) {
        let region = match answer {
            Answer::Surveyed(region, _) | Answer::Watched(region, _) => Some(region.clone()),
            Answer::Copied(job, _)
            | Answer::Settled(job, _)
            | Answer::Looked(job, _)
            | Answer::Deregistered(job, _)
            | Answer::Leftovers(job, _)
            | Answer::Deleted(job, ..) => self.jobs.get(*job).map(|j| j.request.destination.clone()),
            Answer::Probed(_) => return,
        };
        let (Some(region), Some(failure)) = (region, failure_of(answer)) else { return };
        if IDENTITY.iter().any(|code| failure.is(code)) {
            if self.credentials.closed.contains(&region) {
                *failure = not_enabled(&region, failure);
            } else {
                failure.retry = Retry::AfterLogin;
                self.credentials.suspects.insert(region);
                self.credentials.pause(failure, true, now);
            }
        } else if failure.retry == Retry::AfterLogin {
            self.credentials.pause(failure, false, now);
        }
    }

    /// The credentials were tried.
    pub(super) fn probed(&mut self, result: Result<Vec<RegionInfo>, Failure>, now: Timestamp) {
        let Some(paused) = &mut self.credentials.paused else { return };
        // Refused, but known: the credentials are good, and who may ask for what is no concern here.
        let known = matches!(&result, Err(f) if f.retry == Retry::AfterChange && !IDENTITY.iter().any(|c| f.is(c)));
        match result {
            // Only a region was suspected, and nobody can tell: it is asked again, and no other region waits for that.
            Err(failure) if paused.quiet && failure.retry == Retry::Later => {
                self.credentials.paused = None;
                self.credentials.suspects.clear();
                self.go_on(now);
            }
            Err(failure) if !known => {
                paused.next = Some(now + paused.wait);
                paused.wait = (paused.wait * 2).min(MOST);
                // A network that is gone says nothing new of the credentials.
                if failure.retry != Retry::Later {
                    (paused.failure, paused.quiet) = (failure, false);
                }
            }
            _ => {
                self.credentials.paused = None;
                let suspects = std::mem::take(&mut self.credentials.suspects);
                self.credentials.closed.extend(suspects);
                self.go_on(now);
            }
        }
    }

    /// After a pause everything is looked at again.
    fn go_on(&mut self, now: Timestamp) {
        for rhythm in self.regions.values_mut() {
            rhythm.look_at(now);
        }
        for lane in self.lanes.values_mut() {
            lane.release();
        }
        for id in self.jobs.ids(|j| matches!(j.state, JobState::Settling { at: Some(_) })) {
            if let Some(job) = self.jobs.get_mut(id) {
                job.state = JobState::Settling { at: Some(now) };
            }
        }
    }
}

fn failure_of(answer: &mut Answer) -> Option<&mut Failure> {
    match answer {
        Answer::Copied(_, Err(f))
        | Answer::Settled(_, Err(f))
        | Answer::Surveyed(_, Err(f))
        | Answer::Watched(_, Err(f))
        | Answer::Looked(_, Err(f))
        | Answer::Deregistered(_, Err(f))
        | Answer::Leftovers(_, Err(f))
        | Answer::Deleted(_, _, Err(f)) => Some(f),
        _ => None,
    }
}

fn not_enabled(region: &Region, failure: &Failure) -> Failure {
    Failure {
        why: format!("{region} refuses credentials that work elsewhere; it is not enabled for this account"),
        hint: "Enable the region in the account's settings, or copy to another.".into(),
        retry: Retry::AfterChange,
        ..failure.clone()
    }
}
