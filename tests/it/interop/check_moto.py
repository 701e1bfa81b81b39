"""Checks with boto3 that an EC2 (first argument: its URL) has exactly one own image of a name (third) in a region (second), and
that it is a copy."""

import sys

import boto3

URL, REGION, NAME = sys.argv[1:]

ec2 = boto3.client("ec2", region_name=REGION, endpoint_url=URL)
images = ec2.describe_images(Owners=["self"])["Images"]
assert [i["Name"] for i in images] == [NAME], [i["Name"] for i in images]
copy = images[0]
assert copy["State"] == "available", copy["State"]
assert copy["Description"].startswith("[Copied ami-"), copy["Description"]
home = boto3.client("ec2", region_name="us-east-1", endpoint_url=URL)
assert [i["Name"] for i in home.describe_images(Owners=["self"])["Images"]] == [NAME]
