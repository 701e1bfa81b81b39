//! What EC2 reports of one image besides its listing. Each part is read by a call of its own and may be denied on its own.

use serde::{Deserialize, Serialize};

use crate::domain::{
    account::AccountId,
    failure::Failure,
    ids::{ImageId, SnapshotId},
    post_copy::LaunchPermission,
    region::Region,
    text::count,
};

/// The details of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageDetails {
    /// Who may launch it (`DescribeImageAttribute`); only the owner may read that.
    pub permissions: Result<Vec<LaunchPermission>, Failure>,
    /// Entries of the launch permissions of a kind that is not known here.
    pub unknown_permissions: usize,
    /// In the order of the devices (`DescribeSnapshots`). Snapshots that this account may not see are left out.
    pub snapshots: Result<Vec<SnapshotDetails>, Failure>,
    /// State of block public access for images in the region (`GetImageBlockPublicAccessState`): `block-new-sharing` or `unblocked`.
    pub public_access: Result<Box<str>, Failure>,
    /// The images it descends from, nearest first (`GetImageAncestry`).
    pub ancestry: Result<Vec<Ancestor>, Failure>,
}

impl ImageDetails {
    /// Returns who may launch the image. Fails also if there are entries of a kind that is not known here.
    pub fn all_permissions(&self, image: &ImageId, region: &Region) -> Result<Vec<LaunchPermission>, Failure> {
        let known = self.permissions.clone()?;
        all_known(launch_permissions_of(image, region), known, self.unknown_permissions)
    }
}

/// What is done when launch permissions are read.
pub fn launch_permissions_of(image: &ImageId, region: &Region) -> String {
    format!("read the launch permissions of {image} in {region}")
}

/// Fails if there are entries of a kind that is not known here: they must not be taken for none.
pub fn all_known<T>(what: impl Into<String>, known: Vec<T>, unknown: usize) -> Result<Vec<T>, Failure> {
    if unknown == 0 {
        return Ok(known);
    }
    let why = format!("{} of a kind that is not known here", count(unknown, "entry is", "entries are"));
    Err(Failure::new(what, why))
}

/// Key and permissions of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotDetails {
    pub id: SnapshotId,
    pub encrypted: bool,
    /// ARN of its key.
    pub key: Option<Box<str>>,
    /// Who may create volumes of it (`DescribeSnapshotAttribute`); only the owner may read that.
    pub permissions: Result<Vec<VolumePermission>, Failure>,
}

/// Who may create volumes of a snapshot. Source: EC2 API reference, `CreateVolumePermission`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum VolumePermission {
    Account(AccountId),
    /// `Group` with the value `all`: everyone.
    Public,
}

/// An image that another one was made from. Source: EC2 API reference, `ImageAncestryEntry`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    pub image: ImageId,
    /// `None` if EC2 does not report.
    pub region: Option<Region>,
    /// `amazon`, `aws-marketplace` or `aws-backup-vault`.
    pub owner_alias: Option<Box<str>>,
}
