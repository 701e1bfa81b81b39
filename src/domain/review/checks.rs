//! The reads before copies start, and their answers.

use serde::{Deserialize, Serialize};

use crate::domain::{
    copy::CopyRequest,
    ids::{ImageId, SnapshotId},
    image::Image,
    image_access::MissingAccess,
    kms_key::KmsKeyRef,
    placement::Placement,
    region::{Region, RegionInfo},
};

/// One read. None changes anything in AWS.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckRequest {
    /// Whether this request is permitted: `CopyImage` with `DryRun`, without a client token. It stands for all copies of its shape.
    Permission {
        copy: Box<CopyRequest>,
        /// The copy will carry amigrate's own tags, which need a permission too.
        job_tags: bool,
    },
    /// Whether a key can encrypt snapshots: `DescribeKey`.
    Key { region: Region, key: KmsKeyRef },
    /// `GetEbsEncryptionByDefault`.
    EncryptionByDefault { region: Region },
    /// `GetEbsDefaultKmsKeyId`.
    DefaultKey { region: Region },
    /// Id of the key `alias/aws/ebs`: `ListAliases`, because `DescribeKey` might create it.
    EbsKey { region: Region },
    /// Own images with these names, at most [`CheckRequest::VALUES`].
    Names { region: Region, names: Vec<String> },
    /// Own images with names of these patterns (`*`, `?`), at most [`CheckRequest::VALUES`].
    Suffixes { region: Region, patterns: Vec<String> },
    /// Own copies of these images, at most [`CheckRequest::VALUES`]: `DescribeImages` by `source-image-id`.
    CopiesOf { region: Region, sources: Vec<ImageId> },
    /// Keys of these snapshots: `DescribeSnapshots`.
    SnapshotKeys { region: Region, snapshots: Vec<SnapshotId> },
    /// The number of copies that are pending.
    PendingCopies { region: Region },
    /// `DescribeRegions`.
    Regions,
    /// `GetImageBlockPublicAccessState`.
    BlockPublicAccess { region: Region },
    /// `GetAllowedImagesSettings`.
    AllowedImages { region: Region },
    /// Whether the zone is a Local Zone of this region that the account may use: `DescribeAvailabilityZones`.
    Zone { region: Region, zone: Placement },
    /// The sources as they are now.
    Sources { region: Region, images: Vec<ImageId> },
    /// What the owner of this source does not share with the account that copies: `DescribeSnapshots`, and `DescribeKey` of each key.
    MissingAccess { image: Box<Image> },
}

impl CheckRequest {
    /// EC2's maximum number of values in a filter.
    pub const VALUES: usize = 200;

    /// Returns the region it is sent to; `None` for the home region.
    pub fn region(&self) -> Option<&Region> {
        match self {
            Self::Permission { copy, .. } => Some(&copy.destination),
            Self::Key { region, .. }
            | Self::EncryptionByDefault { region }
            | Self::DefaultKey { region }
            | Self::EbsKey { region }
            | Self::Names { region, .. }
            | Self::Suffixes { region, .. }
            | Self::CopiesOf { region, .. }
            | Self::SnapshotKeys { region, .. }
            | Self::PendingCopies { region }
            | Self::BlockPublicAccess { region }
            | Self::AllowedImages { region }
            | Self::Zone { region, .. }
            | Self::Sources { region, .. } => Some(region),
            Self::MissingAccess { image } => Some(&image.region),
            Self::Regions => None,
        }
    }
}

/// The answer to a [`CheckRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CheckAnswer {
    Permission(Permission),
    Key(KeyVerdict),
    EncryptionByDefault(bool),
    /// An id, ARN or alias.
    DefaultKey(Option<String>),
    /// `None` if the account has no such key yet.
    EbsKey(Option<String>),
    /// Of [`CheckRequest::Names`], [`CheckRequest::Suffixes`], [`CheckRequest::CopiesOf`] and [`CheckRequest::Sources`].
    Images(Vec<Image>),
    /// ARNs of the keys; `None` for a snapshot that is not encrypted.
    SnapshotKeys(Vec<(SnapshotId, Option<Box<str>>)>),
    PendingCopies(usize),
    Regions(Vec<RegionInfo>),
    /// True if sharing with everyone is refused.
    PublicAccessBlocked(bool),
    AllowedImages(AllowedImages),
    Zone(ZoneVerdict),
    /// Empty if everything is shared.
    MissingAccess(Vec<MissingAccess>),
}

/// Whether a request is permitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permission {
    /// `DryRunOperation`.
    Allowed,
    /// Permitted, but not with amigrate's own tags.
    WithoutJobTags,
    /// The endpoint ignored `DryRun` and made this image.
    DryRunIgnored { made: String },
    /// `UnauthorizedOperation`.
    Denied {
        why: String,
        /// What to do about it, as a sentence; may be empty.
        hint: String,
    },
}

/// Whether a key can encrypt snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyVerdict {
    Usable {
        arn: String,
    },
    /// Disabled, asymmetric, about to be deleted ...
    Unusable {
        why: String,
    },
    NotFound,
}

/// Whether copies can be stored in a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ZoneVerdict {
    Usable,
    Unusable(ZoneProblem),
}

/// Why copies cannot be stored in a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ZoneProblem {
    /// The region has no such zone.
    NotFound,
    /// It is an Availability Zone or a Wavelength Zone.
    NotLocal,
    /// Its group is not enabled for the account.
    NotOptedIn { group: String },
}

/// Settings of Allowed AMIs in a region.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AllowedImages {
    /// False if the setting is off, or only audits.
    pub enforced: bool,
    /// Account ids and owner aliases whose images may be used.
    pub providers: Vec<String>,
}
