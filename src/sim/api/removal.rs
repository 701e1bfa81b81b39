//! `DeregisterImage` and `DeleteSnapshot`.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, ImageState, Region, SnapshotId, SnapshotState},
    sim::{
        api::validation::{check_snapshot_id, snapshot_not_found, unavailable},
        api_error::ApiError,
        faults::rules::FaultKind,
        world::{
            image_family,
            records::ChangeKind,
            retention::{Binned, RetentionKind},
            state::{DeregisteredImage, RegionState, SeenImage, World},
            timeline::{Actor, CreatedImage},
        },
    },
};

/// Result of deleting one snapshot of a deregistered image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnCode {
    /// Deleted.
    Success,
    /// Kept, because other images use it.
    Skipped,
    /// The caller may not delete snapshots.
    MissingPermissions,
    /// Kept, because of an error in EC2.
    InternalError,
    /// Kept, because it is still pending.
    ClientError,
}

impl ReturnCode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Skipped => "skipped",
            Self::MissingPermissions => "missing-permissions",
            Self::InternalError => "internal-error",
            Self::ClientError => "client-error",
        }
    }
}

/// Parameters of `DeregisterImage`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeregisterCall<'a> {
    pub(crate) image: &'a str,
    pub(crate) delete_snapshots: bool,
    pub(crate) by: Actor,
}

impl World {
    /// Carries out `DeregisterImage` and returns the result for each snapshot; none without `delete_snapshots`.
    pub(crate) fn deregister(
        &mut self,
        region: &Region,
        call: DeregisterCall<'_>,
        now: Timestamp,
    ) -> Result<Vec<(SnapshotId, ReturnCode)>, ApiError> {
        let seen = self.deregisterable(self.enabled(region)?, call.image, now)?;
        self.record(region, call.by, ChangeKind::Deregistered, call.image, now);
        let image = seen.image.id.clone();
        let since = self.timeline(now);
        let state = self.enabled_mut(region)?;
        let created = state.created_images.remove(&image);
        let from_copy = created.is_some();
        state.bin_image(&seen, created, now);
        let left = |s: &&SnapshotId| from_copy || !state.removed.contains(s.as_str());
        let snapshots: Vec<SnapshotId> = seen.image.snapshot_ids().filter(left).cloned().collect();
        state.removed.insert(call.image.into());
        state.deregistered.insert(image.clone(), DeregisteredImage { last: seen, since, from_copy });
        // A copy that is cancelled before its snapshots exist never creates them.
        state.created_snapshots.retain(|_, s| !s.is_of(&image) || s.as_of(now).is_some());
        if !call.delete_snapshots {
            return Ok(Vec::new());
        }
        let mut codes = Vec::with_capacity(snapshots.len());
        for snapshot in snapshots {
            let code = self.delete_with_image(region, &image, &snapshot, call.by, now)?;
            codes.push((snapshot, code));
        }
        Ok(codes)
    }

    /// Returns the image, if it may be deregistered.
    fn deregisterable(&self, state: &RegionState, id: &str, now: Timestamp) -> Result<SeenImage, ApiError> {
        let seen = self.own_image(state, id, now)?;
        if state.attributes_of(&seen).protection.prevents_deregistering(now) {
            return Err(ApiError::new(
                "OperationNotPermitted",
                format!("The image '{id}' has deregistration protection enabled and cannot be deregistered."),
            ));
        }
        let too_young = |created: &CreatedImage| created.timeline.age_ms(now) < self.latencies.deregister_after_ms;
        if seen.image.state == ImageState::Pending && state.created_images.get(&seen.image.id).is_some_and(too_young) {
            return Err(unavailable(id));
        }
        Ok(seen)
    }

    /// Deletes one snapshot of an image just deregistered, as `DeleteAssociatedSnapshots` does.
    fn delete_with_image(
        &mut self,
        region: &Region,
        image: &ImageId,
        snapshot: &SnapshotId,
        by: Actor,
        now: Timestamp,
    ) -> Result<ReturnCode, ApiError> {
        if by == Actor::Request && self.policy.denies(region, "DeleteSnapshot") {
            return Ok(ReturnCode::MissingPermissions);
        }
        if by == Actor::Request {
            let kinds = [FaultKind::Deny, FaultKind::Fail];
            match self.faults.fault_of_needed_action(region, "DeregisterImage", "DeleteSnapshot", &kinds) {
                Some(FaultKind::Deny) => return Ok(ReturnCode::MissingPermissions),
                Some(_) => return Ok(ReturnCode::InternalError),
                None => {}
            }
        }
        let state = self.enabled(region)?;
        if self.image_using(state, snapshot).is_some() {
            return Ok(ReturnCode::Skipped);
        }
        if state.locked.contains(snapshot) {
            return Ok(ReturnCode::ClientError);
        }
        let pending = state.created_snapshots.get(snapshot).is_some_and(|created| created.is_pending(now));
        if pending && !self.limits.deletes_pending_snapshots {
            return Ok(ReturnCode::ClientError);
        }
        self.record(region, by, ChangeKind::DeletedWith(image.clone()), snapshot.as_str(), now);
        self.remove_snapshot(region, snapshot, now)?;
        Ok(ReturnCode::Success)
    }

    /// Carries out `DeleteSnapshot`.
    pub(crate) fn delete_snapshot(
        &mut self,
        region: &Region,
        id: &str,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let state = self.enabled(region)?;
        let snapshot = check_snapshot_id(id)?;
        let seen = self.snapshot(state, id, now).ok_or_else(|| snapshot_not_found(id))?;
        if seen.owner != self.account {
            return Err(ApiError::with_status(
                403,
                "UnauthorizedOperation",
                "You are not authorized to perform this operation.",
            ));
        }
        if state.locked.contains(&snapshot) {
            // EC2 refuses it; with which code is not documented.
            return Err(ApiError::new("OperationNotPermitted", format!("The snapshot '{id}' is locked.")));
        }
        if let Some(image) =
            self.image_using(state, &snapshot).or_else(|| self.deregistered_image_using(state, &snapshot, now))
        {
            return Err(ApiError::new(
                "InvalidSnapshot.InUse",
                format!("The snapshot {id} is currently in use by {image}"),
            ));
        }
        self.record(region, by, ChangeKind::Deleted, id, now);
        self.remove_snapshot(region, &snapshot, now)
    }

    /// Removes a snapshot; it goes into the Recycle Bin if a rule says so.
    fn remove_snapshot(&mut self, region: &Region, id: &SnapshotId, now: Timestamp) -> Result<(), ApiError> {
        let last = self.snapshot(self.enabled(region)?, id.as_str(), now).map(|seen| seen.snapshot);
        let state = self.enabled_mut(region)?;
        let created = state.created_snapshots.remove(id);
        if created.is_none() {
            state.removed.insert(id.as_str().into());
        }
        let kept = last.filter(|last| last.state == SnapshotState::Completed);
        if let (Some(last), Some(exits)) = (kept, state.retained_until(RetentionKind::Snapshots, now)) {
            state.bin.snapshots.insert(id.clone(), Binned { last, created, entered: now, exits });
        }
        Ok(())
    }

    /// Returns a registered image that uses this snapshot.
    fn image_using(&self, state: &RegionState, snapshot: &SnapshotId) -> Option<ImageId> {
        let created = state.created_images.values().find(|c| c.image.snapshot_ids().any(|id| id == snapshot));
        let in_families = || {
            let position = image_family::position(self.seed, snapshot.as_str())?;
            let image = state.families.iter().find(|f| f.number == position.family)?.id(position.index)?;
            (!state.removed.contains(image.as_str())).then_some(image)
        };
        created.map(|c| c.image.id.clone()).or_else(in_families)
    }

    /// Returns an image deregistered so recently that it still blocks its snapshot (`Latencies::in_use_ms`).
    fn deregistered_image_using(&self, state: &RegionState, snapshot: &SnapshotId, now: Timestamp) -> Option<ImageId> {
        let used = |deregistered: &DeregisteredImage| {
            deregistered.since.age_ms(now) < self.latencies.in_use_ms
                && deregistered.last.image.snapshot_ids().any(|id| id == snapshot)
        };
        state.deregistered.iter().find(|(_, deregistered)| used(deregistered)).map(|(id, _)| id.clone())
    }
}

impl RegionState {
    /// Puts a deregistered image into the Recycle Bin if a rule says so. One that was pending or has failed is gone.
    fn bin_image(&mut self, last: &SeenImage, created: Option<CreatedImage>, now: Timestamp) {
        let whole = matches!(last.image.state, ImageState::Available | ImageState::Disabled);
        if let Some(exits) = self.retained_until(RetentionKind::Images, now).filter(|_| whole) {
            let binned = Binned { last: last.image.clone(), created, entered: now, exits };
            self.bin.images.insert(last.image.id.clone(), binned);
        }
    }
}
