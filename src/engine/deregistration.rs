//! Deregistering images that a person named, whoever made them: each becomes a job, so that it is stored before anything is sent,
//! continues after a crash, and appears in the history.

use jiff::Timestamp;

use super::{
    end_time::EndTime,
    ids::{BatchId, JobId},
    job::{Job, Origin},
    jobs::Jobs,
    note::Note,
    state::{JobState, RemovalReason},
};
use crate::domain::{ClientToken, CopyRequest, ImageDeregistration, ImageName};

impl Job {
    /// Returns true if it was made to deregister an image that is no other job's: it is no copy.
    pub fn is_deregistration(&self) -> bool {
        self.for_deregistration
    }

    /// Returns true if it is a copy that somebody else started: the console, the CLI, a colleague, this program on another host.
    pub fn is_external_copy(&self) -> bool {
        self.origin == Origin::Elsewhere && !self.for_deregistration
    }
}

/// Deregisters one image: by its own job if it is a job's, else by a new one.
pub(super) fn deregister(jobs: &mut Jobs, wanted: &ImageDeregistration, now: Timestamp) {
    let readers = copies_of(jobs, wanted);
    let id = match job_of(jobs, wanted) {
        Some(id) => id,
        None => {
            let id = jobs.next_id();
            jobs.insert(new_job(id, wanted, now));
            id
        }
    };
    let Some(job) = jobs.get_mut(id) else { return };
    let too_late = wanted.not_after.is_some_and(|last| now > last);
    if !readers.is_empty() || too_late && !job.is_being_removed() {
        job.note = Some(if too_late { Note::DeregisterTooLate } else { Note::SourceOfCopies(readers) });
        // It counts as a change, also where the same was said before: whoever gave the command waits for one.
        job.ended = job.ended.map(|_| now);
        return;
    }
    match &job.state {
        JobState::Available { .. } | JobState::Failed { .. } => {
            job.deregister(now);
            (job.keep_snapshots, job.deregister_until) = (wanted.keep_snapshots, wanted.not_after);
        }
        // A person names the image, in whatever state it is: nobody may have polled it for long.
        JobState::Copying { image } => {
            job.begin_removal(image.clone(), RemovalReason::DeregisterCopying, now);
            (job.keep_snapshots, job.deregister_until) = (wanted.keep_snapshots, wanted.not_after);
        }
        // Whoever gives more time, or all of it, has the last word.
        JobState::Removing { .. } => {
            job.deregister_until = job.deregister_until.zip(wanted.not_after).map(|(known, other)| known.max(other));
        }
        _ => {}
    }
}

/// Returns the copies under way that read the image.
fn copies_of(jobs: &Jobs, wanted: &ImageDeregistration) -> Vec<JobId> {
    let reads = |j: &Job| {
        let request = &j.request;
        j.origin == Origin::Here
            && !j.state.ended()
            && !j.is_being_removed()
            && request.source == wanted.image
            && request.source_region == wanted.region
    };
    jobs.ids(reads)
}

/// Returns the job whose image it is.
fn job_of(jobs: &Jobs, wanted: &ImageDeregistration) -> Option<JobId> {
    let own = |j: &&Job| {
        let left = matches!(j.state, JobState::Gone { .. });
        !left && j.request.destination == wanted.region && j.image() == Some(&wanted.image)
    };
    jobs.values().find(own).map(|j| j.id)
}

/// Makes the job of an image that is no job's: one made elsewhere, available so far.
fn new_job(id: JobId, wanted: &ImageDeregistration, now: Timestamp) -> Job {
    let image = &wanted.image;
    let (source_region, source) = wanted.source.clone().unwrap_or_else(|| (wanted.region.clone(), image.clone()));
    let request = CopyRequest {
        volumes: wanted.volumes.clone(),
        ..CopyRequest::bare(
            (source, source_region),
            wanted.region.clone(),
            ImageName::nearest(&wanted.name),
            ClientToken::of_image(image, id.0),
        )
    };
    let mut job = Job::new(id, BatchId::new(image.as_str()), request, now);
    (job.origin, job.for_deregistration) = (Origin::Elsewhere, true);
    // It was made long before: none of its snapshots is still to appear.
    let created = wanted.created.map_or(Timestamp::UNIX_EPOCH, |created| created.min(now));
    (job.started, job.image_created) = (Some(created), wanted.created);
    job.image_seen = true;
    job.images.push(image.clone());
    job.state = JobState::Available { image: image.clone() };
    // Nobody here knows when it was complete.
    (job.ended, job.copy_end) = (Some(now), Some(EndTime::Before(now)));
    job
}
