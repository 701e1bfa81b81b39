//! Job transitions shared by several events, and the handling of `CopyImage`'s response.

use jiff::{SignedDuration, Timestamp};

use super::{
    cleanup::SnapshotCleanup,
    ids::BatchId,
    job::{Job, Origin},
    messages::SnapshotReturnCode,
    note::{Note, Waiting},
    request_check::RequestCheck,
    state::{JobState, RemovalReason, RemovalStep, UnknownOutcome},
};
use crate::domain::{ClientToken, CopyRequest, Failure, FailureKind, ImageId, Retry, SnapshotId, SnapshotState};

impl Job {
    /// Queues the same copy again, with a new token. Its earlier images are remembered. A client token that the user gave would
    /// only return the earlier copy, and is dropped.
    pub(super) fn requeue(&mut self, token: ClientToken, tagged: bool, now: Timestamp) {
        let note = self.request.given_token.is_some().then_some(Note::NewClientToken);
        let request = CopyRequest { token, given_token: None, ..self.request_as_edited() };
        self.request_again(self.batch.clone(), request, tagged, now);
        self.note = note;
    }

    /// Queues the copy as it is requested now. What its earlier attempts made, and what is left of them, is remembered.
    pub(super) fn request_again(&mut self, batch: BatchId, request: CopyRequest, tagged: bool, now: Timestamp) {
        let fresh = Self::new(self.id, batch, request, now);
        *self = Self {
            tagged,
            images: std::mem::take(&mut self.images),
            cleanups: std::mem::take(&mut self.cleanups),
            leftovers: std::mem::take(&mut self.leftovers),
            sent_tokens: std::mem::take(&mut self.sent_tokens),
            ..fresh
        };
    }

    /// Records the image that EC2 made for it.
    pub(super) fn set_image(&mut self, image: &ImageId, now: Timestamp) {
        self.started.get_or_insert(now);
        self.last_progress = Some(now);
        self.unknown_outcome = None;
        self.waiting = None;
        if !self.images.contains(image) {
            self.images.push(image.clone());
        }
    }

    /// EC2 made the image, now or by an earlier request: copies it, or removes it if a cancel waited for that.
    pub(super) fn copy_started(&mut self, image: &ImageId, now: Timestamp) {
        self.set_image(image, now);
        let image = image.clone();
        self.state = if std::mem::take(&mut self.cancel_requested) {
            JobState::removing(image, RemovalReason::Cancel, now)
        } else {
            JobState::Copying { image }
        };
    }

    /// Ends the job.
    pub(super) fn end(&mut self, state: JobState, now: Timestamp) {
        if matches!(state, JobState::Available { .. }) {
            // The last poll may have been long ago; an available image has only complete snapshots.
            self.percent = Some(100);
            for snapshot in &mut self.snapshots {
                (snapshot.percent, snapshot.state) = (Some(100), SnapshotState::Completed);
            }
        }
        if matches!(state, JobState::Available { .. } | JobState::Failed { .. } | JobState::Gone { .. }) {
            self.record_end(now);
        }
        self.request_check = RequestCheck::NotMade;
        match state {
            JobState::Available { .. } if self.origin == Origin::Here => {
                self.request_check = RequestCheck::Due { reads: 0 };
            }
            JobState::Available { .. } => {}
            _ => self.give_up_steps(),
        }
        self.state = state;
        self.ended = Some(now);
        self.waiting = None;
        self.cancel_requested = false;
        self.deregister_sent = None;
        self.unknown_outcome = None;
    }

    /// Resumes a job that was in progress when its driver ended: none of its requests will be answered.
    pub(super) fn resume(&mut self, snapshot_delay: SignedDuration, now: Timestamp) {
        self.cleanups.iter_mut().for_each(|c| c.resume(now));
        self.resume_steps(now);
        match &mut self.state {
            // Committed as sent, and perhaps sent: the answer is lost in any case.
            JobState::Starting => {
                // Earlier versions did not store when it was sent; certainly not before it was requested.
                self.sent.get_or_insert(self.requested);
                self.outcome_unknown(None, now, now);
            }
            JobState::Reconciling { at } => *at = Some(now),
            JobState::Removing { step: RemovalStep::DeletingSnapshots {}, image, .. } => {
                let image = image.clone();
                if !self.cleanups.iter().any(|c| c.evidence.image == image) {
                    self.begin_cleanup(&[], snapshot_delay, now);
                }
            }
            JobState::Removing { step, .. } => *step = RemovalStep::check(now),
            _ => {}
        }
    }

    /// It is unknown whether EC2 made the image: checks that at this time.
    pub(super) fn outcome_unknown(&mut self, failure: Option<&Failure>, at: Timestamp, now: Timestamp) {
        let first_sent = self.sent.unwrap_or(now);
        let unknown = UnknownOutcome { first_sent, last_sent: now, empty_checks: 0, refusal: None, answered: None };
        let unknown = self.unknown_outcome.get_or_insert(unknown);
        (unknown.last_sent, unknown.empty_checks) = (now, 0);
        self.waiting = Some(Waiting::OutcomeCheck(failure.map(|f| f.why.clone())));
        self.state = JobState::Reconciling { at: Some(at) };
    }

    /// The image was deregistered by our request: its own snapshots are to be deleted.
    pub(super) fn begin_cleanup(
        &mut self,
        return_codes: &[(SnapshotId, SnapshotReturnCode)],
        snapshot_delay: SignedDuration,
        now: Timestamp,
    ) {
        let JobState::Removing { image, step, reason } = &mut self.state else { return };
        if self.keep_snapshots {
            self.note = None;
            return self.finish_removal(None, false, now);
        }
        *step = RemovalStep::DeletingSnapshots {};
        let deregistered = matches!(reason, RemovalReason::Deregister | RemovalReason::DeregisterCopying);
        let named_by_person = deregistered && self.origin == Origin::Elsewhere;
        let image = image.clone();
        // A copy that a person named is dated by the first request for it: EC2 may have begun later.
        let began = self.started.max(self.image_created).unwrap_or(now).min(now);
        let appear_until = began + snapshot_delay;
        let expected = self.request.volumes.len();
        let mut cleanup = SnapshotCleanup::new(self.evidence(&image), return_codes, expected, appear_until, now);
        if named_by_person {
            cleanup.trust_return_codes(return_codes);
        }
        self.cleanups.retain(|c| c.evidence.image != image);
        self.cleanups.push(cleanup);
    }

    /// The image is gone, and its snapshots are, or are left to the cleanup: ends the job, or queues it again.
    pub(super) fn finish_removal(&mut self, note: Option<Note>, tagging: bool, now: Timestamp) {
        let JobState::Removing { reason, .. } = &self.state else { return };
        match reason.clone() {
            RemovalReason::Cancel => {
                self.note = note;
                self.end(JobState::Cancelled, now);
            }
            RemovalReason::Deregister | RemovalReason::DeregisterCopying => {
                self.note = note;
                self.end(JobState::Deregistered, now);
            }
            RemovalReason::Failed { failure, replaced_by } => {
                self.note = Note::join(Some(Note::FailedImageRemoved { replaced_by }), note);
                self.end(JobState::Failed { failure, image: None }, now);
            }
            RemovalReason::Retry { token, .. } => {
                self.requeue(token, tagging, now);
                self.note = Note::join(note.map(|n| Note::FailedImage(Box::new(n))), self.note.take());
            }
        }
    }

    /// Queues the job again, because it was not sent. If a cancel was requested it is cancelled instead; one whose
    /// outcome is unknown is reconciled first.
    pub(super) fn back_to_queue(&mut self, waiting: Option<Waiting>, now: Timestamp) {
        if self.unknown_outcome.is_none() {
            self.sent = None;
        }
        if self.cancel_requested && self.unknown_outcome.is_some() {
            self.state = JobState::Reconciling { at: Some(now) };
            return;
        }
        self.state = JobState::Queued;
        self.waiting = waiting;
        if self.cancel_requested {
            self.note = Some(Note::NeverAccepted(None));
            self.end(JobState::Cancelled, now);
        }
    }

    /// AWS refused the copy. If an earlier request may have made it, that is checked first.
    pub(super) fn refused(&mut self, failure: Failure, now: Timestamp) {
        if let Some(unknown) = &mut self.unknown_outcome {
            self.waiting = Some(Waiting::RefusalCheck(failure.why.clone()));
            unknown.refusal = Some(Box::new(failure));
            unknown.empty_checks = 0;
            self.state = JobState::Reconciling { at: Some(now) };
        } else if self.tagged && may_be_about_tags(&failure) && !self.cancel_requested {
            // Only amigrate's own two tags are left out, never those that a person chose.
            self.tagged = false;
            self.note = Some(Note::Untagged(failure.why));
            self.back_to_queue(None, now);
        } else if self.cancel_requested {
            self.note = Some(Note::NeverAccepted(Some(failure.why)));
            self.end(JobState::Cancelled, now);
        } else {
            self.end(JobState::Failed { failure: Box::new(failure), image: None }, now);
        }
    }

    /// A person, or a cancel, gave up a copy whose outcome is unknown; whatever may be its image remains.
    pub(super) fn give_up(&mut self, now: Timestamp) {
        self.given_up = true;
        if let JobState::InDoubt { candidates } = &self.state {
            self.note = Some(Note::GivenUp(candidates.clone()));
        }
        self.end(JobState::Cancelled, now);
    }
}

/// Returns true if a copy without amigrate's tags might be allowed. EC2 does not report which of its permissions is missing.
fn may_be_about_tags(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Denied | FailureKind::TagsRefused)
}

/// Returns true if the request may have been carried out all the same: unless EC2 itself refused it, or it was never sent.
pub(super) fn outcome_is_unknown(failure: &Failure) -> bool {
    if failure.not_signed() {
        return false;
    }
    match failure.retry {
        Retry::Later => !failure.kind.refused_for_now(),
        Retry::AfterLogin => false,
        Retry::AfterChange | Retry::Never => failure.code.is_none(),
    }
}
