//! `DeregisterImage`, `DeleteSnapshot`, `CreateTags`, `DeleteTags`. Owns EC2's rules for taking away.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, ImageState, Region, SnapshotId, image::Tag},
    sim::{
        api::validation::{check_image_id, check_snapshot_id, check_tags, no_snapshot, not_found, unavailable},
        api_error::ApiError,
        faults::rules::FaultKind,
        world::{
            changes::ChangeKind,
            image_family,
            state::{DeregisteredImage, RegionState, SeenImage, World},
            timeline::{CreatedImage, Maker, ms_between},
        },
    },
};

/// What became of one snapshot of a deregistered image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnCode {
    /// It is deleted.
    Success,
    /// Other images use it.
    Skipped,
    /// The caller may not delete snapshots.
    MissingPermissions,
    /// It is not deleted for a reason of EC2's own.
    InternalError,
    /// It cannot be deleted as it is: still pending.
    ClientError,
}

impl ReturnCode {
    /// EC2's word for it.
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

/// The parameters of one `DeregisterImage`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeregisterCall<'a> {
    pub(crate) image: &'a str,
    pub(crate) delete_snapshots: bool,
    pub(crate) dry_run: bool,
    pub(crate) by: Maker,
}

impl World {
    /// `DeregisterImage`. Without `delete_snapshots` the list is empty.
    pub(crate) fn deregister(
        &mut self,
        region: &Region,
        call: DeregisterCall<'_>,
        now: Timestamp,
    ) -> Result<Vec<(SnapshotId, ReturnCode)>, ApiError> {
        let seen = self.removable(self.enabled(region)?, call.image, now)?;
        if call.dry_run {
            return Err(ApiError::dry_run());
        }
        self.log(region, call.by, ChangeKind::Deregistered, call.image, now);
        let image = seen.image.id.clone();
        let area = self.enabled_mut(region)?;
        let copied = area.made.remove(&image).is_some();
        let left = |s: &&SnapshotId| copied || !area.gone.contains(s.as_str());
        let snapshots: Vec<SnapshotId> = seen.image.snapshot_ids().filter(left).cloned().collect();
        area.gone.insert(call.image.into());
        area.deregistered.insert(image.clone(), DeregisteredImage { was: seen, since: now, copied });
        // A copy stopped before its snapshots were there never makes them.
        area.snapshots.retain(|_, s| !s.is_of(&image) || s.as_of(now).is_some());
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

    /// The image, if it may be deregistered.
    fn removable(&self, area: &RegionState, id: &str, now: Timestamp) -> Result<SeenImage, ApiError> {
        check_image_id(id)?;
        if let Some(ghost) = ImageId::new(id).ok().and_then(|id| area.deregistered.get(&id)) {
            let said = self.pace.unavailable_ms.is_none_or(|ms| ms_between(ghost.since, now) < ms);
            return Err(if said { unavailable(id) } else { not_found(&[id]) });
        }
        let seen = self.image(area, id, now).ok_or_else(|| not_found(&[id]))?;
        if seen.image.owner_id != self.account {
            return Err(ApiError::not_authorized("images", &[id.to_owned()]));
        }
        if seen.image.deregistration_protection.as_deref().is_some_and(|p| p.starts_with("enabled")) {
            return Err(ApiError::new(
                "OperationNotPermitted",
                format!("The image '{id}' has deregistration protection enabled and cannot be deregistered."),
            ));
        }
        let young = |made: &CreatedImage| made.course.age_ms(now) < self.pace.deregister_after_ms;
        if seen.image.state == ImageState::Pending && area.made.get(&seen.image.id).is_some_and(young) {
            return Err(unavailable(id));
        }
        Ok(seen)
    }

    /// What `DeleteAssociatedSnapshots` does to one snapshot of an image that is deregistered by now.
    fn delete_with_image(
        &mut self,
        region: &Region,
        image: &ImageId,
        snapshot: &SnapshotId,
        by: Maker,
        now: Timestamp,
    ) -> Result<ReturnCode, ApiError> {
        if by == Maker::Request {
            let kinds = [FaultKind::Deny, FaultKind::Fail];
            match self.faults.strike_also(region, "DeregisterImage", "DeleteSnapshot", &kinds) {
                Some(FaultKind::Deny) => return Ok(ReturnCode::MissingPermissions),
                Some(_) => return Ok(ReturnCode::InternalError),
                None => {}
            }
        }
        let area = self.enabled(region)?;
        if self.user_of(area, snapshot).is_some() {
            return Ok(ReturnCode::Skipped);
        }
        let pending = area.snapshots.get(snapshot).is_some_and(|made| made.is_pending(now));
        if pending && !self.limits.deletes_pending_snapshots {
            return Ok(ReturnCode::ClientError);
        }
        self.log(region, by, ChangeKind::DeletedWith(image.clone()), snapshot.as_str(), now);
        self.enabled_mut(region)?.forget_snapshot(snapshot);
        Ok(ReturnCode::Success)
    }

    /// `DeleteSnapshot`.
    pub(crate) fn delete_snapshot(
        &mut self,
        region: &Region,
        id: &str,
        dry_run: bool,
        by: Maker,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let area = self.enabled(region)?;
        let snapshot = check_snapshot_id(id)?;
        let seen = self.snapshot(area, id, now).ok_or_else(|| no_snapshot(id))?;
        if seen.owner != self.account {
            return Err(ApiError::with_status(
                403,
                "UnauthorizedOperation",
                "You are not authorized to perform this operation.",
            ));
        }
        if let Some(image) = self.user_of(area, &snapshot).or_else(|| self.late_user_of(area, &snapshot, now)) {
            return Err(ApiError::new(
                "InvalidSnapshot.InUse",
                format!("The snapshot {id} is currently in use by {image}"),
            ));
        }
        if dry_run {
            return Err(ApiError::dry_run());
        }
        self.log(region, by, ChangeKind::Deleted, id, now);
        self.enabled_mut(region)?.forget_snapshot(&snapshot);
        Ok(())
    }

    /// `CreateTags` on images and snapshots of the account.
    pub(crate) fn create_tags(
        &mut self,
        region: &Region,
        resources: &[&str],
        tags: &[Tag],
        dry_run: bool,
        by: Maker,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if resources.is_empty() {
            return Err(ApiError::missing("resourceIdSet"));
        }
        if tags.is_empty() {
            return Err(ApiError::missing("tagSet"));
        }
        check_tags(tags)?;
        let area = self.enabled(region)?;
        let mut changed: Vec<(Box<str>, Vec<Tag>)> = Vec::new();
        for id in resources {
            let mut all = self.tags_of(area, id, now)?;
            all.retain(|t| tags.iter().all(|new| new.key != t.key));
            all.extend(tags.iter().cloned());
            all.sort();
            check_tags(&all)?;
            changed.push((Box::from(*id), all));
        }
        if dry_run {
            return Err(ApiError::dry_run());
        }
        for id in resources {
            self.log(region, by, ChangeKind::Tagged, id, now);
        }
        self.enabled_mut(region)?.tags.extend(changed);
        Ok(())
    }

    /// `DeleteTags` of one tag, whatever its value. A tag that is not there is none of its business, as in EC2.
    pub(crate) fn delete_tag(
        &mut self,
        region: &Region,
        id: &str,
        key: &str,
        by: Maker,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let mut tags = self.tags_of(self.enabled(region)?, id, now)?;
        tags.retain(|t| &*t.key != key);
        self.log(region, by, ChangeKind::Untagged, id, now);
        self.enabled_mut(region)?.tags.insert(id.into(), tags);
        Ok(())
    }

    fn tags_of(&self, area: &RegionState, id: &str, now: Timestamp) -> Result<Vec<Tag>, ApiError> {
        if id.starts_with("snap-") {
            check_snapshot_id(id)?;
            return Ok(self.snapshot(area, id, now).ok_or_else(|| no_snapshot(id))?.snapshot.tags);
        }
        if id.starts_with("ami-") {
            check_image_id(id)?;
            return Ok(self.image(area, id, now).ok_or_else(|| not_found(&[id]))?.image.tags);
        }
        Err(ApiError::new("InvalidID", format!("The ID '{id}' is not valid")))
    }

    /// An image that is there and has this snapshot among its disks.
    fn user_of(&self, area: &RegionState, snapshot: &SnapshotId) -> Option<ImageId> {
        let made = area.made.values().find(|m| m.image.snapshot_ids().any(|id| id == snapshot));
        let of_lot = || {
            let place = image_family::place(self.seed, snapshot.as_str())?;
            let image = area.families.iter().find(|l| l.number == place.lot)?.id(place.index)?;
            (!area.gone.contains(image.as_str())).then_some(image)
        };
        made.map(|m| m.image.id.clone()).or_else(of_lot)
    }

    /// An image not long deregistered that had it.
    fn late_user_of(&self, area: &RegionState, snapshot: &SnapshotId, now: Timestamp) -> Option<ImageId> {
        let holds = |ghost: &DeregisteredImage| {
            ms_between(ghost.since, now) < self.pace.in_use_ms
                && ghost.was.image.snapshot_ids().any(|id| id == snapshot)
        };
        area.deregistered.iter().find(|(_, ghost)| holds(ghost)).map(|(id, _)| id.clone())
    }
}

impl RegionState {
    fn forget_snapshot(&mut self, id: &SnapshotId) {
        if self.snapshots.remove(id).is_none() {
            self.gone.insert(id.as_str().into());
        }
    }
}
