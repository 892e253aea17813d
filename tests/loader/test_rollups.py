"""The rollups that kpi-load keeps: they equal the orders after every load, whatever it changed and whenever it was killed, and
no reader ever sees half of one."""

import csv
import datetime
import json
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time

import pymongo
import pytest
import rollup_oracle as rollups

import harness
from api.gate import Gate


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path, found):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, found[0].keys())
        writer.writeheader()
        writer.writerows(found)


def change(path, where, **values):
    """Changes the rows of a file for which where() is so; returns how many."""
    found = read(path)
    chosen = [row for row in found if where(row)]
    for row in chosen:
        row.update(values)
    write(path, found)
    return len(chosen)


PARTS = ("orders", "order_items", "payments", "reviews")


def split(folder, share):
    """The newest orders with all that belongs to them, taken out of the folder; returns what was there, by file."""
    whole = {name: read(folder / f"{name}.csv") for name in PARTS}
    cut = sorted(order["ordered_at"] for order in whole["orders"])[int(len(whole["orders"]) * share)]
    early = {order["order_id"] for order in whole["orders"] if order["ordered_at"] < cut}
    for name, found in whole.items():
        write(folder / f"{name}.csv", [row for row in found if row["order_id"] in early])
    return whole


def put_back(folder, whole):
    for name, found in whole.items():
        write(folder / f"{name}.csv", found)


@pytest.fixture
def target(mongo, new_database):
    name = new_database("rollups")
    yield mongo[name]
    mongo.drop_database(name)


@pytest.fixture
def load(engine_uri, target):
    return lambda *paths, options=(), **more: harness.load(engine_uri, target.name, *paths, options=options, **more)


@pytest.fixture
def copy(tmp_path):
    return harness.generate(tmp_path / "copy", orders=300)


@pytest.fixture
def pipelines(tmp_path):
    return pathlib.Path(shutil.copytree(harness.PIPELINES, tmp_path / "pipelines"))


@pytest.fixture
def fresh(engine_uri, mongo, new_database):
    """What the rollups of a folder are when nothing was there before."""

    def of(folder):
        name = new_database("fresh")
        harness.load(engine_uri, name, folder)
        found = rollups.content(mongo[name])
        mongo.drop_database(name)
        return found

    return of


def builds(database):
    return {name: entry["build"] for name, entry in rollups.listed(database).items()}


# One load


@pytest.mark.parametrize("layout", ["native", "superstore", "olist"])
def test_rollups_equal_the_orders(load, target, tmp_path, layout):
    done = load(harness.generate(tmp_path / "shop", orders=400, seed=3, layout=layout))
    assert f"Rollups: {len(rollups.declarations())} built in" in done.stderr
    rollups.check(target)


def test_dirty_rows_change_nothing_of_that(load, target, tmp_path):
    load(harness.generate(tmp_path / "shop", orders=400, options=["--dirty"]), options=["--max-rejects", "90%"], status=3)
    rollups.check(target)


def test_a_shop_without_orders_has_empty_rollups(load, target, copy):
    for name in PARTS:
        path = copy / f"{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    load(copy)
    rollups.check(target)
    assert {entry["rows"] for entry in rollups.listed(target).values()} == {0}


def test_a_day_far_from_all_others_is_found(load, target, copy):
    orders = read(copy / "orders.csv")
    for order, day in zip(orders, ("1970-01-01", "1969-12-31", "9998-11-30")):
        order.update(ordered_at=f"{day} 10:00:00", shipped_at="", delivered_at="", estimated_at="")
    write(copy / "orders.csv", orders)
    load(copy)
    rollups.check(target)


def test_rows_come_in_the_order_of_their_dimensions_and_not_of_the_files(copy, fresh):
    wanted = fresh(copy)
    for path in copy.glob("*.csv"):
        found = read(path)
        random.Random(1).shuffle(found)
        write(path, found)
    got = fresh(copy)
    assert got == wanted


def test_many_rows_are_spread_over_documents(load, target, tmp_path):
    folder = harness.generate(tmp_path / "busy", orders=6000, options=["--from", "2024-03-01", "--to", "2024-03-01"])
    load(folder)
    assert max(len(d["rows"]) for d in target.customer_activity.find()) == 5000
    declaration = rollups.declarations()["customer_activity"]
    assert rollups.rows(target, "customer_activity", declaration)[0] == rollups.expected(target, declaration)


def test_a_dry_run_builds_nothing(load, target, copy):
    load(copy, options=["--dry-run"])
    assert target.list_collection_names() == []


def test_a_repeated_load_writes_nothing(load, target, copy):
    load(copy)
    before = builds(target)
    target.sales_by_day.insert_one({"_id": "a mark"})
    assert "Rollups" not in load(copy).stderr
    assert builds(target) == before and target.sales_by_day.find_one({"_id": "a mark"})


# Loads after it


def assert_days(done, count):
    assert f"brought up to date for {count} day{'s' if count > 1 else ''} in" in done.stderr and " built" not in done.stderr


def test_new_days_are_added(load, target, copy, fresh):
    whole = split(copy, 0.98)
    load(copy)
    before = builds(target)
    days = len(target.orders.distinct("day"))
    put_back(copy, whole)
    done = load(copy)
    assert_days(done, len(target.orders.distinct("day")) - days)
    assert builds(target) == before
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


def test_what_the_version_before_shows_stays_until_the_load_after_the_next(load, target, copy):
    whole = split(copy, 0.98)
    load(copy)
    meta = target.meta.find_one({"_id": "data"})
    before = {name: rollups.rows(target, name, d, meta) for name, d in rollups.declarations().items()}
    put_back(copy, whole)
    load(copy)
    assert before == {name: rollups.rows(target, name, d, meta) for name, d in rollups.declarations().items()}
    change(copy / "orders.csv", lambda row: row == read(copy / "orders.csv")[0], status="cancelled")
    load(copy)
    for name in rollups.declarations():
        assert not target[name].find_one({"to": {"$lte": meta["version"]}}), name
    assert target.sales_by_product.count_documents({}) == 2, "that of this version and that of the one before"


def test_rows_that_come_late_are_added_to_their_days(load, target, copy, fresh):
    items = read(copy / "order_items.csv")
    write(copy / "order_items.csv", items[:200] + items[205:])
    load(copy)
    write(copy / "order_items.csv", items)
    assert "brought up to date" in load(copy).stderr
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


@pytest.mark.parametrize("file, values", [("customers", {"segment": "Government"}), ("products", {"category": "Odds and Ends"}), ("locations", {"region": "Antarctica"})])
def test_changed_dimensions_are_followed(load, target, copy, fresh, file, values):
    load(copy)
    found = {"customers": "customer_id", "products": "items.product_id", "locations": "location_id"}[file]
    one = target.orders.find_one({"counted": True, "location_id": {"$ne": None}, "items.0": {"$exists": True}})
    key = one["items"][0]["product_id"] if file == "products" else one[found]
    assert change(copy / f"{file}.csv", lambda row: key in (row.get("customer_id") if file == "customers" else row.get("product_id") if file == "products" else row.get("location_id"),), **values) == 1
    load(copy)
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


def test_changed_orders_are_followed(load, target, copy, fresh):
    """Another day, another month, another amount; cancelled; the first order of a customer is another one."""
    load(copy)
    counted = [order["_id"] for order in target.orders.find({"counted": True}).sort("day")]
    moved, away, gone, dearer = counted[50], counted[100], counted[150], counted[200]
    never = {"shipped_at": "", "delivered_at": "", "estimated_at": ""}
    change(copy / "orders.csv", lambda row: row["order_id"] == moved, ordered_at="2023-06-15 12:00:00", **never)
    change(copy / "orders.csv", lambda row: row["order_id"] == away, ordered_at="2019-03-03 03:03:03", **never)
    change(copy / "orders.csv", lambda row: row["order_id"] == gone, status="cancelled")
    change(copy / "order_items.csv", lambda row: row["order_id"] == dearer, unit_price="1234.56")
    assert "brought up to date" in load(copy).stderr
    assert target.orders.find_one({"_id": gone})["counted"] is False
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


def test_a_day_whose_only_order_goes_has_no_rows_left(load, target, copy):
    load(copy)
    day = next(target.orders.aggregate([{"$group": {"_id": "$day", "n": {"$sum": 1}, "c": {"$min": "$counted"}}}, {"$match": {"n": 1, "c": True}}]))["_id"]
    order = target.orders.find_one({"day": day})["_id"]
    change(copy / "orders.csv", lambda row: row["order_id"] == order, status="cancelled")
    load(copy)
    assert not list(rollups.shown(target, "sales_by_day", day=day))
    rollups.check(target)


def test_a_name_that_no_rollup_has_brings_a_new_version_and_no_work(load, target, copy):
    load(copy)
    change(copy / "customers.csv", lambda row: row["customer_id"] == read(copy / "customers.csv")[3]["customer_id"], name="Another Name")
    done = load(copy)
    assert target.meta.find_one({"_id": "data"})["version"] == 2
    assert "Rollups" not in done.stderr
    rollups.check(target)


def test_replace_leaves_nothing_of_what_was_there(load, target, copy, fresh):
    load(copy)
    split(copy, 0.5)
    assert " built in" in load(copy, options=["--replace"]).stderr
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)


def test_reload_finds_all_up_to_date(load, target, copy):
    load(copy)
    assert "Rollups" not in load(copy, options=["--reload"]).stderr
    rollups.check(target)


def test_when_most_days_have_changed_they_are_built_anew(load, target, tmp_path):
    folder = harness.generate(tmp_path / "shop", orders=300, options=["--from", "2024-01-01", "--to", "2024-06-30"])
    load(folder)
    change(folder / "order_items.csv", lambda row: True, freight="1.25")
    assert " built in" in load(folder).stderr
    rollups.check(target)


# Files of the folder


def rewrite(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_another_declaration_is_built_anew_and_the_old_stays_readable(load, target, copy, pipelines):
    load(copy)
    meta = target.meta.find_one({"_id": "data"})
    old = rollups.rows(target, "sales_by_day_region", rollups.declarations()["sales_by_day_region"], meta)
    rewrite(pipelines / "rollup" / "sales_by_day_region.json", dimensions=["region", "ship_mode"], measures=["sales", "orders"])
    done = load(copy, options=["--pipelines", pipelines])
    assert "Rollups: 1 built" in done.stderr, "though this load itself changes nothing"
    assert target.meta.find_one({"_id": "data"})["version"] == 1
    rollups.check(target, pipelines)
    assert old == rollups.rows(target, "sales_by_day_region", rollups.declarations()["sales_by_day_region"], meta)


def test_what_is_added_up_from_another_declaration_is_built_anew_too(load, target, copy, pipelines):
    load(copy)
    before = builds(target)
    path = pipelines / "rollup" / "sales_by_day_state.json"
    rewrite(path, dimensions=[*json.loads(path.read_text())["dimensions"], "ship_mode"])
    load(copy, options=["--pipelines", pipelines])
    rollups.check(target, pipelines)
    assert {name for name in before if builds(target)[name] != before[name]} == {"sales_by_day_state", "sales_by_month_state"}


def test_another_title_is_no_other_declaration(load, target, copy, pipelines):
    load(copy)
    rewrite(pipelines / "rollup" / "sales_by_day.json", title="Days")
    assert "Rollups" not in load(copy, options=["--pipelines", pipelines]).stderr


def test_a_new_rollup_is_one_file(load, target, copy, pipelines):
    load(copy)
    declaration = {"title": "T", "grain": "month", "dimensions": ["seller", "hour", "first_order"], "measures": ["units", "products", "profit", "orders"]}
    (pipelines / "rollup" / "ours.json").write_text(json.dumps(declaration))
    assert "Rollups: 1 built" in load(copy, options=["--pipelines", pipelines]).stderr
    rollups.check(target, pipelines)
    orders = read(copy / "orders.csv")
    change(copy / "orders.csv", lambda row: row["order_id"] == orders[7]["order_id"], status="cancelled" if orders[7]["status"] != "cancelled" else "delivered")
    assert "brought up to date" in load(copy, options=["--pipelines", pipelines]).stderr
    rollups.check(target, pipelines)


def test_a_new_rollup_may_be_added_up_from_one_that_is_there(load, target, copy, pipelines):
    load(copy)
    of_months = {"title": "T", "grain": "month", "dimensions": ["region"], "measures": ["sales", "orders"], "from": "sales_by_day_region"}
    of_all = {**of_months, "grain": "all", "from": "ours"}
    (pipelines / "rollup" / "ours.json").write_text(json.dumps(of_months))
    (pipelines / "rollup" / "ours_all.json").write_text(json.dumps(of_all))
    for change_it in (False, True):
        if change_it:
            change(copy / "orders.csv", lambda row: row == read(copy / "orders.csv")[7], ship_mode="Donkey")
        load(copy, options=["--pipelines", pipelines])
        rollups.check(target, pipelines)
    rewrite(pipelines / "rollup" / "ours_all.json", measures=["sales"])
    assert "Rollups: 1 built" in load(copy, options=["--pipelines", pipelines]).stderr
    rollups.check(target, pipelines)


def test_sums_over_all_orders_without_a_parent_are_built_anew_each_time(load, target, copy, pipelines):
    declaration = {"title": "T", "grain": "all", "dimensions": ["ship_mode"], "measures": ["sales", "orders"]}
    (pipelines / "rollup" / "ours.json").write_text(json.dumps(declaration))
    load(copy, options=["--pipelines", pipelines])
    orders = read(copy / "orders.csv")
    change(copy / "orders.csv", lambda row: row["order_id"] == orders[7]["order_id"], ship_mode="Donkey")
    load(copy, options=["--pipelines", pipelines])
    rollups.check(target, pipelines)
    assert builds(target)["ours"] == 2 and builds(target)["sales_by_day"] == 1


def test_a_rollup_without_a_file_goes_when_nobody_can_read_it_any_more(load, target, copy, pipelines):
    load(copy)
    for name in ("sales_by_product", "sales_by_month_product", "sales_by_day_product"):
        (pipelines / "rollup" / f"{name}.json").unlink()
    load(copy, options=["--pipelines", pipelines])
    rollups.check(target, pipelines)
    assert "sales_by_day_product" in target.list_collection_names(), "a server may not have seen the new list yet"
    load(copy, options=["--pipelines", pipelines])
    assert "sales_by_day_product" not in target.list_collection_names()
    rollups.check(target, pipelines)
    load(copy)
    rollups.check(target)


def test_a_wrong_declaration_stops_the_load_before_it_writes(load, target, copy, pipelines):
    rewrite(pipelines / "rollup" / "sales_by_day.json", measures=["wishes"])
    done = load(copy, options=["--pipelines", pipelines], status=1)
    assert "sales_by_day.json" in done.stderr and "wishes" in done.stderr
    assert target.list_collection_names() == []


def test_a_collection_of_somebody_else_is_left_alone(load, target, copy):
    target.sales_by_day.insert_one({"_id": "mine"})
    done = load(copy, status=1)
    assert "kpi-load has not made" in done.stderr and "rename it" in done.stderr
    assert list(target.sales_by_day.find()) == [{"_id": "mine"}]
    target.sales_by_day.rename("mine")
    load(copy)
    rollups.check(target)


def test_rollups_off_lists_none_and_on_builds_them_anew(load, target, copy, fresh):
    whole = split(copy, 0.9)
    load(copy)
    put_back(copy, whole)
    done = load(copy, options=["--rollups", "off"])
    assert "The rollups are out of use" in done.stderr
    assert rollups.listed(target) == {}
    assert target.sales_by_day.find_one()
    load(copy)
    rollups.check(target)
    assert rollups.content(target) == fresh(copy)
    load(copy, options=["--rollups", "off"])
    assert rollups.listed(target) == {}, "also where nothing has changed"


def test_there_are_none_unless_they_are_wanted(load, target, copy):
    load(copy, options=["--rollups", "off"])
    assert not set(rollups.declarations()) & set(target.list_collection_names())
    assert rollups.listed(target) == {}


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
        while process.poll() is None:
            time.sleep(luck.uniform(0.05, 0.5))
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
