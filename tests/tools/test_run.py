"""tools/run, which `make run` calls: what it serves, what it leaves running, and what it says when it cannot."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest
import requests

import harness

ENGINE = harness.ROOT / "engine" / "engine"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Run:
    """make run in a session of its own, as a terminal would start it."""

    def __init__(self, folder, command=("make", "run"), **variables):
        self.port = int(variables.setdefault("PORT", str(free_port())))
        self.log = folder / f"run{time.monotonic_ns()}.log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                command, cwd=harness.ROOT, env=environment(folder, **variables), stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=default_signals,
            )

    def text(self):
        return self.log.read_text()

    def wait_for(self, text, seconds=60):
        until = time.monotonic() + seconds
        while text not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < until, self.text()
            time.sleep(0.02)

    def get(self, path):
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=30)

    def end(self, number=signal.SIGINT, group=True):
        """As Ctrl-C does: to the whole group, make included. Returns the exit status."""
        (os.killpg if group else os.kill)(self.process.pid, number)
        return self.process.wait(40)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end(signal.SIGTERM, group=False)


def environment(folder, **variables):
    kept = {k: v for k, v in harness.environment().items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ORDERS")}
    return {**kept, "ENGINE_KIND": "embedded", "RUN_DIR": str(folder / "state"), "ORDERS": "300", **variables}


def default_signals():
    """A test runner in the background may ignore SIGINT, which its children would inherit."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def left_over(folder):
    """Processes whose working folder, or whose session's, is this run's."""
    found = []
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in os.readlink(proc / "cwd") or str(folder).encode() in (proc / "environ").read_bytes():
                found.append((proc / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            pass
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where one engine lives, which the tests of this file start and stop in turn."""
    folder = tmp_path_factory.mktemp("run")
    yield folder
    subprocess.run([ENGINE, "stop", folder / "state" / "engine"], capture_output=True, timeout=60)


def test_it_serves_a_sample_and_ctrl_c_leaves_nothing(folder):
    with Run(folder) as run:
        run.wait_for("Ctrl-C stops it")
        for path in ("/", "/docs", "/v1/kpis"):
            assert f"http://127.0.0.1:{run.port}{path}\n" in run.text()
            assert run.get(path).ok
        answer = run.get("/v1/kpis/sales-by-region?from=2023&to=2023").json()
        assert answer["data"] and answer["data_version"] == 1
        assert run.get("/v1/status").json()["counts"]["orders"] == 300
        run.end()
    assert "Error" not in run.text()
    assert left_over(folder) == []


def test_a_second_run_keeps_the_data(folder):
    with Run(folder, ORDERS="7") as run:
        run.wait_for("Ctrl-C stops it")
        assert "ORDERS=7 is for an empty one" in run.text()
        status = run.get("/v1/status").json()
        assert (status["counts"]["orders"], status["data_version"]) == (300, 1)


def test_sigterm_to_the_script_stops_all_and_is_no_failure(folder):
    with Run(folder, ["tools/run"]) as run:
        run.wait_for("Ctrl-C stops it")
        assert run.end(signal.SIGTERM, group=False) == 0
    assert left_over(folder) == []


@pytest.mark.parametrize("moment", ["starting PostgreSQL", "starting FerretDB", "msg=\"serving\""])
def test_a_start_that_is_interrupted_leaves_nothing(folder, moment):
    with Run(folder, ["tools/run"]) as run:
        run.wait_for(moment)
        run.end(signal.SIGINT)
    assert left_over(folder) == []


def test_an_interrupted_load_is_made_whole_by_the_next_run(tmp_path):
    with Run(tmp_path, ORDERS="30000") as run:
        run.wait_for("recognised by")
        run.end()
    assert left_over(tmp_path) == []
    with Run(tmp_path, ORDERS="30000") as run:
        run.wait_for("Ctrl-C stops it")
        assert run.get("/v1/status").json()["counts"]["orders"] == 30000


def test_an_engine_that_ran_before_is_left_running(folder):
    state = folder / "state" / "engine"
    variables = environment(folder)
    subprocess.run([ENGINE, "start", state], env=variables, check=True, capture_output=True, timeout=60)
    try:
        with Run(folder) as run:
            run.wait_for("Ctrl-C stops it")
            run.end()
        assert subprocess.run([ENGINE, "status", state], env=variables, capture_output=True).returncode == 0
    finally:
        subprocess.run([ENGINE, "stop", state], env=variables, check=True, capture_output=True, timeout=60)


def test_mongodb_uri_is_used_and_no_engine_started(tmp_path, engine_uri, new_database):
    with Run(tmp_path, MONGODB_URI=engine_uri, KPI_DB=new_database("run")) as run:
        run.wait_for("Ctrl-C stops it")
        assert run.get("/v1/status").json()["counts"]["orders"] == 300
    assert not (tmp_path / "state" / "engine").exists()


def test_a_taken_port_is_said_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Run(tmp_path, ["tools/run"], PORT=str(port)) as run:
            assert run.process.wait(10) == 1
    assert f"something serves on 127.0.0.1:{port} already" in run.text()
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("variable, value", [("PORT", "0"), ("PORT", "70000"), ("PORT", "http"), ("ORDERS", "0"), ("ORDERS", "many")])
def test_a_wrong_variable_is_said_before_anything_starts(tmp_path, variable, value):
    done = subprocess.run(
        ["tools/run"], cwd=harness.ROOT, env=environment(tmp_path, **{variable: value}), capture_output=True, text=True, timeout=10
    )
    assert done.returncode == 1
    assert f"{variable}={value} is no " in done.stderr
    assert not (tmp_path / "state").exists()
