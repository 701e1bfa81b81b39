//! What is compared, and what comes of it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    account::AccountId, failure::Failure, image::ImageState, image_details::VolumePermission,
    post_copy::LaunchPermission,
};

/// What of an image is compared, in the order in which it is shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Name,
    Description,
    State,
    Owner,
    Created,
    LastLaunched,
    Deprecation,
    DeregistrationProtection,
    Architecture,
    Platform,
    UsageOperation,
    Virtualization,
    Hypervisor,
    /// Of paravirtual images.
    Kernel,
    /// Of paravirtual images.
    Ramdisk,
    BootMode,
    UefiData,
    Tpm,
    Imds,
    Ena,
    SriovNet,
    RootDeviceType,
    RootDevice,
    ProductCodes,
    Device {
        name: Arc<str>,
        property: DeviceProperty,
    },
    /// All tags, of another account's image: EC2 shows them to its owner only.
    Tags,
    Tag(Arc<str>),
    Public,
    LaunchPermissions,
}

/// What of a block device is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceProperty {
    /// Whether there is one, and of which kind.
    Kind,
    Size,
    VolumeType,
    Iops,
    Throughput,
    DeleteOnTermination,
    Encrypted,
    Key,
    VolumePermissions,
}

/// The value of a part. Texts are AWS's, and raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// There is none.
    None,
    Text(Arc<str>),
    Flag(bool),
    Gib(u32),
    Iops(u32),
    MibPerSecond(u32),
    Time(Timestamp),
    State(ImageState),
    Account(AccountId),
    /// ARN of a KMS key.
    Key(Arc<str>),
    /// A volume; its size and type are parts of their own.
    Volume {
        gib: Option<u32>,
        volume_type: Option<Arc<str>>,
        /// It is made of a snapshot; else it is empty.
        from_snapshot: bool,
    },
    /// For example `ephemeral0`.
    InstanceStore(Arc<str>),
    /// A device that is suppressed.
    NoDevice,
    /// Sorted.
    Texts(Vec<Arc<str>>),
    /// Sorted.
    LaunchPermissions(Vec<LaunchPermission>),
    /// Sorted.
    VolumePermissions(Vec<VolumePermission>),
    Unknown(Unread),
}

/// Why a value is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// EC2 reports it only to the image's owner, which is another account.
    OtherOwner,
    /// EC2 does not report it.
    NotReported,
    Failed(Failure),
}

impl Value {
    /// Returns why it is not known, if it is not.
    pub fn unread(&self) -> Option<&Unread> {
        if let Self::Unknown(unread) = self { Some(unread) } else { None }
    }

    /// Returns the text, or none if it is missing.
    pub(super) fn of_text(text: Option<&str>) -> Self {
        text.filter(|text| !text.is_empty()).map_or(Self::None, |text| Self::Text(text.into()))
    }
}

/// A part that two images do not have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub part: Part,
    pub left: Value,
    pub right: Value,
}

/// A part that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub part: Part,
    /// Why it is not known of the left one; `None` if it is known.
    pub left: Option<Unread>,
    pub right: Option<Unread>,
}

impl Unknown {
    /// Returns why it is not known, of either.
    pub fn reasons(&self) -> impl Iterator<Item = &Unread> {
        self.left.iter().chain(&self.right)
    }

    /// Returns the failure; `None` if only the owner can read it, which is to be expected.
    pub fn failures(&self) -> impl Iterator<Item = Failure> {
        self.reasons().filter_map(|unread| match unread {
            Unread::OtherOwner => None,
            Unread::NotReported => Some(Failure::new("compare the images", "EC2 does not report all of them")),
            Unread::Failed(failure) => Some(failure.clone()),
        })
    }
}

/// Two images compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    pub differences: Vec<Difference>,
    pub unknown: Vec<Unknown>,
}
