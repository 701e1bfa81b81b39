"""The AWS CLI against `amigrate simulate` (its URL is the first argument), as a person types it."""

import json
import subprocess
import sys

URL = sys.argv[1]


def aws(*words, region="us-east-1", fails=None):
    line = [sys.executable, "-m", "awscli", *words, "--endpoint-url", URL, "--region", region, "--output", "json"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    if fails is not None:
        assert done.returncode != 0 and f"({fails})" in done.stderr, (words, done.returncode, done.stderr)
        return None
    assert done.returncode == 0, (words, done.stderr)
    return json.loads(done.stdout) if done.stdout.strip() else None


def main():
    assert aws("sts", "get-caller-identity")["Account"] == "123456789012"
    assert len(aws("ec2", "describe-regions")["Regions"]) == 17
    listed = aws("ec2", "describe-images", "--owners", "self", "--include-disabled", "--page-size", "5")["Images"]
    assert len(listed) == 38, len(listed)
    web = aws("ec2", "describe-images", "--owners", "self", "--filters", "Name=name,Values=app-api-*", "Name=architecture,Values=arm64")
    source = web["Images"][0]["ImageId"]

    copy = ["ec2", "copy-image", "--name", "by-the-cli", "--source-region", "us-east-1", "--source-image-id", source]
    aws(*copy, "--dry-run", region="us-west-2", fails="DryRunOperation")
    image = aws(*copy, "--encrypted", "--kms-key-id", "alias/images", "--description", "it's mine", region="us-west-2")["ImageId"]
    # Names are not unique under CopyImage.
    assert aws(*copy, region="us-west-2")["ImageId"] != image
    aws("ec2", "wait", "image-available", "--image-ids", image, region="us-west-2")
    whole = aws("ec2", "describe-images", "--image-ids", image, region="us-west-2")["Images"][0]
    assert whole["State"] == "available" and whole["Description"] == "it's mine", whole
    snapshot = whole["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    key = aws("kms", "describe-key", "--key-id", "alias/images", region="us-west-2")["KeyMetadata"]["Arn"]
    listed = aws("ec2", "describe-snapshots", "--snapshot-ids", snapshot, region="us-west-2")["Snapshots"][0]
    assert (listed["Progress"], listed["KmsKeyId"]) == ("100%", key), listed

    aws("ec2", "delete-snapshot", "--snapshot-id", snapshot, region="us-west-2", fails="InvalidSnapshot.InUse")
    gone = aws("ec2", "deregister-image", "--image-id", image, "--delete-associated-snapshots", region="us-west-2")
    assert gone["DeleteSnapshotResults"] == [{"SnapshotId": snapshot, "ReturnCode": "success"}], gone
    assert aws("ec2", "describe-images", "--image-ids", image, region="us-west-2")["Images"] == []
    aws("ec2", "describe-images", region="af-south-1", fails="AuthFailure")
    print("aws: ok")


main()
