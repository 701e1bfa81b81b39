//! What a look at a region means for the copies that go there.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::{Engine, JobState, PolledCopies, job::Job, note::Note};
use crate::domain::{
    Failure, Image, ImageId, ImageState, Region, Retry, Snapshot, SnapshotId, SnapshotState, progress::SnapshotProgress,
};

/// Looks in a row that must agree before a copy counts as available or as gone: EC2's answers are eventually
/// consistent.
const AGREE: u8 = 2;

impl Engine {
    pub(super) fn watched(&mut self, region: &Region, result: Result<PolledCopies, Failure>, now: Timestamp) {
        let limits = self.limits.clone();
        let seen = match result {
            Ok(seen) => seen,
            Err(failure) => {
                if let Some(rhythm) = self.schedules.get_mut(region) {
                    rhythm.went_wrong(region, failure, &limits, now);
                }
                return;
            }
        };
        let images: HashMap<&ImageId, &Image> = seen.images.iter().map(|i| (&i.id, i)).collect();
        let (found_snapshots, no_progress) = match seen.snapshots {
            Ok(snapshots) => (snapshots, None),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        let snapshots = by_image(&seen.images, &found_snapshots);
        let mut moved = false;
        let whole = |i: &&Image| matches!(i.state, ImageState::Available | ImageState::Disabled);
        for id in self.jobs.ids(|j| matches!(j.state, JobState::Removing { .. }) && j.request.destination == *region) {
            if self.jobs.get(id).and_then(Job::image).and_then(|i| images.get(i)).is_some_and(whole) {
                self.seen_available(id, now);
            }
        }
        for id in self.jobs.ids(|j| j.request.destination == *region && matches!(j.state, JobState::Copying { .. })) {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            let Some(image) = job.image().filter(|i| seen.asked.contains(i)).cloned() else { continue };
            // One that is shown as deregistered is on its way out: as good as missing.
            let found = images.get(&image).copied().filter(|i| i.state != ImageState::Deregistered);
            if let Some(found) = found {
                job.observe_image(found);
            }
            let evidence = job.evidence(&image);
            let candidates = snapshots.get(&image).map(Vec::as_slice).unwrap_or_default();
            // A look-alike would move the bar.
            let own = |s: &&&Snapshot| job.listed.contains(&s.id) || evidence.resembles(s);
            let own: Vec<&Snapshot> = candidates.iter().filter(own).copied().collect();
            moved |= observe_snapshots(job, &own, now);
            let verdict = match found {
                None => judge_missing(job, &image, limits.unseen, now),
                Some(found) => judge(job, found, &own),
            };
            // What is to be confirmed is confirmed soon.
            moved |= job.confirmed > 0 || job.missed > 0;
            if let Some(state) = verdict {
                self.end(id, state, now);
            }
        }
        if let Some(rhythm) = self.schedules.get_mut(region) {
            rhythm.no_progress = no_progress;
            rhythm.went_well(region, moved, &limits, now);
        }
    }
}

/// A copy's snapshots are found by the image's own list and by their description.
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

fn observe_snapshots(job: &mut Job, own: &[&Snapshot], now: Timestamp) -> bool {
    for snapshot in own {
        match job.snapshots.iter_mut().find(|s| s.id == snapshot.id) {
            Some(known) => known.observe(snapshot),
            None => job.snapshots.push(SnapshotProgress::from(*snapshot)),
        }
    }
    job.recount(now)
}

/// The new image is not in the answer.
fn judge_missing(job: &mut Job, image: &ImageId, unseen: SignedDuration, now: Timestamp) -> Option<JobState> {
    job.confirmed = 0;
    // Right after CopyImage EC2 may not know its own image yet.
    let young = job.started.is_some_and(|started| now.duration_since(started) < unseen);
    if !job.seen && young {
        return None;
    }
    job.missed += 1;
    (job.missed >= AGREE).then(|| {
        job.note = Some(Note::DeregisteredElsewhere);
        JobState::Gone { image: image.clone() }
    })
}

fn judge(job: &mut Job, image: &Image, snapshots: &[&Snapshot]) -> Option<JobState> {
    let id = image.id.clone();
    match image.state {
        // A disabled copy is a whole copy that somebody has hidden since.
        ImageState::Available | ImageState::Disabled => {
            job.confirmed += 1;
            (job.confirmed >= AGREE).then_some(JobState::Available { image: id })
        }
        ImageState::Failed | ImageState::Error | ImageState::Invalid => {
            Some(JobState::Failed { failure: Box::new(why_failed(job, image, snapshots)), image: Some(id) })
        }
        ImageState::Pending | ImageState::Transient | ImageState::Unknown | ImageState::Deregistered => {
            job.confirmed = 0;
            None
        }
    }
}

/// The image says only that something failed; the snapshot says what.
fn why_failed(job: &Job, image: &Image, snapshots: &[&Snapshot]) -> Failure {
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
