//! What becomes of a sending. An answer that was lost leaves a doubt; the doubt is settled by asking EC2 for an image of
//! that name with this copy's tag, or from its source, and only then by sending the same token again.

use jiff::{SignedDuration, Timestamp};

use super::{Call, Doubt, Engine, Job, JobId, JobState, Purpose, Step, talk::Tags};
use crate::domain::{Failure, Image, ImageId, ImageState, Retry};

/// Between two looks for an image that may have been made.
const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_secs(5);
/// Looks that must find nothing before a refusal is believed of a copy that may have begun earlier.
const CLEAN: u8 = 2;
/// EC2's clock may be before ours by so much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

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
            Err(failure) if unsure(&failure) => {
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
                self.back_to_queue(id, Some(format!("trying again: {}", failure.why)), now);
            }
            Err(failure) => self.refused(id, failure, now),
        }
    }

    /// EC2 made the image, or had made it before.
    fn found(&mut self, id: JobId, image: &ImageId, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.took(image, now);
        let region = job.request.destination.clone();
        if std::mem::take(&mut job.cancel_wanted) {
            let step = Step::Looking { at: Some(now) };
            job.state = JobState::Removing { image: image.clone(), purpose: Purpose::Cancel, step };
        } else {
            job.state = JobState::Copying { image: image.clone() };
            self.look_soon(&region, now);
        }
    }

    /// Not sent after all. One that is to be cancelled, and surely was never taken, is.
    fn back_to_queue(&mut self, id: JobId, waiting: Option<String>, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.state = JobState::Queued;
        job.waiting = waiting;
        if job.cancel_wanted && job.doubt.is_none() {
            job.note = Some("AWS never took it".into());
            self.end(id, JobState::Cancelled, now);
        }
    }

    /// Nobody knows whether EC2 made the image.
    pub(super) fn doubt(&mut self, id: JobId, failure: Option<&Failure>, at: Timestamp, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        let fresh = Doubt { since: now, last: now, clean: 0, refusal: None };
        let doubt = job.doubt.get_or_insert(fresh);
        (doubt.last, doubt.clean) = (now, 0);
        job.waiting = Some(match failure {
            Some(failure) => format!("asking AWS whether it began: {}", failure.why),
            None => "asking AWS whether it began".into(),
        });
        job.state = JobState::Settling { at: Some(at) };
    }

    /// AWS will not make it. If an earlier sending may have made it, that is looked for first.
    fn refused(&mut self, id: JobId, failure: Failure, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if job.tagged && about_tags(&failure) {
            // A doubt, if there is one, stays: the earlier sending had the tags.
            job.tagged = false;
            job.note = Some(format!("made without tags: {}", failure.why));
            self.back_to_queue(id, None, now);
            return;
        }
        match &mut job.doubt {
            Some(doubt) => {
                job.waiting =
                    Some(format!("AWS refuses it ({}); making sure that no copy was made before", failure.why));
                doubt.refusal = Some(Box::new(failure));
                doubt.clean = 0;
                job.state = JobState::Settling { at: Some(now) };
            }
            None => self.end_refused(id, failure, now),
        }
    }

    fn end_refused(&mut self, id: JobId, failure: Failure, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if job.cancel_wanted {
            job.note = Some(format!("AWS never took it: {}", failure.why));
            self.end(id, JobState::Cancelled, now);
        } else {
            self.end(id, JobState::Failed { failure: Box::new(failure), image: None }, now);
        }
    }

    /// Asks about every doubt whose time has come.
    pub(super) fn settle_doubts(&mut self, now: Timestamp, calls: &mut Vec<Call>) {
        for id in self.jobs.ids(|j| matches!(j.state, JobState::Settling { at: Some(at) } if at <= now)) {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            job.state = JobState::Settling { at: None };
            let (region, name) = (job.request.destination.clone(), job.request.name.clone());
            calls.push(Call::Settle { job: id, region, name });
        }
    }

    /// The account's images of that name.
    pub(super) fn settled(&mut self, id: JobId, result: Result<Vec<Image>, Failure>, now: Timestamp) {
        let Some(job) = self.jobs.get(id).filter(|j| matches!(j.state, JobState::Settling { .. })) else { return };
        match result {
            Err(failure) if Self::refused_for_login(&failure) => self.settle_again(id, now + BETWEEN_LOOKS),
            Err(failure) if failure.retry == Retry::Later => {
                let (region, limits) = (job.request.destination.clone(), self.limits.clone());
                let why = self.hold_reason(&region, &failure);
                let until = self.lane(&region, now).back_off(&limits, why, now);
                self.settle_again(id, until);
            }
            // Nobody may look: the token alone has to tell.
            Err(_) => self.nothing_found(id, now),
            Ok(images) => match self.made_by(job, &images) {
                Some(image) => self.found(id, &image, now),
                None => self.nothing_found(id, now),
            },
        }
    }

    fn settle_again(&mut self, id: JobId, at: Timestamp) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.state = JobState::Settling { at: Some(at) };
        }
    }

    fn nothing_found(&mut self, id: JobId, now: Timestamp) {
        let unseen = self.limits.unseen;
        let Some(job) = self.jobs.get_mut(id) else { return };
        let Some(doubt) = &mut job.doubt else { return self.back_to_queue(id, None, now) };
        doubt.clean = doubt.clean.saturating_add(1);
        let sure = doubt.clean >= CLEAN && now.duration_since(doubt.last) >= unseen;
        match doubt.refusal.clone() {
            None => self.back_to_queue(id, None, now),
            Some(failure) if sure => self.end_refused(id, *failure, now),
            Some(_) => self.settle_again(id, now + BETWEEN_LOOKS),
        }
    }

    /// The image among these that this job's earlier sendings made.
    fn made_by(&self, job: &Job, images: &[Image]) -> Option<ImageId> {
        let tag = |image: &Image| image.tag(Tags::JOB).map(str::to_owned);
        let live = |image: &&Image| !matches!(image.state, ImageState::Deregistered | ImageState::Invalid);
        let tagged = images.iter().filter(live).find(|i| tag(i).as_deref() == Some(job.request.token.as_str()));
        if let Some(image) = tagged {
            return Some(image.id.clone());
        }
        // Without tags: the same source, made since, and nobody else's here.
        let since = job.doubt.as_ref().map_or(job.asked, |d| d.since) - SKEW;
        let known = |image: &Image| self.jobs.values().any(|j| j.id != job.id && j.made.contains(&image.id));
        images
            .iter()
            .filter(live)
            .filter(|i| tag(i).is_none() && !job.made.contains(&i.id) && !known(i))
            .filter(|i| i.source_image_id.as_ref() == Some(&job.request.source))
            .filter(|i| i.source_region.as_ref().is_none_or(|r| *r == job.request.source_region))
            .find(|i| i.created.is_some_and(|created| created >= since))
            .map(|i| i.id.clone())
    }
}

/// Whether the copy may have begun all the same: whatever is not EC2's refusal, its network's or its own trouble.
fn unsure(failure: &Failure) -> bool {
    match failure.retry {
        Retry::Later => !failure.is_throttle(),
        Retry::AfterLogin => false,
        Retry::AfterChange | Retry::Never => failure.code.is_none(),
    }
}

/// Whether a copy without tags might be allowed. AWS may hide which permission it misses, so any denial counts.
fn about_tags(failure: &Failure) -> bool {
    ["UnauthorizedOperation", "TagLimitExceeded", "TagPolicyViolation", "InvalidTagKey"].iter().any(|c| failure.is(c))
}
