//! Images as EC2 describes them. Field names in JSON are EC2's.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    account::AccountId,
    ids::{ImageId, SnapshotId},
    region::Region,
};

/// State of an image. Source: EC2 API reference, `ImageState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageState {
    /// Being created; a copy is pending until its snapshots are completed.
    Pending,
    Available,
    /// Created but not usable.
    Invalid,
    Deregistered,
    Transient,
    Failed,
    Error,
    /// Kept, but cannot be launched or copied.
    Disabled,
    /// A state this program does not know.
    Unknown,
}

impl ImageState {
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Available,
        Self::Invalid,
        Self::Deregistered,
        Self::Transient,
        Self::Failed,
        Self::Error,
        Self::Disabled,
        Self::Unknown,
    ];

    /// Returns EC2's name of the state.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Invalid => "invalid",
            Self::Deregistered => "deregistered",
            Self::Transient => "transient",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Disabled => "disabled",
            Self::Unknown => "unknown",
        }
    }

    /// Returns a name of at most five letters, for narrow tables.
    pub fn short(self) -> &'static str {
        match self {
            Self::Pending => "pend",
            Self::Available => "avail",
            Self::Invalid => "inval",
            Self::Deregistered => "dereg",
            Self::Transient => "trans",
            Self::Failed => "fail",
            Self::Error => "error",
            Self::Disabled => "disab",
            Self::Unknown => "?",
        }
    }

    /// Returns what is to be said of an image in this state: `is pending`, `has failed`.
    pub fn predicate(self) -> String {
        match self {
            Self::Failed => "has failed".into(),
            Self::Deregistered => "was deregistered".into(),
            state => format!("is {}", state.as_str()),
        }
    }

    pub fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|s| s.as_str() == word).unwrap_or(Self::Unknown)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Up to 127 characters.
    pub key: Arc<str>,
    /// Up to 256 characters, may be empty.
    pub value: Arc<str>,
}

/// One entry of an image's block device mapping.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BlockDevice {
    /// For example `/dev/xvda`.
    pub device_name: Arc<str>,
    /// `None` for instance store (`virtual_name`) and suppressed devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebs: Option<Ebs>,
    /// For example `ephemeral0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_name: Option<Arc<str>>,
}

/// The EBS volume of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ebs {
    /// `None` early in a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<SnapshotId>,
    /// GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_size: Option<u32>,
    /// For example `gp3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_type: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// Provisioned operations per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iops: Option<u32>,
    /// MiB/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_on_termination: Option<bool>,
}

/// A product code of the Marketplace or of billing. A shared image that has one cannot be copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductCode {
    #[serde(rename = "ProductCodeId")]
    pub id: Box<str>,
    /// `marketplace` or `devpay`.
    #[serde(rename = "ProductCodeType")]
    pub kind: Box<str>,
}

/// An image as `DescribeImages` returns it. Hundreds of thousands may be held: what many images have in common is shared, and strings
/// take no more than their length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Image {
    #[serde(rename = "ImageId")]
    pub id: ImageId,
    pub region: Region,
    /// May be empty, since EC2 has images without a name.
    pub name: Box<str>,
    /// May be empty.
    pub description: Arc<str>,
    pub state: ImageState,
    /// EC2's message on the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<Box<str>>,
    pub owner_id: AccountId,
    /// `amazon`, `aws-marketplace`, `self`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_owner_alias: Option<Arc<str>>,
    #[serde(rename = "CreationDate", skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// `x86_64`, `arm64`, `i386`, `arm64_mac`, ...
    pub architecture: Arc<str>,
    /// `hvm` or `paravirtual`.
    #[serde(rename = "VirtualizationType")]
    pub virtualization: Arc<str>,
    /// `ebs` or `instance-store`.
    pub root_device_type: Arc<str>,
    /// For example `/dev/xvda`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_device_name: Option<Arc<str>>,
    /// For example `Linux/UNIX`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_details: Option<Arc<str>>,
    /// For example `RunInstances`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_operation: Option<Arc<str>>,
    /// Everyone may launch it.
    pub public: bool,
    #[serde(rename = "BlockDeviceMappings")]
    pub block_devices: Vec<BlockDevice>,
    /// Sorted by key.
    pub tags: Vec<Tag>,
    /// Instance the image was created from; `None` for copies.
    #[serde(rename = "SourceInstanceId", default, skip_serializing_if = "Option::is_none")]
    pub source_instance: Option<Arc<str>>,
    /// Image it was made from, if EC2 knows: the one it was copied from, or the one that its instance was launched from
    /// ([`Image::copied_from`] distinguishes them).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_image_id: Option<ImageId>,
    #[serde(rename = "SourceImageRegion", skip_serializing_if = "Option::is_none")]
    pub source_region: Option<Region>,
    /// May be in the future.
    #[serde(rename = "DeprecationTime", skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Timestamp>,
    /// When an instance was last launched from it. EC2 reports it with a delay of a day.
    #[serde(rename = "LastLaunchedTime", skip_serializing_if = "Option::is_none")]
    pub last_launched: Option<Timestamp>,
    /// `uefi`, `legacy-bios`, `uefi-preferred`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_mode: Option<Arc<str>>,
    /// `v2.0` if instances must use version 2 of the metadata service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imds_support: Option<Arc<str>>,
    /// `v2.0` if there is a TPM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm_support: Option<Arc<str>>,
    /// Enhanced networking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ena_support: Option<bool>,
    /// The older enhanced networking, `simple`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sriov_net_support: Option<Arc<str>>,
    /// `xen` or `ovm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<Arc<str>>,
    /// `disabled`, `enabled-without-cooldown`, `enabled-with-cooldown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deregistration_protection: Option<Arc<str>>,
    pub product_codes: Vec<ProductCode>,
    /// `None` for most images.
    #[serde(skip)]
    pub rare: Option<Box<RareAttributes>>,
}

/// Attributes that few images have. Apart, because hundreds of thousands of images may be held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RareAttributes {
    /// Where its manifest is, or its owner's own location; `None` if it is `OWNER/NAME`, as for EBS images.
    pub image_location: Option<Box<str>>,
    /// `windows`.
    pub platform: Option<Box<str>>,
    /// Of paravirtual images.
    pub kernel_id: Option<Box<str>>,
    /// Of paravirtual images.
    pub ramdisk_id: Option<Box<str>>,
    /// EC2's code of the state reason.
    pub state_reason_code: Option<Box<str>>,
    /// Whether the settings for allowed images, in audit mode, would allow it.
    pub image_allowed: Option<bool>,
}

impl Image {
    /// Returns an available EBS image without any optional attribute.
    pub fn bare(id: ImageId, region: Region, owner_id: AccountId) -> Self {
        Self {
            id,
            region,
            name: "".into(),
            description: "".into(),
            state: ImageState::Available,
            state_reason: None,
            owner_id,
            image_owner_alias: None,
            created: None,
            architecture: "x86_64".into(),
            virtualization: "hvm".into(),
            root_device_type: "ebs".into(),
            root_device_name: None,
            platform_details: None,
            usage_operation: None,
            public: false,
            block_devices: Vec::new(),
            tags: Vec::new(),
            source_instance: None,
            source_image_id: None,
            source_region: None,
            deprecated: None,
            last_launched: None,
            boot_mode: None,
            imds_support: None,
            tpm_support: None,
            ena_support: None,
            sriov_net_support: None,
            hypervisor: None,
            deregistration_protection: None,
            product_codes: Vec::new(),
            rare: None,
        }
    }

    /// Returns where it is as EC2 says it: `OWNER/NAME`, or its manifest.
    pub fn location(&self) -> String {
        self.rare
            .as_ref()
            .and_then(|rare| rare.image_location.as_deref())
            .map_or_else(|| self.usual_location(), Into::into)
    }

    /// Returns EC2's location of an EBS image.
    pub fn usual_location(&self) -> String {
        format!("{}/{}", self.image_owner_alias.as_deref().unwrap_or(self.owner_id.as_str()), self.name)
    }

    /// Returns the image it was copied from, and the region of that if EC2 reports it.
    ///
    /// EC2 names a source image in three cases, of which only `CopyImage` makes a copy. `None` of an image made from an instance
    /// (`CreateImage`), for which EC2 names the image that the instance was launched from; and of one of another partition, which is
    /// restored from S3 (`CreateRestoreImageTask`), since `CopyImage` does not cross partitions. One restored in the partition of the image
    /// that was stored looks like a copy of that. Source: EC2 API reference, `Image`; EC2 User Guide, AMI ancestry.
    pub fn copied_from(&self) -> Option<(&ImageId, Option<&Region>)> {
        let source = self.source_image_id.as_ref().filter(|_| self.source_instance.is_none() && !self.is_restored());
        source.map(|id| (id, self.source_region.as_ref()))
    }

    /// Returns true if it was restored from S3 in another partition than that of the image that was stored.
    pub fn is_restored(&self) -> bool {
        let source = self.source_region.as_ref().filter(|_| self.source_instance.is_none());
        source.is_some_and(|source| source.partition() != self.region.partition())
    }

    /// Returns true if it was copied from this image, as far as EC2 reports it.
    pub fn is_copy_of(&self, id: &ImageId, region: &Region) -> bool {
        self.copied_from().is_some_and(|(source, of)| source == id && of.is_none_or(|of| of == region))
    }

    /// Returns the sum of its volumes, GiB.
    pub fn size_gib(&self) -> u64 {
        self.block_devices.iter().filter_map(|d| d.ebs.as_ref()?.volume_size).map(u64::from).sum()
    }

    /// Returns true if any of its snapshots is encrypted.
    pub fn encrypted(&self) -> bool {
        self.block_devices.iter().any(|d| d.ebs.as_ref().is_some_and(|e| e.encrypted == Some(true)))
    }

    /// Returns true if its root is on instance store, so that it has no snapshots, encryption or progress.
    pub fn instance_store(&self) -> bool {
        &*self.root_device_type == "instance-store"
    }

    /// Returns false if instances of it have no UEFI variables, so that it has no UEFI data.
    pub fn may_have_uefi_data(&self) -> bool {
        self.tpm_support.is_some() || self.boot_mode.as_deref().is_some_and(|mode| mode.starts_with("uefi"))
    }

    /// Returns its snapshots in the order of the devices.
    pub fn snapshot_ids(&self) -> impl Iterator<Item = &SnapshotId> {
        self.block_devices.iter().filter_map(|d| d.ebs.as_ref()?.snapshot_id.as_ref())
    }

    /// Returns the devices with snapshots, each with its size in GiB; none if EC2 does not list every size.
    pub fn snapshot_devices(&self) -> Vec<(Arc<str>, u32)> {
        let disks = self.block_devices.iter().filter_map(|device| Some((&device.device_name, device.ebs.as_ref()?)));
        let with_snapshot = disks.filter(|(_, ebs)| ebs.snapshot_id.is_some());
        with_snapshot
            .map(|(name, ebs)| Some((name.clone(), ebs.volume_size?)))
            .collect::<Option<_>>()
            .unwrap_or_default()
    }

    /// Returns the size in GiB of each distinct snapshot in the order of the devices, or of all EBS devices while none lists a
    /// snapshot. A device may be an empty volume, for which nothing is copied.
    pub fn snapshot_volumes(&self) -> Vec<u32> {
        let disks = || self.block_devices.iter().filter_map(|d| d.ebs.as_ref());
        let mut seen = Vec::new();
        let mut first = |id: &SnapshotId| {
            let new = !seen.contains(id);
            seen.extend(new.then(|| id.clone()));
            new
        };
        let volumes: Vec<u32> = disks()
            .filter(|e| e.snapshot_id.as_ref().is_some_and(&mut first))
            .map(|e| e.volume_size.unwrap_or(0))
            .collect();
        if volumes.is_empty() { disks().map(|e| e.volume_size.unwrap_or(0)).collect() } else { volumes }
    }

    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|t| &*t.key == key).map(|t| &*t.value)
    }

    /// Returns its ARN. Source: Service Authorization Reference, Amazon EC2, resource type `image` (no account field).
    pub fn arn(&self) -> String {
        format!("arn:{}:ec2:{}::image/{}", self.region.partition().as_str(), self.region, self.id)
    }

    /// Returns indented JSON with EC2's field names.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
