"""Starts moto's server on a free loopback port, registers one image with its snapshot, prints where, and serves until its
input ends."""

import json
import sys

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://{host}:{port}"
ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=url)
volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
snapshot = ec2.create_snapshot(VolumeId=volume, Description="seed")["SnapshotId"]
image = ec2.register_image(
    Name="moto-seed",
    Description="an image in somebody else's EC2",
    Architecture="x86_64",
    RootDeviceName="/dev/xvda",
    VirtualizationType="hvm",
    BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, "VolumeSize": 8}}],
)["ImageId"]
ec2.create_tags(Resources=[image], Tags=[{"Key": "Team", "Value": "moto"}])
print(json.dumps({"url": url, "image": image, "name": "moto-seed"}), flush=True)
sys.stdin.read()
server.stop()
