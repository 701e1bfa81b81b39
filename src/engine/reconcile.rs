//! A `CopyImage` whose outcome is unknown: EC2 may or may not be copying.
//!
//! A copy with tags is known again by its own tag. One without is sent again with the same token while EC2 is trusted to know
//! that; later, if an image of that name and source has appeared since, a person decides. It is never decided silently.

use jiff::{SignedDuration, Timestamp};

use super::{
    Engine, Job, JobId, JobState, Request, Resolution, UnknownOutcome,
    ids::JobTags,
    note::{Note, Waiting},
};
use crate::domain::{Failure, Image, ImageId, ImageState, Retry};

/// Between two looks for an image that may have been made.
const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_secs(5);
/// Looks that must find nothing before a refusal is believed of a copy that may have begun earlier, or a cancel is done.
const AGREE: u8 = 2;
/// A cancelled copy may still turn up for so long after it was sent.
const CANCELLED_UNSEEN: SignedDuration = SignedDuration::from_mins(2);
/// EC2's clock may be before ours by so much.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

impl Engine {
    /// Nobody knows whether EC2 made the image.
    pub(super) fn doubt(&mut self, id: JobId, failure: Option<&Failure>, at: Timestamp, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        let since = job.sent.unwrap_or(now);
        let doubt = job.unknown_outcome.get_or_insert(UnknownOutcome { since, last: now, clean: 0, refusal: None });
        (doubt.last, doubt.clean) = (now, 0);
        job.waiting = Some(Waiting::OutcomeCheck(failure.map(|f| f.why.clone())));
        job.state = JobState::Reconciling { at: Some(at) };
    }

    /// Goes on with every unknown outcome whose time has come.
    pub(super) fn reconcile(&mut self, now: Timestamp, calls: &mut Vec<Request>) {
        let memory = self.limits.token_memory;
        for id in self.jobs.ids(|j| matches!(j.state, JobState::Reconciling { at: Some(at) } if at <= now)) {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            let refused = job.unknown_outcome.as_ref().is_some_and(|d| d.refusal.is_some());
            if !job.tagged && !job.cancel_wanted && !refused && remembered(job, memory, now) {
                // The token tells more than any look could.
                self.back_to_queue(id, None, now);
                continue;
            }
            job.state = JobState::Reconciling { at: None };
            let (region, name) = (job.request.destination.clone(), job.request.name.clone());
            calls.push(Request::Reconcile { job: id, region, name });
        }
    }

    /// The account's images of that name.
    pub(super) fn settled(&mut self, id: JobId, result: Result<Vec<Image>, Failure>, now: Timestamp) {
        let Some(job) = self.jobs.get(id).filter(|j| matches!(j.state, JobState::Reconciling { .. })) else { return };
        match result {
            Err(failure) if Self::refused_for_login(&failure) => self.look_again(id, now + BETWEEN_LOOKS),
            Err(failure) if failure.retry == Retry::Later => {
                let (region, limits) = (job.request.destination.clone(), self.limits.clone());
                let why = self.hold_reason(&region, &failure);
                let until = self.lane(&region, now).back_off(&limits, why, now);
                self.look_again(id, until);
            }
            Err(failure) => self.nobody_may_look(id, &failure, now),
            Ok(images) => {
                let tagged = tagged_as(job, &images);
                let candidates = match tagged.as_slice() {
                    [image] => {
                        let image = image.clone();
                        if let Some(job) = self.jobs.get_mut(id) {
                            job.tagged = true;
                        }
                        return self.found(id, &image, now);
                    }
                    [] if job.tagged => Vec::new(),
                    [] => self.candidates(job, &images),
                    // Somebody gave another copy of the same source our tag.
                    _ => tagged,
                };
                if candidates.is_empty() {
                    self.nothing_found(id, now);
                } else {
                    self.in_doubt(id, candidates, None);
                }
            }
        }
    }

    fn look_again(&mut self, id: JobId, at: Timestamp) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.state = JobState::Reconciling { at: Some(at) };
        }
    }

    /// The token alone has to tell, while EC2 knows it.
    fn nobody_may_look(&mut self, id: JobId, failure: &Failure, now: Timestamp) {
        let memory = self.limits.token_memory;
        let Some(job) = self.jobs.get_mut(id) else { return };
        let refused = job.unknown_outcome.as_ref().is_some_and(|d| d.refusal.is_some());
        if !job.cancel_wanted && !refused && remembered(job, memory, now) {
            self.back_to_queue(id, None, now);
        } else {
            self.in_doubt(id, Vec::new(), Some(Note::ImagesNotListed(failure.why.clone())));
        }
    }

    /// A person has to decide.
    fn in_doubt(&mut self, id: JobId, candidates: Vec<ImageId>, note: Option<Note>) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.state = JobState::InDoubt { candidates };
        (job.waiting, job.note) = (None, note);
    }

    fn nothing_found(&mut self, id: JobId, now: Timestamp) {
        let unseen = self.limits.unseen;
        let Some(job) = self.jobs.get_mut(id) else { return };
        let Some(doubt) = &mut job.unknown_outcome else { return self.back_to_queue(id, None, now) };
        doubt.clean = doubt.clean.saturating_add(1);
        let waited = now.duration_since(doubt.last);
        if job.cancel_wanted {
            if doubt.clean >= AGREE && waited >= CANCELLED_UNSEEN {
                job.note = Some(Note::NotFound);
                self.end(id, JobState::Cancelled, now);
            } else {
                self.look_again(id, now + BETWEEN_LOOKS);
            }
            return;
        }
        let sure = doubt.clean >= AGREE && waited >= unseen;
        match doubt.refusal.clone() {
            None => self.back_to_queue(id, None, now),
            Some(failure) if sure => {
                job.unknown_outcome = None;
                self.refused(id, *failure, now);
            }
            Some(_) => self.look_again(id, now + BETWEEN_LOOKS),
        }
    }

    /// Images that may be this untagged copy: of its name and source, made since it was sent, and no other job's.
    fn candidates(&self, job: &Job, images: &[Image]) -> Vec<ImageId> {
        let since = job.unknown_outcome.as_ref().map_or(job.asked, |d| d.since) - CLOCK_SKEW;
        let known = |id: &ImageId| self.jobs.values().any(|j| j.made.contains(id));
        images
            .iter()
            .filter(|i| exists(i) && copied_from(job, i) && *i.name == *job.request.name.as_str() && !known(&i.id))
            .filter(|i| i.created.is_none_or(|created| created >= since))
            .map(|i| i.id.clone())
            .collect()
    }

    /// A person has decided.
    pub(super) fn resolve(&mut self, id: JobId, resolution: Resolution, now: Timestamp) {
        let tagging = self.limits.tagging;
        let others = |image: &ImageId| self.jobs.values().any(|j| j.id != id && j.made.contains(image));
        let is_taken = matches!(&resolution, Resolution::Mine(image) if others(image));
        let Some(job) = self.jobs.get_mut(id) else { return };
        let JobState::InDoubt { candidates } = &job.state else { return };
        job.note = None;
        match resolution {
            Resolution::Mine(image) if is_taken => job.note = Some(Note::ImageOfAnotherJob(image)),
            Resolution::Mine(image) if !candidates.is_empty() && !candidates.contains(&image) => {
                job.note = Some(Note::NotACandidate(image));
            }
            Resolution::Mine(image) => self.found(id, &image, now),
            Resolution::Again(new) => {
                job.begin_again(new, now);
                job.tagged = tagging;
                let region = job.request.destination.clone();
                self.count_anew(&region, now);
            }
            Resolution::GiveUp => self.give_up(id, now),
        }
    }

    /// Ends a copy in doubt; whatever may be its image stays.
    pub(super) fn give_up(&mut self, id: JobId, now: Timestamp) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.given_up = true;
        let region = job.request.destination.clone();
        if let JobState::InDoubt { candidates } = &job.state {
            job.note = Some(Note::GivenUp(candidates.clone()));
        }
        self.end(id, JobState::Cancelled, now);
        // What may be its image is pending perhaps, and from now on nobody's here: it counts as soon as it is seen.
        self.count_anew(&region, now);
    }
}

/// Returns true while EC2 is trusted to know the token of every earlier sending.
fn remembered(job: &Job, memory: SignedDuration, now: Timestamp) -> bool {
    job.unknown_outcome.as_ref().is_none_or(|doubt| now.duration_since(doubt.since) < memory)
}

/// The images that carry this job's tag and come from its source: the tag alone travels along with `CopyImageTags`.
fn tagged_as(job: &Job, images: &[Image]) -> Vec<ImageId> {
    images
        .iter()
        .filter(|i| exists(i) && i.source_image_id.is_some() && copied_from(job, i))
        .filter(|i| i.tag(JobTags::JOB) == Some(job.request.token.as_str()))
        .map(|i| i.id.clone())
        .collect()
}

/// Returns true if the image says that it was copied from the job's source, or does not say from where.
pub(super) fn copied_from(job: &Job, image: &Image) -> bool {
    image.source_image_id.as_ref().is_none_or(|source| *source == job.request.source)
        && image.source_region.as_ref().is_none_or(|region| *region == job.request.source_region)
}

fn exists(image: &Image) -> bool {
    !matches!(image.state, ImageState::Deregistered | ImageState::Invalid)
}
