//! A job's cleanups: listing and deleting the snapshots of its removed images.

use jiff::Timestamp;

use super::{
    cleanup::CleanupProgress,
    config::EngineConfig,
    job::Job,
    messages::Request,
    note::Note,
    state::{JobState, RemovalStep},
};
use crate::domain::{Failure, ImageId, Retry, Snapshot, SnapshotId, progress::SnapshotProgress};

impl Job {
    /// Returns when the next cleanup is due.
    pub(super) fn cleanup_due(&self) -> Option<Timestamp> {
        self.cleanups.iter().filter_map(|c| c.at).min()
    }

    /// Lists the snapshots of every removed image whose cleanup is due.
    pub(super) fn cleanup_requests(&mut self, now: Timestamp) -> Vec<Request> {
        let (job, region) = (self.id, self.request.destination.clone());
        let listing = self.cleanups.iter_mut().filter_map(|cleanup| {
            let (snapshots, image) = (cleanup.begin_listing(now)?, cleanup.evidence.image.clone());
            Some(Request::FindSnapshots { job, region: region.clone(), image, snapshots })
        });
        listing.collect()
    }

    /// Takes in the answer to [`Request::FindSnapshots`], and deletes what is proven to be the image's.
    pub(super) fn snapshots_found(
        &mut self,
        image: &ImageId,
        result: Result<Vec<Snapshot>, Failure>,
        config: &EngineConfig,
        now: Timestamp,
    ) -> Vec<Request> {
        let waits = self.waits_for_cleanup(image);
        let Some(cleanup) = self.cleanups.iter_mut().find(|c| c.evidence.image == *image) else { return Vec::new() };
        let mut delete = Vec::new();
        match result {
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => {
                if waits {
                    self.note = Some(Note::SnapshotListDelayed(failure.why));
                }
            }
            Err(failure) => cleanup.listing_refused(failure.why),
            Ok(found) => {
                delete = cleanup.listed(&found);
                if waits {
                    self.note = cleanup.note();
                    for snapshot in found.iter().filter(|s| delete.contains(&s.id)) {
                        if !self.snapshots.iter().any(|known| known.id == snapshot.id) {
                            self.snapshots.push(SnapshotProgress::from(snapshot));
                        }
                    }
                }
            }
        }
        self.plan_cleanup(image, config, now);
        let (job, region) = (self.id, self.request.destination.clone());
        let request =
            |snapshot| Request::DeleteSnapshot { job, region: region.clone(), image: image.clone(), snapshot };
        delete.into_iter().map(request).collect()
    }

    /// Takes in the answer to [`Request::DeleteSnapshot`].
    pub(super) fn snapshot_deleted(
        &mut self,
        image: &ImageId,
        snapshot: &SnapshotId,
        result: Result<(), Failure>,
        config: &EngineConfig,
        now: Timestamp,
    ) {
        let Some(cleanup) = self.cleanups.iter_mut().find(|c| c.evidence.image == *image) else { return };
        if cleanup.deleted(snapshot, result, now) {
            self.plan_cleanup(image, config, now);
        }
    }

    /// Ends a cleanup that is over, ends the job that has waited long enough for it, or plans the next listing.
    fn plan_cleanup(&mut self, image: &ImageId, config: &EngineConfig, now: Timestamp) {
        let waits = self.waits_for_cleanup(image);
        let seen = self.snapshots.len();
        let Some(n) = self.cleanups.iter().position(|c| c.evidence.image == *image) else { return };
        match self.cleanups[n].plan(seen, waits, now) {
            CleanupProgress::Finished => {
                let (leftovers, list_refusal) = self.cleanups.remove(n).into_leftovers();
                for leftover in leftovers {
                    self.leftovers.retain(|l| l.snapshot != leftover.snapshot);
                    self.leftovers.push(leftover);
                }
                if waits {
                    self.finish_removal(list_refusal.map(Note::SnapshotsNotListed), config.tagging, now);
                }
            }
            CleanupProgress::JobMayEnd if waits => self.finish_removal(None, config.tagging, now),
            CleanupProgress::JobMayEnd | CleanupProgress::Continues => {}
        }
    }

    /// Returns true if the job waits until this image's snapshots are deleted.
    fn waits_for_cleanup(&self, image: &ImageId) -> bool {
        let JobState::Removing { image: removed, step, .. } = &self.state else { return false };
        removed == image && matches!(step, RemovalStep::DeletingSnapshots {})
    }
}
