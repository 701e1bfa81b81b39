//! Copies started elsewhere: pending images that no job here made become jobs, which are shown and can be cancelled like our own.
//! They count against a destination's limit.

use jiff::Timestamp;

use super::{
    ids::{BatchId, JobId, JobTags},
    job::{Job, Origin},
    jobs::Jobs,
    state::{JobState, RemovalReason},
};
use crate::domain::{ClientToken, CopyRequest, Description, Image, ImageId, ImageName, ImageState, Region};

/// Takes in a pending image of a region. Returns true if it made a job, or brought one back.
pub(super) fn pending_image_found(jobs: &mut Jobs, region: &Region, image: &Image, now: Timestamp) -> bool {
    let copied = image.copied_from().filter(|_| image.state == ImageState::Pending);
    let Some(source) = copied.map(|(source, _)| source.clone()) else { return false };
    if reopen(jobs, region, image, now) {
        return true;
    }
    if is_ours(jobs, region, image) {
        return false;
    }
    let id = jobs.next_id();
    jobs.insert(external_job(id, source, region, image, now));
    true
}

/// Makes the job of a copy that was started elsewhere.
fn external_job(id: JobId, source: ImageId, region: &Region, image: &Image, now: Timestamp) -> Job {
    // Each is a batch by itself: its batch tag may have been copied from the source, and a batch is cancelled as a whole.
    let batch = BatchId::new(image.id.as_str());
    let request = CopyRequest {
        description: Description::new(&image.description).unwrap_or_default(),
        volumes: image.snapshot_volumes(),
        ..CopyRequest::bare(
            (source, image.source_region.clone().unwrap_or_else(|| region.clone())),
            region.clone(),
            ImageName::nearest(&image.name),
            ClientToken::of_image(&image.id, id.0),
        )
    };
    let mut job = Job::new(id, batch, request, image.created.map_or(now, |created| created.min(now)));
    job.origin = Origin::Elsewhere;
    job.set_image(&image.id, now);
    job.started = Some(job.requested);
    job.observe_image(image);
    job.state = JobState::Copying { image: image.id.clone() };
    job
}

/// Reopens a job that ended because EC2 showed its pending image too late. Returns false if the image is no such job's.
fn reopen(jobs: &mut Jobs, region: &Region, image: &Image, now: Timestamp) -> bool {
    let tag = image.tag(JobTags::JOB);
    let ended_too_early = |j: &&Job| {
        j.request.destination == *region
            && match &j.state {
                JobState::Gone { image: gone } => *gone == image.id,
                JobState::Cancelled | JobState::Failed { image: None, .. } => {
                    !j.given_up
                        // Another host may have asked for the same since: then that is its copy.
                        && !j.request.token.is_derived()
                        && tag == Some(j.request.token.as_str())
                        && j.may_have_made(image)
                        && !j.images.contains(&image.id)
                }
                _ => false,
            }
    };
    let Some(id) = jobs.values().find(ended_too_early).map(|j| j.id) else { return false };
    let Some(job) = jobs.get_mut(id) else { return false };
    let cancelled = job.state == JobState::Cancelled || std::mem::take(&mut job.cancel_requested);
    job.set_image(&image.id, now);
    (job.ended, job.note, job.dismissed, job.misses, job.available_polls) = (None, None, false, 0, 0);
    job.copy_end = None;
    let image = image.id.clone();
    if !cancelled {
        job.reopen_steps(true);
    }
    job.state =
        if cancelled { JobState::removing(image, RemovalReason::Cancel, now) } else { JobState::Copying { image } };
    true
}

/// Returns true if a pending image belongs to a job or may turn out to: by its id, by our tag on a copy of our source (unless the
/// job has ended and other hosts may send the same token), or,
/// while the id of a copy that was sent without tags is not known, by its name and source.
fn is_ours(jobs: &Jobs, region: &Region, image: &Image) -> bool {
    let tag = image.tag(JobTags::JOB);
    jobs.values().filter(|j| j.request.destination == *region).any(|j| {
        let sent = j.state == JobState::Starting || j.unknown_outcome.is_some();
        let shared = j.request.token.is_derived() && j.state.ended();
        let tagged = tag == Some(j.request.token.as_str()) && !shared;
        let named = sent && !j.tagged && *j.request.name.as_str() == *image.name;
        j.images.contains(&image.id) || !j.given_up && (tagged || named) && j.may_have_made(image)
    })
}
