"""Checks with boto3 that an image of an EC2 (arguments: URL, region, name) stands as asked (JSON of `read_back.image`, of which
any part may be left out)."""

import json
import sys

import boto3

import read_back

url, region, name, expected = sys.argv[1:]
found = read_back.image(boto3.client("ec2", region_name=region, endpoint_url=url), name)
different = [f"{key}: {found[key]}, not {wanted}" for key, wanted in json.loads(expected).items() if found[key] != wanted]
assert not different, different
