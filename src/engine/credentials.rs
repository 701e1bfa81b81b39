//! Credentials that do not work. Until they do, nothing is sent, nothing fails, and only probes are made.
//!
//! A region that is not enabled for the account answers as if the credentials were bad. So a region that does waits by itself,
//! and the credentials are probed in the home region: if they work there repeatedly, the region is not enabled.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Failure, FailureKind, LoginBackoff, Region, RegionInfo, Retry};

/// Credentials that are refused again this soon after they worked were not renewed: the back-off continues where it stopped.
const RENEWAL_GRACE: SignedDuration = SignedDuration::from_mins(2);
/// How often a region must refuse what works elsewhere. Answers to old credentials may still arrive after a renewal.
const MAX_REFUSALS: u8 = 3;

/// What is known about the credentials.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CredentialState {
    paused: Option<Paused>,
    probe_wanted: bool,
    probe_in_flight: bool,
    /// Regions that refused the credentials since the last probe.
    refusing_regions: BTreeSet<Region>,
    /// How often each region refused credentials that work elsewhere.
    refusals: BTreeMap<Region, u8>,
    /// When they last worked after a pause, and the back-off by then.
    resumed: Option<(Timestamp, LoginBackoff)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Paused {
    failure: Failure,
    /// When to probe.
    next: Timestamp,
    backoff: LoginBackoff,
}

/// What a failure says about the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialCheck {
    /// Nothing that concerns only the region.
    Nothing,
    /// The region refused them; whether they work elsewhere is being probed.
    RegionUnverified,
}

impl CredentialState {
    /// Returns true when a probe is to be sent now, and marks it as sent.
    pub(super) fn take_probe(&mut self, now: Timestamp) -> bool {
        // The answer to one that is in flight decides when the next is due.
        self.probe_wanted |= !self.probe_in_flight && self.paused.as_ref().is_some_and(|p| p.next <= now);
        let send = self.probe_wanted && !self.probe_in_flight;
        if send {
            (self.probe_wanted, self.probe_in_flight) = (false, true);
        }
        send
    }

    /// Returns true while nothing is sent but probes.
    pub(super) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Returns why nothing is sent.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.paused.as_ref().map(|p| &p.failure)
    }

    /// Returns when the credentials are probed next, while paused.
    pub(super) fn next_probe(&self) -> Option<Timestamp> {
        self.paused.as_ref().filter(|_| !self.probe_in_flight).map(|p| p.next)
    }

    /// Probes now instead of later.
    pub(super) fn probe_now(&mut self, now: Timestamp) {
        self.refusals.clear();
        if let Some(paused) = &mut self.paused {
            paused.next = now;
        }
    }

    /// A request to the region was not refused: whatever it refused before, it is enabled.
    pub(super) fn region_answered(&mut self, region: &Region) {
        self.refusals.remove(region);
        self.refusing_regions.remove(region);
    }

    /// Finds failures that are about the credentials and not about the request, and marks them as such.
    pub(super) fn check(&mut self, region: &Region, failure: &mut Failure, now: Timestamp) -> CredentialCheck {
        if failure.kind != FailureKind::CredentialsOrRegion {
            if failure.retry == Retry::AfterLogin {
                self.pause(failure, now);
            }
            CredentialCheck::Nothing
        } else if self.refusals.get(region).is_some_and(|n| *n >= MAX_REFUSALS) {
            *failure = not_enabled(region, failure);
            CredentialCheck::Nothing
        } else {
            failure.retry = Retry::AfterLogin;
            self.probe_wanted = true;
            self.refusing_regions.insert(region.clone());
            CredentialCheck::RegionUnverified
        }
    }

    fn pause(&mut self, failure: &Failure, now: Timestamp) {
        if let Some(paused) = &mut self.paused {
            paused.failure = failure.clone();
            return;
        }
        // A probe at once: credentials that were renewed meanwhile delay nothing.
        let (next, backoff) = match self.resumed.filter(|(then, _)| now.duration_since(*then) < RENEWAL_GRACE) {
            Some((_, mut backoff)) => (now + backoff.next_wait(), backoff),
            None => (now, LoginBackoff::default()),
        };
        self.paused = Some(Paused { failure: failure.clone(), next, backoff });
    }

    /// Takes in the answer to a probe. Returns true if the credentials work again after a pause.
    pub(super) fn probed(&mut self, result: Result<Vec<RegionInfo>, Failure>, now: Timestamp) -> bool {
        self.probe_in_flight = false;
        match result {
            // A denied request was authenticated, so the credentials are valid.
            Err(failure) if !failure.kind.is_denied() => {
                // A network that is down says nothing about the credentials.
                if failure.retry != Retry::Later {
                    self.refusing_regions.clear();
                    self.pause(&failure, now);
                }
                if let Some(paused) = &mut self.paused {
                    paused.next = now + paused.backoff.next_wait();
                }
                false
            }
            _ => {
                for region in std::mem::take(&mut self.refusing_regions) {
                    let refusals = self.refusals.entry(region).or_default();
                    *refusals = refusals.saturating_add(1);
                }
                let paused = self.paused.take();
                if let Some(paused) = &paused {
                    self.resumed = Some((now, paused.backoff));
                }
                paused.is_some()
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
