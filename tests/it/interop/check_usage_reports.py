"""boto3 against the embedded EC2 (its URL is the first argument): usage reports answer as botocore's model says, and what amigrate
printed (the second argument) is what boto3 reads of the report and the references."""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import model_check

URL, PRINTED = sys.argv[1], json.loads(sys.argv[2])
CONFIG = Config(retries={"max_attempts": 1}, connect_timeout=10, read_timeout=30)
EC2 = boto3.client("ec2", region_name=PRINTED["region"], endpoint_url=URL, config=CONFIG)
WRONG = model_check.watch(EC2)
IMAGE = PRINTED["image_id"]
BOTH = [{"ResourceType": "ec2:Instance"}, {"ResourceType": "ec2:LaunchTemplate"}]


def pages(call, key, **params):
    return [item for page in EC2.get_paginator(call).paginate(**params) for item in page[key]]


def refused(code, call, **params):
    try:
        call(**params)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, (error.response["Error"], code)
    else:
        raise AssertionError(f"{code} was expected")


def entries(report):
    found = pages("describe_image_usage_report_entries", "ImageUsageReportEntries", ReportIds=[report], PaginationConfig={"PageSize": 1})
    assert all(one["ImageId"] == IMAGE and one["ReportId"] == report and one["ReportCreationTime"] for one in found), found
    return sorted((one["AccountId"], one["ResourceType"], one["UsageCount"]) for one in found)


refused("DryRunOperation", EC2.create_image_usage_report, ImageId=IMAGE, ResourceTypes=BOTH, DryRun=True)
depth = {"ResourceType": "ec2:LaunchTemplate", "ResourceTypeOptions": [{"OptionName": "version-depth", "OptionValues": ["5"]}]}
tags = [{"ResourceType": "image-usage-report", "Tags": [{"Key": "Team", "Value": "web"}]}]
some = EC2.create_image_usage_report(
    ImageId=IMAGE, ResourceTypes=[depth], AccountIds=["210987654321"], TagSpecifications=tags
)["ReportId"]
made = EC2.create_image_usage_report(ImageId=IMAGE, ResourceTypes=BOTH)["ReportId"]
[report] = pages("describe_image_usage_reports", "ImageUsageReports", ReportIds=[some])
assert report["AccountIds"] == ["210987654321"] and report["ResourceTypes"] == [depth], report
assert (report["State"], report["Tags"]) == ("available", tags[0]["Tags"]), report
assert (report["ExpirationTime"] - report["CreationTime"]).days == 30, report
assert entries(some) == [("210987654321", "ec2:LaunchTemplate", 2)], entries(some)

reported = PRINTED["usage"]["usage_report"]
assert reported["state"] == "available", reported
# What amigrate requested stays, and counts as many versions as EC2 can.
own = [one for one in pages("describe_image_usage_reports", "ImageUsageReports", ImageIds=[IMAGE]) if one["ReportId"] not in (some, made)]
assert [one["ResourceTypes"][1]["ResourceTypeOptions"] for one in own] == [[{"OptionName": "version-depth", "OptionValues": ["10000"]}]], own
printed = sorted((one["account_id"], one["resource_type"], one["usage_count"]) for one in reported["account_uses"])
assert printed == entries(made), (printed, entries(made))
references = pages("describe_image_references", "ImageReferences", ImageIds=[IMAGE], IncludeAllResourceTypes=True)
ours = sorted((one["resource_type"], one["arn"]) for one in PRINTED["usage"]["image_references"])
assert ours == sorted((one["ResourceType"], one["Arn"]) for one in references), (ours, references)

for report in (some, made, own[0]["ReportId"]):
    assert EC2.delete_image_usage_report(ReportId=report)["Return"] is True
assert not pages("describe_image_usage_reports", "ImageUsageReports", ImageIds=[IMAGE])
assert not WRONG, WRONG
