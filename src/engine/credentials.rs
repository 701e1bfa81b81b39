//! Credentials that do not work: nothing is asked, nothing fails; they are tried again until they do.
//!
//! A region that is not enabled for the account answers as if the credentials were bad. So a region that says so waits by
//! itself, and the credentials are tried in the home region: if they work there, again and again, it is the region.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Engine, JobState, Request, Response, messages::Status, note::Waiting};
use crate::domain::{Failure, FailureKind, LoginBackoff, Region, RegionInfo, Retry};

/// Credentials that worked and are refused again within this were not renewed: the tries go on where they were.
const RELAPSE: SignedDuration = SignedDuration::from_mins(2);
/// So often a region must refuse what works elsewhere. Answers to old credentials may still come in after a renewal.
const STRIKES: u8 = 3;

/// What is known of the credentials.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CredentialState {
    paused: Option<Paused>,
    /// Whether a probe is wanted, or under way.
    wanted: bool,
    probing: bool,
    /// Regions that refused credentials since the last probe.
    suspected_regions: BTreeSet<Region>,
    /// How often each did so though they work elsewhere.
    refusals: BTreeMap<Region, u8>,
    /// When they last worked after a pause, and how long the tries were apart by then.
    relieved: Option<(Timestamp, LoginBackoff)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Paused {
    failure: Failure,
    /// When to try.
    next: Timestamp,
    backoff: LoginBackoff,
}

impl CredentialState {
    /// Whether they work, as far as is known. Asks for a probe when it is time for one.
    pub(super) fn work(&mut self, now: Timestamp, calls: &mut Vec<Request>) -> bool {
        // One that is under way answers for now; what it says decides when the next is due.
        self.wanted |= !self.probing && self.paused.as_ref().is_some_and(|p| p.next <= now);
        if self.wanted && !self.probing {
            (self.wanted, self.probing) = (false, true);
            calls.push(Request::ProbeCredentials);
        }
        self.paused.is_none()
    }

    /// Whether nothing is asked of AWS but whether they work again.
    pub(super) fn paused(&self) -> bool {
        self.paused.is_some()
    }

    /// When they are tried next.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        self.paused.as_ref().filter(|_| !self.probing).map(|p| p.next)
    }

    pub(super) fn retry_now(&mut self, now: Timestamp) {
        self.refusals.clear();
        if let Some(paused) = &mut self.paused {
            paused.next = now;
        }
    }

    pub(super) fn status(&self) -> Status {
        Status {
            paused: self.paused.as_ref().map(|p| p.failure.clone()),
            next_try: self.next_try(),
            ..Status::default()
        }
    }

    fn closed(&self, region: &Region) -> bool {
        self.refusals.get(region).is_some_and(|n| *n >= STRIKES)
    }

    fn pause(&mut self, failure: &Failure, now: Timestamp) {
        if let Some(paused) = &mut self.paused {
            paused.failure = failure.clone();
            return;
        }
        // A probe at once: credentials that were renewed meanwhile hold nobody up.
        let (next, backoff) = match self.relieved.filter(|(then, _)| now.duration_since(*then) < RELAPSE) {
            Some((_, mut backoff)) => (now + backoff.next_wait(), backoff),
            None => (now, LoginBackoff::default()),
        };
        self.paused = Some(Paused { failure: failure.clone(), next, backoff });
    }
}

impl Engine {
    /// Notices answers that speak of the credentials and not of what was asked, and marks them as such.
    pub(super) fn check_credentials_of(&mut self, answer: &mut Response, now: Timestamp) {
        let region = match answer {
            Response::ListPending(region, _) | Response::PollCopies(region, _) => Some(region.clone()),
            Response::CopyImage(job, _)
            | Response::Reconcile(job, _)
            | Response::CheckImage(job, _)
            | Response::DeregisterImage(job, _)
            | Response::FindSnapshots(job, ..)
            | Response::DeleteSnapshot(job, ..) => self.jobs.get(*job).map(|j| j.request.destination.clone()),
            Response::ProbeCredentials(_) => None,
        };
        let Some(region) = region else { return };
        let Some(failure) = answer.failure_mut() else {
            // Whatever it refused before, it is enabled.
            self.credentials.refusals.remove(&region);
            self.credentials.suspected_regions.remove(&region);
            return;
        };
        if failure.kind != FailureKind::CredentialsOrRegion {
            if failure.retry == Retry::AfterLogin {
                self.credentials.pause(failure, now);
            }
        } else if self.credentials.closed(&region) {
            *failure = not_enabled(&region, failure);
        } else {
            failure.retry = Retry::AfterLogin;
            self.credentials.wanted = true;
            self.credentials.suspected_regions.insert(region.clone());
            let limits = self.limits.clone();
            self.lane(&region, now).back_off(&limits, Waiting::CredentialsCheck, now);
        }
    }

    /// The credentials were tried.
    pub(super) fn probed(&mut self, result: Result<Vec<RegionInfo>, Failure>, now: Timestamp) {
        let credentials = &mut self.credentials;
        credentials.probing = false;
        match result {
            // Refused, but known: the credentials are good, and who may ask for what is no concern here.
            Err(failure) if failure.kind != FailureKind::Denied => {
                // A network that is gone says nothing of the credentials.
                if failure.retry != Retry::Later {
                    credentials.suspected_regions.clear();
                    credentials.pause(&failure, now);
                }
                if let Some(paused) = &mut credentials.paused {
                    paused.next = now + paused.backoff.next_wait();
                }
            }
            _ => {
                for region in std::mem::take(&mut credentials.suspected_regions) {
                    let strikes = credentials.refusals.entry(region).or_default();
                    *strikes = strikes.saturating_add(1);
                }
                if let Some(paused) = credentials.paused.take() {
                    credentials.relieved = Some((now, paused.backoff));
                    self.go_on(now);
                }
            }
        }
    }

    /// After a pause everything is looked at again.
    fn go_on(&mut self, now: Timestamp) {
        for rhythm in self.schedules.values_mut() {
            rhythm.poll_at(now);
        }
        for lane in self.start_limiters.values_mut() {
            lane.release();
        }
        for id in self.jobs.ids(|j| matches!(j.state, JobState::Reconciling { at: Some(_) })) {
            if let Some(job) = self.jobs.get_mut(id) {
                job.state = JobState::Reconciling { at: Some(now) };
            }
        }
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
