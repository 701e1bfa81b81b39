//! Images and snapshots as EC2 describes them. Field names in JSON are EC2's own.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{failure::Failure, query::AccountId, region::Region};

macro_rules! resource_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $noun:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the form: the prefix and 1 to 32 lower-case letters or digits.
            pub fn new(id: &str) -> Result<Self, Failure> {
                match id.strip_prefix($prefix) {
                    Some(rest) if (1..=32).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) => {
                        Ok(Self(id.into()))
                    }
                    _ => Err(Failure::new(
                        format!("read `{}`", crate::domain::text::clean(id)),
                        concat!("that is not the id of ", $noun),
                    )),
                }
            }

            /// The id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Failure;
            fn try_from(id: String) -> Result<Self, Failure> {
                Self::new(&id)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.to_string()
            }
        }
    };
}

resource_id!(
    /// An image's id, `ami-...`. Cheap to clone.
    ImageId, "ami-", "an image"
);
resource_id!(
    /// A snapshot's id, `snap-...`. Cheap to clone.
    SnapshotId, "snap-", "a snapshot"
);

/// Where an image is in its life.
/// Source: EC2 API reference, `ImageState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageState {
    /// Being made; a copy is pending until its snapshots are whole.
    Pending,
    /// Ready for use.
    Available,
    /// Made but not usable.
    Invalid,
    /// Being taken away.
    Deregistered,
    /// Between two states.
    Transient,
    /// Could not be made.
    Failed,
    /// Could not be made.
    Error,
    /// Kept, but hidden from launches.
    Disabled,
    /// A state this program does not know.
    Unknown,
}

impl ImageState {
    /// EC2's word for it.
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

    /// The same in at most five letters, for narrow tables.
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

    /// From EC2's word.
    pub fn parse(word: &str) -> Self {
        [
            Self::Pending,
            Self::Available,
            Self::Invalid,
            Self::Deregistered,
            Self::Transient,
            Self::Failed,
            Self::Error,
            Self::Disabled,
        ]
        .into_iter()
        .find(|s| s.as_str() == word)
        .unwrap_or(Self::Unknown)
    }
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Up to 127 characters.
    pub key: Box<str>,
    /// Up to 256 characters, may be empty.
    pub value: Box<str>,
}

/// One entry of an image's block device mapping.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BlockDevice {
    /// For example `/dev/xvda`.
    pub device_name: Box<str>,
    /// The EBS part; none for instance store (`VirtualName`) and suppressed devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebs: Option<Ebs>,
    /// `ephemeral0` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_name: Option<Box<str>>,
}

/// The EBS volume behind a device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ebs {
    /// Not yet known while a copy is young.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<SnapshotId>,
    /// GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_size: Option<u32>,
    /// `gp3`, `io2`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_type: Option<Box<str>>,
    /// Whether the snapshot is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// Provisioned operations a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iops: Option<u32>,
    /// MiB/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<u32>,
    /// Whether the volume goes with its instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_on_termination: Option<bool>,
}

/// A product code: a Marketplace or billing mark. With one, a shared image cannot be copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductCode {
    /// The code.
    #[serde(rename = "ProductCodeId")]
    pub id: Box<str>,
    /// `marketplace` or `devpay`.
    #[serde(rename = "ProductCodeType")]
    pub kind: Box<str>,
}

/// An image as `DescribeImages` gives it. Held by the hundred thousand: small strings are boxed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Image {
    /// The id.
    #[serde(rename = "ImageId")]
    pub id: ImageId,
    /// Where it is.
    pub region: Region,
    /// May be empty: EC2 has images without a name.
    pub name: Box<str>,
    /// May be empty.
    pub description: Box<str>,
    /// Its state.
    pub state: ImageState,
    /// Why it is in that state, EC2's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<Box<str>>,
    /// The owner's account.
    pub owner_id: AccountId,
    /// `amazon`, `aws-marketplace`, `self`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_owner_alias: Option<Box<str>>,
    /// When it was made.
    #[serde(rename = "CreationDate", skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// `x86_64`, `arm64`, `i386`, `arm64_mac`, ...
    pub architecture: Box<str>,
    /// `hvm` or `paravirtual`.
    #[serde(rename = "VirtualizationType")]
    pub virtualization: Box<str>,
    /// `ebs` or `instance-store`.
    pub root_device_type: Box<str>,
    /// For example `/dev/xvda`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_device_name: Option<Box<str>>,
    /// For example `Linux/UNIX`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_details: Option<Box<str>>,
    /// For example `RunInstances`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_operation: Option<Box<str>>,
    /// Whether everyone may launch it.
    pub public: bool,
    /// The disks.
    #[serde(rename = "BlockDeviceMappings")]
    pub block_devices: Vec<BlockDevice>,
    /// Sorted by key.
    pub tags: Vec<Tag>,
    /// The instance it was made from, if it was made from one and not copied.
    #[serde(rename = "SourceInstanceId", default, skip_serializing_if = "Option::is_none")]
    pub source_instance: Option<Box<str>>,
    /// What it was copied from, where EC2 knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_image_id: Option<ImageId>,
    /// Where it was copied from.
    #[serde(rename = "SourceImageRegion", skip_serializing_if = "Option::is_none")]
    pub source_region: Option<Region>,
    /// When it is or was deprecated.
    #[serde(rename = "DeprecationTime", skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Timestamp>,
    /// When an instance was last launched from it (EC2 reports it a day late).
    #[serde(rename = "LastLaunchedTime", skip_serializing_if = "Option::is_none")]
    pub last_launched: Option<Timestamp>,
    /// `uefi`, `legacy-bios`, `uefi-preferred`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_mode: Option<Box<str>>,
    /// `v2.0` where instances must use version 2 of the metadata service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imds_support: Option<Box<str>>,
    /// `v2.0` where there is a TPM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm_support: Option<Box<str>>,
    /// Enhanced networking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ena_support: Option<bool>,
    /// The older enhanced networking, `simple`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sriov_net_support: Option<Box<str>>,
    /// `xen` or `ovm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<Box<str>>,
    /// `disabled`, `enabled-without-cooldown`, `enabled-with-cooldown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deregistration_protection: Option<Box<str>>,
    /// Marketplace and billing marks.
    pub product_codes: Vec<ProductCode>,
}

impl Image {
    /// An available, empty EBS image: the start of every image in tests and in the simulator.
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
        }
    }

    /// The sum of its volumes, GiB.
    pub fn size_gib(&self) -> u64 {
        self.block_devices.iter().filter_map(|d| d.ebs.as_ref()?.volume_size).map(u64::from).sum()
    }

    /// Whether any of its snapshots is encrypted.
    pub fn encrypted(&self) -> bool {
        self.block_devices.iter().any(|d| d.ebs.as_ref().is_some_and(|e| e.encrypted == Some(true)))
    }

    /// Whether its root is on instance store: no snapshots, no encryption, no percent.
    pub fn instance_store(&self) -> bool {
        &*self.root_device_type == "instance-store"
    }

    /// Its snapshots, in the order of the devices.
    pub fn snapshot_ids(&self) -> impl Iterator<Item = &SnapshotId> {
        self.block_devices.iter().filter_map(|d| d.ebs.as_ref()?.snapshot_id.as_ref())
    }

    /// GiB of each snapshot behind its devices, in their order and each once; of all EBS devices while none lists a snapshot. A
    /// device may be an empty volume: nothing is copied for that.
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

    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|t| &*t.key == key).map(|t| &*t.value)
    }

    /// Its ARN. Source: Service Authorization Reference, Amazon EC2, resource type `image` (no account field).
    pub fn arn(&self) -> String {
        format!("arn:{}:ec2:{}::image/{}", self.region.partition().as_str(), self.region, self.id)
    }

    /// As JSON with EC2's field names, indented.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// Where a snapshot is in its life.
/// Source: EC2 API reference, `SnapshotState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotState {
    /// Being filled.
    Pending,
    /// Whole.
    Completed,
    /// Given up; `StateMessage` says why.
    Error,
    /// In the archive tier, or on its way out of the recycle bin, or new to this program.
    Other,
}

/// A snapshot as `DescribeSnapshots` gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Snapshot {
    /// The id.
    #[serde(rename = "SnapshotId")]
    pub id: SnapshotId,
    /// Its state.
    pub state: SnapshotState,
    /// 0 to 100; `None` while EC2 gives nothing.
    pub progress: Option<u8>,
    /// GiB.
    pub volume_size: u32,
    /// The volume it was made from; [`Snapshot::VOLUME_OF_COPIES`] for one that was copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_id: Option<Box<str>>,
    /// When it was started, by EC2's clock.
    #[serde(default, rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// Why it failed, EC2's words.
    pub state_message: Option<Box<str>>,
    /// For a copy's snapshot it names the image it is for.
    pub description: Box<str>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The key's ARN.
    pub kms_key_id: Option<Box<str>>,
    /// Sorted by key.
    pub tags: Vec<Tag>,
}

impl Snapshot {
    /// The volume id of every snapshot that `CopyImage` or `CopySnapshot` made: an arbitrary id that must not be used.
    /// Source: EC2 API reference, `CopySnapshot`.
    pub const VOLUME_OF_COPIES: &'static str = "vol-ffffffff";

    /// The image a copy makes this snapshot for, read from the description that EC2 writes.
    pub fn destination_image(&self) -> Option<ImageId> {
        let rest = self.description.strip_prefix("Copied for DestinationAmi ")?;
        ImageId::new(rest.split_whitespace().next()?).ok()
    }

    /// What `CopyImage` made this snapshot for, read from the description that EC2 writes:
    /// `Copied for DestinationAmi ami-A from SourceAmi ami-B for SourceSnapshot snap-C. Task created on 1,552,061,232,790.`
    /// Anybody can write the same: it proves nothing by itself.
    pub fn copied_for(&self) -> Option<CopiedFor> {
        let rest = self.description.strip_prefix("Copied for DestinationAmi ")?;
        let (image, rest) = rest.split_once(" from SourceAmi ")?;
        let (source, rest) = rest.split_once(" for SourceSnapshot ")?;
        let snapshot = rest.split_whitespace().next()?.trim_end_matches('.');
        Some(CopiedFor {
            image: ImageId::new(image).ok()?,
            source: ImageId::new(source).ok()?,
            snapshot: SnapshotId::new(snapshot).ok()?,
        })
    }

    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|t| &*t.key == key).map(|t| &*t.value)
    }
}

/// What a copied snapshot's description says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedFor {
    /// The image that the copy made.
    pub image: ImageId,
    /// The image it was made from.
    pub source: ImageId,
    /// That image's snapshot.
    pub snapshot: SnapshotId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_by_form() {
        assert!(ImageId::new("ami-0123456789abcdef0").is_ok());
        for bad in ["", "ami-", "snap-1", "ami-XYZ", "ami-1\u{1b}", "i-0123"] {
            assert!(ImageId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn empty_volumes_and_shared_snapshots_are_not_copied_each() {
        let region = Region::new("us-east-1").unwrap();
        let mut image = Image::bare(ImageId::new("ami-1").unwrap(), region, AccountId::new("123456789012").unwrap());
        let disk = |snapshot: Option<&str>, size| BlockDevice {
            device_name: "/dev/xvda".into(),
            ebs: Some(Ebs {
                snapshot_id: snapshot.map(|id| SnapshotId::new(id).unwrap()),
                volume_size: Some(size),
                ..Ebs::default()
            }),
            virtual_name: None,
        };
        image.block_devices =
            vec![disk(Some("snap-1"), 8), disk(None, 500), disk(Some("snap-1"), 8), disk(Some("snap-2"), 20)];
        assert_eq!(image.snapshot_volumes(), [8, 20]);
        image.block_devices = vec![disk(None, 8), disk(None, 20)];
        assert_eq!(image.snapshot_volumes(), [8, 20], "a pending image lists none yet");
    }

    #[test]
    fn a_snapshot_names_the_image_it_is_copied_for() {
        let mut snapshot = Snapshot {
            id: SnapshotId::new("snap-1").unwrap(),
            state: SnapshotState::Pending,
            progress: None,
            volume_size: 8,
            volume_id: None,
            started: None,
            state_message: None,
            description: "Copied for DestinationAmi ami-a from SourceAmi ami-b for SourceSnapshot snap-c. Task created on 1,552,061,232,790.".into(),
            encrypted: false,
            kms_key_id: None,
            tags: Vec::new(),
        };
        assert_eq!(snapshot.destination_image(), ImageId::new("ami-a").ok());
        let copied = snapshot.copied_for().unwrap();
        assert_eq!(
            [copied.image.as_str(), copied.source.as_str(), copied.snapshot.as_str()],
            ["ami-a", "ami-b", "snap-c"]
        );
        snapshot.description = "nightly".into();
        assert_eq!((snapshot.destination_image(), snapshot.copied_for()), (None, None));
    }
}
