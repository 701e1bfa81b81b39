"""Compares a copy with its source by boto3 alone, and holds the differences to those that `amigrate verify --output json` printed.
Arguments: the simulator's URL, what was printed, and with `--change` nothing is compared: the copy and its source are changed, as
other people would."""

import json
import sys

import boto3

FRIEND = "222233334444"
# What every copy has otherwise, or EC2 does not copy; amigrate's tags and AWS's.
PLAIN = {
    "name": "Name",
    "description": "Description",
    "architecture": "Architecture",
    "platform_details": "PlatformDetails",
    "usage_operation": "UsageOperation",
    "virtualization_type": "VirtualizationType",
    "boot_mode": "BootMode",
    "tpm_support": "TpmSupport",
    "imds_support": "ImdsSupport",
    "sriov_net_support": "SriovNetSupport",
    "root_device_type": "RootDeviceType",
    "root_device_name": "RootDeviceName",
}
VOLUME = {
    "volume_size": "VolumeSize",
    "volume_type": "VolumeType",
    "iops": "Iops",
    "throughput": "Throughput",
    "delete_on_termination": "DeleteOnTermination",
    "encrypted": "Encrypted",
}


def client(url, region):
    return boto3.client("ec2", endpoint_url=url, region_name=region)


def permission(entry):
    return [{key: value for key, value in zip(("user_id", "organization_arn", "group"),
            (entry.get("UserId"), entry.get("OrganizationArn"), entry.get("Group"))) if value}][0]


def permissions(entries):
    return sorted((permission(entry) for entry in entries), key=json.dumps) or None


def parts(ec2, image_id):
    """The parts of an image, as (part, device, key) with their values."""
    image = ec2.describe_images(ImageIds=[image_id])["Images"][0]
    found = {(part, None, None): image.get(field) or None for part, field in PLAIN.items()}
    found["ena_support", None, None] = image.get("EnaSupport", False)
    launch = ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")["LaunchPermissions"]
    found["launch_permissions", None, None] = permissions(launch)
    found["deprecation_time", None, None] = image.get("DeprecationTime")
    protection = image.get("DeregistrationProtection", "disabled")
    found["deregistration_protection", None, None] = None if protection == "disabled" else protection
    for tag in image.get("Tags", []):
        if not tag["Key"].startswith(("amigrate:", "aws:", "copied-to:")):
            found["tag", None, tag["Key"]] = tag["Value"]
    for device in image["BlockDeviceMappings"]:
        name, ebs = device["DeviceName"], device["Ebs"]
        found.update({(part, name, None): ebs.get(field) for part, field in VOLUME.items()})
        snapshot = ec2.describe_snapshots(SnapshotIds=[ebs["SnapshotId"]])["Snapshots"][0]
        found["kms_key_id", name, None] = snapshot.get("KmsKeyId")
        shared = ec2.describe_snapshot_attribute(SnapshotId=ebs["SnapshotId"], Attribute="createVolumePermission")
        found["create_volume_permissions", name, None] = permissions(shared["CreateVolumePermissions"])
    return found


def differences(source, copy, verification):
    # What EC2's console writes as well is no difference where nobody knows what was requested.
    by_ec2 = f"[Copied {verification['source_image_id']} "
    description = copy["description", None, None] or ""
    if "job" not in verification and description.startswith(by_ec2):
        del source["description", None, None], copy["description", None, None]
    for part in sorted(set(source) | set(copy), key=str):
        ours, theirs = source.get(part), copy.get(part)
        # Deprecation and protection are never copied.
        never_copied = part[0] in ("deprecation_time", "deregistration_protection") and theirs is None
        if ours != theirs and not never_copied:
            yield part, ours, theirs


def printed(verification):
    """What differs, according to amigrate."""
    for one in verification["differences"]:
        values = [one.get(side) for side in ("source", "copy")]
        values = [sorted(value, key=json.dumps) if isinstance(value, list) else value for value in values]
        if values[0] == values[1]:
            # Something else was requested, which boto3 cannot know.
            assert "requested" in one, one
            continue
        yield (one["part"], one.get("device_name"), one.get("key")), *values


def change(url, verification):
    copy = client(url, verification["region"])
    source = client(url, verification["source_image_region"])
    copy.create_tags(Resources=[verification["image_id"]], Tags=[{"Key": "Team", "Value": "other"}])
    copy.delete_tags(Resources=[verification["image_id"]], Tags=[{"Key": "App"}])
    copy.modify_image_attribute(
        ImageId=verification["image_id"], LaunchPermission={"Remove": [{"UserId": FRIEND}]}
    )
    image = source.describe_images(ImageIds=[verification["source_image_id"]])["Images"][0]
    for device in image["BlockDeviceMappings"]:
        source.modify_snapshot_attribute(
            SnapshotId=device["Ebs"]["SnapshotId"],
            Attribute="createVolumePermission",
            OperationType="add",
            UserIds=["111122223333"],
        )


def main(url, text, *options):
    verification = json.loads(text)["verifications"][0]
    if options == ("--change",):
        return change(url, verification)
    source = parts(client(url, verification["source_image_region"]), verification["source_image_id"])
    copy = parts(client(url, verification["region"]), verification["image_id"])
    by_boto3, by_us = list(differences(source, copy, verification)), sorted(printed(verification), key=str)
    by_boto3.sort(key=str)
    if by_boto3 != by_us:
        sys.exit(f"boto3:\n{json.dumps(by_boto3, indent=1)}\namigrate:\n{json.dumps(by_us, indent=1)}")


main(*sys.argv[1:])
