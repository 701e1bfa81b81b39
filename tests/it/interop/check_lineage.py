"""boto3 against the embedded EC2 (its URL is the first argument): the lineage that boto3 reads is the one that `amigrate lineage
--output json` printed (the second argument), image by image, each with what it was copied from."""

import json
import sys

import boto3
from botocore.config import Config

import model_check

URL, PRINTED = sys.argv[1], json.loads(sys.argv[2])
CONFIG = Config(retries={"max_attempts": 1}, connect_timeout=10, read_timeout=30)
WRONG = []


def client(region):
    made = boto3.client("ec2", region_name=region, endpoint_url=URL, config=CONFIG)
    WRONG.append(model_check.watch(made))
    return made


CLIENTS = {region["RegionName"]: client(region["RegionName"]) for region in client("us-east-1").describe_regions()["Regions"]}


def ancestors(image, region):
    """The images above, nearest first, with their regions."""
    entries = CLIENTS[region].get_image_ancestry(ImageId=image)["ImageAncestryEntries"]
    assert entries[0]["ImageId"] == image, entries
    for entry, source in zip(entries, entries[1:] + [None]):
        assert source is None or entry["SourceImageId"] == source["ImageId"], entries
        if "SourceImageId" in entry:
            yield entry["SourceImageId"], entry["SourceImageRegion"]


def copies(image, region):
    """All images below, each as (its id, its region, the id of what it was copied from)."""
    for where, ec2 in CLIENTS.items():
        pages = ec2.get_paginator("describe_images").paginate(
            Owners=["self"], IncludeDisabled=True, Filters=[{"Name": "source-image-id", "Values": [image]}]
        )
        for copy in (copy for page in pages for copy in page["Images"]):
            if copy["SourceImageRegion"] == region:
                assert copy["SourceImageId"] == image, copy
                yield copy["ImageId"], where, image
                yield from copies(copy["ImageId"], where)


def printed():
    """The ancestors, nearest first; the image; the copies with what each stands below."""
    above, below, path, itself = [], [], [], None
    for one in PRINTED["images"]:
        del path[one["depth"]:]
        here = one["image_id"], one["region"]
        if one["relation"] == "ancestor":
            above.insert(0, here)
        elif one["relation"] == "itself":
            itself = here
        else:
            below.append((*here, path[-1]))
        path.append(one["image_id"])
    return above, itself, below


above, itself, below = printed()
assert not PRINTED["failures"], PRINTED
assert above == list(ancestors(*itself)), (above, list(ancestors(*itself)))
assert sorted(below) == sorted(copies(*itself)), (below, list(copies(*itself)))
assert not any(WRONG), WRONG
