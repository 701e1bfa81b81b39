"""boto3 against `amigrate simulate` (its URL is the first argument): the main job, and the errors on its way."""

import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

import model_check
import read_back

URL = sys.argv[1]
CONFIG = Config(retries={"max_attempts": 1}, connect_timeout=10, read_timeout=30)
WRONG = []


def client(service, region):
    made = boto3.client(service, region_name=region, endpoint_url=URL, config=CONFIG)
    if service == "ec2":
        WRONG.append(model_check.watch(made))
    return made


def refused(code, status, call, **params):
    try:
        call(**params)
    except ClientError as error:
        got = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert got == (code, status), (got, code, status)
        assert error.response["Error"]["Message"], code
        assert error.response["ResponseMetadata"].get("RequestId"), code
    else:
        raise AssertionError(f"{code} was expected")


def named(ec2, pattern):
    return ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": [pattern]}])["Images"]


def listing(home):
    regions = home.describe_regions(AllRegions=True)["Regions"]
    states = {r["OptInStatus"] for r in regions}
    assert {"opt-in-not-required", "not-opted-in"} <= states, states
    assert len(home.describe_regions()["Regions"]) == 17

    whole = home.describe_images(Owners=["self"], IncludeDisabled=True)["Images"]
    assert len(whole) == 38, len(whole)
    pages = home.get_paginator("describe_images").paginate(
        Owners=["self"], IncludeDisabled=True, PaginationConfig={"PageSize": 5}
    )
    paged = [[i["ImageId"] for i in page["Images"]] for page in pages]
    assert all(len(p) <= 5 for p in paged) and len(paged) == 8, paged
    assert sum(paged, []) == [i["ImageId"] for i in whole]

    arm = home.describe_images(Owners=["self"], Filters=[{"Name": "architecture", "Values": ["arm64"]}])["Images"]
    assert {i["Architecture"] for i in arm} == {"arm64"} and len(arm) == 7
    tagged = home.describe_images(Filters=[{"Name": "tag:Team", "Values": ["we?"]}, {"Name": "name", "Values": ["app-web-*"]}])
    assert len(tagged["Images"]) == 12
    assert {i["OwnerId"] for i in home.describe_images(ExecutableUsers=["self"])["Images"]} == {"210987654321", "345678901234"}
    assert {i["ImageOwnerAlias"] for i in home.describe_images(Owners=["amazon"])["Images"]} == {"amazon"}

    snapshots = home.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], PaginationConfig={"PageSize": 10})
    ids = [s["SnapshotId"] for page in snapshots for s in page["Snapshots"]]
    assert len(ids) == len(set(ids)) > 38, len(ids)


def errors(home):
    refused("InvalidAMIID.Malformed", 400, home.describe_images, ImageIds=["nothing"])
    refused("InvalidAMIID.NotFound", 400, home.describe_images, ImageIds=["ami-00000000"])
    refused("InvalidParameterCombination", 400, home.describe_images, ImageIds=["ami-00000000"], MaxResults=5)
    refused("InvalidParameterValue", 400, home.describe_images, Filters=[{"Name": "colour", "Values": ["red"]}])
    refused("InvalidSnapshot.NotFound", 400, home.describe_snapshots, SnapshotIds=["snap-00000000"])
    refused("InvalidParameterValue", 400, home.describe_images, MaxResults=1001)
    refused("InvalidUserID.Malformed", 400, home.describe_images, Owners=["foo"])
    refused("InvalidAction", 400, home.describe_vpcs)
    refused("AuthFailure", 401, client("ec2", "me-south-1").describe_images)
    web = named(home, "app-web-*")[0]["ImageId"]
    copy = {"Name": "dry", "SourceRegion": "us-east-1", "SourceImageId": web}
    away = client("ec2", "eu-west-2")
    refused("DryRunOperation", 412, away.copy_image, **copy, DryRun=True)
    refused("InvalidAMIName.Malformed", 400, away.copy_image, **{**copy, "Name": "a{}b"})
    refused("InvalidParameterDependency", 400, away.copy_image, **copy, KmsKeyId="alias/images")
    partner = home.describe_images(ExecutableUsers=["self"], Owners=["345678901234"])["Images"][0]
    assert partner["ProductCodes"][0]["ProductCodeType"] == "marketplace"
    refused("InvalidRequest", 400, away.copy_image, **{**copy, "SourceImageId": partner["ImageId"]})
    protected = named(home, "base-linux-*")[0]
    assert protected["DeregistrationProtection"].startswith("enabled")
    refused("OperationNotPermitted", 400, home.deregister_image, ImageId=protected["ImageId"])
    refused("NotFoundException", 400, client("kms", "eu-west-2").describe_key, KeyId="alias/none")


def copying(home):
    away = client("ec2", "eu-west-2")
    key = client("kms", "eu-west-2").describe_key(KeyId="alias/images")["KeyMetadata"]
    assert key["KeyState"] == "Enabled" and key["KeySpec"] == "SYMMETRIC_DEFAULT"
    source = named(home, "app-web-*")[0]
    ask = {
        "Name": "by-boto3",
        "Description": "from boto3 & <friends>",
        "SourceRegion": "us-east-1",
        "SourceImageId": source["ImageId"],
        "Encrypted": True,
        "KmsKeyId": "alias/images",
        "CopyImageTags": True,
        "ClientToken": "boto3-1",
        "TagSpecifications": [
            {"ResourceType": "image", "Tags": [{"Key": "Origin", "Value": "boto3"}]},
            {"ResourceType": "snapshot", "Tags": [{"Key": "Origin", "Value": "boto3"}]},
        ],
    }
    image = away.copy_image(**ask)["ImageId"]
    assert away.copy_image(**ask)["ImageId"] == image
    refused("IdempotentParameterMismatch", 400, away.copy_image, **{**ask, "Name": "other"})
    # Names are not unique under CopyImage: another token makes another image.
    twin = away.copy_image(**{**ask, "ClientToken": "boto3-2"})["ImageId"]
    assert twin != image
    away.deregister_image(ImageId=twin, DeleteAssociatedSnapshots=True)
    assert away.describe_images(ImageIds=[image])["Images"][0]["State"] == "pending"

    seen = []
    while True:
        found = away.describe_snapshots(
            OwnerIds=["self"],
            Filters=[{"Name": "description", "Values": [f"Copied for DestinationAmi {image} *"]}],
        )["Snapshots"]
        seen += [s["Progress"] for s in found]
        if found and found[0]["State"] == "completed":
            break
        assert len(seen) < 10_000
        time.sleep(0.02)
    numbers = [int(p.rstrip("%")) for p in seen if p]
    assert numbers == sorted(numbers) and numbers[-1] == 100, numbers
    assert found[0]["KmsKeyId"] == key["Arn"] and found[0]["Encrypted"]
    assert found[0]["Tags"] == [{"Key": "Origin", "Value": "boto3"}]
    away.get_waiter("snapshot_completed").wait(SnapshotIds=[found[0]["SnapshotId"]], WaiterConfig={"Delay": 1})
    away.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    whole = away.describe_images(ImageIds=[image])["Images"][0]
    assert (whole["Name"], whole["Description"]) == (ask["Name"], ask["Description"])
    assert (whole["SourceImageId"], whole["SourceImageRegion"]) == (source["ImageId"], "us-east-1")
    assert {t["Key"]: t["Value"] for t in whole["Tags"]} == {**{t["Key"]: t["Value"] for t in source["Tags"]}, "Origin": "boto3"}
    away.create_tags(Resources=[image], Tags=[{"Key": "Later", "Value": ""}])
    assert {"Key": "Later", "Value": ""} in away.describe_images(ImageIds=[image])["Images"][0]["Tags"]

    answer = away.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)
    assert answer["Return"] is True, answer
    assert [r["ReturnCode"] for r in answer["DeleteSnapshotResults"]] == ["success"], answer
    refused("InvalidAMIID.Unavailable", 400, away.deregister_image, ImageId=image)
    refused("InvalidSnapshot.NotFound", 400, away.describe_snapshots, SnapshotIds=[found[0]["SnapshotId"]])


def failing(home):
    away = client("ec2", "eu-west-1")
    source = named(home, "app-web-*")[0]["ImageId"]
    image = away.copy_image(
        Name="bad-key", SourceRegion="us-east-1", SourceImageId=source, Encrypted=True, KmsKeyId="alias/retired-2023"
    )["ImageId"]
    try:
        away.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    except WaiterError as error:
        assert "terminal failure" in str(error), error
    else:
        raise AssertionError("a disabled key cannot work")
    failed = away.describe_images(ImageIds=[image])["Images"][0]
    assert failed["StateReason"]["Message"] == "Copy image failed with an internal error", failed
    snapshot = failed["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    assert away.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["StateMessage"] == "Given key ID is not accessible"


def tags(home):
    image = named(home, "app-web-*")[0]["ImageId"]
    filters = [{"Name": "resource-id", "Values": [image]}]

    def keys():
        return [t["Key"] for t in home.describe_tags(Filters=filters)["Tags"]]

    before = keys()
    home.create_tags(Resources=[image], Tags=[{"Key": "A", "Value": "1"}, {"Key": "B", "Value": ""}])
    home.delete_tags(Resources=[image], Tags=[{"Key": "A", "Value": "2"}, {"Key": "B", "Value": ""}])
    assert sorted(keys()) == sorted(before + ["A"])
    home.delete_tags(Resources=[image], Tags=[{"Key": "A"}])
    assert keys() == before
    refused("InvalidParameterValue", 400, home.delete_tags, Resources=[image], Tags=[{"Key": "aws:x"}])
    pages = home.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 9})
    every = [(t["ResourceId"], t["Key"]) for page in pages for t in page["Tags"]]
    assert len(every) == len(set(every)) > 18, len(every)
    assert home.describe_instances(Filters=[{"Name": "image-id", "Values": [image]}])["Reservations"] == []
    refused("InvalidInstanceID.NotFound", 400, home.describe_instances, InstanceIds=["i-0123456789abcdef0"])


def registering(home):
    snapshot = named(home, "app-web-*")[0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    ask = {
        "Name": "registered",
        "Architecture": "x86_64",
        "VirtualizationType": "hvm",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, "DeleteOnTermination": False}}],
        "TagSpecifications": [{"ResourceType": "image", "Tags": [{"Key": "Made", "Value": "here"}]}],
    }
    image = home.register_image(**ask)["ImageId"]
    home.get_waiter("image_available").wait(ImageIds=[image])
    stands = read_back.image(home, "registered")
    assert (stands["id"], stands["tags"], stands["launch_permissions"]) == (image, {"Made": "here"}, []), stands
    refused("InvalidAMIName.Duplicate", 400, home.register_image, **ask)
    refused("InvalidBlockDeviceMapping", 400, home.register_image, **{**ask, "Name": "other", "RootDeviceName": "/dev/sda1"})
    home.deregister_image(ImageId=image)


def other_services():
    for service, operation in [
        ("iam", "list_users"),
        ("s3", "list_buckets"),
        ("route53", "list_hosted_zones"),
        ("dynamodb", "list_tables"),
        ("lambda", "list_functions"),
        ("cloudwatch", "list_metrics"),
    ]:
        refused("ServiceNotSimulated", 501, getattr(client(service, "us-east-1"), operation))


def defaults():
    frankfurt = client("ec2", "eu-central-1")
    assert frankfurt.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert ":key/" in frankfurt.get_ebs_default_kms_key_id()["KmsKeyId"]
    kms = client("kms", "eu-west-1")
    names = [a["AliasName"] for page in kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 2}) for a in page["Aliases"]]
    assert names == sorted(names) and "alias/aws/ebs" in names and len(names) > 3, names
    assert len(kms.list_keys()["Keys"]) > len(names) - 1
    assert client("sts", "us-east-1").get_caller_identity()["Account"] == "123456789012"


def main():
    home = client("ec2", "us-east-1")
    listing(home)
    errors(home)
    copying(home)
    failing(home)
    tags(home)
    registering(home)
    defaults()
    other_services()
    wrong = sorted(set(sum(WRONG, [])))
    assert not wrong, "\n".join(wrong)
    print("boto3: ok")


main()
