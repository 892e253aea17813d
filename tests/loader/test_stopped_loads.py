"""A kpi-load that is killed, stopped or left by its engine, and several at once: the same command completes it, to the byte."""

import csv
import re
import shutil
import signal
import subprocess
import time

import pymongo
import pytest
from loading import Counts, content, kill_when, last_sentence, start, summary, summary_of

import harness


def test_killed_load_is_taken_up_by_the_same_command(anew, mongo, engine_uri, new_database, tmp_path):
    folder = harness.generate(tmp_path, orders=20_000, seed=5)
    other = new_database("undisturbed")
    harness.load(engine_uri, other, folder)
    for stage, count in [("locks", 1), ("customers", 1), ("orders", 1), ("files", 1), ("orders", 20_000)]:
        target, load = anew()
        kill_when(start(engine_uri, target.name, folder), lambda: target[stage].count_documents({}, limit=count) == count)
        counts = summary(load(folder))["all"]
        assert counts.read == counts.inserted + counts.updated + counts.unchanged
        assert content(target, without=[]) == content(mongo[other], without=[]), f"killed when there were {count} {stage}"
        assert target.meta.find_one({"_id": "data"})["version"] == 1
        assert target.meta.find_one({"_id": "data"})["counts"] == mongo[other].meta.find_one({"_id": "data"})["counts"]
        assert target.orders.index_information() == mongo[other].orders.index_information()
    mongo.drop_database(other)


def test_killed_increment_is_taken_up_by_the_same_command(anew, mongo, engine_uri, new_database, tmp_path):
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
        target, load = anew()
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


def test_killed_load_of_files_that_have_changed_is_taken_up_by_the_same_command(anew, mongo, engine_uri, tmp_path):
    """What they say anew counts, what they say again does not, and an attempt that was killed makes no difference to that."""
    whole = harness.generate(tmp_path / "whole", orders=3000, seed=9)
    original, newer = shutil.copytree(whole, tmp_path / "original"), tmp_path / "newer"
    newer.mkdir()
    for name in ["orders", "products", "payments"]:
        shutil.copy(whole / f"{name}.csv", newer)
    rewrite(newer / "orders.csv", "ship_mode", range(0, 2000), "Newer")
    rewrite(newer / "products.csv", "name", range(0, 150), "Newer")
    rewrite(newer / "payments.csv", "value", range(0, 2000), "1.25")

    def prepare(load):
        shutil.copytree(original, whole, dirs_exist_ok=True)
        load(whole)
        load(newer, options=["--profile", "native"])
        rewrite(whole / "orders.csv", "ship_mode", range(1000, 2500), "Changed")
        rewrite(whole / "products.csv", "name", range(100, 180), "Changed")
        rewrite(whole / "payments.csv", "value", range(1000, 2500), "7.50")

    def remembered(name):
        return list(mongo[name].file_records.find(sort=[("_id", 1)]))

    target, load = anew()
    prepare(load)
    seconds = -time.monotonic()
    load(whole)
    seconds += time.monotonic()
    modes = [mongo[target.name].orders.count_documents({"ship_mode": mode}) for mode in ("Newer", "Changed")]
    assert modes == [1000, 1500]
    undisturbed, records = content(target, without=[]), remembered(target.name)
    for part in [0.2, 0.6, 0.9]:
        target, load = anew()
        prepare(load)
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


def test_killed_load_of_appended_lines_leaves_corrections_alone(anew, engine_uri, tmp_path):
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
        target, load = anew()
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
