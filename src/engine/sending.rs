//! What becomes of a `CopyImage` once it was sent: taken, refused, put off, or its outcome is unknown.

use jiff::Timestamp;

use super::{
    Engine, JobId, JobState, RemovalReason, RemovalStep,
    note::{Note, Waiting},
};
use crate::domain::{Failure, FailureKind, ImageId, Retry};

impl Engine {
    /// `CopyImage` was answered.
    pub(super) fn copied(&mut self, id: JobId, result: Result<ImageId, Failure>, now: Timestamp) {
        let Some(job) = self.jobs.get(id).filter(|j| j.state == JobState::Starting) else { return };
        let region = job.request.destination.clone();
        match result {
            Ok(image) => {
                self.lane(&region, now).release();
                self.found(id, &image, now);
            }
            // Only EC2's own word says that it did not begin; or that nobody could be asked for want of a login.
            Err(failure) if outcome_unknown(&failure) => {
                let why = self.hold_reason(&region, &failure);
                let limits = self.limits.clone();
                let until = self.lane(&region, now).back_off(&limits, why, now);
                self.doubt(id, Some(&failure), until, now);
            }
            Err(failure) if Self::refused_for_login(&failure) => self.back_to_queue(id, None, now),
            Err(failure) if failure.retry == Retry::Later => {
                let why = self.hold_reason(&region, &failure);
                let limits = self.limits.clone();
                self.lane(&region, now).back_off(&limits, why, now);
                self.back_to_queue(id, Some(Waiting::RetryAfter(failure.why)), now);
            }
            Err(failure) => self.refused(id, failure, now),
        }
    }

    /// EC2 made the image, or had made it before.
    pub(super) fn found(&mut self, id: JobId, image: &ImageId, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.took(image, now);
        let region = job.request.destination.clone();
        if std::mem::take(&mut job.cancel_wanted) {
            let step = RemovalStep::look(now);
            job.state = JobState::Removing { image: image.clone(), purpose: RemovalReason::Cancel, step };
        } else {
            job.state = JobState::Copying { image: image.clone() };
            self.poll_soon(&region, now);
        }
    }

    /// Not sent after all. One that is to be cancelled, and surely was never taken, is; one in doubt is only looked for.
    pub(super) fn back_to_queue(&mut self, id: JobId, waiting: Option<Waiting>, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if job.unknown_outcome.is_none() {
            job.sent = None;
        }
        if job.cancel_wanted && job.unknown_outcome.is_some() {
            job.state = JobState::Reconciling { at: Some(now) };
            return;
        }
        job.state = JobState::Queued;
        job.waiting = waiting;
        if job.cancel_wanted {
            job.note = Some(Note::NeverAccepted(None));
            self.end(id, JobState::Cancelled, now);
        }
    }

    /// AWS will not make it. If an earlier sending may have made it, that is looked for first.
    pub(super) fn refused(&mut self, id: JobId, failure: Failure, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if let Some(doubt) = &mut job.unknown_outcome {
            job.waiting = Some(Waiting::RefusalCheck(failure.why.clone()));
            doubt.refusal = Some(Box::new(failure));
            doubt.clean = 0;
            job.state = JobState::Reconciling { at: Some(now) };
        } else if job.tagged && about_tags(&failure) && !job.cancel_wanted {
            // Only amigrate's own two tags are left out, never those that a person asked for.
            job.tagged = false;
            job.note = Some(Note::Untagged(failure.why));
            self.back_to_queue(id, None, now);
        } else if job.cancel_wanted {
            job.note = Some(Note::NeverAccepted(Some(failure.why)));
            self.end(id, JobState::Cancelled, now);
        } else {
            self.end(id, JobState::Failed { failure: Box::new(failure), image: None }, now);
        }
    }
}

/// Returns true if what was asked may have been done all the same: whatever is not EC2's refusal, its network's or its own
/// trouble.
pub(super) fn outcome_unknown(failure: &Failure) -> bool {
    if failure.not_signed() {
        return false;
    }
    match failure.retry {
        Retry::Later => !failure.kind.refused_for_now(),
        Retry::AfterLogin => false,
        Retry::AfterChange | Retry::Never => failure.code.is_none(),
    }
}

/// Returns true if a copy without amigrate's tags might be allowed. AWS may hide which permission it misses, so any denial
/// counts.
fn about_tags(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Denied | FailureKind::TagsRefused)
}
