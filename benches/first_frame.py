"""Measures a release build in a pseudo-terminal of 80x24: the time from starting the process to its whole first frame, and the
memory it has had at most (VmHWM) once the scenario `huge` is listed.

cargo build --release && python3 benches/first_frame.py [PROGRAM]
"""

import os
import pty
import re
import select
import statistics
import struct
import sys
import time
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent.parent / "target/release/amigrate")
# The last words of the first frame: the footer is drawn last.
FIRST = b"quit"


def run(arguments, last):
    """Starts the program, reads until `last` was written, or until nothing is written for two seconds if that is None: an idle
    screen writes nothing. Gives the seconds until then and the most memory it had, in MiB."""
    start = time.monotonic()
    pid, line = pty.fork()
    if pid == 0:
        # The size must be there before the program looks.
        ioctl(0, TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.execvpe(PROGRAM, [PROGRAM, *arguments], {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"})
    seen = b""
    took = 0
    while last is None or last not in seen:
        if not select.select([line], [], [], 60 if last else 2)[0]:
            if last or not seen:
                sys.exit(f"nothing more came; the last of it: {seen[-2000:]!r}")
            break
        seen += os.read(line, 65536)
        took = time.monotonic() - start
    memory = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024
    os.write(line, b"\x03")
    while True:
        try:
            if not os.read(line, 65536):
                break
        except OSError:
            break
    os.waitpid(pid, 0)
    return took, memory


frames = sorted(run(["demo"], FIRST)[0] for _ in range(20))
print(f"first frame: {statistics.median(frames) * 1000:.0f} ms in the middle of 20 starts, {frames[-1] * 1000:.0f} ms at most")
listed, memory = run(["demo", "--scenario", "huge"], None)
print(f"huge: listed after {listed:.1f} s, {memory:.0f} MiB at most")
