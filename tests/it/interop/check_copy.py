"""Checks with boto3 that an image of an EC2 (arguments: URL, region, name) stands as asked (JSON of `read_back.image`, of which
any part may be left out; of tags, those that are named must be there)."""

import json
import sys

import boto3

import read_back

url, region, name, expected = sys.argv[1:]


def client(service, region_name):
    return boto3.client(service, region_name=region_name, endpoint_url=url)


def has(found, wanted):
    """Returns whether every tag that is wanted is there."""
    return all(found.get(key) == value for key, value in wanted.items())


def stands(key, found, wanted):
    if key == "tags":
        return has(found, wanted)
    if key == "snapshot_tags":
        return all(has(tags, wanted) for tags in found)
    if key == "keys":
        arn = client("kms", region).describe_key(KeyId=wanted)["KeyMetadata"]["Arn"]
        return set(found) == {arn}
    return found == wanted


found = read_back.image(client("ec2", region), name)
source = client("ec2", found["source_region"]).describe_images(ImageIds=[found["source"]])["Images"][0]
found["copied_to"] = read_back.tags(source).get(f"copied-to:{region}") == found["id"]
different = [f"{key}: {found[key]}, not {wanted}" for key, wanted in json.loads(expected).items() if not stands(key, found[key], wanted)]
assert not different, different
