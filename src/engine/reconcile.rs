//! A `CopyImage` whose outcome is unknown: EC2 may or may not be copying.
//!
//! A copy with tags is recognised by its own tag. One without is sent again with the same token as long as EC2 is trusted to
//! recognise that; later, if an image of that name and source has appeared since, a person decides. It is never decided silently.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{
    config::EngineConfig,
    ids::JobTags,
    job::Job,
    messages::{Request, Resolution},
    note::Note,
    state::JobState,
};
use crate::domain::{Failure, Image, ImageId, ImageState};

/// Between two checks for an image that may have been made.
pub(super) const CHECK_INTERVAL: SignedDuration = SignedDuration::from_secs(5);
/// Checks that must find nothing before a refusal counts for a copy that may have started earlier, or a cancel is complete.
const EMPTY_CHECKS_REQUIRED: u8 = 2;
/// How long after it was sent a cancelled copy may still appear.
const CANCELLED_VISIBILITY_LIMIT: SignedDuration = SignedDuration::from_mins(2);
/// Tolerance when deciding whether an image is newer than our request: EC2's clock counts whole seconds, and may be behind ours.
const ANSWER_SKEW: SignedDuration = SignedDuration::from_secs(5);
/// How far EC2's clock may be behind ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

impl Job {
    /// Returns when to check the outcome.
    pub(super) fn reconcile_due(&self) -> Option<Timestamp> {
        if let JobState::Reconciling { at } = self.state { at } else { None }
    }

    /// Returns the request that checks the outcome, or queues the copy if sending its token again is the better check.
    pub(super) fn reconcile(&mut self, config: &EngineConfig, now: Timestamp) -> Option<Request> {
        let refused = self.unknown_outcome.as_ref().is_some_and(|u| u.refusal.is_some());
        if !self.tagged
            && !self.cancel_requested
            && !refused
            && self.answered().is_none()
            && token_is_trusted(self, config, now)
        {
            self.back_to_queue(None, now);
            return None;
        }
        self.state = JobState::Reconciling { at: None };
        let (region, name) = (self.request.destination.clone(), self.request.name.clone());
        Some(Request::Reconcile { job: self.id, region, name })
    }

    /// Checks the outcome at this time, if it is being reconciled.
    pub(super) fn reconcile_at(&mut self, at: Timestamp) {
        if matches!(self.state, JobState::Reconciling { .. }) {
            self.state = JobState::Reconciling { at: Some(at) };
        }
    }

    /// Takes in that the account's images may not be listed: only the token can show it, while EC2 recognises it.
    pub(super) fn listing_refused(&mut self, failure: &Failure, config: &EngineConfig, now: Timestamp) {
        let refused = self.unknown_outcome.as_ref().is_some_and(|u| u.refusal.is_some());
        let answered = self.answered().cloned();
        if !self.cancel_requested && !refused && answered.is_none() && token_is_trusted(self, config, now) {
            self.back_to_queue(None, now);
        } else {
            self.in_doubt(answered.into_iter().collect(), Some(Note::ImagesNotListed(failure.why.clone())));
        }
    }

    /// Takes in the account's images of the copy's name. Those `known` are jobs' and not candidates.
    pub(super) fn images_found(
        &mut self,
        images: &[Image],
        known: &BTreeSet<ImageId>,
        config: &EngineConfig,
        now: Timestamp,
    ) {
        let tagged = self.with_own_tag(images);
        let candidates = match tagged.as_slice() {
            [image] => {
                self.tagged = true;
                return self.copy_found(&image.id, image.created, now);
            }
            [] if let Some(answered) = self.answered().cloned() => {
                return self.check_answer(&answered, images, known, config, now);
            }
            [] if self.tagged => Vec::new(),
            [] => self.candidates(images, known),
            // Somebody gave another copy of the same source our tag.
            _ => tagged.into_iter().map(|image| image.id.clone()).collect(),
        };
        if candidates.is_empty() {
            self.nothing_found(images, config, now);
        } else {
            self.in_doubt(candidates, None);
        }
    }

    /// EC2 answered a client token that the user gave: with the copy's image, or with that of an earlier copy of the same token and
    /// parameters. The image shows which.
    pub(super) fn given_token_answered(&mut self, image: ImageId, is_taken: bool, now: Timestamp) {
        if is_taken {
            return self.in_doubt(Vec::new(), Some(Note::ImageOfAnotherJob(image)));
        }
        self.outcome_unknown(None, now, now);
        if let Some(unknown) = &mut self.unknown_outcome {
            unknown.answered = Some(image);
        }
    }

    /// EC2 shows the image that an earlier request made: the copy began when EC2 created it, not when it was looked for. Only its
    /// creation date shows which of several requests made it, as far as the clocks agree.
    fn copy_found(&mut self, image: &ImageId, created: Option<Timestamp>, now: Timestamp) {
        let sent = self.unknown_outcome.as_ref().map(|unknown| unknown.first_sent.min(now));
        self.started = self.started.or(sent.map(|first| created.map_or(first, |at| at.clamp(first, now))));
        self.image_created = created.or(self.image_created);
        self.copy_started(image, now);
    }

    fn answered(&self) -> Option<&ImageId> {
        self.unknown_outcome.as_ref()?.answered.as_ref()
    }

    /// Takes the image of the answer as the copy's if it was made since the copy was sent. A person decides about an older one.
    fn check_answer(
        &mut self,
        answered: &ImageId,
        images: &[Image],
        known: &BTreeSet<ImageId>,
        config: &EngineConfig,
        now: Timestamp,
    ) {
        let since = self.sent.unwrap_or(self.requested) - ANSWER_SKEW;
        let is_new =
            |i: &Image| i.created.is_some_and(|at| at >= since) && !known.contains(&i.id) && self.may_have_made(i);
        let visible_by = self.unknown_outcome.as_ref().map_or(now, |u| u.last_sent + config.visibility_delay);
        match images.iter().find(|i| i.id == *answered) {
            Some(image) if is_new(image) => self.copy_found(answered, image.created, now),
            None if now < visible_by => self.reconcile_at(now + CHECK_INTERVAL),
            _ => self.in_doubt(vec![answered.clone()], None),
        }
    }

    /// A person has to decide.
    fn in_doubt(&mut self, candidates: Vec<ImageId>, note: Option<Note>) {
        self.state = JobState::InDoubt { candidates };
        (self.waiting, self.note) = (None, note);
    }

    /// Takes in that none of the images of the copy's name is the copy.
    fn nothing_found(&mut self, images: &[Image], config: &EngineConfig, now: Timestamp) {
        let Some(unknown) = &mut self.unknown_outcome else { return self.back_to_queue(None, now) };
        unknown.empty_checks = unknown.empty_checks.saturating_add(1);
        let waited = now.duration_since(unknown.last_sent);
        let agree = unknown.empty_checks >= EMPTY_CHECKS_REQUIRED;
        if self.cancel_requested {
            if agree && waited >= CANCELLED_VISIBILITY_LIMIT {
                self.note = Some(Note::NotFound);
                self.end(JobState::Cancelled, now);
            } else {
                self.reconcile_at(now + CHECK_INTERVAL);
            }
            return;
        }
        match unknown.refusal.clone() {
            None => self.back_to_queue(None, now),
            Some(failure) if agree && waited >= config.visibility_delay => {
                self.unknown_outcome = None;
                // A failed one is of no use to anybody.
                let is_failed = |image: &Image| matches!(image.state, ImageState::Failed | ImageState::Error);
                let copied_otherwise = images.iter().any(|i| exists(i) && !is_failed(i) && self.may_have_made(i));
                if !self.token_is_taken(&failure) || copied_otherwise || !self.use_next_token(config.tagging) {
                    self.refused(*failure, now);
                }
            }
            Some(_) => self.reconcile_at(now + CHECK_INTERVAL),
        }
    }

    /// Returns images that may be this untagged copy: of its name and source, made since it was sent, and no job's.
    fn candidates(&self, images: &[Image], known: &BTreeSet<ImageId>) -> Vec<ImageId> {
        let since = self.unknown_outcome.as_ref().map_or(self.requested, |u| u.first_sent) - CLOCK_SKEW;
        images
            .iter()
            .filter(|i| {
                exists(i) && self.may_have_made(i) && *i.name == *self.request.name.as_str() && !known.contains(&i.id)
            })
            .filter(|i| i.created.is_none_or(|created| created >= since))
            .map(|i| i.id.clone())
            .collect()
    }

    /// Returns the images that carry this job's tag and come from its source: the tag alone is copied by `CopyImageTags`.
    fn with_own_tag<'a>(&self, images: &'a [Image]) -> Vec<&'a Image> {
        images
            .iter()
            .filter(|i| exists(i) && i.source_image_id.is_some() && self.may_have_made(i))
            .filter(|i| i.tag(JobTags::JOB) == Some(self.request.token.as_str()))
            .collect()
    }

    /// Returns true if the image says that it was copied from the job's source, or does not say from where. One made from an instance
    /// of that source is no copy.
    pub(super) fn may_have_made(&self, image: &Image) -> bool {
        image.source_instance.is_none()
            && image.source_image_id.as_ref().is_none_or(|source| *source == self.request.source)
            && image.source_region.as_ref().is_none_or(|region| *region == self.request.source_region)
    }

    /// Carries out the user's decision about a copy in doubt; `is_taken` if the image named is another job's.
    pub(super) fn resolve(&mut self, resolution: Resolution, is_taken: bool, config: &EngineConfig, now: Timestamp) {
        let JobState::InDoubt { candidates } = &self.state else { return };
        self.note = None;
        match resolution {
            Resolution::ThisImage(image) if is_taken => self.note = Some(Note::ImageOfAnotherJob(image)),
            Resolution::ThisImage(image) if !candidates.is_empty() && !candidates.contains(&image) => {
                self.note = Some(Note::NotACandidate(image));
            }
            Resolution::ThisImage(image) => self.copy_found(&image, None, now),
            Resolution::CopyAgain(token) => self.requeue(token, config.tagging, now),
            Resolution::GiveUp => self.give_up(now),
        }
    }
}

/// Returns true while EC2 is trusted to recognise the token of every earlier request.
fn token_is_trusted(job: &Job, config: &EngineConfig, now: Timestamp) -> bool {
    job.unknown_outcome.as_ref().is_none_or(|u| now.duration_since(u.first_sent) < config.token_lifetime)
}

fn exists(image: &Image) -> bool {
    !matches!(image.state, ImageState::Deregistered | ImageState::Invalid)
}
