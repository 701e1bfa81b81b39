//! Cancelling: look, deregister, sweep, and only then say so. A copy that became available meanwhile is left alone.

use jiff::{SignedDuration, Timestamp};

use super::{Call, Engine, Job, JobId, JobState, job::Cancelling};
use crate::domain::{Failure, Image, ImageId, ImageState, Retry, Snapshot, SnapshotId, progress::SnapshotProgress};

/// Between two looks for what is left: EC2 needs a moment to let go of a snapshot.
const BETWEEN_SWEEPS: SignedDuration = SignedDuration::from_secs(3);
/// Between two tries of a call that failed for a reason that passes.
const BETWEEN_TRIES: SignedDuration = SignedDuration::from_secs(5);
/// Looks in a row that must find nothing.
const CLEAN: u8 = 2;
/// After this many looks what is left is named and the cancel ends; some five minutes.
const MOST_SWEEPS: u32 = 100;

impl Engine {
    pub(super) fn cancel(&mut self, id: JobId, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        match job.state.clone() {
            JobState::Queued if job.in_doubt => {
                job.cancel_wanted = true;
                job.note = Some("to be cancelled once AWS says whether the copy began".into());
            }
            JobState::Queued => {
                job.note = Some("never sent to AWS".into());
                self.end(id, JobState::Cancelled, now);
            }
            JobState::Starting => job.state = JobState::Cancelling(Cancelling::AwaitingId),
            JobState::Copying { image } => {
                job.note = None;
                job.state = JobState::Cancelling(Cancelling::Looking { image, at: Some(now) });
            }
            JobState::Available { .. } | JobState::Failed { .. } | JobState::Cancelling(_) | JobState::Cancelled => {}
        }
    }

    /// Takes every cancel whose time has come one step on.
    pub(super) fn go_on_cancelling(&mut self, now: Timestamp, calls: &mut Vec<Call>) {
        for job in self.jobs.values_mut() {
            let region = job.request.destination.clone();
            let snapshots = || job.snapshots.iter().map(|s| s.id.clone()).collect();
            let JobState::Cancelling(step) = &mut job.state else { continue };
            if step.due().is_none_or(|at| at > now) {
                continue;
            }
            match step {
                Cancelling::AwaitingId => {}
                Cancelling::Looking { image, at } => {
                    *at = None;
                    calls.push(Call::Look { job: job.id, region, image: image.clone() });
                }
                Cancelling::Deregistering { image, at } => {
                    *at = None;
                    calls.push(Call::Deregister { job: job.id, region, image: image.clone() });
                }
                Cancelling::Sweeping { image, at, rounds, .. } => {
                    *at = None;
                    *rounds += 1;
                    calls.push(Call::FindLeftovers {
                        job: job.id,
                        region,
                        image: image.clone(),
                        snapshots: snapshots(),
                    });
                }
            }
        }
    }

    pub(super) fn next_cancel_step(&self) -> Option<Timestamp> {
        self.jobs
            .values()
            .filter_map(|j| match &j.state {
                JobState::Cancelling(step) => step.due(),
                _ => None,
            })
            .min()
    }

    fn cancelling(&mut self, id: JobId) -> Option<(&mut Job, Cancelling)> {
        let job = self.jobs.get_mut(&id)?;
        match &job.state {
            JobState::Cancelling(step) => {
                let step = step.clone();
                Some((job, step))
            }
            _ => None,
        }
    }

    pub(super) fn looked(&mut self, id: JobId, result: Result<Option<Box<Image>>, Failure>, now: Timestamp) {
        let Some((job, Cancelling::Looking { image, .. })) = self.cancelling(id) else { return };
        match result {
            Ok(Some(found)) if matches!(found.state, ImageState::Available | ImageState::Disabled) => {
                job.note = Some("became available before the cancel reached it; nothing was deleted".into());
                self.end(id, JobState::Available { image }, now);
            }
            Ok(Some(found)) => {
                remember(job, &found);
                job.state = JobState::Cancelling(Cancelling::Deregistering { image, at: Some(now) });
            }
            // Not found: gone, or too young for EC2 to know. Deregistering tells the one from the other.
            Ok(None) if !job.seen => {
                job.state = JobState::Cancelling(Cancelling::Deregistering { image, at: Some(now) });
            }
            Ok(None) => self.sweep(id, image, now),
            Err(failure) => self.step_failed(id, Cancelling::Looking { image, at: None }, &failure, now),
        }
    }

    pub(super) fn deregistered(&mut self, id: JobId, result: Result<(), Failure>, now: Timestamp) {
        let Some((_, Cancelling::Deregistering { image, .. })) = self.cancelling(id) else { return };
        match result {
            Ok(()) => self.sweep(id, image, now),
            Err(failure) => self.step_failed(id, Cancelling::Deregistering { image, at: None }, &failure, now),
        }
    }

    /// A reason that passes: again. Any other: the copy goes on, and the job says why.
    fn step_failed(&mut self, id: JobId, mut step: Cancelling, failure: &Failure, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if matches!(failure.retry, Retry::Later | Retry::AfterLogin) {
            if let Cancelling::Looking { at, .. } | Cancelling::Deregistering { at, .. } = &mut step {
                *at = Some(now + BETWEEN_TRIES);
            }
            job.note = Some(format!("trying again: {}", failure.why));
            job.state = JobState::Cancelling(step);
        } else if let Cancelling::Looking { image, .. } | Cancelling::Deregistering { image, .. } = step {
            let region = job.request.destination.clone();
            job.note = Some(format!("not cancelled: {}", failure.why));
            job.state = JobState::Copying { image };
            self.look_soon(&region, now);
        }
    }

    fn sweep(&mut self, id: JobId, image: ImageId, now: Timestamp) {
        if let Some(job) = self.jobs.get_mut(&id) {
            job.note = None;
            let step = Cancelling::Sweeping { image, at: Some(now), clean: 0, rounds: 0, open: 0, refused: Vec::new() };
            job.state = JobState::Cancelling(step);
        }
    }

    pub(super) fn leftovers(
        &mut self,
        id: JobId,
        result: Result<Vec<Snapshot>, Failure>,
        now: Timestamp,
        calls: &mut Vec<Call>,
    ) {
        let Some((job, Cancelling::Sweeping { image, mut clean, rounds, refused, .. })) = self.cancelling(id) else {
            return;
        };
        let region = job.request.destination.clone();
        let mut at = Some(now + BETWEEN_SWEEPS);
        let mut open = 0;
        match result {
            Err(failure) => job.note = Some(format!("looking for what is left: {}", failure.why)),
            Ok(found) => {
                let own = found.into_iter().filter(|s| {
                    job.snapshots.iter().any(|known| known.id == s.id) || s.destination_image().as_ref() == Some(&image)
                });
                let left: Vec<Snapshot> = own.filter(|s| !refused.iter().any(|(id, _)| *id == s.id)).collect();
                clean = if left.is_empty() { clean + 1 } else { 0 };
                for snapshot in left {
                    if !job.snapshots.iter().any(|s| s.id == snapshot.id) {
                        job.snapshots.push(SnapshotProgress::from(&snapshot));
                    }
                    open += 1;
                    calls.push(Call::DeleteSnapshot { job: id, region: region.clone(), snapshot: snapshot.id });
                }
            }
        }
        if clean >= CLEAN || rounds >= MOST_SWEEPS {
            job.note = leftover_note(&refused, rounds >= MOST_SWEEPS && clean < CLEAN);
            self.end(id, JobState::Cancelled, now);
            return;
        }
        if open > 0 {
            at = None;
        }
        job.state = JobState::Cancelling(Cancelling::Sweeping { image, at, clean, rounds, open, refused });
    }

    pub(super) fn deleted(&mut self, id: JobId, snapshot: &SnapshotId, result: Result<(), Failure>, now: Timestamp) {
        let Some((job, Cancelling::Sweeping { image, mut at, clean, rounds, open, mut refused })) = self.cancelling(id)
        else {
            return;
        };
        if let Err(failure) = result {
            // In use right after deregistering is a race that passes.
            if !matches!(failure.retry, Retry::Later | Retry::AfterLogin) && !failure.is("InvalidSnapshot.InUse") {
                refused.push((snapshot.clone(), failure.why));
            }
        }
        let open = open.saturating_sub(1);
        if open == 0 {
            at = Some(now + BETWEEN_SWEEPS);
        }
        job.state = JobState::Cancelling(Cancelling::Sweeping { image, at, clean, rounds, open, refused });
    }
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

fn leftover_note(refused: &[(SnapshotId, String)], gave_up: bool) -> Option<String> {
    let named: Vec<String> = refused.iter().map(|(id, why)| format!("{id} ({why})")).collect();
    match (named.is_empty(), gave_up) {
        (true, false) => None,
        (true, true) => Some("some of its snapshots may be left; AWS kept them in use".into()),
        (false, _) => Some(format!("left behind: {}", named.join(", "))),
    }
}
