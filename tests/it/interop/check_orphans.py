"""boto3 against the embedded EC2 (its URL is the first argument): what a plain script calls an orphan is what amigrate does (the second
argument: ids between commas), and the Recycle Bin answers by botocore's model. The third is an image in the bin."""

import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import model_check

URL, LISTED, BINNED = sys.argv[1], sys.argv[2], sys.argv[3]
CONFIG = Config(retries={"max_attempts": 1}, connect_timeout=10, read_timeout=30)
EC2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=URL, config=CONFIG)
WRONG = model_check.watch(EC2)
MADE_FOR = re.compile(r"Copied for DestinationAmi (ami-[0-9a-f]+) from |Created by CreateImage\(i-[0-9a-f]+\) for (ami-[0-9a-f]+)$")


def pages(call, key, **params):
    return [item for page in EC2.get_paginator(call).paginate(**params) for item in page[key]]


def orphans():
    """The script that everyone writes, with the rules that it forgets."""
    images = pages("describe_images", "Images", Owners=["self"], IncludeDisabled=True)
    binned = pages("list_images_in_recycle_bin", "Images")
    there = {image["ImageId"] for image in images + binned}
    used = {d["Ebs"]["SnapshotId"] for image in images for d in image["BlockDeviceMappings"] if "SnapshotId" in d.get("Ebs", {})}
    kept = used
    kept |= {s["SnapshotId"] for s in EC2.describe_locked_snapshots()["Snapshots"]}  # there is no paginator
    kept |= {s["SnapshotId"] for s in pages("describe_fast_snapshot_restores", "FastSnapshotRestores")}
    found = set()
    for snapshot in pages("describe_snapshots", "Snapshots", OwnerIds=["self"]):
        made = MADE_FOR.match(snapshot["Description"])
        if not made or (made[1] or made[2]) in there or snapshot["SnapshotId"] in kept or snapshot["State"] != "completed":
            continue
        if any(snapshot["StartTime"] <= image["RecycleBinEnterTime"] for image in binned):
            continue  # nobody knows which snapshots an image in the bin has
        sharing = EC2.describe_snapshot_attribute(SnapshotId=snapshot["SnapshotId"], Attribute="createVolumePermission")
        if not sharing["CreateVolumePermissions"]:
            found.add(snapshot["SnapshotId"])
    return found


def refused(code, call, **params):
    try:
        call(**params)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, (error.response["Error"], code)
    else:
        raise AssertionError(f"{code} was expected")


def recycle_bin():
    [image] = pages("list_images_in_recycle_bin", "Images", PaginationConfig={"PageSize": 5})
    assert image["ImageId"] == BINNED and image["Name"], image
    assert image["RecycleBinExitTime"] > image["RecycleBinEnterTime"], image
    refused("DryRunOperation", EC2.restore_image_from_recycle_bin, ImageId=BINNED, DryRun=True)
    refused("InvalidSnapshot.NotFound", EC2.restore_image_from_recycle_bin, ImageId=BINNED)
    snapshots = pages("list_snapshots_in_recycle_bin", "Snapshots", PaginationConfig={"PageSize": 5})
    mine = [s for s in snapshots if s["Description"].endswith(BINNED)]
    assert mine, snapshots
    for snapshot in mine:
        again = EC2.restore_snapshot_from_recycle_bin(SnapshotId=snapshot["SnapshotId"])
        assert (again["SnapshotId"], again["State"]) == (snapshot["SnapshotId"], "completed"), again
    assert EC2.restore_image_from_recycle_bin(ImageId=BINNED)["Return"] is True
    assert EC2.describe_images(ImageIds=[BINNED])["Images"][0]["State"] == "available"
    assert not pages("list_images_in_recycle_bin", "Images")
    refused("InvalidAMIID.NotFound", EC2.restore_image_from_recycle_bin, ImageId=BINNED)


kept = orphans()
assert not kept, sorted(kept)
recycle_bin()
plain = orphans()
assert plain == set(LISTED.split(",")), (sorted(plain), LISTED)
assert not WRONG, WRONG
