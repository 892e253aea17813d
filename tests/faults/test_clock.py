"""The machine's clock is set while the programs run: a day or ten years, forward or back. Nothing waits for a time that is gone."""

import datetime
import mmap
import struct
import subprocess
import threading
import time

import pytest

import harness
from gate import Gate
from load import Load, Truth, load_until_done, statuses
from raw import Connection

DAY_S = 86400
JUMPS = {"a day forward": DAY_S, "a day back": -DAY_S, "ten years forward": 3652 * DAY_S, "ten years back": -3652 * DAY_S}
PERIOD = "/v1/kpis/sales-over-time?period=last-30-days&granularity=day"
IDLE = ["--idle-timeout", "2"]


class Clock:
    """The time of day of programs that are started with these variables."""

    def __init__(self, library, path):
        path.write_bytes(bytes(8))
        self.variables = {"LD_PRELOAD": str(library), "KPI_TEST_CLOCK": str(path)}
        with path.open("r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 8)

    def set(self, seconds):
        self.shared[:] = struct.pack("=q", seconds)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return harness.build_preload("faults/clock.c", tmp_path_factory.mktemp("clock"))


@pytest.fixture
def clock(library, tmp_path):
    return Clock(library, tmp_path / "offset")


@pytest.fixture
def shop(engine_uri, new_database, sample, mongo):
    name = new_database("clock")
    harness.load(engine_uri, name, sample)
    return name, Truth(mongo[name])


def is_ended(connection):
    try:
        return connection.file.read(1) == b""
    except ConnectionResetError:
        return True


def check_goes_on(server, mongo, name, period):
    """All that the server does by itself after some time: it ends idle connections, sees new data, and knows that it has them."""
    with Connection(server.address, timeout=20) as idle:
        assert is_ended(idle)
    said, version = len(server.lines), mongo[name].meta.find_one({"_id": "data"})["version"] + 1
    mongo[name].meta.update_one({"_id": "data"}, {"$set": {"version": version}})
    server.wait_for_line(f'msg="data version" version={version}$', after=said)
    again = server.get(PERIOD).json()
    assert again["parameters"] == period["parameters"] and again["data"] == period["data"], "days are counted back from the data's last"
    assert "stale" not in again
    status = server.get("/v1/status").json()
    assert 0 <= status["uptime_s"] < 600
    assert not negative_numbers(status)


def negative_numbers(value):
    if isinstance(value, dict):
        return [found for one in value.values() for found in negative_numbers(one)]
    if isinstance(value, list):
        return [found for one in value for found in negative_numbers(one)]
    return [value] if isinstance(value, (int, float)) and value < 0 else []


def test_a_clock_that_is_set_while_serving(engine_uri, mongo, shop, clock, much, record):
    name, truth = shop
    with harness.Server(engine_uri, name, *IDLE, variables=clock.variables) as server:
        period = server.get(PERIOD).json()
        with Load(server, truth) as load:
            for seconds in much([-DAY_S, JUMPS["ten years forward"]], [*JUMPS.values(), 0] * 5):
                load.flow()
                clock.set(seconds)
                load.flow()
                check_goes_on(server, mongo, name, period)
        clock.set(0)
        computed = datetime.datetime.fromisoformat(server.get("/v1/kpis/order-count?from=2021-02-03").json()["computed_at"])
        assert abs((computed - datetime.datetime.now(datetime.UTC)).total_seconds()) < 600
        assert {a.status for a in load.answers} == {200}, statuses(load.answers)
        begun = time.monotonic()
        clock.set(-DAY_S)
        assert server.stop() == 0 and time.monotonic() - begun < 10
    record("clock set by ±1 day and ±10 years while serving", f"{len(load.answers):,} requests", f"{statuses(load.answers)}; idle connections ended, new data seen, stopped in time")


def test_a_clock_that_is_back_before_the_server_started(engine_uri, mongo, shop, clock):
    """With nobody asking: what the server does by itself must not wait for the old time to come again."""
    name, _ = shop
    with harness.Server(engine_uri, name, *IDLE, variables=clock.variables) as server:
        period = server.get(PERIOD).json()
        server.session.close()
        time.sleep(1)
        clock.set(-DAY_S)
        check_goes_on(server, mongo, name, period)


def settled(database):
    names = ("locations", "customers", "products", "sellers", "orders")
    return {name: {one["_id"]: one for one in database[name].find({}, {"import_id": 0})} for name in names}


def test_a_clock_that_is_set_while_loading(engine_uri, mongo, shop, new_database, sample, clock, much, record):
    times, runs, ended, jumps = much(1, 20), 0, threading.Event(), [0]

    # The driver waits by the time of day: one that jumps as it first connects is a database that does not answer, to it.
    def jump():
        while not ended.is_set():
            for seconds in JUMPS.values():
                clock.set(seconds)
                jumps[0] += 1
                time.sleep(0.02)

    jumping = threading.Thread(target=jump)
    jumping.start()
    try:
        for _ in range(times):
            name = new_database("jumps")
            runs += load_until_done(engine_uri, name, sample, {**harness.WHOLE, **clock.variables})
            assert settled(mongo[name]) == settled(mongo[shop[0]])
            assert mongo[name].imports.find_one({"status": "done"})
            load_until_done(engine_uri, name, sample, clock.variables)
            assert mongo[name].meta.find_one({"_id": "data"})["version"] == 1
            mongo.drop_database(name)
    finally:
        ended.set()
        jumping.join()
    record("clock set by ±1 day and ±10 years while loading", f"{times} loads in {runs} runs, {jumps[0]:,} jumps", "collections equal to an undisturbed load; known as loaded afterwards")


def test_a_clock_that_is_set_while_the_database_is_away_from_a_load(engine_uri, mongo, shop, new_database, sample, clock):
    """--retry counts seconds that pass. (Forward only: the driver itself would wait for the old time, where the clock goes back as it
    looks for a server.)"""
    name = new_database("away")
    command = [harness.BUILD / "kpi-load", "--db", name, "--retry", "120", sample]
    with Gate(engine_uri).open() as gate:
        env = harness.environment(**{**harness.WHOLE, **clock.variables, "MONGODB_URI": gate.uri})
        process = subprocess.Popen(command, cwd=harness.ROOT, env=env, stderr=subprocess.PIPE, text=True)
        while not mongo[name].meta.find_one():  # the lock is taken, which is not tried again
            assert process.poll() is None, process.stderr.read()
        gate.shut()
        assert any("trying again for up to 120 s" in line for line in process.stderr)
        clock.set(DAY_S)
        time.sleep(4)  # in which it is tried again, and fails
        gate.open()
        said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    assert settled(mongo[name]) == settled(mongo[shop[0]])
