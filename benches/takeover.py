"""Measures processes over one queue, on the simulated EC2: how long from `kill -9` of the driver until another process has its
lock and sends the next copy; how long from a request in the store until the driver has carried it out; how long until a watcher
shows what the driver wrote.

cargo build --release && python3 benches/takeover.py [PROGRAM]
"""

import json
import os
import queue
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent.parent / "target/release/amigrate")
ROUNDS = 20
ACCOUNT = "123456789012"


class Process:
    """A process whose lines are kept with the time they came."""

    def __init__(self, arguments, environment):
        self.process = subprocess.Popen([PROGRAM, *arguments], env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put((time.monotonic(), line.rstrip()))

    def until(self, words):
        """The time when it said so."""
        while True:
            try:
                at, line = self.lines.get(timeout=30)
            except queue.Empty:
                sys.exit(f"waited 30 s for {words!r}")
            if words in line:
                return at

    def kill(self):
        self.process.kill()
        self.process.wait()


def environment(home, url, pending):
    return {
        "PATH": os.environ["PATH"], "HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home,
        "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true", "AMIGRATE_COPY_PENDING_LIMIT": str(pending), "AMIGRATE_COPY_START_BURST": "100",
    }


def ask(store, account, body):
    with sqlite3.connect(store, timeout=30) as file:
        file.execute("UPDATE counter SET seq = seq + 1")
        file.execute("INSERT INTO asks (account, asked, body) VALUES (?, ?, ?)",
                     (account, time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()), json.dumps(body)))
    file.close()
    return time.monotonic()


def request(image, number):
    return {"source": image, "source_name": "bench", "source_region": "us-east-1", "destination": "eu-west-2",
            "name": f"bench-{number}", "description": "", "encryption": "Keep", "copy_tags": False, "volumes": [8],
            "token": f"amigrate-bench-{number}"}


def figures(name, seconds):
    milliseconds = sorted(s * 1000 for s in seconds)
    print(f"{name}: {statistics.median(milliseconds):.0f} ms in the middle of {len(milliseconds)}, {milliseconds[-1]:.0f} ms at most")


def measure(home, url):
    account = f"{ACCOUNT} at {url}"
    # The state directory is the platform's; the first run makes the store.
    subprocess.run([PROGRAM, "drive"], env=environment(home, url, 1), stdout=subprocess.DEVNULL, check=True)
    store = next(Path(home).rglob("jobs.db"))
    listed = subprocess.run([PROGRAM, "--plain"], env=environment(home, url, 1), stdout=subprocess.PIPE, text=True, check=True)
    image = next(line.split()[1] for line in listed.stdout.splitlines() if "app-web-" in line and " available " in line)
    running = []
    try:
        ask(store, account, {"Copy": [request(image, n) for n in range(3 * ROUNDS)]})
        driver = Process(["drive"], environment(home, url, 1))
        running.append(driver)
        driver.until("driving the queue")
        driver.until("copying")

        watcher = Process(["drive"], environment(home, url, 2))
        running.append(watcher)
        watcher.until("another process drives")
        done, seen = [], []
        for number in range(3 * ROUNDS, 2 * ROUNDS, -1):
            # Never sent, so it is cancelled in the store alone.
            asked = ask(store, account, {"Cancel": [number]})
            wrote = driver.until(f"bench-{number - 1} to eu-west-2: cancelled")
            shown = watcher.until(f"bench-{number - 1} to eu-west-2: cancelled")
            done.append(wrote - asked)
            seen.append(shown - wrote)
        figures("asked until carried out by the driver", done)
        figures("written by the driver until shown by a watcher", seen)

        locked, sent = [], []
        for n in range(ROUNDS):
            died = time.monotonic()
            driver.kill()
            locked.append(watcher.until("driving the queue") - died)
            sent.append(watcher.until(": starting") - died)
            watcher.until(": copying")
            running.remove(driver)
            # The next may have one more under way, so that it has something to send.
            driver, watcher = watcher, Process(["drive"], environment(home, url, n + 3))
            running.append(watcher)
            watcher.until("another process drives")
        figures("kill -9 until another has the lock", locked)
        figures("kill -9 until another sends", sent)
    finally:
        for process in running:
            process.kill()


with tempfile.TemporaryDirectory() as home:
    # So slow that no copy ends.
    simulator = subprocess.Popen([PROGRAM, "simulate", "--time-scale", "0.001"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
    try:
        measure(home, simulator.stdout.readline().strip())
    finally:
        simulator.kill()
        simulator.wait()
