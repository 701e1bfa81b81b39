//! What a look at a region means for the copies that go there.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Engine, JobId, JobState, Watched, job::Job};
use crate::domain::{
    Failure, Image, ImageId, ImageState, Region, Retry, Snapshot, SnapshotState, progress::SnapshotProgress,
};

/// Looks in a row that must agree before a copy counts as available or as gone: EC2's answers are eventually
/// consistent.
const AGREE: u8 = 2;

impl Engine {
    pub(super) fn watched(&mut self, region: &Region, result: Result<Watched, Failure>, now: Timestamp) {
        let seen = match result {
            Ok(seen) => seen,
            Err(failure) => {
                if let Some(rhythm) = self.regions.get_mut(region) {
                    rhythm.went_wrong(region, failure, &self.limits, now);
                }
                return;
            }
        };
        let images: HashMap<&ImageId, &Image> = seen.images.iter().map(|i| (&i.id, i)).collect();
        let mut ends: Vec<(JobId, JobState)> = Vec::new();
        let mut moved = false;
        for job in self.jobs.values_mut().filter(|j| j.request.destination == *region) {
            let JobState::Copying { image } = &job.state else { continue };
            let image = image.clone();
            let found = images.get(&image).copied();
            moved |= observe_snapshots(job, found, &image, &seen.snapshots, now);
            let verdict = match found {
                None => judge_missing(job, &image),
                Some(found) => judge(job, found, &seen.snapshots),
            };
            // What is to be confirmed is confirmed soon.
            moved |= job.confirmed > 0 || job.missed > 0;
            ends.extend(verdict.map(|state| (job.id, state)));
        }
        for (id, state) in ends {
            self.end(id, state, now);
        }
        if let Some(rhythm) = self.regions.get_mut(region) {
            rhythm.went_well(region, moved, &self.limits, now);
        }
    }
}

/// A copy's snapshots are found by the image's own list, by what was known, and by description.
fn belongs(job: &Job, image: &ImageId, listed: Option<&Image>, snapshot: &Snapshot) -> bool {
    job.snapshots.iter().any(|s| s.id == snapshot.id)
        || listed.is_some_and(|i| i.snapshot_ids().any(|id| *id == snapshot.id))
        || snapshot.destination_image().as_ref() == Some(image)
}

fn observe_snapshots(
    job: &mut Job,
    listed: Option<&Image>,
    image: &ImageId,
    seen: &[Snapshot],
    now: Timestamp,
) -> bool {
    for snapshot in seen {
        if !belongs(job, image, listed, snapshot) {
            continue;
        }
        match job.snapshots.iter_mut().find(|s| s.id == snapshot.id) {
            Some(known) => known.observe(snapshot),
            None => job.snapshots.push(SnapshotProgress::from(snapshot)),
        }
    }
    job.recount(now)
}

/// The new image is not in the answer.
fn judge_missing(job: &mut Job, image: &ImageId) -> Option<JobState> {
    job.confirmed = 0;
    if !job.seen {
        // Right after CopyImage EC2 may not know its own image yet.
        return None;
    }
    job.missed += 1;
    (job.missed >= AGREE).then(|| JobState::Failed {
        failure: Box::new(
            Failure::new("copy", format!("the new image {image} is gone; somebody deregistered it"))
                .hint("Nothing of it is left to clean up here. Press t to copy again."),
        ),
        image: None,
    })
}

fn judge(job: &mut Job, image: &Image, snapshots: &[Snapshot]) -> Option<JobState> {
    job.seen = true;
    job.missed = 0;
    let id = image.id.clone();
    match image.state {
        // A disabled copy is a whole copy that somebody has hidden since.
        ImageState::Available | ImageState::Disabled => {
            job.confirmed += 1;
            (job.confirmed >= AGREE).then_some(JobState::Available { image: id })
        }
        ImageState::Failed | ImageState::Error | ImageState::Invalid | ImageState::Deregistered => {
            Some(JobState::Failed { failure: Box::new(why_failed(job, image, snapshots)), image: Some(id) })
        }
        ImageState::Pending | ImageState::Transient | ImageState::Unknown => {
            job.confirmed = 0;
            None
        }
    }
}

/// The image says only that something failed; the snapshot says what.
fn why_failed(job: &Job, image: &Image, snapshots: &[Snapshot]) -> Failure {
    let from_snapshot = snapshots
        .iter()
        .filter(|s| s.state == SnapshotState::Error && job.snapshots.iter().any(|own| own.id == s.id))
        .find_map(|s| s.state_message.as_deref());
    let why = from_snapshot
        .or(image.state_reason.as_deref())
        .map_or_else(|| format!("the new image is {}", image.state.as_str()), |m| m.trim_end_matches('.').to_owned());
    let failure = Failure::new("copy", why.clone()).retry(Retry::AfterChange);
    if why.contains("key ID is not accessible") {
        failure.hint(format!(
            "The KMS key does not exist in {}, is disabled, or its policy does not let EC2 use it for you.",
            job.request.destination
        ))
    } else {
        failure
    }
}
