//! Removing an image: look, deregister, sweep up its snapshots, and only then say so. For a cancel, for another try of a
//! failed copy, and for a copy that is available and not wanted. A copy that became available meanwhile is not cancelled.

use jiff::{SignedDuration, Timestamp};

use super::{Call, Deregistration, Engine, Job, JobId, JobState, Purpose, Step, Sweep};
use crate::domain::{Failure, Image, ImageId, ImageState, Retry, Snapshot, SnapshotId, progress::SnapshotProgress};

/// Between two looks for what is left, at first: EC2 needs a moment to let go of a snapshot.
const BETWEEN_SWEEPS: SignedDuration = SignedDuration::from_secs(3);
/// The same, after many looks: a large snapshot may be pending for hours and cannot be deleted before.
const SLOW_SWEEPS: SignedDuration = SignedDuration::from_secs(60);
/// Looks before they become slower.
const QUICK: u32 = 20;
/// Between two tries of a call that failed for a reason that passes.
const BETWEEN_TRIES: SignedDuration = SignedDuration::from_secs(5);
/// Looks in a row that must find nothing.
const CLEAN: u8 = 2;
/// Tries where nobody may look for snapshots.
const BLIND: u32 = 3;
/// Looks before a removal may end for want of time: a machine may have slept, or nobody been signed in.
const MANY: u32 = 100;
/// After so long what is left is named and the removal ends.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

impl Engine {
    pub(super) fn cancel(&mut self, id: JobId, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        match job.state.clone() {
            JobState::Queued if job.doubt.is_none() => {
                job.note = Some("never sent to AWS".into());
                self.end(id, JobState::Cancelled, now);
            }
            JobState::Queued | JobState::Settling { .. } => {
                job.cancel_wanted = true;
                job.note = Some("to be cancelled once AWS says whether the copy began".into());
            }
            JobState::Starting => job.cancel_wanted = true,
            JobState::Copying { image } => {
                job.note = None;
                let step = Step::Looking { at: Some(now) };
                job.state = JobState::Removing { image, purpose: Purpose::Cancel, step };
            }
            // Not made anew after all: what is under way goes on, and then it ends.
            JobState::Removing { image, purpose: Purpose::TryAgain { .. }, step } => {
                job.state = JobState::Removing { image, purpose: Purpose::Cancel, step };
            }
            _ => {}
        }
    }

    /// Only of what is available: everything else is cancelled.
    pub(super) fn deregister(&mut self, id: JobId, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if let JobState::Available { image } = job.state.clone() {
            (job.ended, job.note, job.dismissed) = (None, None, false);
            let step = Step::Deregistering { at: Some(now) };
            job.state = JobState::Removing { image, purpose: Purpose::Deregister, step };
        }
    }

    /// Takes every removal whose time has come one step on.
    pub(super) fn go_on_removing(&mut self, now: Timestamp, calls: &mut Vec<Call>) {
        for id in self.jobs.ids(|j| due(j).is_some_and(|at| at <= now)) {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            let region = job.request.destination.clone();
            let snapshots = job.snapshots.iter().map(|s| s.id.clone()).collect();
            if matches!(&job.state, JobState::Removing { step: Step::Deregistering { .. }, .. }) {
                job.deregistering = Some(now);
            }
            let JobState::Removing { image, step, .. } = &mut job.state else { continue };
            let image = image.clone();
            calls.push(match step {
                Step::Looking { at } => {
                    *at = None;
                    Call::Look { job: id, region, image }
                }
                Step::Deregistering { at } => {
                    *at = None;
                    Call::Deregister { job: id, region, image }
                }
                Step::Sweeping(sweep) => {
                    sweep.at = None;
                    sweep.rounds += 1;
                    sweep.since.get_or_insert(now);
                    Call::FindLeftovers { job: id, region, image, snapshots }
                }
            });
        }
    }

    pub(super) fn next_step(&self) -> Option<Timestamp> {
        let settling = |j: &Job| if let JobState::Settling { at } = j.state { at } else { None };
        self.jobs.values().filter_map(|j| due(j).or_else(|| settling(j))).min()
    }

    /// The job, if it is being removed.
    fn removing(&mut self, id: JobId) -> Option<(&mut Job, ImageId, Purpose, Step)> {
        let job = self.jobs.get_mut(id)?;
        match &job.state {
            JobState::Removing { image, purpose, step } => {
                let (image, purpose, step) = (image.clone(), purpose.clone(), step.clone());
                Some((job, image, purpose, step))
            }
            _ => None,
        }
    }

    pub(super) fn looked(&mut self, id: JobId, result: Result<Option<Box<Image>>, Failure>, now: Timestamp) {
        let unseen = self.limits.unseen;
        let Some((job, image, purpose, Step::Looking { .. })) = self.removing(id) else { return };
        let sent = job.deregistering.is_some_and(|sent| now.duration_since(sent) < unseen);
        let next = match result {
            // The answer of a deregistration was lost, and EC2 may show the image a while longer.
            Ok(Some(found)) if sent && found.state == ImageState::Available => {
                Step::Looking { at: Some(now + BETWEEN_TRIES) }
            }
            Ok(Some(found)) if matches!(found.state, ImageState::Available | ImageState::Disabled) => {
                job.note = Some("became available before the cancel reached it; nothing was deleted".into());
                return self.end(id, JobState::Available { image }, now);
            }
            Ok(Some(found)) => {
                remember(job, &found);
                Step::Deregistering { at: Some(now) }
            }
            // Too young for EC2 to know: what it does not know it cannot deregister either.
            Ok(None) if !job.seen && job.started.is_some_and(|s| now.duration_since(s) < unseen) => {
                Step::Looking { at: Some(now + BETWEEN_TRIES) }
            }
            // Gone, or never known: deregistering tells the one from the other.
            Ok(None) => Step::Deregistering { at: Some(now) },
            Err(failure) => return self.step_failed(id, &failure, now),
        };
        job.state = JobState::Removing { image, purpose, step: next };
    }

    pub(super) fn deregistered(&mut self, id: JobId, result: Result<Deregistration, Failure>, now: Timestamp) {
        let unseen = self.limits.unseen;
        let Some((job, image, purpose, Step::Deregistering { .. })) = self.removing(id) else { return };
        let young = job.started.is_some_and(|started| now.duration_since(started) < unseen);
        match result {
            // One answer of EC2 may know what another does not know yet.
            Ok(Deregistration::Unknown) if young => {
                let step = Step::again(&purpose, now + BETWEEN_TRIES);
                job.state = JobState::Removing { image, purpose, step };
            }
            Ok(_) => {
                job.note = None;
                let step = Step::Sweeping(Sweep { at: Some(now), ..Sweep::default() });
                job.state = JobState::Removing { image, purpose, step };
            }
            Err(failure) => self.step_failed(id, &failure, now),
        }
    }

    /// A reason that passes: again. Any other: it is what it was before, and the job says why.
    fn step_failed(&mut self, id: JobId, failure: &Failure, now: Timestamp) {
        let Some((job, image, purpose, _)) = self.removing(id) else { return };
        if matches!(failure.retry, Retry::Later | Retry::AfterLogin) {
            let step = Step::again(&purpose, now + BETWEEN_TRIES);
            job.note = Some(format!("trying again: {}", failure.why));
            job.state = JobState::Removing { image, purpose, step };
            return;
        }
        match purpose {
            Purpose::Cancel => {
                let region = job.request.destination.clone();
                job.note = Some(format!("not cancelled: {}", failure.why));
                job.state = JobState::Copying { image };
                self.look_soon(&region, now);
            }
            Purpose::TryAgain { failure: old, .. } => {
                job.note = Some(format!("not tried again, {image} cannot be removed: {}", failure.why));
                self.end(id, JobState::Failed { failure: old, image: Some(image) }, now);
            }
            Purpose::Deregister => {
                job.note = Some(format!("not deregistered: {}", failure.why));
                self.end(id, JobState::Available { image }, now);
            }
        }
    }

    pub(super) fn leftovers(
        &mut self,
        id: JobId,
        result: Result<Vec<Snapshot>, Failure>,
        now: Timestamp,
        calls: &mut Vec<Call>,
    ) {
        let late = self.limits.late_snapshots;
        let Some((job, image, purpose, Step::Sweeping(mut sweep))) = self.removing(id) else { return };
        let region = job.request.destination.clone();
        let delete = |snapshot: SnapshotId| Call::DeleteSnapshot { job: id, region: region.clone(), snapshot };
        let mut over = false;
        match result {
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => {
                job.note = Some(format!("looking for what is left: {}", failure.why));
            }
            // Nobody may look: those that are known are deleted unseen, and the rest is said.
            Err(failure) => {
                over = sweep.rounds >= BLIND;
                let known = job.snapshots.iter().map(|s| &s.id);
                for snapshot in known.filter(|_| !over).filter(|s| !sweep.refused.iter().any(|(id, _)| id == *s)) {
                    sweep.open += 1;
                    calls.push(delete(snapshot.clone()));
                }
                sweep.blind = Some(failure.why);
            }
            Ok(found) => {
                let own = found.into_iter().filter(|s| {
                    job.snapshots.iter().any(|known| known.id == s.id) || s.destination_image().as_ref() == Some(&image)
                });
                let left: Vec<Snapshot> = own.filter(|s| !sweep.refused.iter().any(|(id, _)| *id == s.id)).collect();
                sweep.clean = if left.is_empty() { sweep.clean.saturating_add(1) } else { 0 };
                sweep.stuck.retain(|(id, _)| left.iter().any(|s| s.id == *id));
                for snapshot in left {
                    if !job.snapshots.iter().any(|s| s.id == snapshot.id) {
                        job.snapshots.push(SnapshotProgress::from(&snapshot));
                    }
                    sweep.open += 1;
                    if !sweep.stuck.iter().any(|(id, _)| *id == snapshot.id) {
                        sweep.stuck.push((snapshot.id.clone(), "not deleted yet".into()));
                    }
                    calls.push(delete(snapshot.id));
                }
                sweep.blind = None;
                job.note = waits_for(&sweep);
                over = sweep.rounds > MANY && sweep.since.is_some_and(|then| now.duration_since(then) >= LONGEST);
            }
        }
        let since = |then: Option<Timestamp>| then.map_or(SignedDuration::ZERO, |t| now.duration_since(t));
        // A copy just begun makes its snapshots a little later, even if it is cancelled by then.
        let all_seen = !job.request.volumes.is_empty() && job.snapshots.len() >= job.request.volumes.len();
        let complete = all_seen || since(job.started) >= late;
        if sweep.clean >= CLEAN && complete || over {
            return self.swept(id, &sweep, purpose, now);
        }
        sweep.at = (sweep.open == 0).then(|| now + pause(&sweep));
        job.state = JobState::Removing { image, purpose, step: Step::Sweeping(sweep) };
    }

    pub(super) fn deleted(&mut self, id: JobId, snapshot: &SnapshotId, result: Result<(), Failure>, now: Timestamp) {
        let Some((job, image, purpose, Step::Sweeping(mut sweep))) = self.removing(id) else { return };
        sweep.stuck.retain(|(id, _)| id != snapshot);
        if let Err(failure) = result {
            // In use right after deregistering is a race that passes; so is a snapshot still pending.
            let passes = matches!(failure.retry, Retry::Later | Retry::AfterLogin);
            let list =
                if passes || failure.is("InvalidSnapshot.InUse") { &mut sweep.stuck } else { &mut sweep.refused };
            list.push((snapshot.clone(), failure.why));
        }
        sweep.open = sweep.open.saturating_sub(1);
        if sweep.open == 0 {
            sweep.at = Some(now + pause(&sweep));
        }
        job.state = JobState::Removing { image, purpose, step: Step::Sweeping(sweep) };
    }

    /// Nothing is left, or nothing that could be removed.
    fn swept(&mut self, id: JobId, sweep: &Sweep, purpose: Purpose, now: Timestamp) {
        let tagged = self.limits.tagging;
        let Some(job) = self.jobs.get_mut(id) else { return };
        let named: Vec<String> =
            sweep.refused.iter().chain(&sweep.stuck).map(|(id, why)| format!("{id} ({why})")).collect();
        let note = match (&sweep.blind, named.is_empty()) {
            (Some(why), _) => Some(format!("its snapshots may be left, AWS does not show them: {why}")),
            (None, false) => Some(format!("left behind: {}", named.join(", "))),
            (None, true) => None,
        };
        match purpose {
            Purpose::Cancel => {
                job.note = note;
                self.end(id, JobState::Cancelled, now);
            }
            Purpose::Deregister => {
                job.note = note;
                self.end(id, JobState::Deregistered, now);
            }
            Purpose::TryAgain { token, .. } => {
                job.begin_again(token, now);
                (job.tagged, job.note) = (tagged, note.map(|n| format!("of the failed copy {n}")));
                let region = job.request.destination.clone();
                self.look_at(&region, now);
            }
        }
    }
}

fn due(job: &Job) -> Option<Timestamp> {
    match &job.state {
        JobState::Removing { step, .. } => step.due(),
        _ => None,
    }
}

fn pause(sweep: &Sweep) -> SignedDuration {
    if sweep.rounds > QUICK { SLOW_SWEEPS } else { BETWEEN_SWEEPS }
}

/// Keeps the ids of an image's snapshots: once it is deregistered, it lists them no more.
fn remember(job: &mut Job, image: &Image) {
    job.seen = true;
    for device in &image.block_devices {
        let Some(ebs) = &device.ebs else { continue };
        let Some(id) = &ebs.snapshot_id else { continue };
        if !job.snapshots.iter().any(|s| s.id == *id) {
            job.snapshots.push(SnapshotProgress {
                id: id.clone(),
                size: ebs.volume_size.unwrap_or(0),
                percent: None,
                state: crate::domain::SnapshotState::Pending,
            });
        }
    }
}

fn waits_for(sweep: &Sweep) -> Option<String> {
    let (id, why) = sweep.stuck.first()?;
    Some(format!("waiting to delete {id}: {why}"))
}
