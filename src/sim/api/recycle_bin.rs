//! `ListImagesInRecycleBin`, `ListSnapshotsInRecycleBin`, `RestoreImageFromRecycleBin`, `RestoreSnapshotFromRecycleBin`. Source of the
//! limits: EC2's service model; EC2's codes for what is not in the bin are not documented.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, Region},
    sim::{
        api::{
            call::Call,
            format::{self, date},
            validation::{check_image_id, check_snapshot_id, images_not_found, snapshot_not_found},
        },
        api_error::ApiError,
        transport::xml::Xml,
        world::{records::ChangeKind, state::World, timeline::Actor},
    },
};

impl Call<'_> {
    pub(crate) fn images_in_recycle_bin(self) -> Result<String, ApiError> {
        let (ids, page) = (self.params.strings("ImageId"), self.page()?);
        let ready = self.ready()?;
        ids.iter().try_for_each(|id| check_image_id(id))?;
        let bin = &ready.world.enabled(ready.region)?.bin.images;
        let there: Vec<_> = bin.iter().filter(|(_, one)| one.is_there(ready.now)).collect();
        if let Some(unknown) = ids.iter().find(|id| there.iter().all(|(known, _)| known.as_str() != **id)) {
            return Err(images_not_found(&[unknown]));
        }
        let wanted =
            there.into_iter().filter(|(id, _)| ids.is_empty() || ids.iter().any(|wanted| wanted == id.as_str()));
        let wanted: Vec<_> = wanted.collect();
        let (shown, next) = page.part(&wanted, 1..=1000)?;
        Ok(ready.response(|xml| {
            xml.items("imageSet", shown, |xml, (id, one)| {
                xml.leaf("imageId", id.as_str());
                xml.leaf("name", &one.last.name);
                xml.leaf("description", &one.last.description);
                times(xml, one.entered, one.exits);
            });
            xml.optional("nextToken", next.as_deref());
        }))
    }

    pub(crate) fn snapshots_in_recycle_bin(self) -> Result<String, ApiError> {
        let (ids, page) = (self.params.strings("SnapshotId"), self.page()?);
        let ready = self.ready()?;
        ids.iter().try_for_each(|id| check_snapshot_id(id).map(drop))?;
        let bin = &ready.world.enabled(ready.region)?.bin.snapshots;
        let there: Vec<_> = bin.iter().filter(|(_, one)| one.is_there(ready.now)).collect();
        if let Some(unknown) = ids.iter().find(|id| there.iter().all(|(known, _)| known.as_str() != **id)) {
            return Err(snapshot_not_found(unknown));
        }
        let wanted =
            there.into_iter().filter(|(id, _)| ids.is_empty() || ids.iter().any(|wanted| wanted == id.as_str()));
        let wanted: Vec<_> = wanted.collect();
        let (shown, next) = page.part(&wanted, 5..=1000)?;
        Ok(ready.response(|xml| {
            xml.items("snapshotSet", shown, |xml, (id, one)| {
                xml.leaf("snapshotId", id.as_str());
                times(xml, one.entered, one.exits);
                xml.leaf("description", &one.last.description);
                xml.optional("volumeId", one.last.volume_id.as_deref());
            });
            xml.optional("nextToken", next.as_deref());
        }))
    }

    pub(crate) fn restore_image(self) -> Result<String, ApiError> {
        let id = self.params.required("ImageId")?;
        let ready = self.ready()?;
        ready.world.restore_image(ready.region, id, Actor::Request, ready.now)?;
        Ok(ready.response_true())
    }

    pub(crate) fn restore_snapshot(self) -> Result<String, ApiError> {
        let id = self.params.required("SnapshotId")?;
        let ready = self.ready()?;
        ready.world.restore_snapshot(ready.region, id, Actor::Request, ready.now)?;
        let state = ready.world.enabled(ready.region)?;
        let seen = ready.world.snapshot(state, id, ready.now).ok_or_else(|| snapshot_not_found(id))?;
        Ok(ready.response(|xml| {
            let snapshot = &seen.snapshot;
            xml.leaf("snapshotId", id);
            xml.leaf("description", &snapshot.description);
            xml.flag("encrypted", snapshot.encrypted);
            xml.leaf("ownerId", seen.owner.as_str());
            xml.leaf("progress", &format::progress(snapshot));
            xml.leaf("startTime", &date(seen.started));
            xml.leaf("status", format::snapshot_state(snapshot.state));
            xml.optional("volumeId", snapshot.volume_id.as_deref());
            xml.leaf("volumeSize", &snapshot.volume_size.to_string());
        }))
    }
}

fn times(xml: &mut Xml, entered: Timestamp, exits: Timestamp) {
    xml.leaf("recycleBinEnterTime", &date(entered));
    xml.leaf("recycleBinExitTime", &date(exits));
}

impl World {
    /// Restores an image from the Recycle Bin. Its snapshots must exist.
    pub(crate) fn restore_image(
        &mut self,
        region: &Region,
        id: &str,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        check_image_id(id)?;
        let state = self.enabled(region)?;
        let image =
            ImageId::new(id).ok().filter(|image| state.bin.images.get(image).is_some_and(|one| one.is_there(now)));
        let image = image.ok_or_else(|| images_not_found(&[id]))?;
        let snapshots = || state.bin.images.get(&image).into_iter().flat_map(|one| one.last.snapshot_ids());
        // EC2 refuses it; with which code, and whether it names the snapshot, is not documented.
        if let Some(missing) = snapshots().find(|id| self.snapshot(state, id.as_str(), now).is_none()) {
            return Err(snapshot_not_found(missing.as_str()));
        }
        let state = self.enabled_mut(region)?;
        let Some(binned) = state.bin.images.remove(&image) else { return Err(images_not_found(&[id])) };
        state.deregistered.remove(&image);
        state.removed.remove(id);
        if let Some(created) = binned.created {
            state.created_images.insert(image, created);
        }
        self.record(region, by, ChangeKind::Restored, id, now);
        Ok(())
    }

    /// Restores a snapshot from the Recycle Bin.
    pub(crate) fn restore_snapshot(
        &mut self,
        region: &Region,
        id: &str,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let snapshot = check_snapshot_id(id)?;
        let state = self.enabled_mut(region)?;
        let there = state.bin.snapshots.get(&snapshot).is_some_and(|one| one.is_there(now));
        let Some(binned) = state.bin.snapshots.remove(&snapshot).filter(|_| there) else {
            return Err(snapshot_not_found(id));
        };
        state.removed.remove(id);
        if let Some(created) = binned.created {
            state.created_snapshots.insert(snapshot, created);
        }
        self.record(region, by, ChangeKind::Restored, id, now);
        Ok(())
    }
}
