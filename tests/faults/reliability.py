"""tests/RELIABILITY.md: a row for each fault, written by the run that survived it, and what it ran on."""

import fcntl
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from report import machine  # noqa: E402

FILE = pathlib.Path(__file__).resolve().parents[1] / "RELIABILITY.md"
LONG = os.environ.get("FAULTS") == "long"
HEAD = """# Reliability

Written by `make faults`, the long form of tests/faults: each row is a test that passed, with what it held out. `make test` runs the
same tests in a short form and writes nothing here. Times are those of the machine below each table.
"""
TABLE = "| fault | how much | what came of it |\n| --- | --- | --- |\n"


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def record(section, fault, much, result, client):
    """Puts the row where it was, or at the end of its section. Only the long form writes: figures of the short one are of no interest."""
    if not LONG:
        return
    with open(FILE, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = with_row(file.read() or HEAD, section, f"| {cell(fault)} | {cell(much)} | {cell(result)} |", machine(client))
        file.truncate(0)
        file.write(text)


def with_row(text, section, row, where):
    title = f"## {section}"
    found = re.search(rf"^{re.escape(title)}\n.*?(?=^## |\Z)", text, re.M | re.S)
    rows = re.findall(r"^\| (?!fault |---).*$", found[0], re.M) if found else []
    key = row.split(" | ")[0]
    places = [i for i, other in enumerate(rows) if other.split(" | ")[0] == key]
    if places:
        rows[places[0]] = row
    else:
        rows.append(row)
    body = f"{title}\n\n{TABLE}" + "\n".join(rows) + f"\n\n{where}\n"
    if found:
        return text[: found.start()] + body + ("\n" if found.end() < len(text) else "") + text[found.end() :]
    return text.rstrip("\n") + "\n\n" + body
