"""Programs under measurement: run from start to end, their seconds, their peak memory; and the databases that they write to."""

import contextlib
import os
import pathlib
import subprocess
import time

import pymongo
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("KPI_BUILD", ROOT / "build")).resolve()
WORK = BUILD / "bench" / "work"
URI = os.environ["KPI_BENCH_URI"]
COLLECTIONS = ["locations", "customers", "products", "sellers", "orders"]
client = pymongo.MongoClient(URI, serverSelectionTimeoutMS=10_000)


def environment(**more):
    """The caller's environment without what would configure the programs, and with the URI: not on any command line."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KPI_")}
    return {**kept, "MONGODB_URI": URI, **more}


def run(*command, statuses=(0,), **variables):
    """Runs a program; its wall-clock seconds from start to end, and its standard output."""
    start = time.perf_counter()
    done = subprocess.run(list(map(str, command)), cwd=ROOT, env=environment(**variables), capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode not in statuses:
        raise RuntimeError(f"{pathlib.Path(command[0]).name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return seconds, done.stdout


DATA_ALONE = ("--rollups", "off", "--quality", "off", "--keep-analyses", "0")
# With all that the server answers from.
TO_SERVE = ("--quality", "off", "--keep-analyses", "0")


def load(database, *paths, options=DATA_ALONE):
    """The data are in place then; what is computed from them afterwards is measured by itself."""
    return run(BUILD / "kpi-load", "--db", database, *options, *paths)[0]


def load_and_watch(database, *paths, options=DATA_ALONE):
    """Seconds, and the peak of the program's memory in KiB. The system keeps the peak; it is only asked for often enough to have
    it from shortly before the end."""
    command = [BUILD / "kpi-load", "--db", database, *options, *paths]
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen(
        list(map(str, command)), cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None:
        with contextlib.suppress(OSError, StopIteration):
            lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
            peak = max(peak, int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"kpi-load ended with {process.returncode}:\n{process.stderr.read()[-2000:]}")
    return seconds, peak


def generate(orders, layout="native", products=None):
    """A sample, of so many products or of as many as it has by itself; made once."""
    folder = WORK / (f"{layout}-{orders}" + (f"-{products}" if products else ""))
    if not folder.exists():
        partial = folder.with_name(folder.name + ".partial")
        partial.mkdir(parents=True, exist_ok=True)
        options = ["--products", products] if products else []
        run(BUILD / "kpi-sample", "--orders", orders, "--layout", layout, *options, partial)
        partial.rename(folder)
    return folder


@contextlib.contextmanager
def database(purpose):
    """The name of an empty database that is gone afterwards."""
    name = f"kpi_bench_{os.getpid()}_{purpose}"
    client.drop_database(name)
    try:
        yield name
    finally:
        client.drop_database(name)


def raw(name, collection):
    """The collection's documents as bytes."""
    return client[name][collection].with_options(CodecOptions(document_class=RawBSONDocument))


def folder_bytes(folder):
    return sum(path.stat().st_size for path in folder.glob("*.csv"))


def turns(things, number_of_round):
    """Each round begins with another, so that none is always behind the same."""
    things = list(things)
    turn = number_of_round % len(things)
    return things[turn:] + things[:turn]
