//! Other users of the account: what they do to its images and snapshots. For tests.

use jiff::Timestamp;

use crate::{
    domain::{
        Image, ImageId, ImageState, Region, Snapshot, SnapshotId, SnapshotState,
        image::{BlockDevice, Ebs, Tag},
    },
    sim::{
        api::{
            copy_image::{CopyCall, duplicate_name, internal_error},
            removal::DeregisterCall,
            validation::snapshot_not_found,
        },
        api_error::ApiError,
        world::{
            image_family::device_name,
            state::{SeenSnapshot, World},
            timeline::{Actor, CreatedImage, CreatedSnapshot, Stages, Timeline},
        },
    },
};

/// A snapshot made by somebody else that looks like one made by a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookAlike {
    /// `CopySnapshot` by a script that keeps the description: `vol-ffffffff`, no tags.
    Described,
    /// `CopySnapshot` by a backup tool that also copies the tags.
    Tagged,
    /// `CreateSnapshot` of a volume made from the snapshot, by a tool that keeps description and tags: another volume.
    OfVolume,
}

/// Other users' requests use the account's limits, request rates and names. No fault applies to them and they are not counted.
impl World {
    /// Starts a copy without a token and without tags.
    pub fn copy_as_other_user(
        &mut self,
        to: &Region,
        source: &ImageId,
        from: &Region,
        name: &str,
        now: Timestamp,
    ) -> Result<ImageId, ApiError> {
        self.copy_with(to, (source, from), name, false, now)
    }

    /// Starts a copy with `CopyImageTags`: it gets all of the source's tags, the program's too.
    pub fn copy_with_tags_as_other_user(
        &mut self,
        to: &Region,
        source: &ImageId,
        from: &Region,
        name: &str,
        now: Timestamp,
    ) -> Result<ImageId, ApiError> {
        self.copy_with(to, (source, from), name, true, now)
    }

    fn copy_with(
        &mut self,
        to: &Region,
        (source, from): (&ImageId, &Region),
        name: &str,
        copy_tags: bool,
        now: Timestamp,
    ) -> Result<ImageId, ApiError> {
        let call = CopyCall {
            name: name.to_owned(),
            source: source.to_string(),
            source_region: from.to_string(),
            copy_tags,
            by: Actor::OtherUser,
            ..CopyCall::default()
        };
        self.admit(to, "CopyImage", now)?;
        self.copy_image(to, call, now)
    }

    /// Registers an image on a completed snapshot. If an image used the snapshot already, two do from now on.
    pub fn register_as_other_user(
        &mut self,
        region: &Region,
        snapshot: &SnapshotId,
        name: &str,
        now: Timestamp,
    ) -> Result<ImageId, ApiError> {
        let seen = self.completed_snapshot(region, snapshot, now)?;
        let state = self.enabled(region)?;
        if state.own_name_taken(&self.account, name, now) {
            return Err(duplicate_name(state, name));
        }
        let id = ImageId::new(&self.new_id("ami-")).map_err(|_| internal_error())?;
        let mut image = Image::bare(id.clone(), region.clone(), self.account.clone());
        image.name = name.into();
        image.created = Some(now);
        image.state = ImageState::Available;
        image.architecture = "x86_64".into();
        image.virtualization = "hvm".into();
        image.root_device_type = "ebs".into();
        image.root_device_name = Some(device_name(0, "hvm"));
        image.block_devices = vec![BlockDevice {
            device_name: device_name(0, "hvm"),
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
        let created = CreatedImage {
            image,
            timeline: Timeline::new(now),
            listed: 0,
            ended: 0,
            fails: false,
            token: None,
            created_by: Actor::OtherUser,
        };
        self.enabled_mut(region)?.created_images.insert(id.clone(), created);
        Ok(id)
    }

    /// Makes a snapshot that looks like this completed one.
    pub fn imitate_as_other_user(
        &mut self,
        region: &Region,
        snapshot: &SnapshotId,
        how: LookAlike,
        now: Timestamp,
    ) -> Result<SnapshotId, ApiError> {
        let id = SnapshotId::new(&self.new_id("snap-")).map_err(|_| internal_error())?;
        let volume: Box<str> = match how {
            LookAlike::Described | LookAlike::Tagged => Snapshot::VOLUME_OF_COPIES.into(),
            LookAlike::OfVolume => self.new_id("vol-").into(),
        };
        let SeenSnapshot { snapshot, .. } = self.completed_snapshot(region, snapshot, now)?;
        let tags = if how == LookAlike::Described { Vec::new() } else { snapshot.tags.clone() };
        let created = CreatedSnapshot {
            snapshot: Snapshot { id: id.clone(), volume_id: Some(volume), started: Some(now), tags, ..snapshot },
            image: None,
            timeline: Timeline::new(now),
            stages: Stages::COMPLETED,
            created_by: Actor::OtherUser,
            token: None,
        };
        self.enabled_mut(region)?.created_snapshots.insert(id.clone(), created);
        Ok(id)
    }

    fn completed_snapshot(&self, region: &Region, id: &SnapshotId, now: Timestamp) -> Result<SeenSnapshot, ApiError> {
        let seen = self.snapshot(self.enabled(region)?, id.as_str(), now);
        let seen = seen.ok_or_else(|| snapshot_not_found(id.as_str()))?;
        if seen.snapshot.state != SnapshotState::Completed {
            return Err(ApiError::new("IncorrectState", format!("snapshot: {id} is not in completed state")));
        }
        Ok(seen)
    }

    /// Deregisters an image. Its pending snapshots stay even with `delete_snapshots`, unless the limits say otherwise.
    pub fn deregister_as_other_user(
        &mut self,
        region: &Region,
        image: &ImageId,
        delete_snapshots: bool,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        self.admit(region, "DeregisterImage", now)?;
        let call = DeregisterCall { image: image.as_str(), delete_snapshots, dry_run: false, by: Actor::OtherUser };
        self.deregister(region, call, now).map(drop)
    }

    /// Deletes a snapshot.
    pub fn delete_snapshot_as_other_user(
        &mut self,
        region: &Region,
        snapshot: &SnapshotId,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        self.admit(region, "DeleteSnapshot", now)?;
        self.delete_snapshot(region, snapshot.as_str(), false, Actor::OtherUser, now)
    }

    /// Tags an image or snapshot.
    pub fn tag_as_other_user(&mut self, region: &Region, id: &str, tag: Tag, now: Timestamp) -> Result<(), ApiError> {
        self.create_tags(region, &[id], &[tag], false, Actor::OtherUser, now)
    }

    /// Removes a tag from an image or snapshot.
    pub fn untag_as_other_user(
        &mut self,
        region: &Region,
        id: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        self.delete_tag(region, id, key, Actor::OtherUser, now)
    }
}
