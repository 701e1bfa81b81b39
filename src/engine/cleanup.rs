//! Deleting the snapshots of a removed image: its own, each proven to be so, and nothing else.
//!
//! The job waits up to ten minutes for this. Then the job ends, and the cleanup continues every five minutes: a
//! large snapshot may be pending for hours and cannot be deleted before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    messages::SnapshotReturnCode,
    note::{Note, failure_or_message},
    ownership::{Evidence, Unproven},
};
use crate::domain::{Failure, FailureKind, Retry, Snapshot, SnapshotId, SnapshotState};

/// Between two listings while the job waits: EC2 needs a moment to release a snapshot.
const INTERVAL: SignedDuration = SignedDuration::from_secs(3);
/// The same, after many listings.
const SLOW_INTERVAL: SignedDuration = SignedDuration::from_secs(30);
/// Listings before they become slower.
const QUICK_LISTINGS: u32 = 20;
/// Between two listings once the job has ended.
const ENDED_INTERVAL: SignedDuration = SignedDuration::from_mins(5);
/// How long the job waits for its cleanup.
const JOB_WAIT_LIMIT: SignedDuration = SignedDuration::from_mins(10);
/// How long a cleanup continues.
const MAX_DURATION: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Listings that must be made before time alone may end a cleanup: the machine may have been suspended, or nobody signed in.
const MIN_LISTINGS: u32 = 100;
/// A snapshot is in use by its own image for a moment after that was deregistered. In use for longer, another image uses it.
const IN_USE_GRACE: SignedDuration = SignedDuration::from_mins(2);
/// Listings in a row that must find nothing to delete.
const EMPTY_LISTINGS_REQUIRED: u8 = 2;
/// Listings in a row that may be refused while the job waits.
const MAX_REFUSED_LISTINGS: u32 = 3;

/// Why a snapshot of a removed image remains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LeftoverReason {
    /// Other images use it.
    InUse,
    /// AWS refuses to delete it.
    Refused(#[serde(deserialize_with = "failure_or_message")] Box<Failure>),
    /// The caller may not delete it: `DeregisterImage` said so, without a message.
    MissingPermissions,
    /// It resembles this copy's, and nothing proves that it is.
    NotProven(Unproven),
    /// AWS does not list it, and nothing says that it was deleted.
    NotListed,
    /// It could not be deleted within a week; with AWS's last message, if deleting was tried.
    GaveUp(Option<String>),
}

impl LeftoverReason {
    /// Returns true if a later listing cannot change it. The snapshot of which another one is a duplicate is deleted by then.
    fn is_final(&self) -> bool {
        !matches!(self, Self::NotProven(missing) if *missing != Unproven::NotFirst)
    }
}

/// A snapshot that remains after its image was removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leftover {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// Why it remains.
    pub why: LeftoverReason,
}

/// What a cleanup does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CleanupProgress {
    /// Nothing is left to delete, or nothing that can be.
    Finished,
    /// It continues, and the job need not wait any longer.
    JobMayEnd,
    Continues,
}

/// Cleanup of the snapshots of one removed image, until each is deleted or known to remain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SnapshotCleanup {
    /// What proves that a snapshot is the image's.
    pub evidence: Evidence,
    /// When to list them again; `None` while an answer is awaited.
    pub(super) at: Option<Timestamp>,
    /// When it began.
    since: Timestamp,
    /// Listings in a row that found nothing to delete.
    #[serde(rename = "clean")]
    empty_listings: u8,
    /// Listings in all.
    #[serde(rename = "looks")]
    listings: u32,
    /// `DeleteSnapshot` requests not yet answered.
    #[serde(rename = "open")]
    deletes_in_flight: usize,
    /// Still to be deleted, with AWS's message if deleting was tried.
    #[serde(rename = "waiting")]
    undeleted: BTreeMap<SnapshotId, Option<String>>,
    /// Not to be deleted.
    #[serde(rename = "settled")]
    remaining: BTreeMap<SnapshotId, LeftoverReason>,
    /// EC2 has deleted these: with the image, or by `DeleteSnapshot`.
    #[serde(default)]
    deleted: BTreeSet<SnapshotId>,
    /// Those to be deleted that were pending when they were listed last.
    #[serde(default)]
    pending: BTreeSet<SnapshotId>,
    /// Why snapshots may not be listed.
    #[serde(rename = "blind")]
    list_refusal: Option<String>,
    /// Listings in a row that were refused.
    #[serde(default, rename = "blind_looks")]
    refused_listings: u32,
    /// How many snapshots there should be, at least.
    expected: usize,
    /// Until when snapshots may still appear: a copy that had just started makes them even if it is deregistered.
    #[serde(rename = "turn_up_until")]
    appear_until: Timestamp,
}

impl SnapshotCleanup {
    /// Begins a cleanup after `DeregisterImage` gave these return codes.
    pub(super) fn new(
        evidence: Evidence,
        return_codes: &[(SnapshotId, SnapshotReturnCode)],
        expected: usize,
        appear_until: Timestamp,
        now: Timestamp,
    ) -> Self {
        let mut cleanup = Self {
            evidence,
            at: Some(now),
            since: now,
            empty_listings: 0,
            listings: 0,
            deletes_in_flight: 0,
            undeleted: BTreeMap::new(),
            remaining: BTreeMap::new(),
            deleted: BTreeSet::new(),
            pending: BTreeSet::new(),
            list_refusal: None,
            refused_listings: 0,
            expected,
            appear_until,
        };
        // EC2's own list of the image's snapshots, the last there is.
        cleanup.evidence.listed.extend(return_codes.iter().map(|(snapshot, _)| snapshot.clone()));
        for (snapshot, code) in return_codes {
            let reason = match code {
                SnapshotReturnCode::Skipped => LeftoverReason::InUse,
                SnapshotReturnCode::MissingPermissions => LeftoverReason::MissingPermissions,
                // A pending snapshot is a client error, which is temporary; for the others `DeleteSnapshot` returns a precise reason.
                SnapshotReturnCode::ClientError | SnapshotReturnCode::InternalError => continue,
                SnapshotReturnCode::Deleted => {
                    cleanup.deleted.insert(snapshot.clone());
                    continue;
                }
            };
            cleanup.remaining.insert(snapshot.clone(), reason);
        }
        cleanup
    }

    /// Takes EC2's answer for proof, because a person named the image: what EC2 called the image's, and could not delete by
    /// itself, is deleted too.
    pub(super) fn trust_return_codes(&mut self, return_codes: &[(SnapshotId, SnapshotReturnCode)]) {
        let undeleted = |code| matches!(code, SnapshotReturnCode::ClientError | SnapshotReturnCode::InternalError);
        let named_by_ec2 =
            return_codes.iter().filter(|(_, code)| undeleted(*code)).map(|(snapshot, _)| snapshot.clone());
        self.evidence.named_by_ec2.extend(named_by_ec2);
    }

    /// Returns the snapshots that are still to be deleted, with AWS's message if deleting was tried.
    pub fn undeleted(&self) -> impl Iterator<Item = (&SnapshotId, Option<&str>)> {
        self.undeleted.iter().map(|(id, why)| (id, why.as_deref()))
    }

    /// Continues after a restart: the answer that was awaited will not come.
    pub(super) fn resume(&mut self, now: Timestamp) {
        // A clock that was ahead must not delay it.
        self.at = Some(self.at.map_or(now, |at| at.min(now + ENDED_INTERVAL)));
        self.since = self.since.min(now);
        self.deletes_in_flight = 0;
        self.appear_until = self.appear_until.min(now + ENDED_INTERVAL);
    }

    /// Begins a listing if one is due, and returns the snapshots known to be the image's.
    pub(super) fn begin_listing(&mut self, now: Timestamp) -> Option<Vec<SnapshotId>> {
        self.at.filter(|at| *at <= now)?;
        self.at = None;
        self.listings += 1;
        let mut snapshots = self.evidence.listed.clone();
        snapshots.extend(self.undeleted.keys().cloned());
        Some(snapshots.into_iter().collect())
    }

    /// Takes in the snapshots found, and returns those to be deleted now.
    pub(super) fn listed(&mut self, found: &[Snapshot]) -> Vec<SnapshotId> {
        let mut delete = Vec::new();
        let duplicates = self.evidence.duplicates(found);
        for snapshot in found.iter().filter(|s| self.evidence.is_related(s)) {
            if self.remaining.get(&snapshot.id).is_some_and(LeftoverReason::is_final) {
                continue;
            }
            let proof =
                if duplicates.contains(&snapshot.id) { Err(Unproven::NotFirst) } else { self.evidence.prove(snapshot) };
            match proof {
                Ok(()) => {
                    self.remaining.remove(&snapshot.id);
                    self.undeleted.entry(snapshot.id.clone()).or_default();
                    delete.push(snapshot.id.clone());
                }
                Err(missing) => {
                    self.undeleted.remove(&snapshot.id);
                    self.remaining.insert(snapshot.id.clone(), LeftoverReason::NotProven(missing));
                }
            }
        }
        self.undeleted.retain(|id, _| delete.contains(id));
        let found_again = |id: &SnapshotId| found.iter().any(|s| s.id == *id);
        self.remaining.retain(|id, why| !matches!(why, LeftoverReason::NotProven(_)) || found_again(id));
        self.empty_listings = if delete.is_empty() { self.empty_listings.saturating_add(1) } else { 0 };
        self.deletes_in_flight = delete.len();
        let pending = found.iter().filter(|s| s.state == SnapshotState::Pending).map(|s| s.id.clone());
        self.pending = pending.filter(|id| delete.contains(id)).collect();
        (self.list_refusal, self.refused_listings) = (None, 0);
        delete
    }

    /// Takes in a listing that was refused permanently. What may not be listed cannot be proven to be ours.
    pub(super) fn listing_refused(&mut self, why: String) {
        self.list_refusal = Some(why);
        self.refused_listings += 1;
    }

    /// Takes in the answer to a `DeleteSnapshot`. Returns true if it was the last one awaited.
    pub(super) fn deleted(&mut self, snapshot: &SnapshotId, result: Result<(), Failure>, now: Timestamp) -> bool {
        self.undeleted.remove(snapshot);
        if result.is_ok() {
            self.deleted.insert(snapshot.clone());
        }
        if let Err(failure) = result {
            let in_use = failure.kind == FailureKind::InUse;
            let passes = matches!(failure.retry, Retry::Later | Retry::AfterLogin);
            let again = if in_use { self.age(now) < IN_USE_GRACE } else { passes };
            // AWS may refuse to delete a pending snapshot and allow it once it is complete.
            if again || self.pending.contains(snapshot) && !failure.kind.is_denied() {
                self.undeleted.insert(snapshot.clone(), Some(failure.why));
            } else {
                let why = if in_use { LeftoverReason::InUse } else { LeftoverReason::Refused(Box::new(failure)) };
                self.remaining.insert(snapshot.clone(), why);
            }
        }
        self.deletes_in_flight = self.deletes_in_flight.saturating_sub(1);
        self.deletes_in_flight == 0
    }

    /// Schedules the next listing, unless the cleanup is finished. `seen` is the number of snapshots that ever appeared.
    pub(super) fn plan(&mut self, seen: usize, job_waits: bool, now: Timestamp) -> CleanupProgress {
        if self.is_over(seen, job_waits, now) {
            return CleanupProgress::Finished;
        }
        let job_may_end = self.age(now) >= JOB_WAIT_LIMIT;
        if self.deletes_in_flight == 0 {
            let interval = match (job_waits && !job_may_end, self.listings > QUICK_LISTINGS) {
                (false, _) => ENDED_INTERVAL,
                (true, true) => SLOW_INTERVAL,
                (true, false) => INTERVAL,
            };
            self.at = Some(now + interval);
        }
        if job_may_end { CleanupProgress::JobMayEnd } else { CleanupProgress::Continues }
    }

    fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.since)
    }

    /// Returns true if nothing is left to be deleted, or nothing that can be.
    fn is_over(&self, seen: usize, job_waits: bool, now: Timestamp) -> bool {
        let all_seen = self.expected > 0 && seen >= self.expected;
        let complete = all_seen || now >= self.appear_until;
        let too_long = self.age(now) >= MAX_DURATION && self.listings >= MIN_LISTINGS;
        // Once the job has ended nobody waits: permission may come back.
        let refused = job_waits && self.refused_listings >= MAX_REFUSED_LISTINGS;
        self.empty_listings >= EMPTY_LISTINGS_REQUIRED && complete || too_long || refused
    }

    /// Returns the note while the job waits for a snapshot to be deleted.
    pub(super) fn note(&self) -> Option<Note> {
        let (snapshot, why) = self.undeleted.first_key_value()?;
        Some(Note::DeletePending { snapshot: snapshot.clone(), why: why.clone() })
    }

    /// Returns the snapshots that remain, and why these may not be all, if snapshots may not be listed.
    pub(super) fn into_leftovers(mut self) -> (Vec<Leftover>, Option<String>) {
        if self.list_refusal.is_some() {
            let known = |id: &SnapshotId| self.deleted.contains(id) || self.undeleted.contains_key(id);
            let unknown: Vec<_> = self.evidence.listed.iter().filter(|id| !known(id)).cloned().collect();
            for snapshot in unknown {
                self.remaining.entry(snapshot).or_insert(LeftoverReason::NotListed);
            }
        }
        let given_up = self.undeleted.into_iter().map(|(id, why)| (id, LeftoverReason::GaveUp(why)));
        let leftovers = self.remaining.into_iter().chain(given_up);
        (leftovers.map(|(snapshot, why)| Leftover { snapshot, why }).collect(), self.list_refusal)
    }
}
