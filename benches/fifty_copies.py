"""Measures the screen of a release build in a pseudo-terminal of 120x40 for a minute while it runs fifty copies on the simulated
EC2, which is a process of its own: the bytes that it writes and the part of a core that it takes.

cargo build --release && python3 benches/fifty_copies.py [PROGRAM]
"""

import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import time
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent.parent / "target/release/amigrate")
DESTINATIONS = ["eu-west-2", "us-west-1", "sa-east-1", "eu-west-3", "ap-south-1"]
IMAGES = 10
COPIES = IMAGES * len(DESTINATIONS)
SECONDS = 60


def environment(home, url):
    return {
        "PATH": os.environ["PATH"], "HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home, "TERM": "xterm-256color",
        "LANG": "C.UTF-8", "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AMIGRATE_COPY_START_BURST": str(COPIES),
    }


def amigrate(arguments, env):
    return subprocess.run([PROGRAM, *arguments], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def under_way(env):
    return sum(job["state"] == "copying" for job in json.loads(amigrate(["jobs", "--output", "json"], env))["jobs"])


def read(line, until):
    """Reads what is written until then; gives how many bytes that was."""
    count = 0
    while (left := until - time.monotonic()) > 0:
        if select.select([line], [], [], left)[0]:
            count += len(os.read(line, 65536))
    return count


def processor_time(pid):
    """The seconds of processor time that the process has had."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def measure(home, url):
    env = environment(home, url)
    ids = amigrate(["list", "--match", "app-web- state:available", "--limit", str(IMAGES), "--output", "ids"], env).split()
    amigrate(["copy", *ids, "--from", "us-east-1", "--to", ",".join(DESTINATIONS), "--yes", "--detach"], env)
    pid, line = pty.fork()
    if pid == 0:
        # The size must be there before the program looks.
        ioctl(0, TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        os.execvpe(PROGRAM, [PROGRAM], env)
    try:
        deadline = time.monotonic() + 120
        read(line, time.monotonic() + 2)
        # Closes the welcome.
        os.write(line, b"\x1b")
        while (running := under_way(env)) < COPIES:
            if time.monotonic() > deadline:
                sys.exit(f"{running} of {COPIES} copies are under way after two minutes")
            read(line, time.monotonic() + 1)
        read(line, time.monotonic() + 5)
        before, start = processor_time(pid), time.monotonic()
        written = read(line, start + SECONDS)
        took, spent = time.monotonic() - start, processor_time(pid) - before
        if (running := under_way(env)) < COPIES:
            sys.exit(f"only {running} of {COPIES} copies are under way at the end")
        print(f"{COPIES} copies: {written / took:.0f} bytes and {spent / took:.2%} of a core a second, over {took:.0f} s")
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


with tempfile.TemporaryDirectory() as home:
    # A copy takes ten minutes and more.
    simulator = subprocess.Popen([PROGRAM, "simulate", "--time-scale", "0.1"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
    try:
        measure(home, simulator.stdout.readline().strip())
    finally:
        simulator.kill()
        simulator.wait()
