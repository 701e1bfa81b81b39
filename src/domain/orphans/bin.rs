//! The Recycle Bin of a region.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::made_for::made_for;
use crate::domain::{
    ids::{ImageId, SnapshotId},
    snapshot::{Snapshot, SnapshotState},
};

/// What the Recycle Bin of a region holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecycleBin {
    pub images: Vec<RecycleBinImage>,
    pub snapshots: Vec<RecycleBinSnapshot>,
}

/// An image in the Recycle Bin. EC2 does not report which snapshots it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecycleBinImage {
    pub id: ImageId,
    /// May be empty.
    pub name: Box<str>,
    /// May be empty.
    pub description: Box<str>,
    pub entered: Option<Timestamp>,
    /// When EC2 deletes it for good.
    pub exits: Option<Timestamp>,
}

/// A snapshot in the Recycle Bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecycleBinSnapshot {
    pub id: SnapshotId,
    /// May be empty.
    pub description: Box<str>,
    pub volume_id: Option<Box<str>>,
    pub entered: Option<Timestamp>,
    /// When EC2 deletes it for good.
    pub exits: Option<Timestamp>,
}

impl RecycleBin {
    /// Returns the image, if it is in the bin.
    pub fn image(&self, id: &ImageId) -> Option<&RecycleBinImage> {
        self.images.iter().find(|image| image.id == *id)
    }

    /// Returns the snapshots in the bin that were made for an image: they are restored before it.
    pub fn snapshots_of<'a>(&'a self, image: &'a ImageId) -> impl Iterator<Item = &'a RecycleBinSnapshot> {
        self.snapshots.iter().filter(move |snapshot| snapshot.image().as_ref() == Some(image))
    }

    /// Adds what another listing of the same bin has more. An image may have been restored, and have entered it again: the later time
    /// counts, and one that is not known may be as late.
    pub fn merge(&mut self, other: Self) {
        for image in other.images {
            match self.images.iter_mut().find(|known| known.id == image.id) {
                Some(known) => known.entered = known.entered.zip(image.entered).map(|(one, other)| one.max(other)),
                None => self.images.push(image),
            }
        }
        for snapshot in other.snapshots {
            if self.snapshots.iter().all(|known| known.id != snapshot.id) {
                self.snapshots.push(snapshot);
            }
        }
    }
}

impl RecycleBinSnapshot {
    /// Returns the image that it was made for, from the description that EC2 writes.
    pub fn image(&self) -> Option<ImageId> {
        let snapshot = Snapshot {
            id: self.id.clone(),
            state: SnapshotState::Other,
            progress: None,
            volume_size: 0,
            volume_id: self.volume_id.clone(),
            started: None,
            completed: None,
            state_message: None,
            description: self.description.clone(),
            encrypted: false,
            kms_key_id: None,
            tags: Vec::new(),
        };
        made_for(&snapshot).map(|made| made.image)
    }
}
