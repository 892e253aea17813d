"""kpi-load, the real program on the real engine: what it loads, refuses and says."""

import collections
import csv
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import time

import pymongo
import pytest
from bson import Decimal128
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

import harness

DATA = ["locations", "customers", "products", "sellers", "orders"]
ROW = re.compile(r"^  (\S+)\s+([\d,]+)\s+([\d,]+)\s+([\d,]+)\s+([\d,]+)\s+([\d,]+)\s+([\d,]+)$", re.M)
Counts = collections.namedtuple("Counts", "read inserted updated unchanged skipped rejected")


def summary(done):
    """The table of the summary: counts by file, "all" among them."""
    return summary_of(done.stderr)


def summary_of(stderr):
    numbers = {name: [int(n.replace(",", "")) for n in rest] for name, *rest in ROW.findall(stderr)}
    return {name: Counts(*counts) for name, counts in numbers.items()}


def rows(path):
    """Records of a CSV file without quoted line feeds, header not counted."""
    return len(path.read_bytes().splitlines()) - 1


def content(database, without=("import_id",)):
    """All that is loaded, to the byte, without what differs from load to load."""
    raw = CodecOptions(document_class=RawBSONDocument)
    found = {name: database[name].with_options(raw).find({}, dict.fromkeys(without, 0)).sort("_id") for name in DATA}
    return {name: [document.raw for document in documents] for name, documents in found.items()}


def last_sentence(done):
    return done.stderr.strip().splitlines()[-1]


def start(uri, database, *paths, options=(), **more):
    command = [harness.BUILD / "kpi-load", "--uri", uri, "--db", database, *options, *paths]
    return subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(**harness.QUICK), stderr=subprocess.PIPE, **more)


@pytest.fixture
def target(mongo, new_database):
    """An empty database."""
    name = new_database("load")
    yield mongo[name]
    mongo.drop_database(name)


@pytest.fixture
def load(engine_uri, target):
    """Loads into that database and returns the finished process."""
    return lambda *paths, **more: harness.load(engine_uri, target.name, *paths, **more)


@pytest.fixture
def copy(sample, tmp_path):
    """The sample in a folder of this test's own."""
    return pathlib.Path(shutil.copytree(sample, tmp_path / "copy"))


# What is loaded


def test_every_row_is_counted_once(load, target, sample):
    done = load(sample)
    counts = summary(done)
    for path in sample.glob("*.csv"):
        assert counts[path.name] == Counts(rows(path), rows(path), 0, 0, 0, 0)
    for name in DATA:
        assert target[name].count_documents({}) == rows(sample / f"{name}.csv")
    assert target.rejects.count_documents({}) == 0


def test_orders_hold_what_the_files_say(load, target, sample):
    load(sample)
    total = lambda field: next(target.orders.aggregate([{"$group": {"_id": None, "n": {"$sum": field}}}]))["n"]
    lines = [line.split(",") for line in (sample / "order_items.csv").read_text().splitlines()[1:]]
    assert total("$units") == sum(int(line[3]) for line in lines)
    money = lambda value: round(float(value.to_decimal()) * 100)
    assert money(total("$gross")) == sum(int(line[3]) * round(float(line[4]) * 100) for line in lines)
    assert money(total("$discount")) == sum(round(float(line[5]) * 100) for line in lines)
    assert total({"$size": "$payments"}) == rows(sample / "payments.csv")
    assert target.orders.count_documents({"review_score": {"$ne": None}}) == rows(sample / "reviews.csv")
    assert target.orders.count_documents({"counted": True, "status": {"$in": ["cancelled", "unavailable", "unpaid"]}}) == 0


def test_documents_have_one_shape(load, target, sample):
    load(sample)
    shapes = {tuple(order) for order in target.orders.find()}
    assert len(shapes) == 1
    assert len({tuple(item) for order in target.orders.find() for item in order["items"]}) == 1
    order = target.orders.find_one({"items.0": {"$exists": True}})
    for field in ["gross", "sales", "discount", "freight"]:
        assert isinstance(order[field], Decimal128) and isinstance(order["items"][0][field], Decimal128)


def test_order_copies_place_and_segment(load, target, sample):
    load(sample)
    locations = {place["_id"]: place for place in target.locations.find()}
    customers = {customer["_id"]: customer for customer in target.customers.find()}
    for order in target.orders.find():
        place, customer = locations[order["location_id"]], customers[order["customer_id"]]
        assert [order[f] for f in ("region", "country", "state", "city")] == [
            place[f] for f in ("region", "country", "state", "city")
        ]
        assert order["segment"] == customer["segment"]


def test_meta_and_imports_say_what_was_loaded(load, target, sample):
    load(sample)
    meta, done = target.meta.find_one({"_id": "data"}), target.imports.find_one()
    first, last = (target.orders.find_one(sort=[("day", d)])["day"] for d in (1, -1))
    assert (meta["version"], meta["first_day"], meta["last_day"]) == (1, first, last)
    assert meta["counts"] == {name: target[name].count_documents({}) for name in meta["counts"]}
    assert (meta["currency"], meta["timezone"]) == ("USD", "UTC")
    assert all(meta["has"][f] for f in ["cost", "discount", "payments", "reviews", "sellers", "delivery", "hour", "points"])
    assert (done["status"], done["profile"], done["data_version"], done["error"]) == ("done", "native", 1, None)
    assert {f["file"]: f["inserted"] for f in done["files"]}["orders.csv"] == rows(sample / "orders.csv")
    assert all(order["import_id"] == done["_id"] for order in target.orders.find())


def test_indexes_of_the_sources_are_there(load, target, sample):
    load(sample)
    keys = [list(index["key"].items()) for index in target.orders.list_indexes()]
    for path in (harness.PIPELINES / "source").glob("*.json"):
        source = json.loads(path.read_text())
        if source.get("collection") == "orders":
            for wanted in source.get("indexes", []):
                assert list(wanted.items()) in keys


def test_spilled_partitions_give_the_same_documents(load, target, mongo, engine_uri, new_database, tmp_path):
    folder = harness.generate(tmp_path, orders=100_000, seed=3)
    assert "MiB went through temporary files" in load(folder, options=["--memory", "16"]).stderr
    other = new_database("memory")
    assert "temporary" not in harness.load(engine_uri, other, folder, options=["--memory", "1024"]).stderr
    assert content(target) == content(mongo[other])
    mongo.drop_database(other)


# Loading again


def test_second_load_changes_nothing(load, target, sample):
    load(sample)
    before = content(target)
    counts = summary(load(sample, options=["--reload"]))
    assert counts["all"].unchanged == counts["all"].read > 0
    assert content(target) == before
    assert target.meta.find_one({"_id": "data"})["version"] == 1
    assert target.imports.count_documents({"status": "done", "data_version": 1}) == 2


def test_changed_row_updates_one_order(load, target, copy):
    load(copy)
    path = copy / "order_items.csv"
    lines = path.read_text().splitlines()
    fields = lines[1].split(",")
    fields[4] = "9999.99"
    path.write_text("\n".join([lines[0], ",".join(fields), *lines[2:]]) + "\n")
    counts = summary(load(copy))
    assert counts["order_items.csv"].updated == 1
    assert counts["all"].read == counts["all"].updated + counts["all"].unchanged
    assert target.meta.find_one({"_id": "data"})["version"] == 2
    order = target.orders.find_one({"_id": fields[0]})
    item = next(i for i in order["items"] if i["product_id"] == fields[1])
    assert item["unit_price"] == Decimal128("9999.99")
    latest = target.imports.find_one(sort=[("started_at", -1)])["_id"]
    assert target.orders.count_documents({"import_id": latest}) == 1


def test_new_rows_are_added(load, target, copy):
    orders = copy / "orders.csv"
    every = orders.read_text().splitlines()
    load(copy)
    fields = every[1].split(",")
    fields[0] = "NEW-1"
    with orders.open("a") as file:
        file.write(",".join(fields) + "\n")
    counts = summary(load(copy))
    assert counts["orders.csv"] == Counts(1, 1, 0, 0, 0, 0), "only what was appended is read"
    assert target.meta.find_one({"_id": "data"})["counts"]["orders"] == len(every)


def kill_when(process, reached):
    until = time.monotonic() + 60
    while not reached() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_killed_load_is_taken_up_by_the_same_command(load, target, mongo, engine_uri, new_database, tmp_path):
    folder = harness.generate(tmp_path, orders=20_000, seed=5)
    other = new_database("undisturbed")
    harness.load(engine_uri, other, folder)
    stages = {stage: target[stage].find_one for stage in ["locks", "customers", "orders", "files"]}
    stages["all orders"] = lambda: target.orders.count_documents({}) == 20_000
    for stage, reached in stages.items():
        mongo.drop_database(target.name)
        kill_when(start(engine_uri, target.name, folder), reached)
        counts = summary(load(folder))["all"]
        assert counts.read == counts.inserted + counts.updated + counts.unchanged
        assert content(target, without=[]) == content(mongo[other], without=[]), f"killed when there were {stage}"
        assert target.meta.find_one({"_id": "data"})["version"] == 1
        assert target.meta.find_one({"_id": "data"})["counts"] == mongo[other].meta.find_one({"_id": "data"})["counts"]
        assert target.orders.index_information() == mongo[other].orders.index_information()
    mongo.drop_database(other)


def test_killed_increment_is_taken_up_by_the_same_command(load, target, mongo, engine_uri, new_database, tmp_path):
    """Half of the orders' parts come a day later, with a change of every product; that load is killed, early and late."""
    whole = harness.generate(tmp_path / "whole", orders=4000, seed=6)
    first, second = shutil.copytree(whole, tmp_path / "first"), tmp_path / "second"
    second.mkdir()
    for name in ["order_items", "payments", "reviews"]:
        header, *lines = (whole / f"{name}.csv").read_text().splitlines(keepends=True)
        (first / f"{name}.csv").write_text(header + "".join(lines[: len(lines) // 2]))
        (second / f"{name}.csv").write_text(header + "".join(lines[len(lines) // 2 :]))
    with (whole / "products.csv").open(newline="") as old, (second / "products.csv").open("w", newline="") as new:
        header, *products = csv.reader(old)
        name = header.index("name")
        csv.writer(new).writerows([header, *([*p[:name], "New " + p[name], *p[name + 1 :]] for p in products)])
    options = ["--profile", "native"]
    other = new_database("undisturbed")
    harness.load(engine_uri, other, first)
    seconds = -time.monotonic()
    harness.load(engine_uri, other, second, options=options)
    seconds += time.monotonic()
    for part in [0.2, 0.5, 0.7, 0.85, 0.95]:
        mongo.drop_database(target.name)
        load(first)
        process = start(engine_uri, target.name, second, options=options)
        time.sleep(part * seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        load(second, options=options)
        assert content(target, without=[]) == content(mongo[other], without=[]), f"killed after {part} of the load"
        assert target.meta.find_one({"_id": "data"})["version"] == 2
    mongo.drop_database(other)


def rewrite(path, column, rows, value):
    """Puts a value into a column of some rows of a CSV file."""
    with path.open(newline="") as old:
        header, *lines = csv.reader(old)
    at = header.index(column)
    with path.open("w", newline="") as new:
        csv.writer(new).writerows([header, *([*line[:at], value, *line[at + 1 :]] if n in rows else line for n, line in enumerate(lines))])


def test_killed_load_of_files_that_have_changed_is_taken_up_by_the_same_command(load, target, mongo, engine_uri, new_database, tmp_path):
    """What they say anew counts, what they say again does not, and an attempt that was killed makes no difference to that."""
    whole = harness.generate(tmp_path / "whole", orders=3000, seed=9)
    original, newer = shutil.copytree(whole, tmp_path / "original"), tmp_path / "newer"
    newer.mkdir()
    for name in ["orders", "products", "payments"]:
        shutil.copy(whole / f"{name}.csv", newer)
    rewrite(newer / "orders.csv", "ship_mode", range(0, 2000), "Newer")
    rewrite(newer / "products.csv", "name", range(0, 150), "Newer")
    rewrite(newer / "payments.csv", "value", range(0, 2000), "1.25")

    def prepare():
        shutil.copytree(original, whole, dirs_exist_ok=True)
        load(whole)
        load(newer, options=["--profile", "native"])
        rewrite(whole / "orders.csv", "ship_mode", range(1000, 2500), "Changed")
        rewrite(whole / "products.csv", "name", range(100, 180), "Changed")
        rewrite(whole / "payments.csv", "value", range(1000, 2500), "7.50")

    def remembered(name):
        return list(mongo[name].file_records.find(sort=[("_id", 1)]))

    prepare()
    seconds = -time.monotonic()
    load(whole)
    seconds += time.monotonic()
    modes = [mongo[target.name].orders.count_documents({"ship_mode": mode}) for mode in ("Newer", "Changed")]
    assert modes == [1000, 1500]
    undisturbed, records = content(target, without=[]), remembered(target.name)
    for part in [0.2, 0.6, 0.9]:
        mongo.drop_database(target.name)
        prepare()
        process = start(engine_uri, target.name, whole)
        time.sleep(part * seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        load(whole)
        assert content(target, without=[]) == undisturbed, f"killed after {part} of the load"
        assert remembered(target.name) == records


# Several loads


def test_second_load_waits_for_the_first(load, target, engine_uri, tmp_path):
    folder = harness.generate(tmp_path, orders=5000, seed=8)
    first = start(engine_uri, target.name, folder)
    until = time.monotonic() + 60
    while not target.locks.find_one() and first.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    first.send_signal(signal.SIGSTOP)
    try:
        impatient = load(folder, options=["--lock-wait", "0"], status=1)
        assert re.search(rf"another load is running: process {first.pid} on \S+, since", last_sentence(impatient))
        second = start(engine_uri, target.name, folder, text=True)
        said = ""
        while "waiting for another load" not in said:
            said = second.stderr.readline()
            assert said
        first.send_signal(signal.SIGCONT)
        _, stderr = second.communicate(timeout=60)
        assert second.returncode == 0 and stderr.count("is loaded already") == 8
        assert first.wait(60) == 0
    finally:
        first.kill()
        first.communicate()
    assert target.locks.find_one() is None


def test_lock_of_a_dead_load_is_taken_over(load, target, engine_uri, sample, tmp_path):
    folder = harness.generate(tmp_path, orders=20_000, seed=8)
    kill_when(start(engine_uri, target.name, folder), target.locks.find_one)
    assert target.locks.find_one(), "it was killed while it held the lock"
    assert "which is dead, is taken over" in load(folder).stderr
    # One of another machine, whose beat does not move.
    target.locks.insert_one({"_id": "load", "token": "t", "host": "elsewhere", "boot": "b", "pid": 1, "since": "then", "beat": 5})
    done = load(sample, options=["--reload", "--lock-wait", "60"])
    assert "the lock of process 1 on elsewhere, which is dead, is taken over" in done.stderr


def test_interrupted_load_says_so(load, target, engine_uri, tmp_path):
    folder = harness.generate(tmp_path, orders=50_000, seed=5)
    process = start(engine_uri, target.name, folder, text=True)
    until = time.monotonic() + 60
    while not target.customers.find_one() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stderr.strip().splitlines()[-1] == "kpi-load: stopped by SIGINT; the same command takes the load up again"
    failed = target.imports.find_one()
    assert failed["status"] == "failed" and "SIGINT" in failed["error"]
    assert target.meta.find_one() is None


class OwnEngine:
    """An engine that a test may stop."""

    def __init__(self, home):
        self.home, self.program = home, harness.ROOT / "engine" / "engine"

    def start(self):
        return self.run("start").stdout.strip()

    def stop(self):
        self.run("stop")

    def run(self, verb):
        command = [self.program, verb, self.home]
        return subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, timeout=900, env=harness.environment()
        )


@pytest.fixture(scope="module")
def own_engine(tmp_path_factory):
    engine = OwnEngine(tmp_path_factory.mktemp("own") / "engine")
    engine.start()
    yield engine
    engine.stop()


def pause_in_the_middle(uri, database, folder, *options):
    """A load that is stopped (SIGSTOP) when it has written some orders."""
    process = start(uri, database, folder, options=options, text=True)
    with pymongo.MongoClient(uri) as client:
        until = time.monotonic() + 60
        while not client[database].orders.find_one() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
    process.send_signal(signal.SIGSTOP)
    return process


def test_engine_that_stays_away_is_said_and_the_same_command_goes_on(own_engine, tmp_path):
    data = harness.generate(tmp_path, orders=60_000, seed=5)
    uri = own_engine.start()
    process = pause_in_the_middle(uri, "stays_away", data, "--retry", "2")
    own_engine.stop()
    process.send_signal(signal.SIGCONT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "trying again for up to 2 s" in stderr
    assert stderr.strip().splitlines()[-1].endswith("; the same command takes the load up again")
    own_engine.start()
    counts = summary(harness.load(uri, "stays_away", data))
    assert counts["orders.csv"].unchanged + counts["orders.csv"].inserted == 60_000
    assert counts["orders.csv"].inserted > 0 and counts["customers.csv"].inserted == 0


def test_engine_that_comes_back_is_waited_for(own_engine, tmp_path):
    data = harness.generate(tmp_path, orders=60_000, seed=5)
    uri = own_engine.start()
    process = pause_in_the_middle(uri, "comes_back", data, "--retry", "60")
    own_engine.stop()
    process.send_signal(signal.SIGCONT)
    own_engine.start()
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert summary_of(stderr)["orders.csv"] == Counts(60_000, 60_000, 0, 0, 0, 0)
    with pymongo.MongoClient(uri) as client:
        interrupted = content(client.comes_back)
        client.drop_database("comes_back")
        harness.load(uri, "comes_back", data)
        assert interrupted == content(client.comes_back)


# Rejected rows


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    return harness.generate(tmp_path_factory.mktemp("dirty"), orders=3000, seed=7, options=["--dirty"])


def test_exactly_the_dirty_rows_are_rejected(load, target, dirty):
    done = load(dirty, status=3)
    keys = ["file", "line", "reason", "column"]
    rejected = sorted([r[k] for k in keys[:3]] for r in target.rejects.find())
    expected = json.loads((dirty / "dirty.json").read_text())
    assert rejected == sorted([r[k] for k in keys[:3]] for r in expected)
    columns = {(r["file"], r["line"]): r["column"] for r in target.rejects.find()}
    assert [r for r in expected if columns[r["file"], r["line"]] != r.get("column")] == []
    assert summary(done)["all"].rejected == len(expected)
    by_reason = collections.Counter(r["reason"] for r in expected)
    assert target.imports.find_one()["rejected"] == by_reason
    for reason, count in by_reason.items():
        assert re.search(rf"^\s+{count}  {reason}: ", done.stderr, re.M)


def test_rejected_row_is_kept_as_it_was(load, target, dirty):
    load(dirty, status=3)
    for reject in target.rejects.find({"reason": {"$ne": "bad_encoding"}}):
        physical = (dirty / reject["file"]).read_bytes().splitlines()
        assert physical[reject["line"] - 1].decode().startswith(reject["row"].splitlines()[0][:100])
        if reject["value"] and "\n" not in reject["value"]:
            assert reject["value"].split()[0] in reject["row"]


def test_good_rows_load_beside_dirty_ones(load, target, dirty, mongo, engine_uri, new_database, tmp_path):
    load(dirty, status=3)
    clean = new_database("clean")
    harness.load(engine_uri, clean, harness.generate(tmp_path, orders=3000, seed=7))
    dirty_orders = {order["_id"]: order for order in target.orders.find({}, {"import_id": 0, "hash": 0})}
    good = {order["_id"]: order for order in mongo[clean].orders.find({"counted": True}, {"import_id": 0, "hash": 0})}
    assert all(dirty_orders[key] == order for key, order in good.items())
    mongo.drop_database(clean)


def test_counts_add_up(load, dirty):
    for done in [load(dirty, status=3), load(dirty, options=["--reload"], status=3)]:
        for counts in summary(done).values():
            assert counts.read == counts.inserted + counts.updated + counts.unchanged + counts.skipped + counts.rejected


def spoil(path, count):
    """Makes the last field of the first `count` rows something that cannot be."""
    lines = path.read_text().splitlines()
    for i in range(1, count + 1):
        lines[i] = lines[i].rsplit(",", 1)[0] + ",?"
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("limit, status", [("3", 3), ("2", 1), ("0", 1), ("100%", 3), ("0.01%", 1)])
def test_max_rejects_stops_the_load(load, target, copy, limit, status):
    spoil(copy / "order_items.csv", 3)
    done = load(copy, options=["--max-rejects", limit], status=status)
    if status == 1:
        assert f"more than --max-rejects {limit} allows" in last_sentence(done)
        assert target.orders.count_documents({}) == 0 and target.meta.find_one() is None
        assert target.imports.find_one()["status"] == "failed"
        assert target.rejects.count_documents({}) >= 1


def test_mended_rows_load_after_all(load, target, copy, sample, mongo, engine_uri, new_database):
    spoil(copy / "order_items.csv", 3)
    load(copy, status=3)
    load(sample)
    undisturbed = new_database("undisturbed")
    harness.load(engine_uri, undisturbed, sample)
    assert content(target) == content(mongo[undisturbed])
    mongo.drop_database(undisturbed)


def test_rows_of_a_rejected_order_are_rejected_too(load, target, copy):
    path = copy / "orders.csv"
    lines = path.read_text().splitlines()
    order = lines[1].split(",")[0]
    lines[1] = lines[1].replace(lines[1].split(",")[3], "someday")
    path.write_text("\n".join(lines) + "\n")
    load(copy, status=3)
    reasons = [(r["file"], r["reason"]) for r in target.rejects.find()]
    assert ("orders.csv", "bad_date") in reasons
    belonging = [p.name for p in copy.glob("*.csv") if p.name != "orders.csv"
                 for line in p.read_text().splitlines() if order in line.split(",")[:2]]
    assert sorted(belonging) == sorted(f for f, reason in reasons if reason == "unknown_reference")
    assert target.orders.find_one({"_id": order}) is None


# Errors: one sentence, exit 1, nothing half done


def fails(load, *paths, options=()):
    done = load(*paths, options=options, status=1)
    assert last_sentence(done).startswith("kpi-load: ")
    return last_sentence(done)


def test_missing_file(load, target):
    assert "/nowhere/orders.csv: there is no such file or folder" in fails(load, "/nowhere/orders.csv")
    assert target.imports.find_one() is None


def test_folder_without_csv(load, tmp_path):
    assert "there is no .csv file in the folder" in fails(load, tmp_path)


def test_missing_column_names_the_nearest(load, target, copy):
    path = copy / "orders.csv"
    path.write_text(path.read_text().replace("status", "stauts", 1))
    sentence = fails(load, copy)
    assert "lacks the column 'status'" in sentence and "the nearest that it has is 'stauts'" in sentence
    assert target.list_collection_names() == []


@pytest.mark.parametrize("stray", ["a,b\n1,2\n", "name,b\n1,2\n"])
def test_stray_file_does_not_hide_what_is_missing(load, copy, stray):
    (copy / "other.csv").write_text(stray)
    (copy / "zother.csv").write_text(stray)
    text = (copy / "orders.csv").read_text()
    (copy / "orders.csv").write_text(text.replace("ordered_at", "orderd_at", 1))
    assert "orders.csv lacks the column 'ordered_at'" in fails(load, copy)
    (copy / "orders.csv").write_text(text)
    (copy / "products.csv").unlink()
    assert "needs a file of products" in fails(load, copy)


def test_missing_table(load, copy):
    (copy / "products.csv").unlink()
    assert "needs a file of products, with the columns product_id, name" in fails(load, copy)


def test_wrong_profile(load, sample):
    assert "no file of the profile superstore" in fails(load, sample / "orders.csv", options=["--profile", "superstore"])


def test_unknown_profile(load, sample):
    assert "there is no such profile in loader/profiles; there are jaffle-shop, native, " in fails(load, sample, options=["--profile", "nope"])


def test_broken_profile_names_file_and_place(load, sample, tmp_path):
    profile = tmp_path / "ours.json"
    profile.write_text('{"name": "ours", "title": "Ours", "currency": "EUR", "files": [{"name": "x", "recrods": []}]}')
    assert 'ours.json: $.files[0]: a file has no "recrods"; "records"' in fails(load, sample, options=["--profile", profile])


def test_no_server(sample, tmp_path):
    done = harness.load(f"mongodb://{str(tmp_path).replace('/', '%2F')}%2Fnone.sock/", "x", sample, status=1)
    assert "does not answer" in last_sentence(done) and "--uri" in last_sentence(done)


def test_unreadable_file(load, copy):
    (copy / "orders.csv").unlink()
    (copy / "orders.csv").mkdir()
    assert "orders.csv is no regular file" in fails(load, copy)


@pytest.mark.parametrize("options, word", [
    (["--frobnicate"], "--frobnicate is no option"),
    (["--max-rejects"], "needs a value"),
    (["--memory", "x"], "--memory: 'x' is not a whole number"),
    ([], "name the files or the folder"),
    (["--max-rejects", "abc", "data"], "--max-rejects: 'abc'"),
    (["--max-rejects", "101%", "data"], "--max-rejects: '101%'"),
])
def test_usage_errors_exit_2(options, word):
    done = subprocess.run([harness.BUILD / "kpi-load", *options], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and word in done.stderr


def test_help_has_examples_and_exit_codes():
    done = subprocess.run([harness.BUILD / "kpi-load", "--help"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and done.stderr == ""
    for word in ["--max-rejects", "examples:", "exit status:", "  3  "]:
        assert word in done.stdout


# Layouts


SUPERSTORE = (
    "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country,City,State,Postal Code,"
    "Region,Product ID,Category,Sub-Category,Product Name,Sales,Quantity,Discount,Profit"
)


def superstore_line(**changes):
    line = dict(zip(SUPERSTORE.split(","), [
        "1", "O-1", "11/8/2016", "11/11/2016", "Second Class", "C-1", "Ana Gute", "Consumer", "United States", "Keene",
        "New Hampshire", "3431", "East", "P-1", "Furniture", "Chairs", "Chair", "8.5", "2", "0.15", "-1.25",
    ]))
    return ",".join({**line, **changes}.values())


def write_superstore(path, *lines, encoding="windows-1252"):
    path.write_text("\r\n".join([SUPERSTORE, *lines]) + "\r\n", encoding=encoding, newline="")
    return path


def test_denormalised_rows_become_documents(load, target, tmp_path):
    path = write_superstore(
        tmp_path / "sales.csv",
        superstore_line(),
        superstore_line(**{"Row ID": "2", "Product ID": "P-2", "Product Name": "Café table", "Sales": "10", "Discount": "0.3"}),
        superstore_line(**{"Row ID": "3", "Sales": "8.5"}),
    )
    done = load(path)
    assert "profile superstore" in done.stderr
    assert summary(done)["sales.csv"] == Counts(3, 3, 0, 0, 0, 0)
    order = target.orders.find_one()
    chair, table = order["items"]
    assert (order["hour"], order["status"], order["counted"], order["units"], order["products"]) == (None, "shipped", True, 6, 2)
    assert (order["city"], order["region"], order["segment"]) == ("Keene", "East", "Consumer")
    assert [chair[f] for f in ("quantity", "unit_price", "gross", "discount", "sales", "cost", "profit")] == [
        4, *map(Decimal128, ["5", "20", "3", "17", "19.5", "-2.5"])
    ]
    assert (table["name"], table["gross"], table["discount"]) == ("Café table", Decimal128("14.2857"), Decimal128("4.2857"))
    place = target.locations.find_one()
    assert (place["_id"], place["postal_code"], place["point"]) == ("United States|New Hampshire|Keene|03431", "03431", None)
    assert not any(target.meta.find_one({"_id": "data"})["has"][f] for f in ["payments", "reviews", "sellers", "delivery", "hour", "points"])
    assert "3  rows with a padded value" in done.stderr


def test_first_row_of_a_denormalised_record_defines_it(load, target, tmp_path):
    path = write_superstore(
        tmp_path / "sales.csv",
        superstore_line(),
        superstore_line(**{"Order ID": "O-2", "Product Name": "Armchair", "Customer Name": "Anna Gute"}),
        superstore_line(**{"Row ID": "3", "Product ID": "P-2", "Ship Mode": "First Class"}),
    )
    done = load(path)
    assert target.products.find_one({"_id": "P-1"})["name"] == "Chair"
    assert target.customers.find_one()["name"] == "Ana Gute"
    assert target.orders.find_one({"_id": "O-1"})["ship_mode"] == "Second Class"
    for what in ["product name", "customer name", "order ship_mode"]:
        assert f"1  {what} differs from the first row's" in done.stderr
    assert {c["what"]: c["count"] for c in target.imports.find_one()["cleaned"]}["product name differs from the first row's"] == 1


def test_european_export_loads(load, target, tmp_path):
    header = SUPERSTORE.replace("Country", "Country/Region").replace(",", ";")
    line = superstore_line(**{"Order Date": "08/11/2016", "Ship Date": "11/11/2016"}).replace(",", ";")
    line = line.replace("8.5", "8,5").replace("0.15", "0,15").replace("-1.25", "-1,25").replace("Chair;8", "Chair, soft;8")
    path = tmp_path / "eu.csv"
    path.write_text(f"{header}\r\n{line}\r\n", encoding="utf-8-sig", newline="")
    assert "profile superstore-eu" in load(path).stderr
    order = target.orders.find_one()
    assert (order["sales"], order["profit"]) == (Decimal128("8.5"), Decimal128("-1.25"))
    assert order["day"].strftime("%Y-%m-%d") == "2016-11-08"
    assert order["items"][0]["name"] == "Chair, soft"


def test_documented_profile_loads(load, target, tmp_path):
    documentation = (harness.ROOT / "loader" / "profiles" / "README.md").read_text()
    profile, data = tmp_path / "ours.json", tmp_path / "sales.csv"
    profile.write_text(re.search(r"```json\n(.*?)```", documentation, re.S)[1])
    data.write_text(
        "Receipt;Date;SKU;Article;Color;Pieces;Price\n"
        "R1;08.11.2016 09:30;A1;Lamp;-;2;1.234,50\n"
        "R1;08.11.2016 09:30;A2;Bulb;warm white;10;0,99\n"
        "R2;09.11.2016;A2;Bulb;warm white;-1;0,99\n"
    )
    load(data, options=["--profile", profile])
    first, second = target.orders.find(sort=[("_id", 1)])
    assert (first["sales"], first["hour"], first["units"]) == (Decimal128("2478.9"), 9, 12)
    assert (second["sales"], second["hour"], second["customer_id"]) == (Decimal128("-0.99"), None, None)
    assert [p["subcategory"] for p in target.products.find(sort=[("_id", 1)])] == [None, "warm white"]
    assert target.meta.find_one({"_id": "data"})["currency"] == "EUR"


def test_file_of_no_known_layout(load, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("x,y\n1,2\n")
    assert "no profile in loader/profiles knows a column of" in fails(load, path)


def test_bad_denormalised_row_leaves_nothing_behind(load, target, tmp_path):
    path = write_superstore(
        tmp_path / "sales.csv",
        superstore_line(),
        superstore_line(**{"Order ID": "O-2", "Customer ID": "C-2", "Product ID": "P-2", "City": "Dover", "Sales": "x"}),
    )
    load(path, options=["--max-rejects", "50%"], status=3)
    for name in ["orders", "customers", "products", "locations"]:
        assert target[name].count_documents({}) == 1
    reject = target.rejects.find_one()
    assert (reject["line"], reject["column"], reject["value"], reject["reason"]) == (3, "Sales", "x", "bad_number")


def test_cells_with_quotes_and_line_feeds(load, target, tmp_path):
    path = write_superstore(
        tmp_path / "sales.csv",
        superstore_line(**{"Product Name": '"Desk, 14 7/8"" wide\r\nor so"'}),
        superstore_line(**{"Order ID": "O-2", "Sales": "x"}),
    )
    load(path, options=["--max-rejects", "1"], status=3)
    assert target.products.find_one()["name"] == 'Desk, 14 7/8" wide\r\nor so'
    assert target.rejects.find_one()["line"] == 4


def test_header_alone_loads_nothing(load, target, tmp_path):
    done = load(write_superstore(tmp_path / "sales.csv"))
    assert summary(done)["all"] == Counts(0, 0, 0, 0, 0, 0)
    assert target.meta.find_one({"_id": "data"})["last_day"] is None


# What it shows while it runs


def test_terminal_gets_a_bar(engine_uri, target, tmp_path):
    folder = harness.generate(tmp_path, orders=30_000, seed=2)
    reading, writing = pty.openpty()
    command = [harness.BUILD / "kpi-load", "--uri", engine_uri, "--db", target.name, folder]
    process = subprocess.Popen(command, cwd=harness.ROOT, env=harness.environment(), stderr=writing)
    os.close(writing)
    shown = b""
    try:
        while part := os.read(reading, 65536):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(reading)
    assert process.wait(60) == 0
    assert re.search(rb"\r\x1b\[K\[#* *\] +\d+ %  writing", shown)


def test_killed_load_of_appended_lines_leaves_corrections_alone(load, target, engine_uri, mongo, tmp_path):
    """A file of lines without numbers grows after another file has corrected one of its old lines."""
    whole = harness.generate(tmp_path / "whole", orders=20_000, seed=12)  # several batches
    grown = shutil.copytree(whole, tmp_path / "grown")
    header, *lines = (whole / "order_items.csv").read_text().splitlines(keepends=True)
    fields = lines[0].split(",")
    correction = tmp_path / "correction"
    correction.mkdir()
    (correction / "order_items.csv").write_text(header + ",".join([*fields[:3], "77", *fields[4:]]))
    found = {}
    for killed in [False, True]:
        mongo.drop_database(target.name)
        (grown / "order_items.csv").write_text(header + "".join(lines[:6000]))
        load(grown)
        load(correction)
        with (grown / "order_items.csv").open("a") as out:
            out.writelines(lines[6000:])
        if killed:
            ours = {"import_id": {"$regex": "^000003"}}
            kill_when(start(engine_uri, target.name, grown), lambda: target.orders.find_one(ours))
            assert 0 < target.orders.count_documents(ours) < found[False][0]
        load(grown)
        quantities = [item["quantity"] for item in target.orders.find_one({"_id": fields[0]})["items"]]
        assert 77 in quantities, "what was appended says nothing of it"
        found[killed] = target.orders.count_documents({"import_id": {"$regex": "^000003"}}), content(target, without=[])
    assert found[True] == found[False]
