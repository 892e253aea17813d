"""bench/RESULTS.md: a section for each part and size, replaced when that is measured again; and what it was measured on."""

import datetime
import os
import pathlib
import platform
import re
import statistics
import subprocess

RESULTS = pathlib.Path(__file__).resolve().parent / "RESULTS.md"
HEAD = """# Measurements

Written by `make bench`: what is compared runs in turns on one machine, and what counts is the ratio. Seconds of two sections are
not to be compared. The budgets are those that the project set itself.
"""


class Table:
    def __init__(self, *head):
        self.lines = [head, ["---"] * len(head)]

    def row(self, *cells):
        self.lines.append(cells)

    def check(self, what, wanted, measured, at_least):
        met = measured >= wanted if at_least else measured <= wanted
        self.row(what, f"{'≥' if at_least else '≤'} {wanted:g}", f"{measured:.3g}", "met" if met else "**missed**")

    def __str__(self):
        return "\n".join("| " + " | ".join(line) + " |" for line in self.lines)


def number(n):
    return f"{n:,}"


def spread(values):
    return f"{min(values):.2f} – {max(values):.2f} s"


def median_ratio(a, b):
    """Of two lists that were measured in the same rounds: the median of each round's ratio."""
    return statistics.median(x / y for x, y in zip(a, b))


LOAD_BEFORE = os.getloadavg()[0]


def machine(client):
    """In one line, and without the machine's name. What else ran there is told by its load."""
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = int(re.search(r"^MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)[1])
    return (
        f"{cpu[1] if cpu else platform.machine()}, {len(os.sched_getaffinity(0))} cores, {memory / 2**20:.0f} GiB, "
        f"load {LOAD_BEFORE:.1f} before, Linux {re.match(r'[0-9.]*', platform.release())[0]}; engine: {engine(client)}; {datetime.date.today()}, commit {commit()}"
    )


def engine(client):
    info = client.server_info()
    if "ferretdb" in info:
        return f"DocumentDB behind FerretDB {info['ferretdb'].get('version', '')} (as MongoDB {info['version']})".replace(" v", " ")
    return f"MongoDB {info['version']}"


def commit():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=RESULTS.parent, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def write(part, orders, body, client):
    """Puts the section where it was, or at the end."""
    title = f"## {part}, {number(orders)} orders"
    section = f"{title}\n\n{body}\n\n{machine(client)}\n"
    old = RESULTS.read_text() if RESULTS.exists() else HEAD
    found = re.search(rf"^{re.escape(title)}\n.*?(?=^## |\Z)", old, re.M | re.S)
    if found:
        new = old[: found.start()] + section + ("\n" if found.end() < len(old) else "") + old[found.end() :]
    else:
        new = old.rstrip("\n") + "\n\n" + section
    RESULTS.write_text(new)
    return section
