//! Deleting what a removed image leaves behind: its own snapshots, each proven to be so, and nothing else.
//!
//! While a removal is young its job waits for this. After ten minutes the job ends, and the rest goes on now and then: a large
//! snapshot may be pending for hours and cannot be deleted before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Engine, Job, JobId, JobState, RemovalStep, Request,
    messages::SnapshotReturnCode,
    note::Note,
    ownership::{Evidence, Unproven},
};
use crate::domain::{
    Failure, FailureKind, ImageId, Retry, Snapshot, SnapshotId, SnapshotState, progress::SnapshotProgress,
};

/// Between two looks for what is left, while the job waits: EC2 needs a moment to let go of a snapshot.
const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_secs(3);
/// The same, after many looks.
const BETWEEN_LATER_LOOKS: SignedDuration = SignedDuration::from_secs(30);
/// Looks before they become slower.
const QUICK_LOOKS: u32 = 20;
/// Between two looks once the job has ended.
const BETWEEN_LATE_LOOKS: SignedDuration = SignedDuration::from_mins(5);
/// So long the job waits for it.
const JOB_WAITS: SignedDuration = SignedDuration::from_mins(10);
/// So long it goes on in all.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Looks that have to be made before time alone may end it: a machine may have slept, or nobody been signed in.
const FEWEST_LOOKS: u32 = 100;
/// A snapshot is in use by its own image for a moment after that was deregistered. In use for longer, another image uses it.
const IN_USE_RACE: SignedDuration = SignedDuration::from_mins(2);
/// Looks in a row that must find nothing.
const AGREE: u8 = 2;
/// Tries where nobody may look for snapshots.
const BLIND_TRIES: u32 = 3;

/// Why a snapshot of a removed image stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LeftoverReason {
    /// Other images use it.
    InUse,
    /// AWS refuses to delete it, with this message.
    Refused(String),
    /// The caller may not delete it: `DeregisterImage` said so, without a message.
    MissingPermissions,
    /// It looks like this copy's, and nothing proves that it is.
    NotProven(Unproven),
    /// It could not be deleted within a week; with AWS's last message, if deleting was tried.
    GaveUp(Option<String>),
}

impl LeftoverReason {
    /// Returns true if a later look cannot change it. The one that proved a snapshot to be an imitation is deleted by then.
    fn is_final(&self) -> bool {
        !matches!(self, Self::NotProven(missing) if *missing != Unproven::NotFirst)
    }
}

/// A snapshot that stays when its image is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leftover {
    /// Which.
    pub snapshot: SnapshotId,
    /// Why.
    pub why: LeftoverReason,
}

/// The snapshots of one removed image, until each is deleted or said to stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SnapshotCleanup {
    /// What proves that a snapshot is one of them.
    pub evidence: Evidence,
    /// When to look again; none while an answer is awaited.
    pub(super) at: Option<Timestamp>,
    /// When it began.
    pub(super) since: Timestamp,
    /// Looks in a row that found nothing to delete.
    clean: u8,
    /// Looks in all.
    looks: u32,
    /// Deletes not yet answered.
    open: usize,
    /// Still to be deleted, with what kept them so far.
    waiting: BTreeMap<SnapshotId, Option<String>>,
    /// Not to be deleted, ever.
    settled: BTreeMap<SnapshotId, LeftoverReason>,
    /// Those of them that were pending at the last look.
    #[serde(default)]
    pending: BTreeSet<SnapshotId>,
    /// Why nobody may look for snapshots.
    blind: Option<String>,
    /// Looks in a row that were refused.
    #[serde(default)]
    blind_looks: u32,
    /// So many snapshots there should be, at least.
    expected: usize,
    /// Snapshots may still turn up until then: a copy that had just begun makes them even if it is deregistered.
    turn_up_until: Timestamp,
}

impl SnapshotCleanup {
    /// Snapshots that are still to be deleted, with what kept them so far.
    pub fn waiting(&self) -> impl Iterator<Item = (&SnapshotId, Option<&str>)> {
        self.waiting.iter().map(|(id, why)| (id, why.as_deref()))
    }

    /// The answer that is awaited will not come any more.
    pub(super) fn resume(&mut self, now: Timestamp) {
        // A clock that was ahead must not put it off.
        self.at = Some(self.at.map_or(now, |at| at.min(now + BETWEEN_LATE_LOOKS)));
        self.open = 0;
        self.turn_up_until = self.turn_up_until.min(now + BETWEEN_LATE_LOOKS);
    }

    fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.since)
    }

    /// Sorts what was found: what is to be deleted now.
    fn sort(&mut self, found: &[Snapshot]) -> Vec<SnapshotId> {
        let mut delete = Vec::new();
        let imitations = self.evidence.imitations(found);
        for snapshot in found.iter().filter(|s| self.evidence.concerns(s)) {
            if self.settled.get(&snapshot.id).is_some_and(LeftoverReason::is_final) {
                continue;
            }
            let proof =
                if imitations.contains(&snapshot.id) { Err(Unproven::NotFirst) } else { self.evidence.prove(snapshot) };
            match proof {
                Ok(()) => {
                    self.settled.remove(&snapshot.id);
                    self.waiting.entry(snapshot.id.clone()).or_default();
                    delete.push(snapshot.id.clone());
                }
                Err(missing) => {
                    self.waiting.remove(&snapshot.id);
                    self.settled.insert(snapshot.id.clone(), LeftoverReason::NotProven(missing));
                }
            }
        }
        self.waiting.retain(|id, _| delete.contains(id));
        self.settled
            .retain(|id, why| !matches!(why, LeftoverReason::NotProven(_)) || found.iter().any(|s| s.id == *id));
        self.clean = if delete.is_empty() { self.clean.saturating_add(1) } else { 0 };
        self.open = delete.len();
        let pending = found.iter().filter(|s| s.state == SnapshotState::Pending).map(|s| s.id.clone());
        self.pending = pending.filter(|id| delete.contains(id)).collect();
        (self.blind, self.blind_looks) = (None, 0);
        delete
    }

    /// Returns true if nothing is left to be deleted, or nothing that can be.
    fn is_over(&self, seen: usize, job_waits: bool, now: Timestamp) -> bool {
        let all_seen = self.expected > 0 && seen >= self.expected;
        let complete = all_seen || now >= self.turn_up_until;
        let too_long = self.age(now) >= LONGEST && self.looks >= FEWEST_LOOKS;
        // Once the job has ended nobody waits: permission may come back.
        let blind = job_waits && self.blind_looks >= BLIND_TRIES;
        self.clean >= AGREE && complete || too_long || blind
    }

    /// What stays, for ever.
    fn into_leftovers(self) -> Vec<Leftover> {
        let given_up = self.waiting.into_iter().map(|(id, why)| (id, LeftoverReason::GaveUp(why)));
        self.settled.into_iter().chain(given_up).map(|(snapshot, why)| Leftover { snapshot, why }).collect()
    }

    fn pause(&self, job_waits: bool) -> SignedDuration {
        match (job_waits, self.looks > QUICK_LOOKS) {
            (false, _) => BETWEEN_LATE_LOOKS,
            (true, true) => BETWEEN_LATER_LOOKS,
            (true, false) => BETWEEN_LOOKS,
        }
    }
}

impl Engine {
    /// The image is gone by our request: its own snapshots are to be deleted.
    pub(super) fn begin_cleanup(&mut self, id: JobId, verdicts: &[(SnapshotId, SnapshotReturnCode)], now: Timestamp) {
        let late = self.limits.late_snapshots;
        let Some(job) = self.jobs.get_mut(id) else { return };
        let JobState::Removing { image, step, .. } = &mut job.state else { return };
        *step = RemovalStep::DeletingSnapshots {};
        let image = image.clone();
        let mut cleanup = SnapshotCleanup {
            evidence: job.evidence(&image),
            at: Some(now),
            since: now,
            clean: 0,
            looks: 0,
            open: 0,
            waiting: BTreeMap::new(),
            settled: BTreeMap::new(),
            pending: BTreeSet::new(),
            blind: None,
            blind_looks: 0,
            expected: job.request.volumes.len(),
            turn_up_until: job.started.unwrap_or(now) + late,
        };
        // EC2's own list of the image's snapshots, the last there is.
        cleanup.evidence.listed.extend(verdicts.iter().map(|(snapshot, _)| snapshot.clone()));
        for (snapshot, verdict) in verdicts {
            let reason = match verdict {
                SnapshotReturnCode::Skipped => LeftoverReason::InUse,
                SnapshotReturnCode::MissingPermissions => LeftoverReason::MissingPermissions,
                // A pending snapshot is one, and passes; any other reason DeleteSnapshot tells better.
                SnapshotReturnCode::ClientError | SnapshotReturnCode::InternalError | SnapshotReturnCode::Deleted => {
                    continue;
                }
            };
            cleanup.settled.insert(snapshot.clone(), reason);
        }
        job.cleanups.retain(|c| c.evidence.image != image);
        job.cleanups.push(cleanup);
    }

    /// Looks for what is left of every removed image whose time has come.
    pub(super) fn clean_up(&mut self, now: Timestamp, calls: &mut Vec<Request>) {
        let due = |c: &SnapshotCleanup| c.at.is_some_and(|at| at <= now);
        for id in self.jobs.ids(|j| j.cleanups.iter().any(due)) {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            let region = job.request.destination.clone();
            for cleanup in job.cleanups.iter_mut().filter(|c| due(c)) {
                cleanup.at = None;
                cleanup.looks += 1;
                let mut snapshots = cleanup.evidence.listed.clone();
                snapshots.extend(cleanup.waiting.keys().cloned());
                calls.push(Request::FindSnapshots {
                    job: id,
                    region: region.clone(),
                    image: cleanup.evidence.image.clone(),
                    snapshots: snapshots.into_iter().collect(),
                });
            }
        }
    }

    /// When a cleanup wants to go on.
    pub(super) fn next_cleanup(&self) -> Option<Timestamp> {
        self.jobs.values().flat_map(|j| &j.cleanups).filter_map(|c| c.at).min()
    }

    /// What is left was looked for.
    pub(super) fn leftovers(
        &mut self,
        id: JobId,
        image: &ImageId,
        result: Result<Vec<Snapshot>, Failure>,
        now: Timestamp,
        calls: &mut Vec<Request>,
    ) {
        let Some((job, n)) = self.cleanup_of(id, image) else { return };
        let region = job.request.destination.clone();
        let delete =
            |snapshot| Request::DeleteSnapshot { job: id, region: region.clone(), image: image.clone(), snapshot };
        let waits = job_waits(job, image);
        let (mut seen, cleanup) = (job.snapshots.len(), &mut job.cleanups[n]);
        match result {
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => {
                if waits {
                    job.note = Some(Note::SnapshotListDelayed(failure.why));
                }
            }
            // What nobody may look at cannot be proven to be ours.
            Err(failure) => {
                cleanup.blind = Some(failure.why);
                cleanup.blind_looks += 1;
            }
            Ok(found) => {
                let to_delete = cleanup.sort(&found);
                let known = &mut job.snapshots;
                for snapshot in found.iter().filter(|s| to_delete.contains(&s.id)) {
                    if waits && !known.iter().any(|k| k.id == snapshot.id) {
                        known.push(SnapshotProgress::from(snapshot));
                    }
                }
                seen = known.len();
                calls.extend(to_delete.into_iter().map(delete));
                if waits {
                    job.note = waiting_note(cleanup);
                }
            }
        }
        self.judge_cleanup(id, image, seen, now);
    }

    /// A snapshot was deleted, or not.
    pub(super) fn deleted(
        &mut self,
        id: JobId,
        image: &ImageId,
        snapshot: &SnapshotId,
        result: Result<(), Failure>,
        now: Timestamp,
    ) {
        let Some((job, n)) = self.cleanup_of(id, image) else { return };
        let cleanup = &mut job.cleanups[n];
        cleanup.waiting.remove(snapshot);
        if let Err(failure) = result {
            let in_use = failure.kind == FailureKind::InUse;
            let passes = matches!(failure.retry, Retry::Later | Retry::AfterLogin);
            let waits = if in_use { cleanup.age(now) < IN_USE_RACE } else { passes };
            // What is refused of a pending snapshot may be done once that has ended.
            if waits || cleanup.pending.contains(snapshot) && failure.kind != FailureKind::Denied {
                cleanup.waiting.insert(snapshot.clone(), Some(failure.why));
            } else {
                let why = if in_use { LeftoverReason::InUse } else { LeftoverReason::Refused(failure.why) };
                cleanup.settled.insert(snapshot.clone(), why);
            }
        }
        cleanup.open = cleanup.open.saturating_sub(1);
        if cleanup.open == 0 {
            let seen = job.snapshots.len();
            self.judge_cleanup(id, image, seen, now);
        }
    }

    /// Ends a cleanup that is over, ends the job that has waited long enough for it, or plans the next look.
    fn judge_cleanup(&mut self, id: JobId, image: &ImageId, seen: usize, now: Timestamp) {
        let Some((job, n)) = self.cleanup_of(id, image) else { return };
        let waits = job_waits(job, image);
        let cleanup = &mut job.cleanups[n];
        if cleanup.is_over(seen, waits, now) {
            let cleanup = job.cleanups.remove(n);
            let blind = cleanup.blind.clone();
            for leftover in cleanup.into_leftovers() {
                job.leftovers.retain(|l| l.snapshot != leftover.snapshot);
                job.leftovers.push(leftover);
            }
            if waits {
                let note = blind.map(Note::SnapshotsNotListed);
                self.removed(id, note, now);
            }
            return;
        }
        let late = cleanup.age(now) >= JOB_WAITS;
        if cleanup.open == 0 {
            cleanup.at = Some(now + cleanup.pause(waits && !late));
        }
        if waits && late {
            self.removed(id, None, now);
        }
    }

    /// The job, and which of its cleanups is this image's.
    fn cleanup_of(&mut self, id: JobId, image: &ImageId) -> Option<(&mut Job, usize)> {
        let job = self.jobs.get_mut(id)?;
        let n = job.cleanups.iter().position(|c| c.evidence.image == *image)?;
        Some((job, n))
    }
}

/// Returns true if the job does not go on before this image's snapshots are gone.
fn job_waits(job: &Job, image: &ImageId) -> bool {
    matches!(&job.state, JobState::Removing { image: removing, step: RemovalStep::DeletingSnapshots {}, .. } if removing == image)
}

fn waiting_note(cleanup: &SnapshotCleanup) -> Option<Note> {
    let (snapshot, why) = cleanup.waiting.first_key_value()?;
    Some(Note::DeletePending { snapshot: snapshot.clone(), why: why.clone() })
}
