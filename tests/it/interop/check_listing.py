"""Holds what `amigrate list --output json` prints against what boto3 lists, field by field. Arguments: URL, the program, regions
between commas, and how images are chosen (own, public)."""

import json
import re
import subprocess
import sys
from datetime import datetime

import boto3

URL, PROGRAM, REGIONS, CHOICE = sys.argv[1:]
HOW = {
    "own": ([], {"Owners": ["self"], "IncludeDisabled": True}),
    "public": (
        ["--public", "--name", "*"],
        {"Filters": [{"Name": "is-public", "Values": ["true"]}, {"Name": "name", "Values": ["*"]}]},
    ),
}
FLAGS, PARAMETERS = HOW[CHOICE]
# What amigrate adds to EC2's own fields.
ADDED = {"region", "size_gib", "encrypted"}
TIMES = {"creation_date", "deprecation_time", "last_launched_time"}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def plain(value, key=""):
    """boto3's value in amigrate's form."""
    if key == "tags":
        return {tag["Key"]: tag["Value"] for tag in value}
    if isinstance(value, dict):
        return {snake(name): plain(inside, snake(name)) for name, inside in value.items()}
    if isinstance(value, list):
        return [plain(inside) for inside in value]
    return time(value) if key in TIMES else value


def time(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def by_boto3(region):
    ec2 = boto3.client("ec2", region_name=region, endpoint_url=URL)
    pages = ec2.get_paginator("describe_images").paginate(PaginationConfig={"PageSize": 500}, **PARAMETERS)
    for page in pages:
        for image in page["Images"]:
            yield plain(image) | {"region": region}


def by_amigrate():
    line = [PROGRAM, "list", "--output", "json", "--endpoint-url", URL, "--regions", REGIONS, *FLAGS]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr)
    document = json.loads(done.stdout)
    assert document["failures"] == [], document["failures"]
    for image in document["images"]:
        yield {key: time(value) if key in TIMES else value for key, value in image.items()}


def main():
    theirs = {(i["region"], i["image_id"]): i for region in REGIONS.split(",") for i in by_boto3(region)}
    ours = {(i["region"], i["image_id"]): i for i in by_amigrate()}
    assert theirs.keys() == ours.keys(), theirs.keys() ^ ours.keys()
    assert ours, "there is something to compare"
    fields = set()
    for key, image in theirs.items():
        mine = ours[key]
        fields |= image.keys()
        for field, value in image.items():
            assert mine.get(field) == value, (key, field, mine.get(field), value)
        # A field of ours alone says that there is nothing.
        extra = {field: mine[field] for field in mine.keys() - image.keys() - ADDED}
        assert all(value in ("", [], {}, False) or field == "image_type" or field == "image_location" for field, value in extra.items()), (key, extra)
        volumes = [device["ebs"] for device in mine["block_device_mappings"] if "ebs" in device]
        assert mine["size_gib"] == sum(ebs.get("volume_size", 0) for ebs in volumes), key
        assert mine["encrypted"] == any(ebs.get("encrypted") for ebs in volumes), key
    print(f"{len(ours)} images in {REGIONS}: {len(fields)} fields are the same")


main()
