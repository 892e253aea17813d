"""Memory is out: one allocation fails, or all from it on, in every place of a program. It says so and ends, or goes on and is right; what
it wrote is taken up by the same command. libbson alone may abort, since it has no other way. MALLOC_SECONDS says how long each of the
long sweeps may take."""

import collections
import concurrent.futures
import shutil
import subprocess
import time

import nth_malloc
import pytest
import shop

import harness

SECTION = "Memory"
SEED = 9
NOT_KEPT = "this rollup is not kept, and KPIs are answered without it"  # as where its file is wrong: what is told is right


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return nth_malloc.build(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return harness.generate(tmp_path_factory.mktemp("shop") / "shop", orders=30, seed=4)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory):
    """Some of each kind: the code is the same for all, and a load with a few takes a third of the time."""
    room = tmp_path_factory.mktemp("definitions")
    for whole in ("source", "dimension"):
        shutil.copytree(harness.PIPELINES / whole, room / whole)
    for name in ("kpi/total-sales", "kpi/sales-by-customer", "rollup/sales_by_day", "rollup/customer_activity"):
        to = room / f"{name}.json"
        to.parent.mkdir(exist_ok=True)
        shutil.copy(harness.PIPELINES / f"{name}.json", to)
    return room


@pytest.fixture(scope="module")
def database(engine_uri, new_database, folder):
    name = new_database("malloc")
    harness.load(engine_uri, name, folder)
    return name


class Sweep:
    """A program that is run again and again, each time with another allocation that fails. check(which, key, done) fails where what it
    ended with, 0 or 1, is not right; {key} in the command stands for what is different in every run."""

    def __init__(self, library, room, command, much, check, long=150):
        self.library, self.room, self.command, self.check = library, room, [str(part) for part in command], check
        self.seconds, self.few = much(20, nth_malloc.seconds(long)), much(4, None)
        self.ends = collections.Counter()
        with nth_malloc.Control(room / "count", hashes=2_000_000) as control:
            self.undisturbed = self._run(control, "undisturbed")
            self.count, self.places = control.get("count"), control.places()
        assert self.undisturbed.returncode == 0 and self.count, self.undisturbed.stderr

    def _run(self, control, key):
        env = harness.environment(**harness.QUICK, **nth_malloc.variables(self.library, control))
        command = [part.replace("{key}", key) for part in self.command]
        return subprocess.run(command, cwd=harness.ROOT, env=env, capture_output=True, text=True, timeout=60)

    def one(self, number, for_ever):
        if time.monotonic() > self.until:
            return
        key = f"{number}{'on' if for_ever else ''}"
        with nth_malloc.Control(self.room / key) as control:
            control.arm(number, for_ever)
            done = self._run(control, key)
        which = f"allocation {number}{' and all after it' if for_ever else ''} of {self.count} of {self.command}"
        self.ends[self.end(which, key, done)] += 1

    def end(self, which, key, done):
        """What became of it; fails where that must not be."""
        said = done.stderr + done.stdout
        excused = nth_malloc.is_excused(done.returncode, done.stderr)
        assert excused or done.returncode in (0, 1), f"{which}: ended with {done.returncode}: {said[-3000:]}"
        assert said.strip() and "(null)" not in said, f"{which}: {said[-1000:]}"
        self.check(which, key, done)
        return "libbson's own abort" if excused else "an error and status 1" if done.returncode else "went on and was right"

    def all(self, jobs=2):
        begun = time.monotonic()
        self.until = begun + self.seconds
        numbers = nth_malloc.drawn(self.count, self.places, SEED, self.few)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            work = [pool.submit(self.one, number, for_ever) for number in numbers for for_ever in (False, True)]
            for one in concurrent.futures.as_completed(work):
                one.result()

    def told(self):
        tried = sum(self.ends.values())
        how_much = f"{self.count:,} allocations in {len(self.places):,} places; {tried:,} runs in which one, or all from it on, failed"
        return how_much, ", ".join(f"{count:,} × {end}" for end, count in self.ends.most_common())


@pytest.mark.parametrize("what", ["kpi-server check", "kpi-load check PROFILE", "kpi-load check FILES"])
def test_checks_of_definitions_and_profiles(library, tmp_path, folder, much, record, what):
    command = {
        "kpi-server check": [harness.BUILD / "kpi-server", "check"],
        "kpi-load check PROFILE": [harness.BUILD / "kpi-load", "check", "loader/profiles/olist.json"],
        "kpi-load check FILES": [harness.BUILD / "kpi-load", "check", folder],
    }[what]
    said = []

    def check(which, _, done):
        assert done.returncode or done.stdout == said[0], f"{which}: {done.stdout}"

    sweep = Sweep(library, tmp_path, command, much, check)
    said.append(sweep.undisturbed.stdout)
    sweep.all()
    record(what, *sweep.told())


def test_a_load_and_the_same_command_after_it(library, tmp_path, engine_uri, mongo, new_database, folder, definitions, much, record):
    """Whatever it ends with, the same command completes it, and all is as after one load. Where nothing was written yet, the same command
    is a first load like any other."""
    names, options = (new_database("undisturbed"), new_database("malloc")), ["--pipelines", definitions]
    harness.load(engine_uri, names[0], folder, options=options)
    wanted = shop.contents(mongo[names[0]], interrupted=True)

    def check(which, key, done):
        database = names[1] + key
        if done.returncode and not mongo[database].list_collection_names():
            return
        try:
            if done.returncode or NOT_KEPT in done.stderr:
                harness.load(engine_uri, database, folder, options=options)
            wrong = shop.difference(shop.contents(mongo[database], interrupted=True), wanted)
            assert not wrong, f"{which}: {wrong}"
        finally:
            mongo.drop_database(database)

    sweep = Sweep(library, tmp_path, shop.command(engine_uri, names[1] + "{key}", folder, options=options), much, check, long=600)
    mongo.drop_database(names[1] + "undisturbed")
    sweep.all()
    record("kpi-load, then the same command", *sweep.told())
