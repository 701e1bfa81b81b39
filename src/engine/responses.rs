//! Handles responses that concern several jobs, or a region's limits.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{
    Engine, external,
    ids::JobId,
    job::Job,
    messages::PolledCopies,
    note::Waiting,
    poll_results, reconcile,
    state::{JobPhase, JobState},
    transitions,
};
use crate::domain::{Failure, Image, ImageId, Region, Retry};

impl Engine {
    pub(super) fn copy_answered(&mut self, id: JobId, result: Result<ImageId, Failure>, now: Timestamp) {
        let Some(job) = self.jobs.get(id).filter(|j| j.state == JobState::Starting) else { return };
        let region = job.request.destination.clone();
        match result {
            Ok(image) => {
                self.limiters.end_backoff(&region);
                let is_taken = self.jobs.values().any(|j| j.id != id && j.images.contains(&image));
                self.update(id, now, |job, _| match job.request.given_token {
                    None => job.copy_started(&image, now),
                    Some(_) => job.given_token_answered(image, is_taken, now),
                });
                self.confirm_soon(id, &region, now);
            }
            // Only EC2 itself can say that it did not start; or that the request could not be made for lack of credentials.
            Err(failure) if transitions::outcome_is_unknown(&failure) => {
                let until = self.back_off(&region, &failure, now);
                self.update(id, now, |job, _| job.outcome_unknown(Some(&failure), until, now));
            }
            Err(failure) if failure.retry == Retry::AfterLogin => {
                self.update(id, now, |job, _| job.back_to_queue(None, now));
            }
            Err(failure) if failure.retry == Retry::Later => {
                self.back_off(&region, &failure, now);
                let waiting = Some(Waiting::RetryAfter(failure.why));
                self.update(id, now, |job, _| job.back_to_queue(waiting, now));
            }
            Err(failure) if job.token_is_taken(&failure) => {
                self.update(id, now, |job, _| job.look_for_copy_of_token(failure, now));
            }
            Err(failure) => {
                self.update(id, now, |job, _| job.refused(failure, now));
            }
        }
    }

    /// Polls soon for an image that may be an earlier copy's: once, after the last copy of a series has started.
    fn confirm_soon(&mut self, id: JobId, region: &Region, now: Timestamp) {
        /// EC2 often does not show an image at once.
        const CONFIRM_DELAY: SignedDuration = SignedDuration::from_millis(500);
        let starts = |j: &Job| matches!(j.state, JobState::Queued | JobState::Starting);
        let more = self.jobs.values().any(|j| j.request.destination == *region && starts(j));
        if !more && self.jobs.get(id).is_some_and(Job::is_unconfirmed) {
            self.schedules.poll_at(region, now + CONFIRM_DELAY);
        }
    }

    pub(super) fn reconcile_answered(&mut self, id: JobId, result: Result<Vec<Image>, Failure>, now: Timestamp) {
        let Some(job) = self.jobs.get(id).filter(|j| j.state.phase() == JobPhase::Reconciling) else { return };
        let region = job.request.destination.clone();
        match result {
            Err(failure) if failure.retry == Retry::AfterLogin => {
                self.update(id, now, |job, _| job.reconcile_at(now + reconcile::CHECK_INTERVAL));
            }
            Err(failure) if failure.retry == Retry::Later => {
                let until = self.back_off(&region, &failure, now);
                self.update(id, now, |job, _| job.reconcile_at(until));
            }
            Err(failure) => {
                self.update(id, now, |job, config| job.listing_refused(&failure, config, now));
            }
            Ok(images) => {
                let known = |image: &&ImageId| self.jobs.values().any(|j| j.images.contains(image));
                let known: BTreeSet<ImageId> = images.iter().map(|i| &i.id).filter(known).cloned().collect();
                self.update(id, now, |job, config| job.images_found(&images, &known, config, now));
            }
        }
    }

    pub(super) fn pending_listed(&mut self, region: &Region, result: Result<Vec<Image>, Failure>, now: Timestamp) {
        let (images, result) = match result {
            Ok(images) => (images, Ok(())),
            Err(failure) => (Vec::new(), Err(failure)),
        };
        self.schedules.list_answered(region, result, &self.config, now);
        for image in images {
            if external::pending_image_found(&mut self.jobs, region, &image, now) {
                self.schedules.poll_soon(region, &self.config, now);
            }
        }
    }

    pub(super) fn copies_polled(&mut self, region: &Region, result: Result<PolledCopies, Failure>, now: Timestamp) {
        match result {
            Ok(polled) => {
                let observed = poll_results::observe(&mut self.jobs, region, &polled, &self.config, now);
                let (progress, progress_problem) = (observed.progress, observed.progress_problem);
                self.schedules.poll_succeeded(region, progress, progress_problem, &self.config, now);
            }
            Err(failure) => self.schedules.poll_failed(region, failure, &self.config, now),
        }
    }
}
