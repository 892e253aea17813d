"""The loader's time: against a bare inserter of the same documents, against pandas + PyMongo, and against itself when little or
nothing is new."""

import json
import pathlib
import statistics
import sys
import time

import pymongo

import growth
import programs
from report import Table, median_ratio, number, spread

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = sys.executable
# What is fastest here of 1 to 3 connections, batches of 1000 to 5000, and indexes made before the documents or behind them.
BARE_THREADS, BARE_BATCH = 2, 5000


class Bench:
    def __init__(self, orders):
        self.sample = programs.generate(orders)
        self.growth = growth.Growth(self.sample, programs.WORK / f"growth-{orders}")
        self.one = programs.generate(1)
        self.dump = programs.WORK / f"documents-{orders}"
        self.shape = self.dump / "shape.json"
        self.equal = None
        self.seconds = {}

    def warm_up(self):
        """Runs everything once, unmeasured: the documents and indexes that kpi-load makes are what the others make too."""
        with programs.database("reference") as ours, programs.database("peer") as theirs:
            programs.load(ours, self.sample)
            self.keep(ours)
            self.peer(theirs)
            self.equal = compare(ours, theirs)

    def keep(self, database):
        """Dumps a database: what the bare inserter inserts, and what the peer has to know of the documents."""
        self.dump.mkdir(parents=True, exist_ok=True)
        fields = {}
        for name in programs.COLLECTIONS:
            with open(self.dump / f"{name}.bson", "wb") as file:
                for document in programs.raw(database, name).find():
                    file.write(document.raw)
            fields[name] = list(programs.client[database][name].find_one())
        for name in ("items", "payments", "reviews"):
            order = programs.client[database].orders.find_one({f"{name}.0": {"$exists": True}})
            fields[name] = list(order[name][0]) if order else []
        indexes = {name: self.indexes(database, name) for name in programs.COLLECTIONS}
        self.shape.write_text(json.dumps({"fields": fields, "indexes": indexes}))

    @staticmethod
    def indexes(database, name):
        every = programs.client[database][name].list_indexes()
        return [dict(index["key"]) for index in every if index["name"] != "_id_"]

    def peer(self, database):
        return programs.run(PYTHON, HERE / "pandas_load.py", self.sample, database, self.shape)[0]

    def bare(self):
        with programs.database("bare") as database:
            for name in programs.COLLECTIONS:
                programs.client[database].create_collection(name)
            files = [self.dump / f"{name}.bson" for name in programs.COLLECTIONS]
            program = programs.BUILD / "bench" / "bare_insert"
            seconds = float(programs.run(program, database, BARE_THREADS, BARE_BATCH, *files)[1])
            self.note("bare", seconds + self.make_indexes(database))

    def make_indexes(self, database):
        """Of all collections, one command each; the seconds."""
        start = time.perf_counter()
        for name, indexes in json.loads(self.shape.read_text())["indexes"].items():
            if indexes:
                programs.client[database][name].create_indexes([pymongo.IndexModel(list(keys.items())) for keys in indexes])
        return time.perf_counter() - start

    def first_and_again(self):
        with programs.database("first") as database:
            self.note("first", programs.load(database, self.sample))
            self.note("again", programs.load(database, self.sample))

    def pandas(self):
        with programs.database("pandas") as database:
            self.note("pandas", self.peer(database))
        self.note("python", programs.run(PYTHON, "-c", "import numpy, pandas, pymongo")[0])

    def grown(self):
        self.growth.shrink()
        with programs.database("grown") as database:
            programs.load(database, self.growth.shop)
            self.growth.grow()
            self.note("grown", programs.load(database, self.growth.shop))

    def day(self):
        self.growth.shrink()
        with programs.database("day") as database:
            programs.load(database, self.growth.shop)
            self.note("day", programs.load(database, self.growth.day))

    def rollups(self):
        """Of the same files, and of the day alone."""
        self.growth.shrink()
        with programs.database("rollups") as database:
            self.note("rollups", programs.load(database, self.sample, options=programs.TO_SERVE))
        with programs.database("rollups") as database:
            programs.load(database, self.growth.shop, options=programs.TO_SERVE)
            self.note("day_rollups", programs.load(database, self.growth.day, options=programs.TO_SERVE))

    def whole(self):
        with programs.database("whole") as database:
            self.note("whole", programs.load(database, self.sample, options=()))

    def least(self):
        with programs.database("one") as database:
            self.note("one", programs.load(database, self.one))

    def note(self, what, seconds):
        self.seconds.setdefault(what, []).append(seconds)

    def measure(self, rounds, say):
        steps = [self.bare, self.first_and_again, self.pandas, self.grown, self.day, self.least, self.rollups, self.whole]
        for number_of_round in range(rounds):
            say(f"round {number_of_round + 1} of {rounds}")
            for step in programs.turns(steps, number_of_round):
                step()


def compare(ours, theirs):
    """How many documents are the same to the byte, but for the hash and the import's name; and the first difference."""
    same = total = 0
    difference = None
    without = {"hash": 0, "import_id": 0}
    for name in programs.COLLECTIONS:
        pairs = zip(*(programs.raw(database, name).find({}, without).sort("_id") for database in (ours, theirs)))
        total += programs.client[ours][name].count_documents({})
        for one, other in pairs:
            if one.raw == other.raw:
                same += 1
            elif difference is None:
                keys = [key for key in one if one[key] != other.get(key)]
                difference = f"{name} {one['_id']}: {', '.join(keys) or 'types'}"
    return same, total, difference


def run(orders, rounds, say):
    bench = Bench(orders)
    say("one load of each kind, not measured")
    bench.warm_up()
    bench.measure(rounds, say)
    return render(bench, orders, rounds)


def render(bench, orders, rounds):
    s, first = bench.seconds, bench.seconds["first"]
    share = len(bench.growth.orders) / orders
    table = Table("what", "median", "from – to", "of the first load")
    for key, text in [
        ("bare", f"bare libmongoc inserter of the same documents, {BARE_THREADS} connections, batches of {BARE_BATCH}; then the indexes"),
        ("first", "**kpi-load, into an empty database**"),
        ("pandas", "pandas + PyMongo, the same files and documents"),
        ("python", "of that, starting Python and importing"),
        ("again", "kpi-load again, the same files"),
        ("grown", "kpi-load, the same files with a day more at their ends"),
        ("day", "kpi-load, that day alone as files of its own"),
        ("one", "kpi-load of one order: what a load costs at least"),
        ("rollups", "kpi-load with its rollups, into an empty database"),
        ("day_rollups", "kpi-load with its rollups, that day alone"),
        ("whole", "kpi-load with all that follows by default: rollups, checks of quality, kept answers"),
    ]:
        table.row(text, f"{statistics.median(s[key]):.2f} s", spread(s[key]), f"{median_ratio(s[key], first):.3f} ×")
    budgets = Table("budget", "wanted", "measured", "")
    budgets.check("pandas + PyMongo / kpi-load", 3, median_ratio(s["pandas"], first), at_least=True)
    budgets.check("bare inserter / kpi-load", 0.6, median_ratio(s["bare"], first), at_least=True)
    budgets.check("again / first load", 0.02, median_ratio(s["again"], first), at_least=False)
    same, total, difference = bench.equal
    return "\n\n".join([
        f"{number(orders)} orders in the native layout, {programs.folder_bytes(bench.sample) / 1e6:.0f} MB of CSV; {rounds} rounds, "
        "interleaved; each program from start to end, the bare one without reading its documents. What nobody else makes is left out where "
        "the row does not name it: rollups, checks of quality, kept answers. Ratios are medians of each round's.",
        str(table),
        str(budgets),
        f"The day has {number(len(bench.growth.orders))} orders, {share:.5f} of all. pandas + PyMongo wrote {number(same)} of "
        f"{number(total)} documents to the same byte{f'; the first other: {difference}' if difference else ''}.",
    ])
