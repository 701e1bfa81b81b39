//! The parts of an image with their values.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    subject::{Described, OwnerDetails},
    types::{DeviceProperty, Part, Unread, Value},
};
use crate::domain::{
    failure::Failure,
    ids::SnapshotId,
    image::{BlockDevice, Ebs, Image, ImageState, RareAttributes},
    image_details::{SnapshotDetails, VolumePermission},
    post_copy::LaunchPermission,
};

/// The value of each part. A part that is not in it has none.
pub(super) type Parts = BTreeMap<Part, Value>;

/// Returns the parts of an image.
pub(super) fn parts(described: &Described) -> Parts {
    let image = &described.image;
    let mut parts: Parts = attributes(image).into();
    if described.of_owner.is_none() {
        for part in [Part::LastLaunched, Part::Tags] {
            parts.insert(part, Value::Unknown(Unread::OtherOwner));
        }
    } else {
        parts.extend(image.tags.iter().map(|tag| (Part::Tag(tag.key.clone()), Value::Text(tag.value.clone()))));
    }
    parts.insert(Part::LaunchPermissions, launch_permissions(described.of_owner.as_ref()));
    parts.insert(Part::UefiData, uefi_data(described));
    parts.insert(Part::ProductCodes, product_codes(image));
    for device in &image.block_devices {
        for (property, value) in device_properties(device, described) {
            parts.insert(Part::Device { name: device.device_name.clone(), property }, value);
        }
    }
    parts.retain(|_, value| *value != Value::None);
    parts
}

fn attributes(image: &Image) -> [(Part, Value); 23] {
    let text = |text: &Option<Arc<str>>| Value::of_text(text.as_deref());
    let rare = |of: fn(&RareAttributes) -> Option<&str>| Value::of_text(image.rare.as_deref().and_then(of));
    let time = |time: Option<jiff::Timestamp>| time.map_or(Value::None, Value::Time);
    // EC2 says either nothing or `disabled`.
    let protection = image.deregistration_protection.as_deref().filter(|word| *word != "disabled");
    [
        (Part::Name, Value::of_text(Some(&image.name))),
        (Part::Description, Value::of_text(Some(&image.description))),
        (Part::State, Value::State(image.state)),
        (Part::Owner, Value::Account(image.owner_id.clone())),
        (Part::Created, time(image.created)),
        (Part::LastLaunched, time(image.last_launched)),
        (Part::Deprecation, time(image.deprecated)),
        (Part::DeregistrationProtection, Value::of_text(protection)),
        (Part::Architecture, Value::of_text(Some(&image.architecture))),
        (Part::Platform, text(&image.platform_details)),
        (Part::UsageOperation, text(&image.usage_operation)),
        (Part::Virtualization, Value::of_text(Some(&image.virtualization))),
        (Part::Hypervisor, text(&image.hypervisor)),
        (Part::Kernel, rare(|rare| rare.kernel_id.as_deref())),
        (Part::Ramdisk, rare(|rare| rare.ramdisk_id.as_deref())),
        (Part::BootMode, text(&image.boot_mode)),
        (Part::Tpm, text(&image.tpm_support)),
        (Part::Imds, text(&image.imds_support)),
        // EC2 leaves out what is not supported.
        (Part::Ena, Value::Flag(image.ena_support == Some(true))),
        (Part::SriovNet, text(&image.sriov_net_support)),
        (Part::RootDeviceType, Value::of_text(Some(&image.root_device_type))),
        (Part::RootDevice, text(&image.root_device_name)),
        (Part::Public, Value::Flag(image.public)),
    ]
}

/// Who else may launch the image; only its owner may read that.
fn launch_permissions(of_owner: Option<&OwnerDetails>) -> Value {
    match of_owner.map(|details| &details.permissions) {
        None => Value::Unknown(Unread::OtherOwner),
        Some(Err(failure)) => failed(failure),
        Some(Ok(permissions)) => launch_permission_set(permissions.clone()),
    }
}

/// Returns a set of permissions as a value.
pub(super) fn launch_permission_set(mut permissions: Vec<LaunchPermission>) -> Value {
    permissions.sort_unstable();
    permissions.dedup();
    if permissions.is_empty() { Value::None } else { Value::LaunchPermissions(permissions) }
}

/// Returns a set of permissions as a value.
pub(super) fn volume_permission_set(mut permissions: Vec<VolumePermission>) -> Value {
    permissions.sort_unstable();
    permissions.dedup();
    if permissions.is_empty() { Value::None } else { Value::VolumePermissions(permissions) }
}

fn uefi_data(described: &Described) -> Value {
    match described.of_owner.as_ref().map(|details| &details.uefi_data) {
        None if described.image.may_have_uefi_data() => Value::Unknown(Unread::OtherOwner),
        None => Value::None,
        Some(Err(failure)) => failed(failure),
        Some(Ok(data)) => Value::of_text(data.as_deref()),
    }
}

fn product_codes(image: &Image) -> Value {
    let mut codes: Vec<Arc<str>> =
        image.product_codes.iter().map(|code| format!("{} ({})", code.id, code.kind).into()).collect();
    codes.sort_unstable();
    if codes.is_empty() { Value::None } else { Value::Texts(codes) }
}

fn failed(failure: &Failure) -> Value {
    Value::Unknown(Unread::Failed(failure.clone()))
}

/// A value that EC2 reports of every volume.
fn reported<T>(value: Option<T>, known: impl Fn(T) -> Value) -> Value {
    value.map_or(Value::Unknown(Unread::NotReported), known)
}

fn device_properties(device: &BlockDevice, described: &Described) -> Vec<(DeviceProperty, Value)> {
    let Some(ebs) = &device.ebs else {
        let kind = device.virtual_name.as_ref().map_or(Value::NoDevice, |name| Value::InstanceStore(name.clone()));
        return vec![(DeviceProperty::Kind, kind)];
    };
    let from_snapshot = ebs.snapshot_id.is_some();
    let volume = if from_snapshot || described.image.state != ImageState::Pending {
        Value::Volume { gib: ebs.volume_size, volume_type: ebs.volume_type.clone(), from_snapshot }
    } else {
        // A pending image may not list its snapshots yet.
        Value::Unknown(Unread::NotReported)
    };
    let mut properties = vec![
        (DeviceProperty::Kind, volume),
        (DeviceProperty::Size, reported(ebs.volume_size, Value::Gib)),
        (DeviceProperty::VolumeType, reported(ebs.volume_type.clone(), Value::Text)),
        // Not every type has them.
        (DeviceProperty::Iops, ebs.iops.map_or(Value::None, Value::Iops)),
        (DeviceProperty::Throughput, ebs.throughput.map_or(Value::None, Value::MibPerSecond)),
        (DeviceProperty::DeleteOnTermination, reported(ebs.delete_on_termination, Value::Flag)),
    ];
    properties.extend(encryption(ebs, described));
    properties
}

/// Encryption of a volume, and what its snapshot shows.
fn encryption(ebs: &Ebs, described: &Described) -> Vec<(DeviceProperty, Value)> {
    let snapshot = ebs.snapshot_id.as_ref().map(|id| snapshot(id, described));
    let by_snapshot = || Some(snapshot.as_ref()?.as_ref().ok()?.encrypted);
    let encrypted = ebs.encrypted.or_else(by_snapshot);
    let mut properties = vec![(DeviceProperty::Encrypted, reported(encrypted, Value::Flag))];
    // An empty volume has none.
    if let Some(snapshot) = snapshot {
        let key = match &snapshot {
            _ if encrypted == Some(false) => Value::None,
            Ok(snapshot) => reported(snapshot.key.as_deref(), |arn| Value::Key(arn.into())),
            Err(unread) => Value::Unknown(unread.clone()),
        };
        let permissions = snapshot.map_or_else(Value::Unknown, |snapshot| volume_permissions(snapshot, described));
        properties.extend([(DeviceProperty::Key, key), (DeviceProperty::VolumePermissions, permissions)]);
    }
    properties
}

/// The snapshot of a volume, or why it is not known.
fn snapshot<'a>(id: &SnapshotId, described: &'a Described) -> Result<&'a SnapshotDetails, Unread> {
    let snapshots = described.snapshots.as_ref().map_err(|failure| Unread::Failed(failure.clone()))?;
    // EC2 leaves out those that this account may not see.
    let unseen = || if described.of_owner.is_some() { Unread::NotReported } else { Unread::OtherOwner };
    snapshots.iter().find(|snapshot| snapshot.id == *id).ok_or_else(unseen)
}

fn volume_permissions(snapshot: &SnapshotDetails, described: &Described) -> Value {
    match &snapshot.permissions {
        Ok(permissions) => volume_permission_set(permissions.clone()),
        Err(_) if described.of_owner.is_none() => Value::Unknown(Unread::OtherOwner),
        Err(failure) => failed(failure),
    }
}
