"""Ansible's modules for images against `amigrate simulate` (its URL is the first argument): runs ansible.yml."""

import os
import pathlib
import subprocess
import sys
import tempfile

PLAYBOOK = pathlib.Path(__file__).with_name("ansible.yml")

with tempfile.TemporaryDirectory() as home:
    settings = {
        "ANSIBLE_HOME": home,
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_REMOTE_TEMP": home,
        "AWS_ENDPOINT_URL": sys.argv[1],
        "HOME": home,
        "LC_ALL": "C.UTF-8",
    }
    line = [sys.executable, "-m", "ansible", "playbook", "--inventory", "localhost,", "--connection", "local", PLAYBOOK]
    done = subprocess.run(line, env={**os.environ, **settings}, capture_output=True, text=True, timeout=600, check=False)
if done.returncode != 0:
    sys.exit(f"{done.stdout}\n{done.stderr}")
print("ansible: ok")
