//! What happens to the account without the program: another user of it, and fate. For tests; owns no rule of EC2's.

use jiff::Timestamp;

use crate::{
    domain::{
        Image, ImageId, ImageState, Region, Snapshot, SnapshotId, SnapshotState,
        image::{BlockDevice, Ebs, Tag},
    },
    sim::{
        api::{
            copy_image::{CopyCall, duplicate, internal},
            removal::DeregisterCall,
            validation::no_snapshot,
        },
        api_error::ApiError,
        world::{
            image_family,
            state::{RegionState, World},
            timeline::{CreatedImage, CreatedSnapshot, Maker, Stages, Timeline},
        },
    },
};

/// A snapshot somebody made that looks like one a copy made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookAlike {
    /// `CopySnapshot` by a script that keeps the description: `vol-ffffffff`, no tags.
    Described,
    /// The same by a backup tool that copies the tags as well.
    Tagged,
    /// `CreateSnapshot` of a volume made from the snapshot, by a tool that keeps description and tags: another volume.
    OfVolume,
}

/// What other users do draws on the account's limits, rates and names as a request does, but no fault strikes it and it is not
/// counted. An error is EC2's code and text.
impl World {
    /// Another user of the account starts a copy, without a token and without tags.
    pub fn copy_elsewhere(
        &mut self,
        to: &Region,
        source: &ImageId,
        from: &Region,
        name: &str,
        now: Timestamp,
    ) -> Result<ImageId, String> {
        self.copy_as_another(to, (source, from), name, false, now)
    }

    /// The same with `CopyImageTags`: whatever the source is tagged with, the program's tags too, the copy is tagged with as
    /// well.
    pub fn copy_with_tags_elsewhere(
        &mut self,
        to: &Region,
        source: &ImageId,
        from: &Region,
        name: &str,
        now: Timestamp,
    ) -> Result<ImageId, String> {
        self.copy_as_another(to, (source, from), name, true, now)
    }

    fn copy_as_another(
        &mut self,
        to: &Region,
        (source, from): (&ImageId, &Region),
        name: &str,
        copy_tags: bool,
        now: Timestamp,
    ) -> Result<ImageId, String> {
        let call = CopyCall {
            name: name.to_owned(),
            source: source.to_string(),
            source_region: from.to_string(),
            copy_tags,
            maker: Maker::Elsewhere,
            ..CopyCall::default()
        };
        self.admit(to, "CopyImage", now).map_err(|refusal| said(&refusal))?;
        self.copy_image(to, call, now).map_err(|refusal| said(&refusal))
    }

    /// Another user of the account registers an image on a completed snapshot, which two images use from then on if one did.
    pub fn register_elsewhere(
        &mut self,
        region: &Region,
        snapshot: &SnapshotId,
        name: &str,
        now: Timestamp,
    ) -> Result<ImageId, String> {
        self.register_image(region, snapshot, name, now).map_err(|refusal| said(&refusal))
    }

    fn register_image(
        &mut self,
        region: &Region,
        snapshot: &SnapshotId,
        name: &str,
        now: Timestamp,
    ) -> Result<ImageId, ApiError> {
        let area = self.enabled(region)?;
        let seen = self.snapshot(area, snapshot.as_str(), now).ok_or_else(|| no_snapshot(snapshot.as_str()))?;
        if seen.snapshot.state != SnapshotState::Completed {
            return Err(ApiError::new("IncorrectState", format!("snapshot: {snapshot} is not in completed state")));
        }
        if area.own_name_taken(&self.account, name, now) {
            return Err(duplicate(area, name));
        }
        let id = ImageId::new(&self.new_id("ami-")).map_err(|_| internal())?;
        let mut image = Image::bare(id.clone(), region.clone(), self.account.clone());
        image.name = name.into();
        image.created = Some(now);
        image.state = ImageState::Available;
        image.architecture = "x86_64".into();
        image.virtualization = "hvm".into();
        image.root_device_type = "ebs".into();
        image.root_device_name = Some(image_family::device_name(0, "hvm"));
        image.block_devices = vec![BlockDevice {
            device_name: image_family::device_name(0, "hvm"),
            ebs: Some(Ebs {
                snapshot_id: Some(snapshot.clone()),
                volume_size: Some(seen.snapshot.volume_size),
                volume_type: Some("gp3".into()),
                encrypted: Some(seen.snapshot.encrypted),
                delete_on_termination: Some(true),
                ..Ebs::default()
            }),
            virtual_name: None,
        }];
        let made = CreatedImage {
            image,
            course: Timeline::new(now),
            listed: 0,
            ended: 0,
            fails: false,
            token: None,
            maker: Maker::Elsewhere,
        };
        self.enabled_mut(region)?.made.insert(id.clone(), made);
        Ok(id)
    }

    /// Another user of the account makes a snapshot that looks like this completed one.
    pub fn imitate_elsewhere(
        &mut self,
        region: &Region,
        snapshot: &SnapshotId,
        how: LookAlike,
        now: Timestamp,
    ) -> Result<SnapshotId, String> {
        let id = SnapshotId::new(&self.new_id("snap-")).map_err(|_| said(&internal()))?;
        let volume: Box<str> = match how {
            LookAlike::Described | LookAlike::Tagged => Snapshot::VOLUME_OF_COPIES.into(),
            LookAlike::OfVolume => self.new_id("vol-").into(),
        };
        let area = self.enabled(region).map_err(|refusal| said(&refusal))?;
        let seen = self.snapshot(area, snapshot.as_str(), now).ok_or_else(|| said(&no_snapshot(snapshot.as_str())))?;
        if seen.snapshot.state != SnapshotState::Completed {
            return Err(format!("IncorrectState: {snapshot} is not completed"));
        }
        let tags = if how == LookAlike::Described { Vec::new() } else { seen.snapshot.tags.clone() };
        let end = Snapshot { id: id.clone(), volume_id: Some(volume), started: Some(now), tags, ..seen.snapshot };
        let made = CreatedSnapshot {
            end,
            image: None,
            course: Timeline::new(now),
            stages: Stages::WHOLE,
            maker: Maker::Elsewhere,
            token: None,
        };
        self.enabled_mut(region).map_err(|refusal| said(&refusal))?.snapshots.insert(id.clone(), made);
        Ok(id)
    }

    /// Another user of the account deregisters an image and has its snapshots deleted or leaves them; those still pending are
    /// left either way, unless the limits say otherwise.
    pub fn deregister_elsewhere(
        &mut self,
        region: &Region,
        image: &ImageId,
        delete_snapshots: bool,
        now: Timestamp,
    ) -> Result<(), String> {
        self.admit(region, "DeregisterImage", now).map_err(|refusal| said(&refusal))?;
        let call = DeregisterCall { image: image.as_str(), delete_snapshots, dry_run: false, by: Maker::Elsewhere };
        self.deregister(region, call, now).map(drop).map_err(|refusal| said(&refusal))
    }

    /// Another user of the account deletes a snapshot.
    pub fn delete_snapshot_elsewhere(
        &mut self,
        region: &Region,
        snapshot: &SnapshotId,
        now: Timestamp,
    ) -> Result<(), String> {
        self.admit(region, "DeleteSnapshot", now).map_err(|refusal| said(&refusal))?;
        self.delete_snapshot(region, snapshot.as_str(), false, Maker::Elsewhere, now).map_err(|refusal| said(&refusal))
    }

    /// Another user of the account tags an image or snapshot.
    pub fn tag_elsewhere(&mut self, region: &Region, id: &str, tag: Tag, now: Timestamp) -> Result<(), String> {
        self.create_tags(region, &[id], &[tag], false, Maker::Elsewhere, now).map_err(|refusal| said(&refusal))
    }

    /// Another user of the account takes a tag off an image or snapshot.
    pub fn untag_elsewhere(&mut self, region: &Region, id: &str, key: &str, now: Timestamp) -> Result<(), String> {
        self.delete_tag(region, id, key, Maker::Elsewhere, now).map_err(|refusal| said(&refusal))
    }

    /// A pending copy fails now. Its pending snapshots are in error with this `StateMessage`; if all are completed, the last
    /// one is all the same, so that the reason can be found.
    pub fn fail_copy(&mut self, region: &Region, image: &ImageId, reason: &str, now: Timestamp) -> Result<(), String> {
        let area = self.pending_area(region, image, now)?;
        if let Some(made) = area.made.get_mut(image) {
            made.end(true, now);
        }
        let mut snapshots: Vec<_> = area.snapshots.values_mut().filter(|s| s.is_of(image)).collect();
        let pending = snapshots.iter().any(|s| s.is_pending(now));
        let last = snapshots.len().saturating_sub(1);
        for (n, snapshot) in snapshots.iter_mut().enumerate() {
            if snapshot.is_pending(now) || (!pending && n == last) {
                snapshot.fail(reason, now);
            }
        }
        Ok(())
    }

    /// A pending copy is whole now, also one that would have failed or is stuck.
    pub fn finish_copy(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<(), String> {
        let area = self.pending_area(region, image, now)?;
        if let Some(made) = area.made.get_mut(image) {
            made.end(false, now);
        }
        area.snapshots.values_mut().filter(|s| s.is_of(image)).for_each(|s| s.complete(now));
        Ok(())
    }

    /// One pending snapshot of a copy is whole now; the copy goes on.
    pub fn complete_snapshot(&mut self, region: &Region, snapshot: &SnapshotId, now: Timestamp) -> Result<(), String> {
        let area = self.enabled_mut(region).map_err(|refusal| said(&refusal))?;
        let made = area.snapshots.get_mut(snapshot).ok_or_else(|| said(&no_snapshot(snapshot.as_str())))?;
        made.complete(now);
        Ok(())
    }

    /// A pending copy stands still from now on: no progress, no end, until [`Self::unstick_copy`], [`Self::fail_copy`] or
    /// [`Self::finish_copy`]. Its snapshots stand still even when the image is deregistered.
    pub fn stick_copy(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<(), String> {
        let area = self.pending_area(region, image, now)?;
        courses(area, image).for_each(|course| course.stick(now));
        Ok(())
    }

    /// A stuck copy goes on from where it stood. One that is not stuck goes on as it did. Of a deregistered image, what is left
    /// of its snapshots.
    pub fn unstick_copy(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<(), String> {
        let area = self.enabled_mut(region).map_err(|refusal| said(&refusal))?;
        let mut found = false;
        for course in courses(area, image) {
            course.unstick(now);
            found = true;
        }
        if found { Ok(()) } else { Err(format!("there is no copy {image} in {region}")) }
    }

    fn pending_area(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<&mut RegionState, String> {
        let area = self.enabled_mut(region).map_err(|refusal| said(&refusal))?;
        match area.made.get(image) {
            Some(made) if made.is_pending(now) => Ok(area),
            _ => Err(format!("there is no pending copy {image} in {region}")),
        }
    }
}

fn courses<'a>(area: &'a mut RegionState, image: &'a ImageId) -> impl Iterator<Item = &'a mut Timeline> {
    let snapshots = area.snapshots.values_mut().filter(move |s| s.is_of(image)).map(|s| &mut s.course);
    area.made.get_mut(image).map(|m| &mut m.course).into_iter().chain(snapshots)
}

fn said(refusal: &ApiError) -> String {
    format!("{}: {}", refusal.code, refusal.message)
}
