"""Runs amigrate, boto3 and the AWS CLI on the embedded EC2 and prints how long they take, and how often they ask. Arguments: the
program, and what to compare (list, watch, all). Started by compare.sh."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PROGRAM, WHAT = sys.argv[1:]
HERE = Path(__file__).parent
REGIONS = 17
IMAGES = 1_000
FLOOR = 0.1
COPIES = 10
WATCHED = [
    "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "eu-west-1",
    "eu-west-2", "eu-west-3", "eu-north-1", "ap-south-1", "sa-east-1",
]  # fmt: skip
WATCH_SECONDS = 60


class Simulator:
    """`amigrate simulate` on a free port."""

    def __init__(self, home, scale):
        line = [PROGRAM, "simulate", "--scenario", "compare", "--time-scale", str(scale)]
        self.child = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(home, None)
        )
        self.url = self.child.stdout.readline().strip()

    def calls(self):
        """Requests to EC2 so far, by action, in all regions."""
        with urllib.request.urlopen(f"{self.url}/_state") as answer:
            state = json.load(answer)
        counts = {}
        for region in state.values():
            for action, count in region["calls"].items():
                counts[action] = counts.get(action, 0) + count["received"]
        return counts

    def stop(self):
        self.child.kill()
        self.child.wait()


def environment(home, url):
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
    given = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "AWS_MAX_ATTEMPTS": "3",
        "HOME": home,
        "XDG_STATE_HOME": home,
        "XDG_CONFIG_HOME": home,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return kept | given | ({"AWS_ENDPOINT_URL": url} if url else {})


def measured(line, env):
    """Runs a command to its end: wall and CPU seconds, and the most memory in MiB, of its children too."""
    with tempfile.TemporaryFile() as out:
        begin = time.monotonic()
        child = subprocess.Popen(line, stdout=out, stderr=subprocess.PIPE, env=env)
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, (line, child.returncode, errors.decode())
        out.seek(0)
        lines = sum(1 for _ in out)
    assert lines == REGIONS * IMAGES, (line, lines)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def row(name, floor, runs):
    wall, cpu = statistics.median(r[0] for r in runs), statistics.median(r[1] for r in runs)
    memory = max(r[2] for r in runs)
    print(f"| {name} | {wall:.2f} s | {wall / floor:.1f} | {cpu:.2f} s | {memory:.0f} MiB |", flush=True)
    return wall


def compare_lists(home):
    simulator = Simulator(home, 1)
    env = environment(home, simulator.url)
    listing = [PROGRAM, "list", "--all-regions", "--output", "ids"]
    try:
        print(f"{REGIONS} regions of {IMAGES} images, {FLOOR * 1000:.0f} ms an answer, two pages a region\n")
        print("| lister | wall | times the floor | CPU | memory |\n|---|---|---|---|---|", flush=True)
        asked = []
        for _ in range(3):
            shutil.rmtree(Path(home) / "amigrate", ignore_errors=True)
            asked.append(measured(listing, env))
        row("`amigrate list --all-regions`, regions asked for", 3 * FLOOR, asked)
        ours = row("`amigrate list --all-regions`, regions remembered", 2 * FLOOR, [measured(listing, env) for _ in range(5)])
        boto3 = row("boto3, 17 threads", 3 * FLOOR, [measured([sys.executable, HERE / "list_boto3.py"], env) for _ in range(3)])
        loop = row("AWS CLI, a loop over the regions", 3 * FLOOR, [measured(["bash", HERE / "list_awscli.sh", sys.executable], env)])
        print(f"\namigrate is {boto3 / ours:.0f} times as fast as boto3, {loop / ours:.0f} times as the loop", flush=True)
    finally:
        simulator.stop()


def image_ids(env, count):
    line = [PROGRAM, "list", "--output", "ids", "--limit", str(count)]
    done = subprocess.run(line, capture_output=True, text=True, env=env, check=True)
    return done.stdout.split()


def calls_in_a_minute(simulator, begin):
    """Starts something, and counts the requests of a minute beginning when all of it asks regularly."""
    children = begin()
    time.sleep(20)
    before = simulator.calls()
    time.sleep(WATCH_SECONDS)
    after = simulator.calls()
    for child in children:
        child.kill()
        child.wait()
    changed = {action: after[action] - before.get(action, 0) for action in after}
    return {action: count for action, count in changed.items() if count > 0}


def compare_watching(home):
    # So slow that nothing ends while it is watched.
    simulator = Simulator(home, 0.02)
    env = environment(home, simulator.url) | {"AMIGRATE_POLL_FASTEST_SECONDS": "5"}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": env}
    try:
        images = image_ids(env, COPIES)
        line = [PROGRAM, "copy", *images, "--from", "us-east-1", "--to", ",".join(WATCHED), "--yes", "--output", "jsonl"]
        started = subprocess.run(line, capture_output=True, text=True, env=env, check=False)
        assert started.returncode == 0, started.stderr
        by_region = {}
        for text in started.stdout.splitlines():
            copy = json.loads(text)
            by_region.setdefault(copy["region"], []).append(copy["image_id"])
        assert sum(map(len, by_region.values())) == COPIES * len(WATCHED), started.stdout
        print(f"\n{COPIES * len(WATCHED)} copies in {len(WATCHED)} regions, calls a minute\n")
        print("| watcher | calls | a region | which |\n|---|---|---|---|", flush=True)

        def waiters():
            wait = [sys.executable, "-m", "awscli", "ec2", "wait", "image-available"]
            return [
                subprocess.Popen([*wait, "--region", region, "--image-ids", *ids], **quiet)
                for region, ids in by_region.items()
            ]

        def watch():
            return [subprocess.Popen([PROGRAM, "watch", "--all"], **quiet)]

        for name, begin in [("`amigrate watch --all`", watch), ("`aws ec2 wait image-available`, one a region", waiters)]:
            counts = calls_in_a_minute(simulator, begin)
            which = ", ".join(f"{action} {count}" for action, count in sorted(counts.items()))
            total = sum(counts.values())
            print(f"| {name} | {total} | {total / len(WATCHED):.1f} | {which} |", flush=True)
    finally:
        simulator.stop()


def main():
    with tempfile.TemporaryDirectory() as home:
        if WHAT in ("list", "all"):
            compare_lists(home)
        if WHAT in ("watch", "all"):
            compare_watching(home)


main()
