//! Changes to a copy that no user asks for: it fails, finishes or gets stuck. For tests.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, Region, SnapshotId},
    sim::{
        api::validation::{images_not_found, snapshot_not_found},
        api_error::ApiError,
        world::{
            state::{RegionState, World},
            timeline::Timeline,
        },
    },
};

impl World {
    /// Fails a pending copy. Its pending snapshots end in error with `reason` as their `StateMessage`; if all are completed,
    /// the last one ends in error nevertheless, because that is where EC2 reports the reason.
    pub fn fail_copy(
        &mut self,
        region: &Region,
        image: &ImageId,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let state = self.with_pending_copy(region, image, now)?;
        if let Some(created) = state.created_images.get_mut(image) {
            created.end(true, now);
        }
        let mut snapshots: Vec<_> = state.created_snapshots.values_mut().filter(|s| s.is_of(image)).collect();
        let pending = snapshots.iter().any(|s| s.is_pending(now));
        let last = snapshots.len().saturating_sub(1);
        for (n, snapshot) in snapshots.iter_mut().enumerate() {
            if snapshot.is_pending(now) || (!pending && n == last) {
                snapshot.fail(reason, now);
            }
        }
        Ok(())
    }

    /// Completes a pending copy, even one that is stuck or would have failed.
    pub fn finish_copy(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<(), ApiError> {
        let state = self.with_pending_copy(region, image, now)?;
        if let Some(created) = state.created_images.get_mut(image) {
            created.end(false, now);
        }
        state.created_snapshots.values_mut().filter(|s| s.is_of(image)).for_each(|s| s.complete(now));
        Ok(())
    }

    /// Completes one pending snapshot of a copy; the copy itself continues.
    pub fn complete_snapshot(
        &mut self,
        region: &Region,
        snapshot: &SnapshotId,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let created = self.enabled_mut(region)?.created_snapshots.get_mut(snapshot);
        created.ok_or_else(|| snapshot_not_found(snapshot.as_str()))?.complete(now);
        Ok(())
    }

    /// Stops a pending copy's progress until [`Self::unstick_copy`], [`Self::fail_copy`] or [`Self::finish_copy`]. Its
    /// snapshots stay as they are even when the image is deregistered.
    pub fn stick_copy(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<(), ApiError> {
        let state = self.with_pending_copy(region, image, now)?;
        timelines(state, image).for_each(|timeline| timeline.stick(now));
        Ok(())
    }

    /// Lets a stuck copy continue from where it stopped; of a deregistered image, its remaining snapshots. No effect on a copy
    /// that is not stuck.
    pub fn unstick_copy(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<(), ApiError> {
        let mut timelines = timelines(self.enabled_mut(region)?, image).peekable();
        timelines.peek().ok_or_else(|| images_not_found(&[image.as_str()]))?;
        timelines.for_each(|timeline| timeline.unstick(now));
        Ok(())
    }

    /// Returns the region's state, provided that this copy is pending in it.
    fn with_pending_copy(
        &mut self,
        region: &Region,
        image: &ImageId,
        now: Timestamp,
    ) -> Result<&mut RegionState, ApiError> {
        let state = self.enabled_mut(region)?;
        match state.created_images.get(image) {
            Some(created) if created.is_pending(now) => Ok(state),
            _ => Err(images_not_found(&[image.as_str()])),
        }
    }
}

fn timelines<'a>(state: &'a mut RegionState, image: &'a ImageId) -> impl Iterator<Item = &'a mut Timeline> {
    let snapshots = state.created_snapshots.values_mut().filter(move |s| s.is_of(image)).map(|s| &mut s.timeline);
    state.created_images.get_mut(image).map(|c| &mut c.timeline).into_iter().chain(snapshots)
}
