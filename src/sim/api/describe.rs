//! Images, snapshots and regions as EC2's XML elements.

use crate::{
    domain::{
        SnapshotState,
        image::{BlockDevice, Tag},
    },
    sim::{
        api::format::{COPY_FAILED, date, endpoint, kernel, location, opt_in, platform, progress, snapshot_state},
        transport::xml::Xml,
        world::{
            locations::Location,
            state::{RegionState, SeenImage, SeenSnapshot},
            timeline::Transfer,
        },
    },
};

fn tags(xml: &mut Xml, tags: &[Tag]) {
    if !tags.is_empty() {
        xml.items("tagSet", tags, |xml, tag| {
            xml.leaf("key", &tag.key);
            xml.leaf("value", &tag.value);
        });
    }
}

fn device(xml: &mut Xml, device: &BlockDevice, location: &Location) {
    xml.leaf("deviceName", &device.device_name);
    xml.optional("virtualName", device.virtual_name.as_deref());
    let Some(ebs) = &device.ebs else { return };
    let number = |n: Option<u32>| n.map(|n| n.to_string());
    xml.element("ebs", |xml| {
        xml.optional("snapshotId", ebs.snapshot_id.as_ref().map(crate::domain::SnapshotId::as_str));
        xml.optional("volumeSize", number(ebs.volume_size).as_deref());
        xml.flag("deleteOnTermination", ebs.delete_on_termination != Some(false));
        xml.optional("volumeType", ebs.volume_type.as_deref());
        xml.optional("iops", number(ebs.iops).as_deref());
        xml.optional("throughput", number(ebs.throughput).as_deref());
        xml.flag("encrypted", ebs.encrypted == Some(true));
        if let Location::Outpost(arn) = location {
            xml.leaf("outpostArn", arn);
        }
    });
}

pub(crate) fn image(xml: &mut Xml, seen: &SeenImage) {
    let image = &seen.image;
    xml.leaf("imageId", image.id.as_str());
    xml.leaf("imageLocation", &location(image));
    xml.leaf("imageState", image.state.as_str());
    xml.leaf("imageOwnerId", image.owner_id.as_str());
    xml.optional("creationDate", image.created.map(date).as_deref());
    xml.flag("isPublic", image.public);
    if !image.product_codes.is_empty() {
        xml.items("productCodes", &image.product_codes, |xml, code| {
            xml.leaf("productCode", &code.id);
            xml.leaf("type", &code.kind);
        });
    }
    xml.leaf("architecture", &image.architecture);
    xml.leaf("imageType", "machine");
    xml.optional("kernelId", kernel(image));
    xml.optional("imageOwnerAlias", image.image_owner_alias.as_deref());
    xml.leaf("name", &image.name);
    if !image.description.is_empty() {
        xml.leaf("description", &image.description);
    }
    xml.leaf("rootDeviceType", &image.root_device_type);
    xml.optional("rootDeviceName", image.root_device_name.as_deref());
    xml.items("blockDeviceMapping", &image.block_devices, |xml, one| device(xml, one, &seen.location));
    xml.leaf("virtualizationType", &image.virtualization);
    tags(xml, &image.tags);
    xml.optional("hypervisor", image.hypervisor.as_deref());
    if let Some(on) = image.ena_support {
        xml.flag("enaSupport", on);
    }
    xml.optional("sriovNetSupport", image.sriov_net_support.as_deref());
    if let Some(reason) = &image.state_reason {
        xml.element("stateReason", |xml| {
            xml.leaf("code", COPY_FAILED);
            xml.leaf("message", reason);
        });
    }
    xml.optional("platformDetails", image.platform_details.as_deref());
    xml.optional("platform", platform(image));
    xml.optional("usageOperation", image.usage_operation.as_deref());
    xml.optional("bootMode", image.boot_mode.as_deref());
    xml.optional("tpmSupport", image.tpm_support.as_deref());
    xml.optional("imdsSupport", image.imds_support.as_deref());
    xml.optional("deprecationTime", image.deprecated.map(date).as_deref());
    xml.optional("lastLaunchedTime", image.last_launched.map(date).as_deref());
    xml.optional("deregistrationProtection", image.deregistration_protection.as_deref());
    if let Some(allowed) = seen.allowed {
        xml.flag("imageAllowed", allowed);
    }
    xml.optional("sourceInstanceId", image.source_instance.as_deref());
    xml.optional("sourceImageId", image.source_image_id.as_ref().map(crate::domain::ImageId::as_str));
    xml.optional("sourceImageRegion", image.source_region.as_ref().map(crate::domain::Region::as_str));
}

/// Bytes that were written to each GiB of a volume: every volume is filled to five eighths.
const WRITTEN_PER_GIB: u64 = (1 << 30) / 8 * 5;

pub(crate) fn snapshot(xml: &mut Xml, seen: &SeenSnapshot) {
    let snapshot = &seen.snapshot;
    xml.leaf("snapshotId", snapshot.id.as_str());
    xml.optional("volumeId", snapshot.volume_id.as_deref());
    xml.leaf("status", snapshot_state(snapshot.state));
    xml.optional("statusMessage", snapshot.state_message.as_deref());
    xml.leaf("startTime", &date(seen.started));
    xml.leaf("progress", &progress(snapshot));
    xml.leaf("ownerId", seen.owner.as_str());
    xml.leaf("volumeSize", &snapshot.volume_size.to_string());
    xml.leaf("description", &snapshot.description);
    tags(xml, &snapshot.tags);
    xml.flag("encrypted", snapshot.encrypted);
    xml.optional("kmsKeyId", snapshot.kms_key_id.as_deref());
    xml.leaf("storageTier", "standard");
    if snapshot.state == SnapshotState::Completed {
        xml.leaf("fullSnapshotSizeInBytes", &(u64::from(snapshot.volume_size) * WRITTEN_PER_GIB).to_string());
    }
    xml.optional("completionTime", seen.completed.map(date).as_deref());
    if let Some(transfer) = seen.transfer {
        xml.leaf("transferType", transfer.as_str());
    }
    if let Some(Transfer::TimeBased { minutes }) = seen.transfer {
        xml.leaf("completionDurationMinutes", &minutes.to_string());
    }
    match &seen.location {
        Location::Region => {}
        Location::Outpost(arn) => xml.leaf("outpostArn", arn),
        Location::LocalZone(name) => xml.leaf("availabilityZone", name),
    }
}

pub(crate) fn region(xml: &mut Xml, state: &RegionState) {
    xml.leaf("regionName", state.region.as_str());
    xml.leaf("regionEndpoint", &endpoint(&state.region));
    xml.leaf("optInStatus", opt_in(state.opt_in));
}
