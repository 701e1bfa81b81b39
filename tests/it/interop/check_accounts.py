"""boto3 against the embedded EC2 with several accounts (its URL is the first argument): roles are assumed, images shared with their snapshots
and keys, listed and copied by another account, and what is not shared cannot be copied. Answers follow botocore's model."""

import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import model_check

URL = sys.argv[1]
CONFIG = Config(retries={"max_attempts": 1}, connect_timeout=10, read_timeout=30)
OURS, BUILD, PRODUCTION = "123456789012", "210987654321", "555566667777"
COPIER = f"arn:aws:iam::{PRODUCTION}:role/image-copier"
WRONG = []


def session(key="x", secret="x", token=None):
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token)


def client(of, service, region="us-east-1"):
    made = of.client(service, region_name=region, endpoint_url=URL, config=CONFIG)
    WRONG.append(model_check.watch(made))
    return made


def assume(of, role, **more):
    answer = client(of, "sts").assume_role(RoleArn=role, RoleSessionName="boto3", **more)
    made = answer["Credentials"]
    assert answer["AssumedRoleUser"]["Arn"] == f"{role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/boto3", answer
    return session(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]), made["Expiration"]


def refused(code, call, **params):
    try:
        call(**params)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, (error.response["Error"], code)
    else:
        raise AssertionError(f"{code} was expected")


def images(ec2, **params):
    found = [image for page in ec2.get_paginator("describe_images").paginate(**params) for image in page["Images"]]
    return {image["Name"].rsplit("-", 1)[0]: image for image in found}


def snapshots(image):
    return [device["Ebs"]["SnapshotId"] for device in image["BlockDeviceMappings"]]


ours, build = session(), session("AKIASIMULATEDBUILD00")
for who, account in ((ours, OURS), (build, BUILD)):
    assert client(who, "sts").get_caller_identity()["Account"] == account

production, expires = assume(ours, COPIER, DurationSeconds=900)
assert 0 < expires.timestamp() - time.time() <= 900, expires
identity = client(production, "sts").get_caller_identity()
assert identity["Account"] == PRODUCTION and identity["Arn"].endswith(":assumed-role/image-copier/boto3"), identity
refused("AccessDenied", client(ours, "sts").assume_role, RoleArn=f"arn:aws:iam::{PRODUCTION}:role/break-glass", RoleSessionName="x1")
refused("AuthFailure", client(session(production.get_credentials().access_key), "ec2").describe_regions)

# Everyone sees what is theirs, and what is shared with them.
mine, theirs, built = client(ours, "ec2"), client(production, "ec2"), client(build, "ec2")
assert set(images(mine, ExecutableUsers=["self"])) == {"golden-linux", "golden-erp", "golden-windows", "golden-fips"}
assert set(images(theirs, ExecutableUsers=["self"])) == {"golden-linux", "golden-erp"}
golden = images(built, Owners=["self"])
assert set(golden) == {"golden-linux", "golden-erp", "golden-windows", "golden-fips", "golden-candidate", "golden-legacy"}
assert "Tags" in golden["golden-linux"] and not images(mine, ExecutableUsers=["self"])["golden-linux"].get("Tags")

# Nobody gives away what belongs to another account, and nobody shares the key that AWS manages.
linux, legacy = golden["golden-linux"], golden["golden-legacy"]
share = {"Add": [{"UserId": PRODUCTION}]}
refused("AuthFailure", mine.modify_image_attribute, ImageId=linux["ImageId"], LaunchPermission=share)
create_volume = {"Attribute": "createVolumePermission", "CreateVolumePermission": share}
for snapshot in snapshots(linux):
    refused("AuthFailure", mine.modify_snapshot_attribute, SnapshotId=snapshot, **create_volume)
for snapshot in snapshots(legacy):
    refused("OperationNotPermitted", built.modify_snapshot_attribute, SnapshotId=snapshot, **create_volume)
managed = built.describe_snapshots(SnapshotIds=snapshots(legacy))["Snapshots"][0]["KmsKeyId"]
grant = {"GranteePrincipal": f"arn:aws:iam::{OURS}:root", "Operations": ["Decrypt"]}
for who in (build, ours):
    refused("AccessDeniedException", client(who, "kms").create_grant, KeyId=managed, **grant)

# An image that is not shared is shared with all that a copy takes, step by step.
away = client(production, "ec2", "eu-west-1")
for name, with_key in (("golden-candidate", False), ("golden-fips", True)):
    image = golden[name]
    request = {"Name": f"copy-of-{name}", "SourceImageId": image["ImageId"], "SourceRegion": "us-east-1"}
    refused("InvalidAMIID.NotFound", away.copy_image, **request)
    built.modify_image_attribute(ImageId=image["ImageId"], LaunchPermission={"Add": [{"UserId": PRODUCTION}]})
    assert name in images(theirs, ExecutableUsers=["self"])
    refused("InvalidRequest", away.copy_image, **request)
    for snapshot in snapshots(image):
        refused("InvalidSnapshot.NotFound", theirs.describe_snapshots, SnapshotIds=[snapshot])
        permission = {"Add": [{"UserId": PRODUCTION}]}
        built.modify_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission", CreateVolumePermission=permission)
        assert theirs.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["OwnerId"] == BUILD
    if with_key:
        refused("InvalidRequest", away.copy_image, **request)
        key = built.describe_snapshots(SnapshotIds=snapshots(image))["Snapshots"][0]["KmsKeyId"]
        kms = client(build, "kms")
        refused("AccessDeniedException", client(production, "kms").describe_key, KeyId=key)
        operations = ["CreateGrant", "Decrypt", "DescribeKey", "ReEncryptFrom"]
        made = kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{PRODUCTION}:root", Operations=operations, Name="copies")
        [grant] = kms.list_grants(KeyId=key)["Grants"]
        assert (grant["GrantId"], grant["Operations"], grant["Name"]) == (made["GrantId"], operations, "copies"), grant
        assert client(production, "kms").describe_key(KeyId=key)["KeyMetadata"]["AWSAccountId"] == BUILD
    copy = away.copy_image(**request)["ImageId"]
    away.get_waiter("image_available").wait(ImageIds=[copy], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    [made] = away.describe_images(ImageIds=[copy])["Images"]
    assert (made["OwnerId"], made["SourceImageId"]) == (PRODUCTION, image["ImageId"]), made
    refused("InvalidAMIID.NotFound", client(ours, "ec2", "eu-west-1").describe_images, ImageIds=[copy])

refused("InvalidParameter", built.modify_image_attribute, ImageId=golden["golden-legacy"]["ImageId"], LaunchPermission={"Add": [{"UserId": OURS}]})
assert not any(WRONG), WRONG
