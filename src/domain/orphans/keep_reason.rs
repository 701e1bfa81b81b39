//! Why a snapshot without its image is kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::listing::Claimant;
use crate::domain::{ids::ImageId, region::Region};

/// Why a snapshot whose image does not exist any more is no orphan all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeepReason {
    /// An image of the account has it in its devices.
    UsedByImage(ImageId),
    /// Its image exists again: it was restored.
    ImageIsBack(ImageId),
    /// The image exists in another region: the snapshot may be a copy that somebody made of that image's.
    ImageElsewhere(Region),
    /// Its image is in the Recycle Bin until then, and needs it to be restored.
    ImageInRecycleBin(Option<Timestamp>),
    /// This image is in the Recycle Bin, where EC2 does not report which snapshots it has: it may have this one.
    UnknownImageInRecycleBin(ImageId),
    /// This copy of the queue needs it, or counts the image as its own.
    Job(Claimant),
    /// Deregistering its image here was to keep its snapshots. The number of that job.
    OnPurpose(u64),
    /// Its tag says that it is kept on purpose.
    Tagged,
    /// It is not as EC2 makes snapshots for images.
    Implausible(Implausible),
    /// AWS Backup made it.
    AwsBackup,
    /// A service of AWS has put this tag on it.
    Managed(Box<str>),
    /// It is not completed.
    NotCompleted,
    /// It was moved to the archive tier.
    Archived,
    /// It is younger than the minimum age.
    TooYoung,
    /// EC2 does not report when it was started.
    AgeUnknown,
    /// It is locked.
    Locked,
    /// Fast snapshot restore is enabled for it.
    FastRestore,
    /// Others may create volumes of it.
    Shared,
    /// Whether it is locked could not be read.
    LockUnknown(String),
    /// Whether fast snapshot restore is enabled could not be read.
    FastRestoreUnknown(String),
    /// A region could not be read, and its image may be there.
    ElsewhereUnknown(String),
    /// Who may create volumes of it could not be read.
    SharingUnknown(String),
    /// Who may create volumes of it was not read.
    SharingNotRead,
}

impl KeepReason {
    /// Returns true if something could not be read.
    pub fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::LockUnknown(_)
                | Self::FastRestoreUnknown(_)
                | Self::ElsewhereUnknown(_)
                | Self::SharingUnknown(_)
                | Self::SharingNotRead
        )
    }
}

/// What of a snapshot is not as EC2 makes it for an image: somebody made it, and kept or wrote the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Implausible {
    /// It belongs to another account.
    Owner,
    /// A copy of an image has no volume, and a new image has one.
    Volume,
    /// It was started at another time than the copy of the image.
    Time,
}
