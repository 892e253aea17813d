"""What the tests of kpi-load ask of the program and of what it has loaded."""

import collections
import re
import signal
import subprocess
import time

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

import harness

DATA = ["locations", "customers", "products", "sellers", "orders"]
ROW = re.compile(r"^  (\S+)\s+([\d,]+)\s+([\d,]+)\s+([\d,]+)\s+([\d,]+)\s+([\d,]+)\s+([\d,]+)$", re.M)
Counts = collections.namedtuple("Counts", "read inserted updated unchanged skipped rejected")


def summary(done):
    """The table of the summary: counts by file, "all" among them."""
    return summary_of(done.stderr)


def summary_of(stderr):
    numbers = {name: [int(n.replace(",", "")) for n in rest] for name, *rest in ROW.findall(stderr)}
    return {name: Counts(*counts) for name, counts in numbers.items()}


def rows(path):
    """Records of a CSV file without quoted line feeds, header not counted."""
    return len(path.read_bytes().splitlines()) - 1


def content(database, without=("import_id",)):
    """All that is loaded, to the byte, without what differs from load to load."""
    raw = CodecOptions(document_class=RawBSONDocument)
    found = {name: database[name].with_options(raw).find({}, dict.fromkeys(without, 0)).sort("_id") for name in DATA}
    return {name: [document.raw for document in documents] for name, documents in found.items()}


def last_sentence(done):
    return done.stderr.strip().splitlines()[-1]


def start(uri, database, *paths, options=(), **more):
    command = [harness.BUILD / "kpi-load", "--uri", uri, "--db", database, *options, *paths]
    return subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(**harness.QUICK), stderr=subprocess.PIPE, **more)


def kill_when(process, reached):
    until = time.monotonic() + 60
    while not reached() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
