"""A load that ended half-way, and the same command again: the state of the data accounts for both."""

import os


import harness


def state(target):
    return target.meta.find_one({"_id": "data"})


def add_customers(folder, count):
    with (folder / "customers.csv").open("a") as file:
        file.writelines(f"CNEW{i},New Person {i},Consumer,\n" for i in range(count))


def test_what_a_failed_load_wrote_is_a_new_version_when_it_is_repeated(engine_uri, target, copy):
    harness.load(engine_uri, target.name, copy)
    before = state(target)
    add_customers(copy, 3)
    with (copy / "order_items.csv").open("a") as file:
        file.write("NOSUCH,P00001,S001,1,5.00,0.00,0\n")
    harness.load(engine_uri, target.name, copy, options=["--max-rejects", "0"], status=1)
    assert state(target) == {**before, "writing": True}, "a load that failed says of the data only that they are half changed"
    harness.load(engine_uri, target.name, copy, options=["--max-rejects", "10"], status=3)
    after = state(target)
    assert after["version"] == before["version"] + 1
    assert after["counts"]["customers"] == target.customers.count_documents({}) == before["counts"]["customers"] + 3
    harness.load(engine_uri, target.name, copy, options=["--max-rejects", "10"])
    assert state(target)["version"] == after["version"], "it is accounted for once"


def test_a_killed_load_is_marked_interrupted_and_its_repetition_is_a_new_version(engine_uri, target, copy):
    harness.load(engine_uri, target.name, copy)
    before = state(target)
    # As a load leaves it that is killed between its last order and the version.
    target.imports.insert_one({"_id": "killed", "status": "running"})
    late = before["last_day"].replace(year=2030)
    target.orders.insert_one({**target.orders.find_one(), "_id": "late", "ordered_at": late, "day": late})
    harness.load(engine_uri, target.name, copy)
    after = state(target)
    assert after["version"] == before["version"] + 1
    assert after["last_day"].year == 2030
    assert target.imports.find_one({"_id": "killed"})["status"] == "interrupted"


def test_indexes_that_cannot_be_read_are_no_success(engine_uri, target, sample):
    done = harness.load(engine_uri, target.name, sample, options=["--pipelines", "nowhere"], status=1)
    assert "--pipelines" in done.stderr.strip().splitlines()[-1]


def test_a_pipe_among_the_files_holds_nobody(engine_uri, target, copy):
    os.mkfifo(copy / "pipe.csv")
    done = harness.load(engine_uri, target.name, copy, status=1)
    assert "pipe.csv" in done.stderr.strip().splitlines()[-1]


def attempts(target):
    return [(one["status"], one["attempts"]) for one in target.imports.find().sort("_id")]


def test_attempts_at_one_import_are_counted(engine_uri, target, copy):
    """A load that was killed or failed has one document, with the counts of its last attempt; how many there were is told."""
    good = (copy / "orders.csv").read_text()
    (copy / "orders.csv").write_text(good + "NOSUCH,NOBODY,,2024-01-01 10:00:00,,,,paid,\n")
    harness.load(engine_uri, target.name, copy, options=["--max-rejects", "0"], status=1)
    harness.load(engine_uri, target.name, copy, options=["--max-rejects", "0"], status=1)
    assert attempts(target) == [("failed", 2)]
    # As a load leaves it that is killed; one of an older version does not count its attempts.
    target.imports.update_one({}, {"$set": {"status": "running"}, "$unset": {"attempts": 1}})
    harness.load(engine_uri, target.name, copy, status=3)
    assert attempts(target) == [("done", 2)]
    (copy / "orders.csv").write_text(good + good.splitlines()[1].replace(good.splitlines()[1].split(",")[0], "LATE", 1) + "\n")
    harness.load(engine_uri, target.name, copy)
    assert attempts(target) == [("done", 2), ("done", 1)]


def test_a_load_that_reads_its_files_anew_is_one_attempt(engine_uri, target, copy):
    harness.load(engine_uri, target.name, copy)
    again = (copy / "orders.csv").read_text().splitlines()[1].rsplit(",", 1)[0] + ",By mule\n"
    with (copy / "orders.csv").open("a") as orders:
        orders.write(again)  # says of an order otherwise than the same file before: which is right, the whole file tells
    harness.load(engine_uri, target.name, copy, status=3)
    assert target.imports.find_one({"attempts": 1, "files.file": "orders.csv", "files.read": 2001})
    assert attempts(target)[-1] == ("done", 1)
