//! Copies started elsewhere: pending images that nobody here asked for become jobs, to be watched and cancelled like
//! one's own. They count against a destination's limit.

use jiff::{SignedDuration, Timestamp};

use super::{
    BatchId, Engine, Job, JobState, Origin, RemovalReason, RemovalStep, ids::JobTags, polling::PollSchedule,
    reconcile::copied_from,
};
use crate::domain::{
    ClientToken, CopyRequest, Description, Encryption, Failure, Image, ImageName, ImageState, Region, Retry,
};

impl Engine {
    /// Everything pending in a region.
    pub(super) fn surveyed(&mut self, region: &Region, result: Result<Vec<Image>, Failure>, now: Timestamp) {
        let limits = self.limits.clone();
        let rhythm = self.schedules.entry(region.clone()).or_default();
        match result {
            Ok(images) => {
                rhythm.was_surveyed(region, &limits, now);
                for image in images {
                    self.adopt(region, &image, now);
                }
            }
            Err(failure) => {
                // Where looking is not allowed, copies can be made all the same, uncounted.
                if !matches!(failure.retry, Retry::Later | Retry::AfterLogin) {
                    rhythm.was_surveyed(region, &limits, now);
                }
                rhythm.went_wrong(region, failure, &limits, now);
            }
        }
    }

    fn adopt(&mut self, region: &Region, image: &Image, now: Timestamp) {
        // An image made from an instance may name the image that instance came from.
        let copied = image.state == ImageState::Pending && image.source_instance.is_none();
        let Some(source) = image.source_image_id.clone().filter(|_| copied) else {
            return;
        };
        if self.take_back(region, image, now) || self.is_ours(region, image) {
            return;
        }
        let id = self.jobs.next_id();
        // Each is a batch by itself: a tag may have come along from the source, and a batch is cancelled as a whole.
        let batch = BatchId::new(image.id.as_str());
        let request = CopyRequest {
            source,
            source_name: String::new(),
            source_region: image.source_region.clone().unwrap_or_else(|| region.clone()),
            destination: region.clone(),
            name: ImageName::nearest(&image.name),
            description: Description::new(&image.description).unwrap_or_default(),
            encryption: Encryption::Keep,
            copy_tags: false,
            volumes: image.snapshot_volumes(),
            source_snapshots: Vec::new(),
            image_tags: Vec::new(),
            token: ClientToken::of_image(&image.id, id.0),
        };
        let mut job = Job::new(id, batch, request, image.created.map_or(now, |created| created.min(now)));
        job.origin = Origin::Elsewhere;
        job.took(&image.id, now);
        job.started = Some(job.asked);
        job.observe_image(image);
        job.state = JobState::Copying { image: image.id.clone() };
        self.jobs.insert(job);
        self.poll_soon(region, now);
    }

    /// A pending image of a job that ended without it, because EC2 showed it too late: the job goes on, its end was none.
    fn take_back(&mut self, region: &Region, image: &Image, now: Timestamp) -> bool {
        let tag = image.tag(JobTags::JOB);
        let late = |j: &&Job| {
            j.request.destination == *region
                && match &j.state {
                    JobState::Gone { image: gone } => *gone == image.id,
                    JobState::Cancelled | JobState::Failed { image: None, .. } => {
                        !j.given_up
                            && tag == Some(j.request.token.as_str())
                            && copied_from(j, image)
                            && !j.made.contains(&image.id)
                    }
                    _ => false,
                }
        };
        let Some(id) = self.jobs.values().find(late).map(|j| j.id) else { return false };
        let Some(job) = self.jobs.get_mut(id) else { return false };
        let cancelled = job.state == JobState::Cancelled || std::mem::take(&mut job.cancel_wanted);
        job.took(&image.id, now);
        (job.ended, job.note, job.dismissed, job.missed, job.confirmed) = (None, None, false, 0, 0);
        let image = image.id.clone();
        job.state = if cancelled {
            JobState::Removing { image, purpose: RemovalReason::Cancel, step: RemovalStep::look(now) }
        } else {
            JobState::Copying { image }
        };
        self.poll_soon(region, now);
        true
    }

    /// Returns true if a pending image belongs to a job or may turn out to: by its id, by our tag on a copy of our source, or,
    /// while nobody knows the id of a copy that was sent without tags, by its name and source.
    fn is_ours(&self, region: &Region, image: &Image) -> bool {
        let tag = image.tag(JobTags::JOB);
        self.jobs.values().filter(|j| j.request.destination == *region).any(|j| {
            let sent = j.state == JobState::Starting || j.unknown_outcome.is_some();
            let tagged = tag == Some(j.request.token.as_str());
            let named = sent && !j.tagged && *j.request.name.as_str() == *image.name;
            j.made.contains(&image.id) || !j.given_up && (tagged || named) && copied_from(j, image)
        })
    }
}

impl PollSchedule {
    pub(super) fn survey_due(&self, every: SignedDuration, now: Timestamp) -> bool {
        self.surveyed.is_none_or(|last| last + every <= now)
    }
}
