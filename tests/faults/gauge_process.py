"""What a process takes of the machine, as the kernel counts it."""

import collections
import contextlib
import os
import pathlib
import re
import time

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def rss_kib(pid):
    return int(re.search(r"^VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def files_held(pid):
    """What is open and no connection, with how often: connections come and go by themselves, the rest does not."""
    held = collections.Counter()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            held[os.readlink(link)] += 1
    return collections.Counter({name: count for name, count in held.items() if not name.startswith("socket:")})


def wait_for_files(pid, wanted, seconds=30):
    """Until it holds these again: what is read right now is open too."""
    until = time.monotonic() + seconds
    while (held := files_held(pid)) != wanted:
        assert time.monotonic() < until, f"still open: {held - wanted}; no more: {wanted - held}"
        time.sleep(0.1)
