"""Reads an image back by boto3 with all that can be set for it."""


def image(ec2, name):
    """Returns what stands of the only own image of this name, in plain values."""
    found = ec2.describe_images(Owners=["self"], IncludeDisabled=True, Filters=[{"Name": "name", "Values": [name]}])["Images"]
    assert len(found) == 1, [i["ImageId"] for i in found]
    image = found[0]
    ids = [d["Ebs"]["SnapshotId"] for d in image["BlockDeviceMappings"] if "SnapshotId" in d.get("Ebs", {})]
    snapshots = ec2.describe_snapshots(SnapshotIds=ids)["Snapshots"] if ids else []
    launch = ec2.describe_image_attribute(ImageId=image["ImageId"], Attribute="launchPermission")["LaunchPermissions"]
    return {
        "id": image["ImageId"],
        "state": image["State"],
        "description": image.get("Description", ""),
        "source": image.get("SourceImageId"),
        "source_region": image.get("SourceImageRegion"),
        "tags": tags(image),
        "public": image["Public"],
        "launch_permissions": permissions(launch),
        "deprecation": image.get("DeprecationTime"),
        "protection": image.get("DeregistrationProtection"),
        "encrypted": [s["Encrypted"] for s in snapshots],
        "keys": [s.get("KmsKeyId") for s in snapshots],
        "snapshot_tags": [tags(s) for s in snapshots],
        "volume_permissions": [permissions(of_snapshot(ec2, s)) for s in snapshots],
        "transfer_types": [s.get("TransferType") for s in snapshots],
        "minutes": [s.get("CompletionDurationMinutes") for s in snapshots],
    }


def tags(resource):
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}


def permissions(granted):
    """Account ids, ARNs and `all`, sorted."""
    return sorted(value for permission in granted for value in permission.values())


def of_snapshot(ec2, snapshot):
    attribute = ec2.describe_snapshot_attribute(SnapshotId=snapshot["SnapshotId"], Attribute="createVolumePermission")
    return attribute["CreateVolumePermissions"]
