"""While loads run, are killed, or lose their database: no reader ever sees half of a rollup, and the next load makes all good."""

import random
import signal
import subprocess
import threading
import time

import pymongo
import pytest
import rollup_oracle as rollups
from rollup_shop import builds, change, copy, fresh, put_back, read, split  # noqa: F401 (fixtures among them)

import harness
from api.gate import Gate


# Killed loads, and a database that goes away


def command(uri, target, folder):
    return [harness.BUILD / "kpi-load", "--uri", uri, "--db", target.name, folder]


def start(uri, target, folder, **options):
    env = harness.environment(**harness.QUICK)
    return subprocess.Popen(command(uri, target, folder), cwd=harness.ROOT, env=env, stderr=subprocess.DEVNULL, **options)


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_load_is_made_good_by_the_same_command(engine_uri, load, target, copy, fresh, seed):
    """Whenever it is killed, in the first load or in one that adds days."""
    luck = random.Random(seed)
    wanted = fresh(copy)
    if seed % 2:
        whole = split(copy, 0.9)
        load(copy)
        put_back(copy, whole)
    for _ in range(4):
        process = start(engine_uri, target, copy)
        time.sleep(luck.uniform(0.01, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for name in rollups.listed(target):
            rollups.rows(target, name, rollups.declarations()[name])
    load(copy)
    rollups.check(target)
    assert rollups.content(target) == wanted


def reached(target, what):
    meta = target.meta.find_one({"_id": "data"}) or {}
    if what == "rows are written":
        return target.sales_by_day.find_one({"from": 2})
    if what == "old rows are closed":
        return target.sales_by_day.find_one({"to": 2})
    if what == "a build is begun":
        return (target.meta.find_one({"_id": "rollups"}) or {}).get("last_build") == 2
    return meta.get("version") == 2 and bool(meta["rollups"]) == (what == "all is listed")


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("what", ["rows are written", "old rows are closed", "a build is begun", "the version is told", "all is listed"])
def test_a_load_that_is_killed_at_any_moment_leaves_nothing_wrong(engine_uri, load, target, copy, fresh, what, replace):
    wanted = fresh(copy)
    whole = split(copy, 0.9)
    load(copy)
    put_back(copy, whole)
    env = harness.environment(**harness.QUICK)
    process = subprocess.Popen([*command(engine_uri, target, copy), *["--replace"] * replace], cwd=harness.ROOT, env=env, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while process.poll() is None and not reached(target, what) and time.monotonic() < until:
        pass
    process.kill()
    process.wait()
    load(copy)
    rollups.check(target)
    assert rollups.content(target) == wanted
    orders = read(copy / "orders.csv")
    change(copy / "orders.csv", lambda row: row["order_id"] == orders[-1]["order_id"], ship_mode="Donkey")
    load(copy)
    rollups.check(target)
    for name in rollups.declarations():
        assert target[name].distinct("build") == [builds(target)[name]], f"{name} keeps what a killed load left"


@pytest.mark.parametrize("seed", range(2))
def test_a_database_that_goes_away_in_the_middle_does_no_harm(engine_uri, load, target, copy, fresh, seed):
    luck = random.Random(seed)
    wanted = fresh(copy)
    whole = split(copy, 0.9)
    load(copy)
    put_back(copy, whole)
    with Gate(engine_uri).open() as gate:
        process = start(gate.uri, target, copy)
        while process.poll() is None and not target.imports.find_one({"status": "running"}):
            pass  # a database that is not there at the start is told at once
        while process.poll() is None:
            time.sleep(luck.uniform(0.0, 0.5))
            gate.shut()
            time.sleep(0.2)
            gate.open()
            time.sleep(1.5)
        assert process.wait() == 0
    rollups.check(target)
    assert rollups.content(target) == wanted


def test_a_load_that_is_stopped_by_a_signal_is_taken_up_again(engine_uri, load, target, copy, fresh):
    wanted = fresh(copy)
    process = start(engine_uri, target, copy)
    until = time.monotonic() + 30
    while process.poll() is None and not reached(target, "a build is begun") and not target.sales_by_day.find_one() and time.monotonic() < until:
        pass
    process.send_signal(signal.SIGTERM)
    process.wait()
    load(copy)
    rollups.check(target)
    assert rollups.content(target) == wanted


def test_two_loads_at_once_end_as_one_after_the_other(engine_uri, load, target, copy, fresh):
    wanted = fresh(copy)
    whole = split(copy, 0.9)
    load(copy)
    put_back(copy, whole)
    processes = [start(engine_uri, target, copy) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    rollups.check(target)
    assert rollups.content(target) == wanted


# Readers


class Reader(threading.Thread):
    """Reads the list and then what it promises, over and over, each time from the version it was promised for."""

    def __init__(self, uri, name):
        super().__init__(daemon=True)
        self.client = pymongo.MongoClient(uri)
        self.database = self.client[name]
        self.ended = threading.Event()
        self.seen = {}  # (version, rollup, build): totals
        self.wrong = []
        self.reads = 0

    def totals(self, name, meta):
        """Sales and orders: of every rollup whose rows add up, those of all counted orders."""
        found, count = rollups.rows(self.database, name, rollups.declarations()[name], meta)
        if count != meta["rollups"][name]["rows"]:
            self.wrong.append((name, meta["version"], count, meta["rollups"][name]))
        return sum(row["sales"] or 0 for row in found.values()), count

    def run(self):
        while not self.ended.is_set():
            meta = self.database.meta.find_one({"_id": "data"})
            for name in random.sample(sorted(meta.get("rollups", {})), k=min(3, len(meta.get("rollups", {})))):
                total = self.totals(name, meta)
                version, build = meta["version"], meta["rollups"][name]["build"]
                if self.seen.setdefault((version, name, build), total) != total:
                    self.wrong.append((name, version, total, self.seen[version, name, build]))
                self.reads += 1

    def __exit__(self, *_):
        self.ended.set()
        self.join(30)
        self.client.close()

    def __enter__(self):
        self.start()
        return self


def test_a_reader_never_sees_half_a_rollup(engine_uri, load, target, copy, fresh):
    """While days are added, a declaration changes, all is replaced, and loads are killed."""
    luck = random.Random(7)
    whole = split(copy, 0.6)
    load(copy)
    orders = whole["orders"]
    with Reader(engine_uri, target.name) as reader:
        for share in (0.7, 0.8, 0.9):
            put_back(copy, whole)
            split(copy, share)
            load(copy)
        change(copy / "order_items.csv", lambda row: True, freight="0.75")
        process = start(engine_uri, target, copy)
        time.sleep(luck.uniform(0.1, 0.4))
        process.kill()
        process.wait()
        load(copy)
        put_back(copy, whole)
        load(copy, options=["--replace"])
        change(copy / "orders.csv", lambda row: row["order_id"] == orders[0]["order_id"], ship_mode="Donkey")
        load(copy)
    assert reader.wrong == []
    assert reader.reads > 20
    by_version = {}
    for (version, name, _), (sales, _) in reader.seen.items():
        by_version.setdefault(version, set()).add(sales)
    assert len(by_version) > 3
    assert all(len(sales) == 1 for sales in by_version.values()), "all rollups of a version tell the same sales"
    rollups.check(target)
