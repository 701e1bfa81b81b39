//! What a poll of a region means for the copies that go there.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::{config::EngineConfig, job::Job, jobs::Jobs, messages::PolledCopies, note::Note, state::JobState};
use crate::domain::{
    Failure, Image, ImageId, ImageState, Region, Retry, Snapshot, SnapshotId, SnapshotState, progress::SnapshotProgress,
};

/// Polls in a row that must agree before a copy counts as available or as gone: EC2 is eventually consistent.
const AGREEING_POLLS: u8 = 2;

/// What a poll showed of a region's copies.
pub(super) struct Observed {
    /// Whether any of them made progress, or is to be confirmed soon.
    pub(super) progress: bool,
    /// Why the snapshots could not be read.
    pub(super) no_progress: Option<Failure>,
}

/// Handles a poll of a region's copies.
pub(super) fn observe(
    jobs: &mut Jobs,
    region: &Region,
    polled: PolledCopies,
    config: &EngineConfig,
    now: Timestamp,
) -> Observed {
    let images: HashMap<&ImageId, &Image> = polled.images.iter().map(|i| (&i.id, i)).collect();
    let (found, no_progress) = match polled.snapshots {
        Ok(snapshots) => (snapshots, None),
        Err(failure) => (Vec::new(), Some(failure)),
    };
    let snapshots = by_image(&polled.images, &found);
    let complete = |i: &&Image| matches!(i.state, ImageState::Available | ImageState::Disabled);
    for id in jobs.ids(|j| matches!(j.state, JobState::Removing { .. }) && j.request.destination == *region) {
        if jobs.get(id).and_then(Job::image).and_then(|i| images.get(i)).is_some_and(complete)
            && let Some(job) = jobs.get_mut(id)
        {
            job.seen_available(now);
        }
    }
    let mut progress = false;
    for id in jobs.ids(|j| matches!(j.state, JobState::Copying { .. }) && j.request.destination == *region) {
        let Some(job) = jobs.get_mut(id) else { continue };
        let Some(image) = job.image().filter(|i| polled.requested.contains(i)).cloned() else { continue };
        // One that is shown as deregistered is about to disappear, and counts as missing.
        let found = images.get(&image).copied().filter(|i| i.state != ImageState::Deregistered);
        if let Some(found) = found {
            job.observe_image(found);
        }
        let evidence = job.evidence(&image);
        let candidates = snapshots.get(&image).map(Vec::as_slice).unwrap_or_default();
        // Somebody else's snapshot would change the percentage.
        let own = |s: &&&Snapshot| job.listed_snapshots.contains(&s.id) || evidence.may_be_own(s);
        let own: Vec<&Snapshot> = candidates.iter().filter(own).copied().collect();
        progress |= observe_snapshots(job, &own, now);
        let end = match found {
            None => image_missing(job, &image, config.visibility_delay, now),
            Some(found) => image_found(job, found, &own),
        };
        progress |= job.available_polls > 0 || job.missing_polls > 0;
        if let Some(state) = end {
            job.end(state, now);
        }
    }
    Observed { progress, no_progress }
}

/// Groups snapshots by image: by the image's own list, else by their description.
fn by_image<'a>(images: &[Image], snapshots: &'a [Snapshot]) -> HashMap<ImageId, Vec<&'a Snapshot>> {
    let listed: HashMap<&SnapshotId, &ImageId> =
        images.iter().flat_map(|i| i.snapshot_ids().map(|s| (s, &i.id))).collect();
    let mut by_image: HashMap<ImageId, Vec<&Snapshot>> = HashMap::new();
    for snapshot in snapshots {
        let image = listed.get(&snapshot.id).map(|i| (*i).clone()).or_else(|| snapshot.destination_image());
        if let Some(image) = image {
            by_image.entry(image).or_default().push(snapshot);
        }
    }
    by_image
}

/// Updates the job's snapshots. Returns true if there was progress.
fn observe_snapshots(job: &mut Job, own: &[&Snapshot], now: Timestamp) -> bool {
    for snapshot in own {
        match job.snapshots.iter_mut().find(|s| s.id == snapshot.id) {
            Some(known) => known.observe(snapshot),
            None => job.snapshots.push(SnapshotProgress::from(*snapshot)),
        }
    }
    job.update_percent(now)
}

/// Counts a poll that did not find the image. Returns the state the job ends in, if it does.
fn image_missing(job: &mut Job, image: &ImageId, unseen: SignedDuration, now: Timestamp) -> Option<JobState> {
    job.available_polls = 0;
    // Right after CopyImage EC2 may not know its own image yet.
    let young = job.started.is_some_and(|started| now.duration_since(started) < unseen);
    if !job.image_seen && young {
        return None;
    }
    job.missing_polls += 1;
    (job.missing_polls >= AGREEING_POLLS).then(|| {
        job.note = Some(Note::DeregisteredElsewhere);
        JobState::Gone { image: image.clone() }
    })
}

/// Takes in the image's state. Returns the state the job ends in, if it does.
fn image_found(job: &mut Job, image: &Image, snapshots: &[&Snapshot]) -> Option<JobState> {
    let id = image.id.clone();
    match image.state {
        // A disabled copy is a complete copy that somebody has disabled since.
        ImageState::Available | ImageState::Disabled => {
            job.available_polls += 1;
            (job.available_polls >= AGREEING_POLLS).then_some(JobState::Available { image: id })
        }
        ImageState::Failed | ImageState::Error | ImageState::Invalid => {
            Some(JobState::Failed { failure: Box::new(failure_of(job, image, snapshots)), image: Some(id) })
        }
        ImageState::Pending | ImageState::Transient | ImageState::Unknown | ImageState::Deregistered => {
            job.available_polls = 0;
            None
        }
    }
}

/// Returns why a copy failed: the image says only that it did, its snapshot says why.
fn failure_of(job: &Job, image: &Image, snapshots: &[&Snapshot]) -> Failure {
    let from_snapshot =
        snapshots.iter().filter(|s| s.state == SnapshotState::Error).find_map(|s| s.state_message.as_deref());
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
