"""An engine of the test's own, which it may kill, and stop in the midst of what it does."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import pymongo

import harness

PROGRAM = harness.ROOT / "engine" / "engine"


class OwnEngine:
    def __init__(self, folder):
        self.folder, self.uri = pathlib.Path(folder), None

    def start(self):
        """Also after kill(): the data are as they were."""
        done = subprocess.run([PROGRAM, "start", self.folder], capture_output=True, text=True, env=self._environment(), timeout=900)
        assert done.returncode == 0, done.stderr
        self.uri = done.stdout.strip()
        return self.uri

    def stop(self):
        self.go_on()
        subprocess.run([PROGRAM, "stop", self.folder], capture_output=True, env=self._environment(), timeout=120)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self):
        """SIGKILL to all of its processes."""
        while pids := self.processes():
            self._send(signal.SIGKILL, pids)
            time.sleep(0.01)

    def hold(self):
        """SIGSTOP to all of its processes: they take connections and bytes still, since that is the system's work, and answer nothing."""
        seen = set()
        while new := self.processes() - seen:
            self._send(signal.SIGSTOP, new)
            seen |= new

    def go_on(self):
        self._send(signal.SIGCONT, self.processes())

    def processes(self):
        """Those whose working folder lies in its data."""
        places = set()
        for part in ("pg", "ferretdb"):
            if (place := _stat(self.folder / "data" / part)) is not None:
                places.add((place.st_dev, place.st_ino))
        found = set()
        for proc in pathlib.Path("/proc").glob("[0-9]*"):
            place = _stat(proc / "cwd")
            if place is not None and (place.st_dev, place.st_ino) in places and not _is_dead(proc):
                found.add(int(proc.name))
        return found

    def client(self):
        return pymongo.MongoClient(self.uri, serverSelectionTimeoutMS=10_000)

    @staticmethod
    def _send(number, pids):
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    @staticmethod
    def _environment():
        # What it may kill must be its own, whatever server the user has.
        return {**{k: v for k, v in os.environ.items() if k != "MONGODB_URI"}, "ENGINE_KIND": "embedded"}


def _stat(path):
    try:
        return path.stat()
    except OSError:
        return None


def _is_dead(proc):
    """Killed, and not yet reaped by its parent."""
    try:
        return (proc / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
