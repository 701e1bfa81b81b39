//! Removing an image: check it, deregister it, delete its snapshots, and report it only then. For a cancel, for the retry of a
//! failed copy, and for an available copy that is deregistered. A copy that became available meanwhile is not cancelled, and
//! the snapshots of an image that somebody else removed are kept.

use jiff::{SignedDuration, Timestamp};

use super::{
    config::EngineConfig,
    ids::BatchId,
    job::{Job, Origin},
    messages::{CheckedImage, Deregistration, Request},
    note::Note,
    state::{JobState, RemovalReason, RemovalStep},
};
use crate::domain::{ClientToken, Failure, FailureKind, Image, ImageId, ImageState, Retry};

/// Between two tries of a request that failed temporarily.
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(5);
/// How long the result of a check is relied on.
const CHECK_VALID: SignedDuration = SignedDuration::from_secs(5);
/// Slow answers in a row before one is relied on all the same.
const SLOW_ANSWERS: u8 = 2;
/// Consecutive checks that must not find the image before it counts as gone.
const MISSES_REQUIRED: u8 = 2;

impl Job {
    /// Cancels the copy; of an available one, the post-copy steps that are left.
    pub(super) fn cancel(&mut self, now: Timestamp) {
        if !self.state.ended() || self.can_give_up_steps() {
            self.give_up_steps();
        }
        match self.state.clone() {
            JobState::Queued if self.unknown_outcome.is_none() => {
                self.note = Some(Note::NeverSent);
                self.end(JobState::Cancelled, now);
            }
            // No more CopyImage is sent; only the outcome is checked.
            JobState::Queued | JobState::Reconciling { .. } => {
                self.cancel_requested = true;
                self.note = Some(Note::CancelAfterOutcome);
                if self.state == JobState::Queued {
                    self.state = JobState::Reconciling { at: Some(now) };
                }
            }
            JobState::Starting => self.cancel_requested = true,
            JobState::InDoubt { .. } => self.give_up(now),
            JobState::Copying { image } => {
                (self.note, self.misses, self.deregister_sent) = (None, 0, None);
                self.keep_snapshots = false;
                self.state = JobState::removing(image, RemovalReason::Cancel, now);
            }
            JobState::Removing { image, reason: RemovalReason::Retry { failure, .. }, step } => {
                let untouched = self.deregister_sent.is_none() && !matches!(step, RemovalStep::DeletingSnapshots {});
                if untouched {
                    self.note = Some(Note::RetryCancelled);
                    self.end(JobState::Failed { failure, image: Some(image) }, now);
                } else {
                    // The removal under way is completed, and then the copy is not made again.
                    self.state = JobState::Removing { image, reason: RemovalReason::Cancel, step };
                }
            }
            _ => {}
        }
    }

    /// Makes a failed copy again, once the failed image and its snapshots are gone.
    pub(super) fn retry(&mut self, token: ClientToken, tagging: bool, now: Timestamp) {
        if self.origin == Origin::Elsewhere {
            self.note = Some(Note::SettingsUnknown);
            return;
        }
        match self.state.clone() {
            JobState::Failed { failure, image: Some(image) } => {
                self.begin_removal(image, RemovalReason::Retry { token, failure }, now);
            }
            JobState::Failed { image: None, .. } | JobState::Gone { .. } => self.requeue(token, tagging, now),
            _ => {}
        }
    }

    /// Deregisters an available copy, or removes what a failed one has left.
    pub(super) fn deregister(&mut self, now: Timestamp) {
        match self.state.clone() {
            JobState::Available { image } => self.begin_removal(image, RemovalReason::Deregister, now),
            JobState::Failed { .. } => self.remove_failed(None, now),
            JobState::Removing { .. } => self.deregister_until = None,
            _ => {}
        }
    }

    /// Removes what a failed copy has left, unless it has become available after all.
    pub(super) fn remove_failed(&mut self, replaced_by: Option<BatchId>, now: Timestamp) {
        if let JobState::Failed { failure, image: Some(image) } = self.state.clone() {
            // A removal that was refused before has not undone that.
            let replaced_by = replaced_by.or_else(|| self.replaced_by().cloned());
            self.begin_removal(image, RemovalReason::Failed { failure, replaced_by }, now);
        }
    }

    /// Begins to remove a job's image, with its snapshots.
    pub(super) fn begin_removal(&mut self, image: ImageId, reason: RemovalReason, now: Timestamp) {
        (self.ended, self.note, self.dismissed, self.misses) = (None, None, false, 0);
        (self.cancel_requested, self.deregister_sent) = (false, None);
        (self.keep_snapshots, self.deregister_until) = (false, None);
        // A copy that continues after a refusal continues with its steps.
        if reason != RemovalReason::DeregisterCopying {
            self.give_up_steps();
        }
        self.state = JobState::removing(image, reason, now);
    }

    /// Returns when the next step is due.
    pub(super) fn removal_due(&self) -> Option<Timestamp> {
        match &self.state {
            JobState::Removing { step, .. } => step.due(),
            _ => None,
        }
    }

    /// Takes a removal that is due one step further.
    pub(super) fn removal_request(&mut self, now: Timestamp) -> Option<Request> {
        self.removal_due().filter(|at| *at <= now)?;
        let too_late = self.is_too_late(now);
        if too_late && self.deregister_sent.is_none() {
            self.leave_image(Note::DeregisterTooLate, now);
            return None;
        }
        let (job, region) = (self.id, self.request.destination.clone());
        let source_wanted = self.request.source_snapshots.is_empty();
        let source = source_wanted.then(|| (self.request.source_region.clone(), self.request.source.clone()));
        let JobState::Removing { image, reason, step } = &mut self.state else { return None };
        let image = image.clone();
        if let RemovalStep::Deregistering { checked, .. } = step
            && (too_late || checked.is_none_or(|at| now.duration_since(at) > CHECK_VALID || at > now))
        {
            *step = RemovalStep::check(now);
        }
        match step {
            RemovalStep::Checking { at, sent, .. } => {
                (*at, *sent) = (None, Some(now));
                Some(Request::CheckImage { job, region, image, source })
            }
            RemovalStep::Deregistering { at, checked, .. } => {
                *at = None;
                // A pending copy may become available at any moment; an available or failed one stays so.
                let pending = matches!(reason, RemovalReason::Cancel);
                let valid = checked.filter(|_| pending).map(|at| at + CHECK_VALID);
                let not_after = valid.into_iter().chain(self.deregister_until).min();
                self.deregister_sent = Some(now);
                let keep_snapshots = self.keep_snapshots;
                Some(Request::DeregisterImage { job, region, image, not_after, keep_snapshots })
            }
            RemovalStep::DeletingSnapshots {} => None,
        }
    }

    /// Takes in the answer to [`Request::CheckImage`].
    pub(super) fn image_checked(
        &mut self,
        result: Result<CheckedImage, Failure>,
        config: &EngineConfig,
        now: Timestamp,
    ) {
        let JobState::Removing { step: RemovalStep::Checking { sent, slow_answers, .. }, .. } = self.state else {
            return;
        };
        let checked = match result {
            Ok(checked) => checked,
            Err(failure) => return self.removal_failed(failure, now),
        };
        if let Some(snapshots) = checked.source_snapshots {
            self.request.source_snapshots = snapshots;
        }
        match checked.image {
            Some(image) if image.state != ImageState::Deregistered => {
                // An answer that took long, because the machine slept or the network is bad, may be as old as its request.
                // A network that is always so slow must not keep a cancel from being carried out.
                let late = sent.is_none_or(|sent| now.duration_since(sent) > CHECK_VALID);
                if late && slow_answers < SLOW_ANSWERS && image.state == ImageState::Pending {
                    self.observe_image(&image);
                    let slow_answers = slow_answers + 1;
                    return self.set_step(RemovalStep::Checking { at: Some(now), sent: None, slow_answers });
                }
                let as_of = if late { now } else { sent.unwrap_or(now) };
                self.image_exists(&image, as_of, config, now);
            }
            _ => self.image_missing(config, now),
        }
    }

    fn set_step(&mut self, next: RemovalStep) {
        if let JobState::Removing { step, .. } = &mut self.state {
            *step = next;
        }
    }

    fn image_exists(&mut self, found: &Image, as_of: Timestamp, config: &EngineConfig, now: Timestamp) {
        self.observe_image(found);
        let JobState::Removing { image, reason, .. } = &self.state else { return };
        let image = image.clone();
        let complete = matches!(found.state, ImageState::Available | ImageState::Disabled);
        let just_sent = self.deregister_sent.is_some_and(|sent| now.duration_since(sent) < config.visibility_delay);
        let too_late = self.is_too_late(now);
        match reason {
            // Our request may have been carried out, and EC2 may still show the image for a while.
            RemovalReason::Cancel | RemovalReason::Retry { .. } | RemovalReason::Failed { .. }
                if complete && just_sent =>
            {
                self.set_step(RemovalStep::check(now + RETRY_INTERVAL));
            }
            _ if too_late && just_sent => self.set_step(RemovalStep::check(now + RETRY_INTERVAL)),
            _ if too_late => self.leave_image(Note::DeregisterTooLate, now),
            RemovalReason::Cancel if complete => {
                self.note = Some(Note::AvailableBeforeCancel);
                self.end(JobState::Available { image }, now);
            }
            RemovalReason::Retry { .. } | RemovalReason::Failed { .. } if complete => {
                let replaced_by = reason.replaced_by().cloned();
                // The recorded end was that of the failed state.
                self.copy_end = None;
                self.note = Note::join(Some(Note::AvailableAfterAll), replaced_by.map(Note::Replaced));
                self.reopen_steps(true);
                self.end(JobState::Available { image }, now);
            }
            _ => {
                let sent_before = self.deregister_sent.is_some();
                self.set_step(RemovalStep::Deregistering { at: Some(now), checked: Some(as_of), sent_before });
            }
        }
    }

    /// EC2 does not know the image (any more, or yet).
    fn image_missing(&mut self, config: &EngineConfig, now: Timestamp) {
        let recent = self.started.is_some_and(|started| now.duration_since(started) < config.visibility_delay);
        // EC2 cannot deregister an image that is not visible yet.
        if self.image_seen || !recent || self.deregister_sent.is_some() {
            self.misses = self.misses.saturating_add(1);
        }
        if self.misses < MISSES_REQUIRED {
            self.set_step(RemovalStep::check(now + RETRY_INTERVAL));
        } else if self.deregister_sent.is_some() {
            // Our request was carried out, and its answer was lost.
            self.begin_cleanup(&[], config.snapshot_delay, now);
        } else {
            self.removed_elsewhere(config, now);
        }
    }

    /// Somebody else removed the image: its snapshots are theirs.
    fn removed_elsewhere(&mut self, config: &EngineConfig, now: Timestamp) {
        let JobState::Removing { image, reason, .. } = self.state.clone() else { return };
        match reason {
            RemovalReason::Retry { .. } => self.finish_removal(None, config.tagging, now),
            RemovalReason::Failed { failure, replaced_by } => {
                self.note = Note::join(replaced_by.map(Note::Replaced), Some(self.note_of_missing_image()));
                self.end(JobState::Failed { failure, image: None }, now);
            }
            RemovalReason::Cancel | RemovalReason::Deregister | RemovalReason::DeregisterCopying => {
                self.note = Some(self.note_of_missing_image());
                self.end(JobState::Gone { image }, now);
                // If EC2 shows it again, it is still cancelled.
                self.cancel_requested = matches!(reason, RemovalReason::Cancel);
            }
        }
    }

    /// Takes in the answer to [`Request::DeregisterImage`].
    pub(super) fn image_deregistered(
        &mut self,
        result: Result<Deregistration, Failure>,
        config: &EngineConfig,
        now: Timestamp,
    ) {
        let JobState::Removing { step: RemovalStep::Deregistering { sent_before, .. }, .. } = self.state else {
            return;
        };
        if !sent_before && !may_have_been_carried_out(&result) {
            self.deregister_sent = None;
        }
        match result {
            Ok(Deregistration::Done(return_codes)) => {
                self.note = None;
                self.begin_cleanup(&return_codes, config.snapshot_delay, now);
            }
            Ok(Deregistration::NotSent) => self.set_step(RemovalStep::check(now)),
            // EC2 is eventually consistent: the next checks decide.
            Ok(Deregistration::Unknown) => self.set_step(RemovalStep::check(now + RETRY_INTERVAL)),
            // Deregistered, or in a state that does not allow it: a check shows which.
            Ok(Deregistration::Unavailable) => {
                self.note = Some(Note::DeregisterLater);
                self.set_step(RemovalStep::check(now + RETRY_INTERVAL));
            }
            Err(failure) => self.removal_failed(failure, now),
        }
    }

    /// Retries if the failure is temporary. Otherwise the job returns to its earlier state, with a note.
    fn removal_failed(&mut self, failure: Failure, now: Timestamp) {
        let JobState::Removing { image, reason, .. } = self.state.clone() else { return };
        if matches!(failure.retry, Retry::Later | Retry::AfterLogin) {
            self.note = Some(Note::RetryAfter(failure.why));
            return self.set_step(RemovalStep::check(now + RETRY_INTERVAL));
        }
        match reason {
            RemovalReason::Cancel => {
                self.note = Some(Note::CancelRefused(Box::new(failure)));
                self.deregister_sent = None;
                self.state = JobState::Copying { image };
            }
            RemovalReason::Retry { failure: old, .. } => {
                self.note = Some(Note::RetryRefused { image: image.clone(), why: failure.why });
                self.end(JobState::Failed { failure: old, image: Some(image) }, now);
            }
            RemovalReason::Failed { failure: old, replaced_by } => {
                let refused = Note::DeregisterRefused(Box::new(failure));
                self.note = Note::join(replaced_by.map(Note::Replaced), Some(refused));
                self.end(JobState::Failed { failure: old, image: Some(image) }, now);
            }
            RemovalReason::Deregister | RemovalReason::DeregisterCopying => {
                self.leave_image(Note::DeregisterRefused(Box::new(failure)), now);
            }
        }
    }

    /// Returns true if the image may not be deregistered any more.
    fn is_too_late(&self, now: Timestamp) -> bool {
        let JobState::Removing { reason, .. } = &self.state else { return false };
        let asked = matches!(reason, RemovalReason::Deregister | RemovalReason::DeregisterCopying);
        asked && self.deregister_until.is_some_and(|last| now > last)
    }

    /// Leaves the image as it is that was to be deregistered.
    fn leave_image(&mut self, note: Note, now: Timestamp) {
        let JobState::Removing { image, reason, .. } = &self.state else { return };
        let (image, copying) = (image.clone(), *reason == RemovalReason::DeregisterCopying);
        self.note = Some(note);
        if copying {
            self.deregister_sent = None;
            self.state = JobState::Copying { image };
        } else {
            self.end(JobState::Available { image }, now);
        }
    }

    /// A poll that was sent before the cancel shows the copy available: it is not deregistered.
    pub(super) fn seen_available(&mut self, now: Timestamp) {
        let JobState::Removing { image, reason: RemovalReason::Cancel, step } = &self.state else { return };
        let waits = matches!(step, RemovalStep::Checking { .. } | RemovalStep::Deregistering { at: Some(_), .. });
        if waits && self.deregister_sent.is_none() {
            let image = image.clone();
            self.note = Some(Note::AvailableBeforeCancel);
            self.end(JobState::Available { image }, now);
        }
    }
}

/// Returns true if the request was carried out, or may have been.
fn may_have_been_carried_out(result: &Result<Deregistration, Failure>) -> bool {
    match result {
        Ok(Deregistration::Done(_)) => true,
        Ok(Deregistration::Unknown | Deregistration::Unavailable | Deregistration::NotSent) => false,
        // A snapshot in use may be one of an image that was deregistered all the same.
        Err(failure) => {
            let refused = matches!(failure.kind, FailureKind::Throttled | FailureKind::LimitReached);
            failure.retry == Retry::Later && !refused && !failure.not_signed()
        }
    }
}
