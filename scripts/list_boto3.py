"""Lists the account's images of all enabled regions with boto3, a thread for each region, and prints their ids."""

from concurrent.futures import ThreadPoolExecutor

import boto3

SESSION = boto3.Session()
REGIONS = [r["RegionName"] for r in SESSION.client("ec2").describe_regions()["Regions"]]
# Making clients is not thread-safe.
CLIENTS = [SESSION.client("ec2", region_name=region) for region in REGIONS]


def ids(client):
    pages = client.get_paginator("describe_images").paginate(Owners=["self"], PaginationConfig={"PageSize": 1000})
    return [image["ImageId"] for page in pages for image in page["Images"]]


with ThreadPoolExecutor(max_workers=17) as pool:
    for listed in pool.map(ids, CLIENTS):
        print("\n".join(listed))
