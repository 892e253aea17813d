"""The real programs, started as a user starts them: kpi-sample, kpi-load, kpi-server, from KPI_BUILD (default build/)."""

import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("KPI_BUILD", ROOT / "build")).resolve()
PIPELINES = ROOT / "pipelines"


def environment(**more):
    """The caller's environment without what would configure the programs behind the tests' back."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KPI_") and not k.startswith("MONGODB_URI") and not k.lower().endswith("_proxy")}
    # The driver keeps counters in shared memory, which a killed process leaves behind: a later one of its number would complain.
    return {"MONGOC_DISABLE_SHM": "1", **kept, **more}


# In either form of the log.
SERVING = r'msg"?[=:]"?serving"?.*address"?[=:]"?([^\s",}]+)'
# Of what is preloaded into the programs.
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wstrict-prototypes", "-Wconversion", "-Werror"]
QUICK = {"KPI_QUALITY": "off", "KPI_KEEP_ANALYSES": "0"}
WHOLE = {"KPI_QUALITY": "on", "KPI_KEEP_ANALYSES": "100"}


def build_preload(source, folder):
    """Compiles a C file below tests/ for LD_PRELOAD, and returns the library."""
    library = folder / pathlib.Path(source).with_suffix(".so").name
    options = ["-std=c11", "-O2", "-g", *WARNINGS, "-shared", "-fPIC", "-pthread"]
    subprocess.run([os.environ.get("CC", "cc"), *options, "-o", library, ROOT / "tests" / source], check=True, timeout=60)
    return library


def generate(folder, *, orders=2000, seed=1, layout="native", options=()):
    """Writes a sample into folder and returns it."""
    command = [BUILD / "kpi-sample", "--orders", str(orders), "--seed", str(seed), "--layout", layout, *options, folder]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder


def load(uri, database, *paths, options=(), status=0, variables=None):
    """Loads files or folders; the exit status must be the one given. What follows a load (checks of quality, kept answers)
    takes longer than a small load itself, so it is left out unless variables say otherwise."""
    command = [BUILD / "kpi-load", "--uri", uri, "--db", database, *options, *paths]
    env = environment(**{**QUICK, **(variables or {})})
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, f"kpi-load ended with {done.returncode}:\n{done.stderr}"
    return done


class Server:
    """A kpi-server on a port of its own, which knows its data unless ready is False. All it logs is kept in lines.
    files: how many it may have open, its soft and its hard limit; before: what starts it; variables: more of its environment."""

    def __init__(self, uri, database, *options, pipelines=PIPELINES, ready=True, files=None, before=(), variables=None):
        command = [BUILD / "kpi-server", "--uri", uri, "--db", database, "--listen", "127.0.0.1:0"]
        command += ["--pipelines", pipelines, *options]
        if files:
            command = ["prlimit", f"--nofile={files[0]}:{files[1]}", *command]
        command, env = [*before, *command], environment(**(variables or {}))
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            line = self.wait_for_line(SERVING)
            if ready:
                self.wait_for_line(r'msg"?[=:]"data version"')
        except BaseException:
            self.kill()
            raise
        self.address = re.search(SERVING, line)[1]
        self.host, port = self.address.rsplit(":", 1)
        self.port = int(port)
        self.url = f"http://{self.address}"
        self.session = requests.Session()

    def _read(self):
        for line in self.process.stderr:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.lines.append(None)  # the end
            self.news.notify_all()

    def wait_for_line(self, pattern, after=0, seconds=20):
        """The first line that matches, behind the first `after` lines."""
        until = time.monotonic() + seconds
        with self.news:
            while True:
                for line in self.lines[after:]:
                    if line is None:
                        raise AssertionError("kpi-server ended:\n" + self.log())
                    if re.search(pattern, line):
                        return line
                left = until - time.monotonic()
                assert left > 0, f"kpi-server did not say {pattern!r} in {seconds} s:\n{self.log()}"
                self.news.wait(left)

    def log(self):
        return "\n".join(filter(None, self.lines))

    def get(self, path, **options):
        return self.session.get(self.url + path, timeout=60, **options)

    def stop(self, seconds=15):
        """SIGTERM; returns the exit status."""
        self.session.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds=15):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.reader.join(5)
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            assert self.stop() == 0, self.log()
