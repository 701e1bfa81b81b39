//! The SDK's types into ours. Nothing here fails: what cannot be read is left out, and an image or snapshot
//! without an id is none at all.

use aws_sdk_ec2::types as sdk;
use jiff::Timestamp;

use crate::domain::{
    AccountId, Image, ImageId, ImageState, OptIn, Region, RegionInfo, Snapshot, SnapshotId, SnapshotState,
    image::{BlockDevice, Ebs, ProductCode, Tag},
};

/// Stands for an owner that is not twelve digits; some imitations of EC2 have such.
const NO_ACCOUNT: &str = "000000000000";

fn boxed(text: Option<&str>) -> Option<Box<str>> {
    text.filter(|t| !t.is_empty()).map(Into::into)
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

fn size(number: Option<i32>) -> Option<u32> {
    u32::try_from(number?).ok()
}

fn tags(tags: &[sdk::Tag]) -> Vec<Tag> {
    let mut tags: Vec<Tag> = tags
        .iter()
        .filter_map(|tag| Some(Tag { key: tag.key()?.into(), value: tag.value().unwrap_or_default().into() }))
        .collect();
    tags.sort_unstable();
    tags
}

fn block_device(device: &sdk::BlockDeviceMapping) -> BlockDevice {
    BlockDevice {
        device_name: device.device_name().unwrap_or_default().into(),
        ebs: device.ebs().map(|ebs| Ebs {
            snapshot_id: ebs.snapshot_id().and_then(|id| SnapshotId::new(id).ok()),
            volume_size: size(ebs.volume_size()),
            volume_type: boxed(ebs.volume_type().map(sdk::VolumeType::as_str)),
            encrypted: ebs.encrypted(),
            iops: size(ebs.iops()),
            throughput: size(ebs.throughput()),
            delete_on_termination: ebs.delete_on_termination(),
        }),
        virtual_name: boxed(device.virtual_name()),
    }
}

/// An image, unless it has no id.
pub(super) fn image(from: &sdk::Image, region: &Region) -> Option<Image> {
    let id = ImageId::new(from.image_id()?).ok()?;
    let owner = AccountId::new(from.owner_id().unwrap_or(NO_ACCOUNT)).or_else(|_| AccountId::new(NO_ACCOUNT)).ok()?;
    let mut image = Image::bare(id, region.clone(), owner);
    image.name = from.name().unwrap_or_default().into();
    image.description = from.description().unwrap_or_default().into();
    image.state = from.state().map_or(ImageState::Unknown, |state| ImageState::parse(state.as_str()));
    image.state_reason = boxed(from.state_reason().and_then(|r| r.message().or_else(|| r.code())));
    image.image_owner_alias = boxed(from.image_owner_alias());
    image.created = time(from.creation_date());
    image.architecture = from.architecture().map_or("", sdk::ArchitectureValues::as_str).into();
    image.virtualization = from.virtualization_type().map_or("", sdk::VirtualizationType::as_str).into();
    image.root_device_type = from.root_device_type().map_or("", sdk::DeviceType::as_str).into();
    image.root_device_name = boxed(from.root_device_name());
    image.platform_details = boxed(from.platform_details());
    image.usage_operation = boxed(from.usage_operation());
    image.public = from.public().unwrap_or_default();
    image.block_devices = from.block_device_mappings().iter().map(block_device).collect();
    image.tags = tags(from.tags());
    image.source_image_id = from.source_image_id().and_then(|id| ImageId::new(id).ok());
    image.source_region = from.source_image_region().and_then(|name| Region::new(name).ok());
    image.deprecated = time(from.deprecation_time());
    image.last_launched = time(from.last_launched_time());
    image.boot_mode = boxed(from.boot_mode().map(sdk::BootModeValues::as_str));
    image.imds_support = boxed(from.imds_support().map(sdk::ImdsSupportValues::as_str));
    image.tpm_support = boxed(from.tpm_support().map(sdk::TpmSupportValues::as_str));
    image.ena_support = from.ena_support();
    image.sriov_net_support = boxed(from.sriov_net_support());
    image.hypervisor = boxed(from.hypervisor().map(sdk::HypervisorType::as_str));
    image.deregistration_protection = boxed(from.deregistration_protection());
    image.product_codes = from
        .product_codes()
        .iter()
        .map(|code| ProductCode {
            id: code.product_code_id().unwrap_or_default().into(),
            kind: code.product_code_type().map_or("", sdk::ProductCodeValues::as_str).into(),
        })
        .collect();
    Some(image)
}

/// A snapshot, unless it has no id.
pub(super) fn snapshot(from: &sdk::Snapshot) -> Option<Snapshot> {
    Some(Snapshot {
        id: SnapshotId::new(from.snapshot_id()?).ok()?,
        state: match from.state() {
            Some(sdk::SnapshotState::Pending) => SnapshotState::Pending,
            Some(sdk::SnapshotState::Completed) => SnapshotState::Completed,
            Some(sdk::SnapshotState::Error) => SnapshotState::Error,
            _ => SnapshotState::Other,
        },
        progress: progress(from.progress()),
        volume_size: size(from.volume_size()).unwrap_or_default(),
        state_message: boxed(from.state_message()),
        description: from.description().unwrap_or_default().into(),
        encrypted: from.encrypted().unwrap_or_default(),
        kms_key_id: boxed(from.kms_key_id()),
        tags: tags(from.tags()),
    })
}

/// `99%` is 99; empty is unknown, not zero.
fn progress(text: Option<&str>) -> Option<u8> {
    let percent: f32 = text?.trim().trim_end_matches('%').parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100 just before")]
    percent.is_finite().then(|| percent.clamp(0.0, 100.0) as u8)
}

/// A region, unless it has no name.
pub(super) fn region(from: &sdk::Region) -> Option<RegionInfo> {
    Some(RegionInfo {
        region: Region::new(from.region_name()?).ok()?,
        opt_in: match from.opt_in_status() {
            Some("not-opted-in") => OptIn::NotOptedIn,
            Some("opted-in") => OptIn::OptedIn,
            _ => OptIn::NotRequired,
        },
    })
}
