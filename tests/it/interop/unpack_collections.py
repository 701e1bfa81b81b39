"""Unpacks Ansible's collections for AWS out of the wheel in a directory (first argument) into another (second)."""

import pathlib
import shutil
import sys
import zipfile

wheels, collections = map(pathlib.Path, sys.argv[1:])
(wheel,) = wheels.glob("ansible-*.whl")
with zipfile.ZipFile(wheel) as archive:
    wanted = ("ansible_collections/amazon/aws/", "ansible_collections/community/aws/")
    archive.extractall(collections, [name for name in archive.namelist() if name.startswith(wanted)])
shutil.rmtree(wheels)
