"""The disaster-recovery script that everyone writes, against the EC2 whose URL is the first argument: copies what is tagged DR=true from
us-east-1 to two regions, skips by name what is there, keeps the newest two of each kind, and deregisters the older ones with their
snapshots. It is kept as people have it, mistakes included: `sync.rs` beside it says which."""

import sys

import boto3
from botocore.config import Config

URL = sys.argv[1]
SOURCE, DESTINATIONS, KEEP = "us-east-1", ["eu-west-1", "eu-west-2"], 2
TAGGED = [{"Name": "tag:DR", "Values": ["true"]}, {"Name": "state", "Values": ["available"]}]


def client(region):
    return boto3.client("ec2", region_name=region, endpoint_url=URL, config=Config(retries={"max_attempts": 3}))


def images(ec2, filters=()):
    found = ec2.describe_images(Owners=["self"], Filters=list(filters))["Images"]
    return sorted(found, key=lambda image: image["CreationDate"])


def kind(image):
    return image["Name"].rsplit("-", 1)[0]


def copy_new():
    for region in DESTINATIONS:
        ec2 = client(region)
        there = {image["Name"] for image in images(ec2)}
        copied = []
        for image in images(client(SOURCE), TAGGED):
            if image["Name"] in there:
                continue
            copy = ec2.copy_image(
                Name=image["Name"],
                Description=f"DR copy of {image['ImageId']}",
                SourceImageId=image["ImageId"],
                SourceRegion=SOURCE,
                Encrypted=True,
                CopyImageTags=True,
            )
            copied.append(copy["ImageId"])
        if copied:
            ec2.get_waiter("image_available").wait(ImageIds=copied, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def clean_up():
    for region in DESTINATIONS:
        ec2 = client(region)
        kinds = {}
        for image in images(ec2, TAGGED):
            kinds.setdefault(kind(image), []).append(image)
        for versions in kinds.values():
            for old in versions[:-KEEP]:
                ec2.deregister_image(ImageId=old["ImageId"])
                for device in old["BlockDeviceMappings"]:
                    if "SnapshotId" in device.get("Ebs", {}):
                        ec2.delete_snapshot(SnapshotId=device["Ebs"]["SnapshotId"])


copy_new()
clean_up()
