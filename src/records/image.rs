//! An image as JSON, and its columns. Field names are those of `DescribeImages` in `snake_case`.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::Serialize;

use super::record::{Column, Elision, Record};
use crate::domain::{
    AccountId, Image, ImageState,
    image::{BlockDevice, ProductCode, RareAttributes},
    text::gib,
};

/// An image.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ImageRecord {
    image_id: String,
    region: String,
    /// May be empty.
    name: String,
    /// May be empty.
    description: String,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason: Option<StateReasonRecord>,
    owner_id: String,
    /// The account whose listing has the image, if several accounts are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    /// The profile of that account.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_owner_alias: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<String>,
    architecture: String,
    /// `OWNER/NAME`, or where the manifest is.
    image_location: String,
    /// Always `machine`.
    image_type: String,
    virtualization_type: String,
    root_device_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_device_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_operation: Option<String>,
    /// `windows`, or nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kernel_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ramdisk_id: Option<String>,
    public: bool,
    /// Whether the account's settings for allowed images would allow it; only while they are in audit mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_allowed: Option<bool>,
    /// Sum of the volumes.
    size_gib: u64,
    /// At least one snapshot is encrypted.
    encrypted: bool,
    block_device_mappings: Vec<BlockDeviceRecord>,
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_instance_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_image_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_image_region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deprecation_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_launched_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boot_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imds_support: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tpm_support: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ena_support: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sriov_net_support: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hypervisor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deregistration_protection: Option<String>,
    product_codes: Vec<ProductCodeRecord>,
}

/// EC2's reason of a state, such as why a copy failed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct StateReasonRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    message: String,
}

/// An entry of the block device mapping.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct BlockDeviceRecord {
    device_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ebs: Option<EbsRecord>,
}

/// The EBS volume of a device.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct EbsRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot_id: Option<String>,
    /// GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iops: Option<u32>,
    /// MiB/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    throughput: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_on_termination: Option<bool>,
}

/// A product code of the Marketplace or of billing.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct ProductCodeRecord {
    product_code_id: String,
    product_code_type: String,
}

impl From<&Image> for ImageRecord {
    fn from(image: &Image) -> Self {
        let text = |value: &Option<Arc<str>>| value.as_deref().map(str::to_owned);
        let rare = |field: fn(&RareAttributes) -> &Option<Box<str>>| {
            image.rare.as_deref().and_then(|rare| field(rare).as_deref().map(str::to_owned))
        };
        // As EC2 writes them.
        let time = |value: Option<jiff::Timestamp>| value.map(|time| format!("{time:.3}"));
        Self {
            image_id: image.id.to_string(),
            region: image.region.to_string(),
            name: image.name.to_string(),
            description: image.description.to_string(),
            state: image.state.as_str().into(),
            state_reason: image.state_reason.as_deref().map(|message| StateReasonRecord {
                code: rare(|rare| &rare.state_reason_code),
                message: message.into(),
            }),
            owner_id: image.owner_id.to_string(),
            account_id: None,
            profile: None,
            image_owner_alias: text(&image.image_owner_alias),
            creation_date: time(image.created),
            architecture: image.architecture.to_string(),
            image_location: image.location(),
            image_type: "machine".into(),
            virtualization_type: image.virtualization.to_string(),
            root_device_type: image.root_device_type.to_string(),
            root_device_name: text(&image.root_device_name),
            platform_details: text(&image.platform_details),
            usage_operation: text(&image.usage_operation),
            platform: rare(|rare| &rare.platform),
            kernel_id: rare(|rare| &rare.kernel_id),
            ramdisk_id: rare(|rare| &rare.ramdisk_id),
            public: image.public,
            image_allowed: image.rare.as_ref().and_then(|rare| rare.image_allowed),
            size_gib: image.size_gib(),
            encrypted: image.encrypted(),
            block_device_mappings: image.block_devices.iter().map(BlockDeviceRecord::from).collect(),
            tags: image.tags.iter().map(|tag| (tag.key.to_string(), tag.value.to_string())).collect(),
            source_instance_id: text(&image.source_instance),
            source_image_id: image.source_image_id.as_ref().map(ToString::to_string),
            source_image_region: image.source_region.as_ref().map(ToString::to_string),
            deprecation_time: time(image.deprecated),
            last_launched_time: time(image.last_launched),
            boot_mode: text(&image.boot_mode),
            imds_support: text(&image.imds_support),
            tpm_support: text(&image.tpm_support),
            ena_support: image.ena_support,
            sriov_net_support: text(&image.sriov_net_support),
            hypervisor: text(&image.hypervisor),
            deregistration_protection: text(&image.deregistration_protection),
            product_codes: image.product_codes.iter().map(ProductCodeRecord::from).collect(),
        }
    }
}

impl From<&BlockDevice> for BlockDeviceRecord {
    fn from(device: &BlockDevice) -> Self {
        Self {
            device_name: device.device_name.to_string(),
            virtual_name: device.virtual_name.as_deref().map(str::to_owned),
            ebs: device.ebs.as_ref().map(|ebs| EbsRecord {
                snapshot_id: ebs.snapshot_id.as_ref().map(ToString::to_string),
                volume_size: ebs.volume_size,
                volume_type: ebs.volume_type.as_deref().map(str::to_owned),
                encrypted: ebs.encrypted,
                iops: ebs.iops,
                throughput: ebs.throughput,
                delete_on_termination: ebs.delete_on_termination,
            }),
        }
    }
}

impl From<&ProductCode> for ProductCodeRecord {
    fn from(code: &ProductCode) -> Self {
        Self { product_code_id: code.id.to_string(), product_code_type: code.kind.to_string() }
    }
}

/// Every column; those after the name are shown only if requested.
const COLUMNS: &[Column<ImageRecord>] = &[
    Column::new("region", |i| i.region.clone()),
    Column::new("image_id", |i| i.image_id.clone()),
    Column::<ImageRecord>::new("state", |i| i.state.clone())
        .narrow(2, "STATE", |i| ImageState::parse(&i.state).short().into()),
    Column::<ImageRecord>::number("size_gib", |i| i.size_gib.to_string()).shown("SIZE", size).left_out(5),
    Column::<ImageRecord>::new("encrypted", |i| yes_or_no(i.encrypted)).headed("ENC").left_out(4),
    Column::<ImageRecord>::new("creation_date", |i| i.creation_date.clone().unwrap_or_default())
        .shown("CREATED", |i| minute(i.creation_date.as_ref()))
        .narrow(3, "CREATED", |i| day(i.creation_date.as_ref()))
        .left_out(6),
    Column::<ImageRecord>::new("architecture", |i| i.architecture.clone()).headed("ARCH").left_out(1),
    Column::<ImageRecord>::new("name", |i| i.name.clone()).cut(Elision::Differing(16)),
    Column::hidden("description", |i| i.description.clone()),
    Column::<ImageRecord>::hidden("owner_id", |i| i.owner_id.clone()).cut(Elision::Never),
    Column::<ImageRecord>::hidden("account_id", |i| i.account_id.clone().unwrap_or_default()).cut(Elision::Never),
    Column::<ImageRecord>::hidden("profile", |i| i.profile.clone().unwrap_or_default()).cut(Elision::Never),
    Column::hidden("image_owner_alias", |i| i.image_owner_alias.clone().unwrap_or_default()),
    Column::hidden("public", |i| yes_or_no(i.public)),
    Column::hidden("tags", |i| joined(i.tags.iter().map(|(key, value)| format!("{key}={value}")))),
    Column::hidden("snapshot_ids", |i| joined(i.snapshot_ids().map(str::to_owned))),
    Column::hidden("platform_details", |i| i.platform_details.clone().unwrap_or_default()),
    Column::hidden("virtualization_type", |i| i.virtualization_type.clone()),
    Column::hidden("root_device_type", |i| i.root_device_type.clone()),
    Column::hidden("boot_mode", |i| i.boot_mode.clone().unwrap_or_default()),
    Column::hidden("imds_support", |i| i.imds_support.clone().unwrap_or_default()),
    Column::hidden("tpm_support", |i| i.tpm_support.clone().unwrap_or_default()),
    Column::<ImageRecord>::hidden("source_image_id", |i| i.source_image_id.clone().unwrap_or_default())
        .cut(Elision::Never),
    Column::hidden("source_image_region", |i| i.source_image_region.clone().unwrap_or_default()),
    Column::<ImageRecord>::hidden("deprecation_time", |i| i.deprecation_time.clone().unwrap_or_default())
        .shown("DEPRECATED", |i| minute(i.deprecation_time.as_ref())),
    Column::<ImageRecord>::hidden("last_launched_time", |i| i.last_launched_time.clone().unwrap_or_default())
        .shown("LAST LAUNCHED", |i| minute(i.last_launched_time.as_ref())),
    Column::hidden("deregistration_protection", |i| i.deregistration_protection.clone().unwrap_or_default()),
    Column::hidden("root_device_name", |i| i.root_device_name.clone().unwrap_or_default()),
    Column::hidden("usage_operation", |i| i.usage_operation.clone().unwrap_or_default()),
    Column::hidden("platform", |i| i.platform.clone().unwrap_or_default()),
    Column::hidden("ena_support", |i| i.ena_support.map(yes_or_no).unwrap_or_default()),
    Column::hidden("source_instance_id", |i| i.source_instance_id.clone().unwrap_or_default()),
    Column::hidden("product_codes", |i| joined(i.product_codes.iter().map(|code| code.product_code_id.clone()))),
    Column::hidden("kernel_id", |i| i.kernel_id.clone().unwrap_or_default()),
    Column::hidden("ramdisk_id", |i| i.ramdisk_id.clone().unwrap_or_default()),
    Column::hidden("state_reason", |i| i.state_reason.as_ref().map(|r| r.message.clone()).unwrap_or_default()),
];

fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.into()
}

/// `8G`; nothing for an image without volumes.
fn size(image: &ImageRecord) -> String {
    if image.size_gib == 0 { "-".into() } else { gib(image.size_gib) }
}

/// A time of EC2's to the minute: `2026-11-21 04:53`.
fn minute(time: Option<&String>) -> String {
    time.and_then(|time| time.get(..16)).map(|time| time.replace('T', " ")).unwrap_or_default()
}

/// The day of a time of EC2's: `2026-11-21`.
fn day(time: Option<&String>) -> String {
    time.and_then(|time| time.get(..10)).unwrap_or_default().into()
}

fn joined(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(" ")
}

impl ImageRecord {
    /// Says which account's listing has the image.
    #[must_use]
    pub fn listed_by(self, profile: &str, account: &AccountId) -> Self {
        Self { account_id: Some(account.to_string()), profile: Some(profile.to_owned()), ..self }
    }

    /// Returns its tags, sorted by key.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns a line for each device.
    pub fn devices(&self) -> impl Iterator<Item = String> {
        self.block_device_mappings.iter().map(|device| {
            let ebs = device.ebs.as_ref().map(|ebs| {
                let size = ebs.volume_size.map(|size| format!(" {size} GiB")).unwrap_or_default();
                let of = |value: &Option<String>| value.as_ref().map(|value| format!(" {value}")).unwrap_or_default();
                let iops = ebs.iops.map(|iops| format!(" {iops} IOPS")).unwrap_or_default();
                let rate = ebs.throughput.map(|rate| format!(" {rate} MiB/s")).unwrap_or_default();
                let kept = if ebs.delete_on_termination == Some(false) { ", kept when the instance ends" } else { "" };
                format!("{size}{}{iops}{rate}{}{kept}", of(&ebs.volume_type), of(&ebs.snapshot_id))
            });
            let other = || device.virtual_name.as_ref().map_or_else(|| " none".into(), |name| format!(" {name}"));
            format!("{}:{}", device.device_name, ebs.unwrap_or_else(other))
        })
    }

    fn snapshot_ids(&self) -> impl Iterator<Item = &str> {
        self.block_device_mappings.iter().filter_map(|device| device.ebs.as_ref()?.snapshot_id.as_deref())
    }
}

impl Record for ImageRecord {
    const LIST: &'static str = "images";

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        Some(self.image_id.clone())
    }
}
