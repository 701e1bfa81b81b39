//! What is read of a region before anything in it is called an orphan.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::bin::RecycleBin;
use crate::domain::{
    account::AccountId,
    failure::Failure,
    ids::{ImageId, SnapshotId},
    image_details::VolumePermission,
    region::Region,
    snapshot::Snapshot,
};

/// A snapshot of the account, with what is of no interest elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSnapshot {
    pub snapshot: Snapshot,
    /// `None` if EC2 does not report.
    pub owner: Option<AccountId>,
    /// Such as `aws-backup-vault`; `None` for an account's own.
    pub owner_alias: Option<Box<str>>,
    /// It is in the archive tier.
    pub archived: bool,
    /// On an Outpost or in a Local Zone, where storage has other prices.
    pub placed: bool,
}

/// What was read of a region, all of it: if any page failed there is none.
#[derive(Debug, Clone)]
pub struct RegionListing {
    pub region: Region,
    /// The account's own.
    pub snapshots: Vec<OwnSnapshot>,
    /// The account's own images in every state, disabled ones too, with the snapshots of their devices.
    pub images: BTreeMap<ImageId, Vec<SnapshotId>>,
    pub bin: RecycleBin,
    /// The snapshots that are locked.
    pub locked: Result<BTreeSet<SnapshotId>, Failure>,
    /// The snapshots for which fast snapshot restore is enabled, or being changed.
    pub fast_restore: Result<BTreeSet<SnapshotId>, Failure>,
}

impl RegionListing {
    /// Returns the images by each snapshot that they have.
    pub(super) fn users(&self) -> HashMap<&SnapshotId, &ImageId> {
        self.images.iter().flat_map(|(image, all)| all.iter().map(move |snapshot| (snapshot, image))).collect()
    }
}

/// Who may create volumes of snapshots, as far as it was read.
pub type Sharing = BTreeMap<SnapshotId, Result<Vec<VolumePermission>, Failure>>;

/// Where images are that may be in other regions than the snapshots that were made for them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OtherRegionImages {
    /// The images of the regions that were listed, and those of candidates in all others.
    pub images: BTreeMap<ImageId, Region>,
    /// Why not every region of the account could be read, if so.
    pub unknown: Option<String>,
}

/// A copy of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claimant {
    /// Its number.
    Copy(u64),
    /// It was just requested, and no process has taken it up yet.
    Requested,
}

/// What the copies of the queue need or count as theirs, each with a copy that does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    pub images: BTreeMap<(Region, ImageId), Claimant>,
    pub snapshots: BTreeMap<(Region, SnapshotId), Claimant>,
    /// Images that were deregistered here without their snapshots, as somebody wanted, with the numbers of the jobs.
    pub kept_images: BTreeMap<(Region, ImageId), u64>,
    /// The snapshots of such images, as far as they are known.
    pub kept_snapshots: BTreeMap<(Region, SnapshotId), u64>,
}

impl Claims {
    /// Returns the copy that claims a snapshot, or the image that it was made for.
    pub(super) fn of(&self, region: &Region, snapshot: &SnapshotId, image: &ImageId) -> Option<Claimant> {
        let by_snapshot = self.snapshots.get(&(region.clone(), snapshot.clone()));
        by_snapshot.or_else(|| self.images.get(&(region.clone(), image.clone()))).copied()
    }

    /// Returns the job that kept a snapshot, or all those of the image that it was made for.
    pub(super) fn kept_by(&self, region: &Region, snapshot: &SnapshotId, image: &ImageId) -> Option<u64> {
        let by_snapshot = self.kept_snapshots.get(&(region.clone(), snapshot.clone()));
        by_snapshot.or_else(|| self.kept_images.get(&(region.clone(), image.clone()))).copied()
    }
}
