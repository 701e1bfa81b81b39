//! Other users of the account: what they do to its images and snapshots. For tests.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, Region, Snapshot, SnapshotId, image::Tag},
    sim::{
        api::{
            copy_call::CopyCall,
            copy_image::internal_error,
            register_image::{DeviceCall, RegisterCall},
            removal::DeregisterCall,
            tags::TagToDelete,
        },
        api_error::ApiError,
        world::{
            image_family::device_name,
            locations::Location,
            permissions::Permission,
            state::{SeenSnapshot, World},
            timeline::{Actor, CreatedSnapshot, Stages, Transfer},
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
        let root = DeviceCall { snapshot: Some(snapshot.to_string()), ..DeviceCall::named(&device_name(0, "hvm")) };
        let call = RegisterCall {
            name: name.to_owned(),
            architecture: Some("x86_64".to_owned()),
            virtualization: Some("hvm".to_owned()),
            root_device: Some(root.name.clone()),
            devices: vec![root],
            by: Actor::OtherUser,
            ..RegisterCall::default()
        };
        self.register_image(region, call, now)
    }

    /// Makes a snapshot that looks like this completed one.
    pub fn imitate_as_other_user(
        &mut self,
        region: &Region,
        snapshot: &SnapshotId,
        how: LookAlike,
        now: Timestamp,
    ) -> Result<SnapshotId, ApiError> {
        self.look_alike((region, snapshot), region, how, now)
    }

    /// Makes a copy of a completed snapshot in another region, with its description.
    pub fn copy_snapshot_as_other_user(
        &mut self,
        from: &Region,
        snapshot: &SnapshotId,
        to: &Region,
        now: Timestamp,
    ) -> Result<SnapshotId, ApiError> {
        self.look_alike((from, snapshot), to, LookAlike::Described, now)
    }

    fn look_alike(
        &mut self,
        (from, snapshot): (&Region, &SnapshotId),
        to: &Region,
        how: LookAlike,
        now: Timestamp,
    ) -> Result<SnapshotId, ApiError> {
        let id = SnapshotId::new(&self.new_id("snap-")).map_err(|_| internal_error())?;
        let volume: Box<str> = match how {
            LookAlike::Described | LookAlike::Tagged => Snapshot::VOLUME_OF_COPIES.into(),
            LookAlike::OfVolume => self.new_id("vol-").into(),
        };
        let SeenSnapshot { snapshot, .. } = self.completed_snapshot(from, snapshot.as_str(), now)?;
        let tags = if how == LookAlike::Described { Vec::new() } else { snapshot.tags.clone() };
        let created = CreatedSnapshot {
            snapshot: Snapshot { id: id.clone(), volume_id: Some(volume), started: Some(now), tags, ..snapshot },
            image: None,
            timeline: self.timeline(now),
            stages: Stages::COMPLETED,
            created_by: Actor::OtherUser,
            token: None,
            location: Location::Region,
            transfer: (how != LookAlike::OfVolume).then_some(Transfer::Standard),
        };
        self.enabled_mut(to)?.created_snapshots.insert(id.clone(), created);
        Ok(id)
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
        let call = DeregisterCall { image: image.as_str(), delete_snapshots, by: Actor::OtherUser };
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
        self.delete_snapshot(region, snapshot.as_str(), Actor::OtherUser, now)
    }

    /// Lets somebody create volumes of a snapshot.
    pub fn share_snapshot_as_other_user(&mut self, region: &Region, snapshot: &SnapshotId, with: Permission) {
        if let Some(state) = self.regions.iter_mut().find(|state| state.region == *region) {
            state.snapshot_permissions.entry(snapshot.clone()).or_default().insert(with);
        }
    }

    /// Tags an image or snapshot.
    pub fn tag_as_other_user(&mut self, region: &Region, id: &str, tag: Tag, now: Timestamp) -> Result<(), ApiError> {
        self.create_tags(region, &[id], &[tag], Actor::OtherUser, now)
    }

    /// Removes a tag from an image or snapshot.
    pub fn untag_as_other_user(
        &mut self,
        region: &Region,
        id: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let tag = TagToDelete { key: key.to_owned(), value: None };
        self.delete_tags(region, &[id], &[tag], Actor::OtherUser, now)
    }
}
