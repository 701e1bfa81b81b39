//! An image as JSON, and its columns. Field names are those of `DescribeImages` in `snake_case`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Record},
    domain::{
        Image,
        image::{BlockDevice, ProductCode},
    },
};

/// An image.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct ImageRecord {
    image_id: String,
    region: String,
    /// May be empty.
    name: String,
    /// May be empty.
    description: String,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason: Option<String>,
    owner_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_owner_alias: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<String>,
    architecture: String,
    virtualization_type: String,
    root_device_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_device_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_operation: Option<String>,
    public: bool,
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
        let text = |value: &Option<Box<str>>| value.as_deref().map(str::to_owned);
        let time = |value: Option<jiff::Timestamp>| value.map(|time| time.to_string());
        Self {
            image_id: image.id.to_string(),
            region: image.region.to_string(),
            name: image.name.to_string(),
            description: image.description.to_string(),
            state: image.state.as_str().into(),
            state_reason: text(&image.state_reason),
            owner_id: image.owner_id.to_string(),
            image_owner_alias: text(&image.image_owner_alias),
            creation_date: time(image.created),
            architecture: image.architecture.to_string(),
            virtualization_type: image.virtualization.to_string(),
            root_device_type: image.root_device_type.to_string(),
            root_device_name: text(&image.root_device_name),
            platform_details: text(&image.platform_details),
            usage_operation: text(&image.usage_operation),
            public: image.public,
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

impl Record for ImageRecord {
    const LIST: &'static str = "images";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<ImageRecord>] = &[
            Column::new("region", |i| i.region.clone()),
            Column::new("image_id", |i| i.image_id.clone()),
            Column::new("state", |i| i.state.clone()),
            Column::number("size_gib", |i| i.size_gib.to_string()),
            Column::new("encrypted", |i| if i.encrypted { "yes" } else { "no" }.into()),
            Column::new("creation_date", |i| i.creation_date.clone().unwrap_or_default()),
            Column::new("architecture", |i| i.architecture.clone()),
            Column::new("name", |i| i.name.clone()),
            Column::hidden("description", |i| i.description.clone()),
            Column::hidden("owner_id", |i| i.owner_id.clone()),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        Some(self.image_id.clone())
    }
}
