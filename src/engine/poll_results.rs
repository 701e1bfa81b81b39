//! What a poll of a region means for the copies that go there.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    config::EngineConfig,
    deviations::{check_against_request, is_untagged},
    job::Job,
    jobs::Jobs,
    messages::PolledCopies,
    request_check::RequestCheck,
    state::JobState,
};
use crate::domain::{
    Failure, Image, ImageId, ImageState, Region, Retry, Snapshot, SnapshotId, progress::SnapshotProgress,
};

/// Polls in a row that must agree before a copy counts as available or as gone: EC2 is eventually consistent.
const AGREEING_POLLS: u8 = 2;
/// Reads that must show the same difference, or not all of a copy, before it counts.
const DIFFERING_READS: u8 = 2;

/// What a poll showed of a region's copies.
pub(super) struct Observed {
    /// Whether any of them made progress, or is to be confirmed soon.
    pub(super) progress: bool,
    /// Why the snapshots could not be read.
    pub(super) progress_problem: Option<Failure>,
}

/// Handles a poll of a region's copies.
pub(super) fn observe(
    jobs: &mut Jobs,
    region: &Region,
    polled: &PolledCopies,
    config: &EngineConfig,
    now: Timestamp,
) -> Observed {
    let images: HashMap<&ImageId, &Image> = polled.images.iter().map(|i| (&i.id, i)).collect();
    let (found, progress_problem) = match &polled.snapshots {
        Ok(snapshots) => (snapshots.as_slice(), None),
        Err(failure) => (&[][..], Some(failure.clone())),
    };
    let snapshots = by_image(&polled.images, found);
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
            if found.state == ImageState::Pending {
                job.seen_pending(config, now);
            }
        }
        let evidence = job.evidence(&image);
        let candidates = snapshots.get(&image).map(Vec::as_slice).unwrap_or_default();
        // Somebody else's snapshot would change the percentage.
        let own = |s: &&&Snapshot| job.listed_snapshots.contains(&s.id) || evidence.may_be_own(s);
        let own: Vec<&Snapshot> = candidates.iter().filter(own).copied().collect();
        progress |= observe_snapshots(job, &own, now);
        let end = match found {
            None => image_missing(job, &image, config.visibility_delay, now),
            Some(found) => image_found(job, found, &own, polled),
        };
        progress |= job.available_polls > 0 || job.misses > 0;
        progress |= end.is_some_and(|state| !end_copy(job, state, &own, config, now));
    }
    for id in jobs.ids(|j| j.request_check.is_due() && j.request.destination == *region) {
        let Some(job) = jobs.get_mut(id) else { continue };
        if let Some(image) = job.image().filter(|i| polled.requested.contains(i)).cloned() {
            compare_with_request(job, images.get(&image).copied(), polled);
            progress |= job.request_check.is_due();
        }
    }
    Observed { progress, progress_problem }
}

/// Ends a copy. Returns false if it is requested anew instead.
fn end_copy(job: &mut Job, state: JobState, own: &[&Snapshot], config: &EngineConfig, now: Timestamp) -> bool {
    if let JobState::Gone { image } = &state
        && job.replace_earlier_copy(image, config.tagging, now)
    {
        return false;
    }
    job.end(state, now);
    job.learn_end(own);
    true
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
fn image_missing(job: &mut Job, image: &ImageId, visibility_delay: SignedDuration, now: Timestamp) -> Option<JobState> {
    job.available_polls = 0;
    // Right after CopyImage EC2 may not know its own image yet.
    let young = job.started.is_some_and(|started| now.duration_since(started) < visibility_delay);
    if !job.image_seen && young {
        return None;
    }
    job.misses += 1;
    (job.misses >= AGREEING_POLLS).then(|| {
        job.note = Some(job.note_of_missing_image());
        JobState::Gone { image: image.clone() }
    })
}

/// Takes in the image's state. Returns the state the job ends in, if it does.
fn image_found(job: &mut Job, image: &Image, snapshots: &[&Snapshot], polled: &PolledCopies) -> Option<JobState> {
    let id = image.id.clone();
    match image.state {
        // A disabled copy is a complete copy that somebody has disabled since.
        ImageState::Available | ImageState::Disabled => {
            job.available_polls += 1;
            (job.available_polls >= AGREEING_POLLS).then_some(JobState::Available { image: id })
        }
        ImageState::Failed | ImageState::Error | ImageState::Invalid => {
            Some(JobState::Failed { failure: Box::new(failure_of(image, snapshots, polled)), image: Some(id) })
        }
        ImageState::Pending | ImageState::Transient | ImageState::Unknown | ImageState::Deregistered => {
            job.available_polls = 0;
            None
        }
    }
}

/// Returns why a copy failed: the image says only that it did, its snapshot says why.
fn failure_of(image: &Image, snapshots: &[&Snapshot], polled: &PolledCopies) -> Failure {
    let own = |failed: &&(SnapshotId, Failure)| snapshots.iter().any(|s| s.id == failed.0);
    if let Some((_, failure)) = polled.failures.iter().find(own) {
        return failure.clone();
    }
    let reason = image.state_reason.as_deref().map(|m| m.trim_end_matches('.').to_owned());
    let why = reason.unwrap_or_else(|| format!("the new image is {}", image.state.as_str()));
    Failure::new("copy", why).retry(Retry::AfterChange)
}

/// Compares an available copy with its request. What differs at first is read once more: EC2 is eventually consistent.
fn compare_with_request(job: &mut Job, image: Option<&Image>, polled: &PolledCopies) {
    let RequestCheck::Due { reads } = job.request_check else { return };
    let next = |reads: u8| RequestCheck::Due { reads: reads + 1 };
    let last = reads + 1 >= DIFFERING_READS;
    let Some(image) = image else {
        job.request_check = if last { RequestCheck::NotMade } else { next(reads) };
        return;
    };
    let (snapshots, unread) = match &polled.snapshots {
        Ok(found) => {
            let own: Vec<&Snapshot> = found.iter().filter(|s| image.snapshot_ids().any(|id| *id == s.id)).collect();
            let complete = image.snapshot_ids().all(|id| own.iter().any(|s| s.id == *id));
            job.learn_end(&own);
            if complete { (Some(own), None) } else { (None, Some("AWS did not show all of them".to_owned())) }
        }
        Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => return,
        Err(failure) => (None, Some(failure.why.clone())),
    };
    let differences = check_against_request(job, image, snapshots.as_deref());
    let as_requested = differences.is_empty() && unread.is_none();
    if !as_requested && !last {
        job.request_check = next(reads);
        return;
    }
    // Without its tags, the image's own list is the evidence of what is the copy's.
    job.tagged &= snapshots.is_none_or(|snapshots| !is_untagged(job, image, &snapshots));
    job.request_check = RequestCheck::Made { differences, unread };
}
