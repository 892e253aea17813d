"""kpi-load is killed at any moment, and the same command is given again: the database is as if nothing had happened, to the byte. A
server that runs meanwhile answers with the numbers of one version of the data, and never with half of one."""

import contextlib
import random
import subprocess
import threading
import time

import pytest
import requests
import shop

import harness

SECTION = "Faults of the loader"
STAR = ["--star", "on"]
KPIS = ["sales-by-region", "total-sales", "order-count", "sales-over-time?granularity=month", "sales-by-product"]


class Form:
    """One kind of load: what is there before, the load, and what an undisturbed one leaves."""

    def __init__(self, uri, before, folder, *options):
        self.uri, self.before, self.folder, self.options = uri, before, folder, [*STAR, *options]
        self.seconds = None
        self.wanted = {}  # contents by version
        self.answers = {}  # by version

    def prepare(self, database):
        if self.before:
            harness.load(self.uri, database, self.before, options=STAR, variables=harness.WHOLE)

    def load(self, database):
        return harness.load(self.uri, database, self.folder, options=self.options, variables=harness.WHOLE)

    def start(self, database):
        return shop.start(self.uri, database, self.folder, options=self.options, stderr=subprocess.DEVNULL)


def version(database):
    return database.meta.find_one({"_id": "data"})["version"]


def undisturbed(form, mongo, new_database, wanted):
    """What is there after an undisturbed load; or after two, of which --replace makes two versions, where the first was killed when it
    had written its own."""
    if wanted not in form.wanted:
        assert form.name == "--replace" and wanted == form.version + 1
        name = new_database("twice")
        form.prepare(name)
        form.load(name)
        form.load(name)
        form.wanted[wanted] = shop.contents(mongo[name], interrupted=True)
    return form.wanted[wanted]


def numbers(data):
    """Names of products are those of the moment, whatever the version."""
    return [{key: value for key, value in row.items() if key != "name"} for row in data]


def answers(server):
    return {kpi: numbers(server.get(f"/v1/kpis/{kpi}").json()["data"]) for kpi in KPIS}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    room = tmp_path_factory.mktemp("shops")
    new = harness.generate(room / "new", orders=250, seed=7)
    return {
        "new": new,
        "before": shop.without_some_orders(new, room / "before"),
        "other": harness.generate(room / "other", orders=150, seed=3),
    }


@pytest.fixture(scope="module", params=["first load", "increment", "--replace"])
def form(request, engine_uri, mongo, new_database, folders):
    made = {
        "first load": lambda: Form(engine_uri, None, folders["new"]),
        "increment": lambda: Form(engine_uri, folders["before"], folders["new"]),
        "--replace": lambda: Form(engine_uri, folders["other"], folders["new"], "--replace"),
    }[request.param]()
    made.name, name = request.param, new_database("undisturbed")
    made.prepare(name)
    if made.before:
        with harness.Server(engine_uri, name) as server:
            made.answers[1] = answers(server)
    begun = time.monotonic()
    made.load(name)
    made.seconds = time.monotonic() - begun
    made.version = version(mongo[name])
    made.wanted = {made.version: shop.contents(mongo[name], interrupted=True)}
    made.wanted_wholly = shop.contents(mongo[name])
    with harness.Server(engine_uri, name) as server:
        made.answers[2 if made.before else 1] = answers(server)
    return made


class Reader:
    """Asks a server without end, and keeps what is no answer of a whole version."""

    def __init__(self, uri, database, right):
        self.uri, self.database, self.right = uri, database, right
        self.wrong, self.count, self.ended = [], 0, threading.Event()

    def __enter__(self):
        self.server = harness.Server(self.uri, self.database, "--cache-mb", "0")
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join(60)
        self.server.kill()

    def _run(self):
        with requests.Session() as session:
            while not self.ended.is_set():
                for kpi in KPIS:
                    answer = session.get(f"{self.server.url}/v1/kpis/{kpi}", timeout=60)
                    self._take(kpi, answer)
                time.sleep(0.02)

    def _take(self, kpi, answer):
        self.count += 1
        if answer.status_code == 503:
            return
        told = answer.json()
        if answer.status_code != 200 or numbers(told["data"]) != self._right(told["data_version"]).get(kpi):
            self.wrong.append(f"{kpi}: {answer.status_code} {answer.text[:1500]}")

    def _right(self, version):
        """A load that was killed after its last write replaces the same data once more: another version of it."""
        return self.right.get(min(version, max(self.right)), {})


def killed_after(form, database, seconds):
    """Starts the load and kills it. False: it was done before."""
    process = form.start(database)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    return process.wait() != 0


def test_a_killed_load_and_the_same_command_leave_what_one_load_leaves(form, mongo, new_database, much, record):
    seed, times = 20261121, much(2, 50)
    luck = random.Random(seed)
    killed = asked = 0
    moments = [form.seconds * (number + luck.random()) / times for number in range(times)]
    for number, moment in enumerate([*moments, form.seconds / 20]):
        if number == times and killed:
            break  # the last one is for a machine that has become faster meanwhile
        name = new_database("killed")
        form.prepare(name)
        with Reader(form.uri, name, form.answers) if form.before else contextlib.nullcontext() as reader:
            was_killed = killed_after(form, name, moment)
            form.load(name)
        killed += was_killed
        asked += reader.count if reader else 0
        where = f"{form.name}, seed {seed}, number {number}, after {moment:.3f} s of {form.seconds:.3f}"
        assert not reader or not reader.wrong, f"{where}: {reader.wrong[0]}"
        wrong = shop.difference(shop.contents(mongo[name], interrupted=True), undisturbed(form, mongo, new_database, version(mongo[name])))
        assert not wrong, f"{where}: {wrong}"
        mongo.drop_database(name)
    assert killed
    record(
        f"kpi-load SIGKILLed at a random moment, then the same command: {form.name}",
        f"{times} times over {form.seconds:.1f} s, {killed} of them before its end, seed {seed}"
        + (f"; {asked:,} requests to a server meanwhile" if asked else ""),
        f"{len(form.wanted[form.version])} collections equal to the byte to those of an undisturbed load each time"
        + ("; every answer was of one version" if asked else ""),
    )  # fmt: skip


def test_two_undisturbed_loads_leave_the_same(form, mongo, new_database):
    """So that what is compared above can be."""
    name = new_database("again")
    form.prepare(name)
    form.load(name)
    assert not shop.difference(shop.contents(mongo[name]), form.wanted_wholly)
