//! `DeregisterImage`, `DeleteSnapshot`, `CreateTags`. Owns EC2's rules for taking away.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, Region, SnapshotId, image::Tag},
    sim::{
        checks::{check_image_id, check_tags, no_snapshot, not_found, unavailable},
        life::ms_between,
        refusal::Refusal,
        world::{Area, Ghost, World},
    },
};

/// What became of one snapshot: its id and `success` or `client-error`.
pub(crate) type Removed = (SnapshotId, &'static str);

impl World {
    /// `DeregisterImage`. Without `delete_snapshots` the list is empty.
    pub(crate) fn deregister(
        &mut self,
        region: &Region,
        id: &str,
        delete_snapshots: bool,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<Vec<Removed>, Refusal> {
        check_image_id(id)?;
        let area = self.enabled(region)?;
        if area.gone.contains(id) {
            return Err(unavailable(id));
        }
        let seen = self.image(area, id, now).ok_or_else(|| not_found(&[id]))?;
        if seen.image.owner_id != self.account {
            return Err(Refusal::with_status(403, "AuthFailure", format!("Not authorized for image:{id}")));
        }
        if seen.image.deregistration_protection.as_deref().is_some_and(|p| p.starts_with("enabled")) {
            return Err(Refusal::new(
                "OperationNotPermitted",
                format!("The image '{id}' has deregistration protection enabled and cannot be deregistered."),
            ));
        }
        if dry_run {
            return Err(Refusal::dry_run());
        }
        let area = self.enabled_mut(region)?;
        let image_id = seen.image.id.clone();
        let copied = area.made.remove(&image_id).is_some();
        let left = |s: &&SnapshotId| copied || !area.gone.contains(s.as_str());
        let snapshots: Vec<SnapshotId> = seen.image.snapshot_ids().filter(left).cloned().collect();
        area.gone.insert(id.into());
        area.ghosts.insert(image_id.clone(), Ghost { was: seen, since: now, copied });
        // A copy stopped before its snapshots were there never makes them.
        area.snapshots.retain(|_, s| s.image != image_id || s.as_of(now).is_some());
        if !delete_snapshots {
            return Ok(Vec::new());
        }
        Ok(snapshots.into_iter().map(|snapshot| remove(area, snapshot, now)).collect())
    }

    /// `DeleteSnapshot`.
    pub(crate) fn delete_snapshot(
        &mut self,
        region: &Region,
        id: &str,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let area = self.enabled(region)?;
        let snapshot_id = SnapshotId::new(id)
            .map_err(|_| Refusal::new("InvalidSnapshotID.Malformed", format!("The snapshot ID '{id}' is malformed")))?;
        let seen = self.snapshot(area, id, now).ok_or_else(|| no_snapshot(id))?;
        if seen.owner != self.account {
            return Err(Refusal::with_status(
                403,
                "UnauthorizedOperation",
                "You are not authorized to perform this operation.",
            ));
        }
        let in_use = |image: &ImageId| {
            Refusal::new("InvalidSnapshot.InUse", format!("The snapshot {id} is currently in use by {image}"))
        };
        if let Some(made) = area.snapshots.get(&snapshot_id) {
            let since = area.ghosts.get(&made.image).map(|ghost| ms_between(ghost.since, now));
            if since.is_none_or(|ms| ms < self.pace.in_use_ms) {
                return Err(in_use(&made.image));
            }
        } else if let Some(image) = self.image_of_lot_snapshot(area, id)
            && !area.gone.contains(image.as_str())
        {
            return Err(in_use(&image));
        }
        if dry_run {
            return Err(Refusal::dry_run());
        }
        let area = self.enabled_mut(region)?;
        if area.snapshots.remove(&snapshot_id).is_none() {
            area.gone.insert(id.into());
        }
        Ok(())
    }

    /// `CreateTags` on images and snapshots of the account.
    pub(crate) fn create_tags(
        &mut self,
        region: &Region,
        resources: &[&str],
        tags: &[Tag],
        dry_run: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if resources.is_empty() {
            return Err(Refusal::missing("resourceIdSet"));
        }
        if tags.is_empty() {
            return Err(Refusal::missing("tagSet"));
        }
        check_tags(tags)?;
        let area = self.enabled(region)?;
        let mut changed = Vec::new();
        for id in resources {
            let mut all = self.tags_of(area, id, now)?;
            all.retain(|t| tags.iter().all(|new| new.key != t.key));
            all.extend(tags.iter().cloned());
            all.sort();
            check_tags(&all)?;
            changed.push((Box::from(*id), all));
        }
        if dry_run {
            return Err(Refusal::dry_run());
        }
        self.enabled_mut(region)?.tags.extend(changed);
        Ok(())
    }

    fn tags_of(&self, area: &Area, id: &str, now: Timestamp) -> Result<Vec<Tag>, Refusal> {
        if id.starts_with("snap-") {
            return Ok(self.snapshot(area, id, now).ok_or_else(|| no_snapshot(id))?.snapshot.tags);
        }
        if id.starts_with("ami-") {
            return Ok(self.image(area, id, now).ok_or_else(|| not_found(&[id]))?.image.tags);
        }
        Err(Refusal::new("InvalidID", format!("The ID '{id}' is not valid")))
    }

    fn image_of_lot_snapshot(&self, area: &Area, id: &str) -> Option<ImageId> {
        let place = crate::sim::lot::place(self.seed, id)?;
        area.lots.iter().find(|l| l.number == place.lot)?.id(place.index)
    }
}

/// Deletes a snapshot at once, or leaves a pending one for later, as EC2 does.
fn remove(area: &mut Area, id: SnapshotId, now: Timestamp) -> Removed {
    match area.snapshots.get(&id) {
        Some(made) if made.is_pending(now) => (id, "client-error"),
        Some(_) => {
            area.snapshots.remove(&id);
            (id, "success")
        }
        None => {
            area.gone.insert(id.as_str().into());
            (id, "success")
        }
    }
}
