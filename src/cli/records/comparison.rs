//! Compared images as JSON: a copy with its source, or any two.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FailureRecord, PermissionRecord};
use crate::{
    cli::output::{Column, Record},
    domain::{
        Image,
        compare::{DeviceProperty, Difference, Finding, Part, RequestStatus, Unknown, Unread, Value, Verification},
    },
    labels,
};

/// A copy compared with its source.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct VerificationRecord {
    /// The copy; missing if none was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) image_id: Option<String>,
    pub(in crate::cli) region: String,
    /// Missing if the copy could not be read; may be empty. Of a copy that was not made, the name that was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) source_image_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) source_image_region: Option<String>,
    /// Number of the job that made the copy, if one of this store did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) job: Option<u64>,
    pub(in crate::cli) result: VerificationResult,
    /// Why it could not be verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) message: Option<String>,
    /// Without what every copy has otherwise, such as its id, owner and date.
    pub(in crate::cli) differences: Vec<CopyDifferenceRecord>,
    /// Parts that could not be compared.
    pub(in crate::cli) unknown: Vec<UnknownPartRecord>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum VerificationResult {
    /// The copy is as its source.
    Equal,
    /// It differs from its source in what was requested only.
    AsRequested,
    /// It differs from its source in what was not requested.
    Differs,
    /// It is as its source or as requested, as far as that is known: `unknown` names the rest.
    Incomplete,
    /// The source was deregistered, or is not shared any more.
    SourceGone,
    /// It could not be compared.
    NotVerified,
}

impl VerificationResult {
    /// Returns the result of a comparison.
    pub(in crate::cli) fn of(verification: &Verification) -> Self {
        if verification.not_requested().next().is_some() {
            Self::Differs
        } else if verification.is_incomplete() {
            Self::Incomplete
        } else if verification.findings.is_empty() {
            Self::Equal
        } else {
            Self::AsRequested
        }
    }

    pub(in crate::cli) fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::AsRequested => "as requested",
            Self::Differs => "differs",
            Self::Incomplete => "incomplete",
            Self::SourceGone => "source gone",
            Self::NotVerified => "not verified",
        }
    }
}

/// A part of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
struct PartRecord {
    /// `name`, `description`, `state`, `owner_id`, `creation_date`, `last_launched_time`, `deprecation_time`,
    /// `deregistration_protection`, `architecture`, `platform_details`, `usage_operation`, `virtualization_type`, `hypervisor`,
    /// `kernel_id`, `ramdisk_id`, `boot_mode`, `uefi_data`, `tpm_support`, `imds_support`, `ena_support`, `sriov_net_support`,
    /// `root_device_type`, `root_device_name`, `product_codes`, `public`, `launch_permissions`, `tag` or, of another account's image,
    /// `tags` (all of them); of a device `device` (whether there is one, and of which kind: `ebs`, `ebs_empty` without a snapshot,
    /// `no_device`, or the name of an instance store volume), `volume_size`, `volume_type`, `iops`, `throughput`,
    /// `delete_on_termination`, `encrypted`, `kms_key_id` or `create_volume_permissions`.
    part: &'static str,
    /// Of a block device.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_name: Option<String>,
    /// Of a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// A difference between a copy and its source.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct CopyDifferenceRecord {
    #[serde(flatten)]
    part: PartRecord,
    /// What the source has; missing if it has none, or if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<PartValueRecord>,
    /// Why it is not known what the source has, while it is known what was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_unknown: Option<String>,
    /// What the copy has; missing if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<PartValueRecord>,
    /// The copy is as its job requested.
    as_requested: bool,
    /// What the job requested instead; missing if that is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    requested: Option<PartValueRecord>,
}

/// A difference between two images.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct ImageDifferenceRecord {
    #[serde(flatten)]
    part: PartRecord,
    /// What the first image has; missing if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<PartValueRecord>,
    /// What the second image has; missing if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    right: Option<PartValueRecord>,
}

/// A part that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::cli) struct UnknownPartRecord {
    #[serde(flatten)]
    part: PartRecord,
    /// Why it is not known of the source, or of the first image; missing if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<String>,
    /// Why it is not known of the copy, or of the second image; missing if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    right: Option<String>,
}

/// The value of a part: text as EC2 has it, a number (GiB, IOPS, MiB/s), a switch, or a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
enum PartValueRecord {
    Text(String),
    Number(u32),
    Switch(bool),
    Texts(Vec<String>),
    Permissions(Vec<PermissionRecord>),
}

/// Two images compared. Their ids, regions and snapshots are no differences.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::cli) struct DiffDocument {
    pub(in crate::cli) left: ComparedImageRecord,
    pub(in crate::cli) right: ComparedImageRecord,
    pub(in crate::cli) differences: Vec<ImageDifferenceRecord>,
    /// Parts that could not be compared.
    pub(in crate::cli) unknown: Vec<UnknownPartRecord>,
    pub(in crate::cli) failures: Vec<FailureRecord>,
}

/// One of two images that are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(in crate::cli) struct ComparedImageRecord {
    image_id: String,
    region: String,
    /// May be empty.
    name: String,
}

impl From<&Image> for ComparedImageRecord {
    fn from(image: &Image) -> Self {
        Self { image_id: image.id.to_string(), region: image.region.to_string(), name: image.name.to_string() }
    }
}

impl From<&Part> for PartRecord {
    fn from(part: &Part) -> Self {
        let (mut device_name, mut key) = (None, None);
        let part = match part {
            Part::Name => "name",
            Part::Description => "description",
            Part::State => "state",
            Part::Owner => "owner_id",
            Part::Created => "creation_date",
            Part::LastLaunched => "last_launched_time",
            Part::Deprecation => "deprecation_time",
            Part::DeregistrationProtection => "deregistration_protection",
            Part::Architecture => "architecture",
            Part::Platform => "platform_details",
            Part::UsageOperation => "usage_operation",
            Part::Virtualization => "virtualization_type",
            Part::Hypervisor => "hypervisor",
            Part::Kernel => "kernel_id",
            Part::Ramdisk => "ramdisk_id",
            Part::BootMode => "boot_mode",
            Part::UefiData => "uefi_data",
            Part::Tpm => "tpm_support",
            Part::Imds => "imds_support",
            Part::Ena => "ena_support",
            Part::SriovNet => "sriov_net_support",
            Part::RootDeviceType => "root_device_type",
            Part::RootDevice => "root_device_name",
            Part::ProductCodes => "product_codes",
            Part::Public => "public",
            Part::LaunchPermissions => "launch_permissions",
            Part::Tags => "tags",
            Part::Tag(of) => {
                key = Some(of.to_string());
                "tag"
            }
            Part::Device { name, property } => {
                device_name = Some(name.to_string());
                device_property(*property)
            }
        };
        Self { part, device_name, key }
    }
}

fn device_property(property: DeviceProperty) -> &'static str {
    match property {
        DeviceProperty::Kind => "device",
        DeviceProperty::Size => "volume_size",
        DeviceProperty::VolumeType => "volume_type",
        DeviceProperty::Iops => "iops",
        DeviceProperty::Throughput => "throughput",
        DeviceProperty::DeleteOnTermination => "delete_on_termination",
        DeviceProperty::Encrypted => "encrypted",
        DeviceProperty::Key => "kms_key_id",
        DeviceProperty::VolumePermissions => "create_volume_permissions",
    }
}

impl PartValueRecord {
    fn new(value: &Value) -> Option<Self> {
        let text = |text: &str| Self::Text(text.to_owned());
        Some(match value {
            Value::None | Value::Unknown(_) => return None,
            Value::Text(of) | Value::Key(of) | Value::InstanceStore(of) => text(of),
            Value::Flag(on) => Self::Switch(*on),
            Value::Gib(number) | Value::Iops(number) | Value::MibPerSecond(number) => Self::Number(*number),
            // As EC2 writes them.
            Value::Time(at) => Self::Text(format!("{at:.3}")),
            Value::State(state) => text(state.as_str()),
            Value::Account(account) => text(account.as_str()),
            Value::Volume { from_snapshot, .. } => text(if *from_snapshot { "ebs" } else { "ebs_empty" }),
            Value::NoDevice => text("no_device"),
            Value::Texts(all) => Self::Texts(all.iter().map(ToString::to_string).collect()),
            Value::LaunchPermissions(all) => Self::Permissions(all.iter().map(Into::into).collect()),
            Value::VolumePermissions(all) => Self::Permissions(all.iter().map(Into::into).collect()),
        })
    }
}

impl From<&Finding> for CopyDifferenceRecord {
    fn from(finding: &Finding) -> Self {
        let Difference { part, left, right } = &finding.difference;
        let requested = match &finding.status {
            RequestStatus::NotAsRequested { requested: wanted } => PartValueRecord::new(wanted),
            RequestStatus::AsRequested | RequestStatus::NotRequested => None,
        };
        Self {
            part: part.into(),
            source: PartValueRecord::new(left),
            source_unknown: left.unread().map(labels::compare::reason),
            copy: PartValueRecord::new(right),
            as_requested: finding.status == RequestStatus::AsRequested,
            requested,
        }
    }
}

impl From<&Difference> for ImageDifferenceRecord {
    fn from(Difference { part, left, right }: &Difference) -> Self {
        Self { part: part.into(), left: PartValueRecord::new(left), right: PartValueRecord::new(right) }
    }
}

impl From<&Unknown> for UnknownPartRecord {
    fn from(unknown: &Unknown) -> Self {
        let reason = |unread: &Option<Unread>| unread.as_ref().map(labels::compare::reason);
        Self { part: (&unknown.part).into(), left: reason(&unknown.left), right: reason(&unknown.right) }
    }
}

impl Record for VerificationRecord {
    const LIST: &'static str = "verifications";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<VerificationRecord>] = &[
            Column::new("image_id", |r| r.image_id.clone().unwrap_or_default()),
            Column::new("region", |r| r.region.clone()),
            Column::new("result", |r| r.result.as_str().into()),
        ];
        COLUMNS
    }

    /// Those that are neither as their source nor as requested.
    fn id(&self) -> Option<String> {
        let is_right = matches!(self.result, VerificationResult::Equal | VerificationResult::AsRequested);
        self.image_id.clone().filter(|_| !is_right)
    }
}
