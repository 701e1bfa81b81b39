//! Conversion of the SDK's types to domain types. Never fails: unreadable values are left out, as are images and snapshots
//! without an id.

use std::{collections::HashSet, sync::Arc};

use aws_sdk_ec2::types as sdk;
use jiff::Timestamp;

use crate::domain::{
    AccountId, Image, ImageId, ImageState, OptIn, Region, RegionInfo, Snapshot, SnapshotId, SnapshotState,
    image::{BlockDevice, Ebs, ProductCode, RareAttributes, Tag},
    post_copy::LaunchPermission,
};

/// Substitute for owners that are not twelve digits, which some EC2 emulators have.
const NO_ACCOUNT: &str = "000000000000";

/// What many images of a page have in common, each once in memory.
#[derive(Debug, Default)]
struct CommonTexts {
    texts: HashSet<Arc<str>>,
    /// The owner seen last.
    owner: Option<AccountId>,
}

impl CommonTexts {
    fn get(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&new));
        new
    }

    /// Returns an owner's id. Most often all images have the same owner.
    fn owner(&mut self, id: &str) -> Option<AccountId> {
        if self.owner.as_ref().is_none_or(|last| last.as_str() != id) {
            self.owner = AccountId::new(id).or_else(|_| AccountId::new(NO_ACCOUNT)).ok();
        }
        self.owner.clone()
    }

    /// The same for one that may be missing, as which an empty one counts.
    fn optional(&mut self, text: Option<&str>) -> Option<Arc<str>> {
        text.filter(|t| !t.is_empty()).map(|text| self.get(text))
    }
}

fn boxed(text: Option<&str>) -> Option<Box<str>> {
    text.filter(|t| !t.is_empty()).map(Into::into)
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

fn size(number: Option<i32>) -> Option<u32> {
    u32::try_from(number?).ok()
}

fn tags(tags: &[sdk::Tag], texts: &mut CommonTexts) -> Vec<Tag> {
    let mut tags: Vec<Tag> = tags
        .iter()
        .filter_map(|tag| Some(Tag { key: texts.get(tag.key()?), value: texts.get(tag.value().unwrap_or_default()) }))
        .collect();
    tags.sort_unstable();
    tags.shrink_to_fit();
    tags
}

fn block_device(device: &sdk::BlockDeviceMapping, texts: &mut CommonTexts) -> BlockDevice {
    BlockDevice {
        device_name: texts.get(device.device_name().unwrap_or_default()),
        ebs: device.ebs().map(|ebs| Ebs {
            snapshot_id: ebs.snapshot_id().and_then(|id| SnapshotId::new(id).ok()),
            volume_size: size(ebs.volume_size()),
            volume_type: texts.optional(ebs.volume_type().map(sdk::VolumeType::as_str)),
            encrypted: ebs.encrypted(),
            iops: size(ebs.iops()),
            throughput: size(ebs.throughput()),
            delete_on_termination: ebs.delete_on_termination(),
        }),
        virtual_name: texts.optional(device.virtual_name()),
    }
}

/// Returns a launch permission, or `None` for one of an unknown kind.
pub(super) fn launch_permission(from: &sdk::LaunchPermission) -> Option<LaunchPermission> {
    if from.group() == Some(&sdk::PermissionGroup::All) {
        return Some(LaunchPermission::Public);
    }
    let named = [from.user_id(), from.organization_arn(), from.organizational_unit_arn()];
    named.into_iter().flatten().find_map(|text| LaunchPermission::parse(text).ok())
}

/// Returns the images of an answer. Each of the SDK's, which take several times the memory, is dropped on the way.
pub(super) fn images(from: Option<Vec<sdk::Image>>, region: &Region) -> Vec<Image> {
    let from = from.unwrap_or_default();
    // Not collected: that would keep the allocation of the larger ones.
    let mut images = Vec::with_capacity(from.len());
    let mut texts = CommonTexts::default();
    images.extend(from.into_iter().filter_map(|one| image(&one, region, &mut texts)));
    images
}

/// Returns an image, or `None` if it has no id.
fn image(from: &sdk::Image, region: &Region, texts: &mut CommonTexts) -> Option<Image> {
    let id = ImageId::new(from.image_id()?).ok()?;
    let owner = texts.owner(from.owner_id().unwrap_or(NO_ACCOUNT))?;
    let mut image = Image::bare(id, region.clone(), owner);
    image.name = from.name().unwrap_or_default().into();
    image.description = texts.get(from.description().unwrap_or_default());
    image.state = from.state().map_or(ImageState::Unknown, |state| ImageState::parse(state.as_str()));
    image.state_reason = boxed(from.state_reason().and_then(|r| r.message().or_else(|| r.code())));
    image.image_owner_alias = texts.optional(from.image_owner_alias());
    image.created = time(from.creation_date());
    image.architecture = texts.get(from.architecture().map_or("", sdk::ArchitectureValues::as_str));
    image.virtualization = texts.get(from.virtualization_type().map_or("", sdk::VirtualizationType::as_str));
    image.root_device_type = texts.get(from.root_device_type().map_or("", sdk::DeviceType::as_str));
    image.root_device_name = texts.optional(from.root_device_name());
    image.platform_details = texts.optional(from.platform_details());
    image.usage_operation = texts.optional(from.usage_operation());
    image.public = from.public().unwrap_or_default();
    image.block_devices = from.block_device_mappings().iter().map(|device| block_device(device, texts)).collect();
    image.tags = tags(from.tags(), texts);
    image.source_instance = from.source_instance_id().map(Into::into);
    image.source_image_id = from.source_image_id().and_then(|id| ImageId::new(id).ok());
    image.source_region = from.source_image_region().and_then(|name| Region::new(name).ok());
    image.deprecated = time(from.deprecation_time());
    image.last_launched = time(from.last_launched_time());
    image.boot_mode = texts.optional(from.boot_mode().map(sdk::BootModeValues::as_str));
    image.imds_support = texts.optional(from.imds_support().map(sdk::ImdsSupportValues::as_str));
    image.tpm_support = texts.optional(from.tpm_support().map(sdk::TpmSupportValues::as_str));
    image.ena_support = from.ena_support();
    image.sriov_net_support = texts.optional(from.sriov_net_support());
    image.hypervisor = texts.optional(from.hypervisor().map(sdk::HypervisorType::as_str));
    image.deregistration_protection = texts.optional(from.deregistration_protection());
    image.product_codes = from
        .product_codes()
        .iter()
        .map(|code| ProductCode {
            id: code.product_code_id().unwrap_or_default().into(),
            kind: code.product_code_type().map_or("", sdk::ProductCodeValues::as_str).into(),
        })
        .collect();
    image.rare = rare(from, &image);
    Some(image)
}

fn rare(from: &sdk::Image, image: &Image) -> Option<Box<RareAttributes>> {
    let rare = RareAttributes {
        image_location: boxed(from.image_location().filter(|location| *location != image.usual_location())),
        platform: boxed(from.platform().map(sdk::PlatformValues::as_str)),
        kernel_id: boxed(from.kernel_id()),
        ramdisk_id: boxed(from.ramdisk_id()),
        state_reason_code: boxed(from.state_reason().and_then(sdk::StateReason::code)),
        image_allowed: from.image_allowed(),
    };
    (rare != RareAttributes::default()).then(|| Box::new(rare))
}

/// Returns a snapshot, or `None` if it has no id.
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
        volume_id: boxed(from.volume_id()),
        started: from.start_time().and_then(date_time),
        completed: from.completion_time().and_then(date_time),
        state_message: boxed(from.state_message()),
        description: from.description().unwrap_or_default().into(),
        encrypted: from.encrypted().unwrap_or_default(),
        kms_key_id: boxed(from.kms_key_id()),
        tags: tags(from.tags(), &mut CommonTexts::default()),
    })
}

pub(super) fn date_time(at: &aws_smithy_types::DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), at.subsec_nanos().cast_signed()).ok()
}

/// Parses `99%` as 99. An empty string is unknown, not zero.
fn progress(text: Option<&str>) -> Option<u8> {
    let percent: f32 = text?.trim().trim_end_matches('%').parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100 just before")]
    percent.is_finite().then(|| percent.clamp(0.0, 100.0) as u8)
}

/// Returns a region, or `None` if it has no name.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// An image with every field set.
    fn full_image() -> sdk::Image {
        let ebs = sdk::EbsBlockDevice::builder()
            .snapshot_id("snap-1")
            .volume_size(8)
            .volume_type(sdk::VolumeType::Gp3)
            .encrypted(true)
            .iops(3000)
            .throughput(125)
            .delete_on_termination(false)
            .build();
        sdk::Image::builder()
            .image_id("ami-1")
            .name("n")
            .description("d")
            .state(sdk::ImageState::Failed)
            .state_reason(sdk::StateReason::builder().code("c").message("m").build())
            .owner_id("123456789012")
            .image_owner_alias("amazon")
            .creation_date("2024-05-06T07:08:09.000Z")
            .architecture(sdk::ArchitectureValues::Arm64)
            .virtualization_type(sdk::VirtualizationType::Paravirtual)
            .root_device_type(sdk::DeviceType::InstanceStore)
            .root_device_name("/dev/xvda")
            .platform_details("Linux/UNIX")
            .usage_operation("RunInstances")
            .public(true)
            .block_device_mappings(sdk::BlockDeviceMapping::builder().device_name("/dev/xvda").ebs(ebs).build())
            .block_device_mappings(
                sdk::BlockDeviceMapping::builder().device_name("/dev/sdb").virtual_name("ephemeral0").build(),
            )
            .tags(sdk::Tag::builder().key("b").value("2").build())
            .tags(sdk::Tag::builder().key("a").build())
            .source_image_id("ami-2")
            .source_image_region("us-east-1")
            .deprecation_time("2026-01-01T00:00:00.000Z")
            .last_launched_time("2025-01-01T00:00:00Z")
            .boot_mode(sdk::BootModeValues::Uefi)
            .imds_support(sdk::ImdsSupportValues::V20)
            .tpm_support(sdk::TpmSupportValues::V20)
            .ena_support(true)
            .sriov_net_support("simple")
            .hypervisor(sdk::HypervisorType::Xen)
            .deregistration_protection("disabled")
            .product_codes(
                sdk::ProductCode::builder()
                    .product_code_id("p")
                    .product_code_type(sdk::ProductCodeValues::Marketplace)
                    .build(),
            )
            .build()
    }

    #[test]
    fn every_field_comes_across() {
        let image = images(Some(vec![full_image()]), &Region::new("eu-west-1").unwrap()).remove(0);
        let json: serde_json::Value = serde_json::from_str(&image.json()).unwrap();
        let expected = serde_json::json!({
            "ImageId": "ami-1", "Region": "eu-west-1", "Name": "n", "Description": "d", "State": "failed",
            "StateReason": "m", "OwnerId": "123456789012", "ImageOwnerAlias": "amazon",
            "CreationDate": "2024-05-06T07:08:09Z", "Architecture": "arm64", "VirtualizationType": "paravirtual",
            "RootDeviceType": "instance-store", "RootDeviceName": "/dev/xvda", "PlatformDetails": "Linux/UNIX",
            "UsageOperation": "RunInstances", "Public": true,
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 8, "VolumeType": "gp3",
                    "Encrypted": true, "Iops": 3000, "Throughput": 125, "DeleteOnTermination": false}},
                {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}],
            "Tags": [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "2"}],
            "SourceImageId": "ami-2", "SourceImageRegion": "us-east-1",
            "DeprecationTime": "2026-01-01T00:00:00Z", "LastLaunchedTime": "2025-01-01T00:00:00Z",
            "BootMode": "uefi", "ImdsSupport": "v2.0", "TpmSupport": "v2.0", "EnaSupport": true,
            "SriovNetSupport": "simple", "Hypervisor": "xen", "DeregistrationProtection": "disabled",
            "ProductCodes": [{"ProductCodeId": "p", "ProductCodeType": "marketplace"}],
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn odd_data_is_left_out_and_never_panics() {
        let region = Region::new("eu-west-1").unwrap();
        for id in [None, Some(""), Some("ami-\u{1b}")] {
            let one = sdk::Image::builder().set_image_id(id.map(str::to_owned)).build();
            assert_eq!(images(Some(vec![one]), &region), []);
        }
        let odd = sdk::Image::builder()
            .image_id("ami-1")
            .owner_id("me")
            .state(sdk::ImageState::from("new-state"))
            .creation_date("yesterday")
            .source_image_id("?")
            .block_device_mappings(
                sdk::BlockDeviceMapping::builder().ebs(sdk::EbsBlockDevice::builder().volume_size(-1).build()).build(),
            )
            .tags(sdk::Tag::builder().value("keyless").build())
            .build();
        let image = images(Some(vec![odd]), &region).remove(0);
        assert_eq!((image.state, image.created, image.size_gib(), image.tags.len()), (ImageState::Unknown, None, 0, 0));
        assert_eq!((image.owner_id.as_str(), image.source_image_id), (NO_ACCOUNT, None));
        assert_eq!(snapshot(&sdk::Snapshot::builder().build()), None);
    }

    #[test]
    fn progress_is_read_as_recorded() {
        let cases = [
            (None, None),
            (Some(""), None),
            (Some("0%"), Some(0)),
            (Some("99%"), Some(99)),
            (Some("100%"), Some(100)),
            (Some("42"), Some(42)),
            (Some("250%"), Some(100)),
            (Some("-3%"), Some(0)),
            (Some("NaN%"), None),
            (Some("soon"), None),
        ];
        for (text, expected) in cases {
            assert_eq!(progress(text), expected, "{text:?}");
        }
    }
}
