//! Removing an image: look, deregister, delete its snapshots, and only then say so. For a cancel, for another try of a failed
//! copy, and for a copy that is available and not wanted. A copy that became available meanwhile is not cancelled, and one
//! that somebody else removed is theirs.

use jiff::{SignedDuration, Timestamp};

use super::{
    CheckedImage, Deregistration, Engine, Job, JobId, JobState, RemovalReason, RemovalStep, Request, note::Note,
};
use crate::domain::{Failure, Image, ImageId, ImageState, Retry};

/// Between two tries of a call that failed for a reason that passes.
const BETWEEN_TRIES: SignedDuration = SignedDuration::from_secs(5);
/// What a look showed is believed for so long.
const LOOK_HOLDS: SignedDuration = SignedDuration::from_secs(5);
/// Slow looks in a row before the answer is taken for what it is.
const SLOW_LOOKS: u8 = 2;
/// Looks in a row that must miss the image before it counts as gone.
const AGREE: u8 = 2;

impl Engine {
    pub(super) fn cancel(&mut self, id: JobId, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        match job.state.clone() {
            JobState::Queued if job.unknown_outcome.is_none() => {
                job.note = Some(Note::NeverSent);
                self.end(id, JobState::Cancelled, now);
            }
            // Nothing is sent for it any more: it is only looked for.
            JobState::Queued | JobState::Reconciling { .. } => {
                job.cancel_wanted = true;
                job.note = Some(Note::CancelAfterOutcome);
                if job.state == JobState::Queued {
                    job.state = JobState::Reconciling { at: Some(now) };
                }
            }
            JobState::Starting => job.cancel_wanted = true,
            JobState::InDoubt { .. } => self.give_up(id, now),
            JobState::Copying { image } => {
                (job.note, job.missed, job.deregistering) = (None, 0, None);
                let step = RemovalStep::look(now);
                job.state = JobState::Removing { image, purpose: RemovalReason::Cancel, step };
            }
            JobState::Removing { image, purpose: RemovalReason::Retry { failure, .. }, step } => {
                let untouched = job.deregistering.is_none() && !matches!(step, RemovalStep::DeletingSnapshots {});
                if untouched {
                    job.note = Some(Note::RetryCancelled);
                    self.end(id, JobState::Failed { failure, image: Some(image) }, now);
                } else {
                    // What is under way is brought to its end, and then the copy is not made again.
                    job.state = JobState::Removing { image, purpose: RemovalReason::Cancel, step };
                }
            }
            _ => {}
        }
    }

    /// Only of what is available: everything else is cancelled.
    pub(super) fn deregister(&mut self, id: JobId, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if let JobState::Available { image } = job.state.clone() {
            self.remove(id, image, RemovalReason::Deregister, now);
        }
    }

    /// Begins the removal of an ended job's image.
    pub(super) fn remove(&mut self, id: JobId, image: ImageId, purpose: RemovalReason, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        (job.ended, job.note, job.dismissed, job.missed) = (None, None, false, 0);
        (job.cancel_wanted, job.deregistering) = (false, None);
        job.state = JobState::Removing { image, purpose, step: RemovalStep::look(now) };
    }

    /// Takes every removal whose time has come one step on.
    pub(super) fn go_on_removing(&mut self, now: Timestamp, calls: &mut Vec<Request>) {
        for id in self.jobs.ids(|j| due(j).is_some_and(|at| at <= now)) {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            let region = job.request.destination.clone();
            let unknown_source = job.request.source_snapshots.is_empty();
            let source = unknown_source.then(|| (job.request.source_region.clone(), job.request.source.clone()));
            let JobState::Removing { image, purpose, step } = &mut job.state else { continue };
            let image = image.clone();
            if let RemovalStep::Deregistering { looked, .. } = step
                && looked.is_none_or(|at| now.duration_since(at) > LOOK_HOLDS || at > now)
            {
                *step = RemovalStep::look(now);
            }
            match step {
                RemovalStep::Checking { at, asked, .. } => {
                    (*at, *asked) = (None, Some(now));
                    calls.push(Request::CheckImage { job: id, region, image, source });
                }
                RemovalStep::Deregistering { at, looked, .. } => {
                    *at = None;
                    // A pending copy may become available at any moment; what is available or failed stays so.
                    let pending = matches!(purpose, RemovalReason::Cancel);
                    let not_after = looked.filter(|_| pending).map(|at| at + LOOK_HOLDS);
                    job.deregistering = Some(now);
                    calls.push(Request::DeregisterImage { job: id, region, image, not_after });
                }
                RemovalStep::DeletingSnapshots {} => {}
            }
        }
    }

    pub(super) fn next_step(&self) -> Option<Timestamp> {
        let settling = |j: &Job| if let JobState::Reconciling { at } = j.state { at } else { None };
        let of_jobs = self.jobs.values().filter_map(|j| due(j).or_else(|| settling(j))).min();
        [of_jobs, self.next_cleanup()].into_iter().flatten().min()
    }

    /// The job, if it is being removed.
    fn removing(&mut self, id: JobId) -> Option<(&mut Job, ImageId, RemovalReason, RemovalStep)> {
        let job = self.jobs.get_mut(id)?;
        match &job.state {
            JobState::Removing { image, purpose, step } => {
                let (image, purpose, step) = (image.clone(), purpose.clone(), step.clone());
                Some((job, image, purpose, step))
            }
            _ => None,
        }
    }

    fn set_step(&mut self, id: JobId, next: RemovalStep) {
        if let Some(Job { state: JobState::Removing { step, .. }, .. }) = self.jobs.get_mut(id) {
            *step = next;
        }
    }

    pub(super) fn looked(&mut self, id: JobId, result: Result<CheckedImage, Failure>, now: Timestamp) {
        let Some((job, _, _, RemovalStep::Checking { asked, slow, .. })) = self.removing(id) else { return };
        let looked = match result {
            Ok(looked) => looked,
            Err(failure) => return self.step_failed(id, &failure, now),
        };
        if let Some(snapshots) = looked.source_snapshots {
            job.request.source_snapshots = snapshots;
        }
        match looked.image {
            Some(image) if image.state != ImageState::Deregistered => {
                // An answer that took long, because the machine slept or the network is bad, may be as old as its question.
                // A network that is always so slow must not keep a cancel from being carried out.
                let late = asked.is_none_or(|asked| now.duration_since(asked) > LOOK_HOLDS);
                if late && slow < SLOW_LOOKS && image.state == ImageState::Pending {
                    job.observe_image(&image);
                    let next = RemovalStep::Checking { at: Some(now), asked: None, slow: slow + 1 };
                    return self.set_step(id, next);
                }
                let as_of = if late { now } else { asked.unwrap_or(now) };
                self.still_there(id, &image, as_of, now);
            }
            _ => self.missing(id, now),
        }
    }

    fn still_there(&mut self, id: JobId, found: &Image, as_of: Timestamp, now: Timestamp) {
        let unseen = self.limits.unseen;
        let Some((job, image, purpose, _)) = self.removing(id) else { return };
        job.observe_image(found);
        let whole = matches!(found.state, ImageState::Available | ImageState::Disabled);
        let sent = job.deregistering.is_some_and(|sent| now.duration_since(sent) < unseen);
        let earlier = job.deregistering.is_some();
        match purpose {
            // Ours may have been carried out, and EC2 may show the image a while longer.
            RemovalReason::Cancel | RemovalReason::Retry { .. } if whole && sent => {
                self.set_step(id, RemovalStep::look(now + BETWEEN_TRIES));
            }
            RemovalReason::Cancel if whole => {
                job.note = Some(Note::AvailableBeforeCancel);
                self.end(id, JobState::Available { image }, now);
            }
            RemovalReason::Retry { .. } if whole => {
                job.note = Some(Note::AvailableAfterAll);
                self.end(id, JobState::Available { image }, now);
            }
            _ => self.set_step(id, RemovalStep::Deregistering { at: Some(now), looked: Some(as_of), earlier }),
        }
    }

    /// EC2 does not know the image (any more, or yet).
    fn missing(&mut self, id: JobId, now: Timestamp) {
        let unseen = self.limits.unseen;
        let Some((job, ..)) = self.removing(id) else { return };
        let young = job.started.is_some_and(|started| now.duration_since(started) < unseen);
        // Too young for EC2 to know: what it does not know it cannot deregister either.
        if job.seen || !young || job.deregistering.is_some() {
            job.missed = job.missed.saturating_add(1);
        }
        if job.missed < AGREE {
            self.set_step(id, RemovalStep::look(now + BETWEEN_TRIES));
        } else if job.deregistering.is_some() {
            // Ours was carried out, and its answer was lost.
            self.begin_cleanup(id, &[], now);
        } else {
            self.gone(id, now);
        }
    }

    /// Somebody else removed it: its snapshots are theirs.
    fn gone(&mut self, id: JobId, now: Timestamp) {
        let Some((job, image, purpose, _)) = self.removing(id) else { return };
        match purpose {
            RemovalReason::Retry { .. } => self.removed(id, None, now),
            RemovalReason::Cancel | RemovalReason::Deregister => {
                job.note = Some(Note::DeregisteredElsewhere);
                let cancel = matches!(purpose, RemovalReason::Cancel);
                self.end(id, JobState::Gone { image }, now);
                // Should EC2 show it again, the cancel still holds.
                if let Some(job) = self.jobs.get_mut(id) {
                    job.cancel_wanted = cancel;
                }
            }
        }
    }

    pub(super) fn deregistered(&mut self, id: JobId, result: Result<Deregistration, Failure>, now: Timestamp) {
        let Some((job, _, _, RemovalStep::Deregistering { earlier, .. })) = self.removing(id) else { return };
        let look_at = RemovalStep::look;
        if !earlier && !carried_out(&result) {
            job.deregistering = None;
        }
        match result {
            Ok(Deregistration::Done(verdicts)) => {
                job.note = None;
                self.begin_cleanup(id, &verdicts, now);
            }
            Ok(Deregistration::NotSent) => self.set_step(id, look_at(now)),
            // One answer of EC2 may know what another does not know yet, or any more: looks decide.
            Ok(Deregistration::Unknown) => self.set_step(id, look_at(now + BETWEEN_TRIES)),
            // Deregistered, or in a state that does not allow it: a look tells which.
            Ok(Deregistration::Unavailable) => {
                job.note = Some(Note::DeregisterLater);
                self.set_step(id, look_at(now + BETWEEN_TRIES));
            }
            Err(failure) => self.step_failed(id, &failure, now),
        }
    }

    /// A reason that passes: again. Any other: it is what it was before, and the job says why.
    fn step_failed(&mut self, id: JobId, failure: &Failure, now: Timestamp) {
        let Some((job, image, purpose, _)) = self.removing(id) else { return };
        if matches!(failure.retry, Retry::Later | Retry::AfterLogin) {
            job.note = Some(Note::RetryAfter(failure.why.clone()));
            self.set_step(id, RemovalStep::look(now + BETWEEN_TRIES));
            return;
        }
        match purpose {
            RemovalReason::Cancel => {
                let region = job.request.destination.clone();
                job.note = Some(Note::CancelRefused(failure.why.clone()));
                job.deregistering = None;
                job.state = JobState::Copying { image };
                self.poll_soon(&region, now);
            }
            RemovalReason::Retry { failure: old, .. } => {
                job.note = Some(Note::RetryRefused { image: image.clone(), why: failure.why.clone() });
                self.end(id, JobState::Failed { failure: old, image: Some(image) }, now);
            }
            RemovalReason::Deregister => {
                job.note = Some(Note::DeregisterRefused(failure.why.clone()));
                self.end(id, JobState::Available { image }, now);
            }
        }
    }

    /// The image is gone, and so are its snapshots, or they are left to [`Engine::clean_up`].
    pub(super) fn removed(&mut self, id: JobId, note: Option<Note>, now: Timestamp) {
        let tagged = self.limits.tagging;
        let Some((job, _, purpose, _)) = self.removing(id) else { return };
        match purpose {
            RemovalReason::Cancel => {
                job.note = note;
                self.end(id, JobState::Cancelled, now);
            }
            RemovalReason::Deregister => {
                job.note = note;
                self.end(id, JobState::Deregistered, now);
            }
            RemovalReason::Retry { token, .. } => {
                job.begin_again(token, now);
                (job.tagged, job.note) = (tagged, note.map(|n| Note::FailedImage(Box::new(n))));
                let region = job.request.destination.clone();
                self.poll_at(&region, now);
            }
        }
    }

    /// A poll that was sent before the removal began shows the copy available: it is not deregistered.
    pub(super) fn seen_available(&mut self, id: JobId, now: Timestamp) {
        let Some((job, image, RemovalReason::Cancel, step)) = self.removing(id) else { return };
        let waits = matches!(step, RemovalStep::Checking { .. } | RemovalStep::Deregistering { at: Some(_), .. });
        if waits && job.deregistering.is_none() {
            job.note = Some(Note::AvailableBeforeCancel);
            self.end(id, JobState::Available { image }, now);
        }
    }
}

/// Returns true if the request was carried out, or may have been.
fn carried_out(result: &Result<Deregistration, Failure>) -> bool {
    match result {
        Ok(Deregistration::Done(_)) => true,
        Ok(Deregistration::Unknown | Deregistration::Unavailable | Deregistration::NotSent) => false,
        Err(failure) => failure.retry == Retry::Later && !failure.kind.refused_for_now(),
    }
}

fn due(job: &Job) -> Option<Timestamp> {
    match &job.state {
        JobState::Removing { step, .. } => step.due(),
        _ => None,
    }
}
