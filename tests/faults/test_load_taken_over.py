"""A load that is stopped for long is taken for dead, and another one takes over. What the first has still on its way, and what it does
when it goes on, changes nothing of what the other one has made."""

import signal
import struct
import subprocess
import threading

import pytest
import shop
from proxy import Fault, Proxy

import harness

NO_PROCESS = 2**22 + 1  # more than any system counts
TAKEN_OVER = "another one has taken over; run the command again after it"


class Held(Fault):
    """Stops the program when it sends a command to a collection, and holds that command back until it is let go."""

    def __init__(self, command, collection, *words):
        name = collection.encode() + b"\x00"
        self.marks = [b"\x02" + command.encode() + b"\x00" + struct.pack("<i", len(name)) + name, *[word.encode() for word in words]]
        self.process, self.started, self.reached, self.free = None, threading.Event(), threading.Event(), threading.Event()

    def request(self, data):
        if not self.reached.is_set() and all(mark in data for mark in self.marks):
            self.started.wait(60)
            self.process.send_signal(signal.SIGSTOP)
            self.reached.set()
            self.free.wait(60)
        return [data]

    def start(self, uri, database, folder, variables):
        self.process = shop.start(uri, database, folder, variables=variables, stderr=subprocess.PIPE, text=True)
        self.started.set()

    def let_go(self):
        """Its exit status and what it said."""
        self.free.set()
        self.process.send_signal(signal.SIGCONT)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


WRITES_STATE = ("update", "meta", "loaded_at")
BEGINS_TO_WRITE = ("update", "meta", "writing")
WRITES_ORDERS = ("update", "orders")
WRITES_STAR = ("aggregate", "orders", "$out")
READS_ANALYSES = ("find", "analyses")
READS_QUALITY = ("find", "quality")


@pytest.fixture
def target(mongo, new_database):
    return mongo[new_database("taken_over")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    room = tmp_path_factory.mktemp("shops")
    late = harness.generate(room / "late", orders=200, seed=7)
    other = shop.without_some_orders(late, room / "other", share=0.3)
    return {"before": harness.generate(room / "before", orders=80, seed=3), "late": late, "other": other}


@pytest.fixture
def hold(engine_uri, target):
    """hold(moment, folder): a load that is held there, and taken for dead by the next one."""
    made = []
    with Proxy(engine_uri).open() as proxy:

        def start(moment, folder, variables=harness.QUICK):
            held = proxy.fault = Held(*moment)
            held.start(proxy.uri, target.name, folder, variables)
            made.append(held)
            assert held.reached.wait(60)
            target.locks.update_one({"_id": "load"}, {"$set": {"pid": NO_PROCESS}})
            return held

        yield start
        for held in made:
            held.free.set()
            held.process.kill()
            held.process.communicate()


def left(database):
    """All that there is but the history of loads."""
    return {name: documents for name, documents in shop.contents(database).items() if name not in ("imports", "locks")}


def state(database):
    meta = database.meta.find_one({"_id": "data"})
    return {key: meta[key] for key in ("counts", "first_day", "last_day", "has", "writing")}, set(meta["rollups"])


@pytest.mark.parametrize("moment", [WRITES_STATE, BEGINS_TO_WRITE], ids=["at the end", "at the beginning"])
@pytest.mark.parametrize("before", [None, "before"], ids=["first load", "increment"])
def test_a_load_that_was_taken_over_leaves_the_state_of_the_data(before, moment, engine_uri, mongo, new_database, target, folders, hold):
    undisturbed = new_database("undisturbed")
    for name in (target.name, undisturbed):
        if before:
            harness.load(engine_uri, name, folders[before])
    held = hold(moment, folders["other"])
    taking = harness.load(engine_uri, target.name, folders["late"])
    assert "is taken over" in taking.stderr
    wanted = left(target)
    status, said = held.let_go()
    assert status == 1 and said.strip().endswith(TAKEN_OVER), said
    wrong = shop.difference(left(target), wanted)
    assert not wrong, wrong
    assert target.locks.find_one() is None

    load_again(engine_uri, target, folders)
    for name in ("late", "other"):
        harness.load(engine_uri, undisturbed, folders[name])
    assert state(target) == state(mongo[undisturbed])


def load_again(uri, target, folders):
    version = target.meta.find_one({"_id": "data"})["version"]
    harness.load(uri, target.name, folders["other"])
    assert target.meta.find_one({"_id": "data"})["version"] == version + 1
    assert not target.imports.find_one({"status": "failed", "settled": {"$ne": True}})


def test_orders_that_arrive_after_the_end_of_another_load_are_accounted_for_by_the_next(engine_uri, target, folders, hold):
    harness.load(engine_uri, target.name, folders["before"])
    held = hold(WRITES_ORDERS, folders["late"])
    harness.load(engine_uri, target.name, folders["other"])
    before = target.orders.count_documents({})
    assert held.let_go()[0] == 1
    assert target.orders.count_documents({}) > before, "it was on its way when the other load began"
    load_again(engine_uri, target, folders)
    now = target.orders.count_documents({})
    assert target.meta.find_one({"_id": "data"})["counts"]["orders"] == now
    kpis = ["order-count", "total-sales", "sales-over-time?granularity=month"]
    with harness.Server(engine_uri, target.name) as server:
        told = {kpi: server.get(f"/v1/kpis/{kpi}").json()["data"] for kpi in kpis}
    target.meta.update_one({"_id": "data"}, {"$set": {"rollups": {}}})  # so that the orders themselves are asked
    with harness.Server(engine_uri, target.name) as server:
        assert {kpi: server.get(f"/v1/kpis/{kpi}").json()["data"] for kpi in kpis} == told


def test_the_same_command_that_took_over_stays_done(engine_uri, target, folders, hold):
    held = hold(WRITES_STATE, folders["late"])
    harness.load(engine_uri, target.name, folders["late"])
    wanted = shop.contents(target)
    assert held.let_go()[0] == 1
    wrong = shop.difference(shop.contents(target), wanted)
    assert not wrong, wrong


@pytest.mark.parametrize("moment", [READS_ANALYSES, READS_QUALITY], ids=["analyses", "quality"])
def test_what_was_computed_over_the_data_of_another_load_is_not_kept(moment, engine_uri, target, folders, hold):
    held = hold(moment, folders["other"], {"KPI_QUALITY": "on" if moment == READS_QUALITY else "off", "KPI_KEEP_ANALYSES": "100"})
    harness.load(engine_uri, target.name, folders["late"], variables=harness.WHOLE)
    wanted = left(target)
    status, said = held.let_go()
    assert status == 1 and said.strip().endswith(TAKEN_OVER), said
    wrong = shop.difference(left(target), wanted)
    assert not wrong, wrong
    assert {one["data_version"] for one in target.analyses.find()} == {2}


def test_the_star_is_that_of_the_load_that_took_over(engine_uri, target, folders, hold):
    star = {**harness.QUICK, "KPI_STAR": "on"}
    harness.load(engine_uri, target.name, folders["before"], variables=star)
    target.meta.update_one({"_id": "star"}, {"$set": {"definitions": "others"}})  # so that all is made anew
    held = hold(WRITES_STAR, folders["other"], star)
    harness.load(engine_uri, target.name, folders["late"], variables=star)
    wanted = left(target)
    status, said = held.let_go()
    assert status == 1 and said.strip().endswith(TAKEN_OVER), said
    wrong = shop.difference(left(target), wanted)
    assert not wrong, wrong


def test_no_token_is_left_behind(engine_uri, target, folders):
    """Neither of a load that has come to its end, nor of a first one that has failed."""
    harness.load(engine_uri, target.name, folders["late"] / "reviews.csv", status=1)
    assert target.meta.find_one() is None
    harness.load(engine_uri, target.name, folders["late"])
    assert "holder" not in target.meta.find_one({"_id": "data"})
