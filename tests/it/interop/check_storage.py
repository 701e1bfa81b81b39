"""boto3 against the embedded EC2 (its URL is the first argument): what a plain script sums of the images' snapshots is what amigrate prints
(the second argument: its JSON by region)."""

import json
import sys

import boto3
from botocore.config import Config

import model_check

URL, LISTED = sys.argv[1], json.loads(sys.argv[2])
CONFIG = Config(retries={"max_attempts": 1}, connect_timeout=10, read_timeout=30)
GIB = 1 << 30


def pages(client, call, key, **params):
    return [item for page in client.get_paginator(call).paginate(**params) for item in page[key]]


def sums(snapshots):
    at_most = sum(min(s["VolumeSize"] * GIB, s.get("FullSnapshotSizeInBytes", s["VolumeSize"] * GIB)) for s in snapshots)
    return len(snapshots), sum(s["VolumeSize"] for s in snapshots), at_most


def printed(held):
    return held["snapshots"], held["volume_size_gib"], held["at_most_bytes"]


total, rest, found = [], [], {}
for region in ("us-east-1", "eu-west-1"):
    ec2 = boto3.client("ec2", region_name=region, endpoint_url=URL, config=CONFIG)
    wrong = model_check.watch(ec2)
    images = pages(ec2, "describe_images", "Images", Owners=["self"], IncludeDisabled=True)
    named = {d["Ebs"]["SnapshotId"] for i in images for d in i["BlockDeviceMappings"] if "SnapshotId" in d.get("Ebs", {})}
    snapshots = pages(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"])
    held = [s for s in snapshots if s["SnapshotId"] in named]
    rest += [s for s in snapshots if s["SnapshotId"] not in named]
    total += held
    found[region] = (len(images), *sums(held))
    assert not wrong, wrong

assert {row["region"]: (row["images"], *printed(row)) for row in LISTED["storage"]} == found, (found, LISTED["storage"])
assert printed(LISTED["total"]) == sums(total), (sums(total), LISTED["total"])
assert rest and printed(LISTED["not_in_images"]) == sums(rest), (sums(rest), LISTED["not_in_images"])
# Both regions cost 0.05 USD per GiB and month.
assert abs(LISTED["total"]["storage_month_usd"] - sums(total)[2] / GIB * 0.05) < 0.001, LISTED["total"]
assert LISTED["total"]["storage_month_bound"] == "at_most" and LISTED["failures"] == [], LISTED
